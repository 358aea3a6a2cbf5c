#include <string.h>

#include "wsfsm/base/text.h"
#include "wsfsm/project/bundle.h"

enum { WS_ID_MAX = 100, RUN_ID_MAX = 64 };

bool ws_valid_ws_id(const char *id)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    size_t len = strlen(id);

    return ws_starts_with(id, "ws-") && len > 3 && len <= WS_ID_MAX && strspn(id, allowed) == len;
}

static bool is_ascii_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool ws_valid_run_id(const char *id)
{
    size_t len = strlen(id);

    if (len == 0 || len > RUN_ID_MAX || !is_ascii_alnum(*id)) {
        return false;
    }
    for (size_t i = 1; i < len; i++) {
        if (!is_ascii_alnum(id[i]) && id[i] != '_' && id[i] != '-') {
            return false;
        }
    }
    return true;
}
