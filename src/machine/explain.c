#include <string.h>
#include <strings.h>

#include "wsfsm/machine/parse.h"

/* In order of code. */
static const struct ws_explanation explanations[] = {
#include "explain_e0.inc"
#include "explain_e2.inc"
#include "explain_e5.inc"
#include "explain_w.inc"
};

enum { COUNT = sizeof explanations / sizeof *explanations };

const struct ws_explanation *ws_machine_explain(const char *code)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (strcasecmp(explanations[i].code, code) == 0) {
            return &explanations[i];
        }
    }
    return NULL;
}

const struct ws_explanation *ws_machine_explanations(size_t *count)
{
    *count = COUNT;
    return explanations;
}
