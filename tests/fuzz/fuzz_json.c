/* JSON text that somebody wrote. */
#include "fuzz_doc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_doc(data, size, WS_DOC_JSON);
}
