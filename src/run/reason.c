#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/doc/doc.h"

static char *error_code_of(const char *result_json)
{
    if (!result_json)
        return NULL;
    struct ws_doc *doc = ws_doc_parse_stored(result_json, NULL);
    char *code = doc ? ws_strdup(ws_node_str(ws_doc_root(doc), "error_code", NULL)) : NULL;
    ws_doc_free(doc);
    return code;
}

char *ws_end_reason(const struct ws_transition_row *last, const struct ws_attempt_rows *attempts)
{
    if (!strcmp(last->event, WS_EVENT_CANCEL) || !strcmp(last->event, WS_EVENT_INTERRUPTED))
        return ws_strdup(last->event);
    if (last->guard && last->guard_answer == 0 && !strcmp(last->guard, "in_scope"))
        return ws_strdup("scope_violation");
    for (size_t i = attempts->len; i-- > 0;) {
        if (attempts->items[i].id != last->attempt_id)
            continue;
        char *code = error_code_of(attempts->items[i].result_json);
        if (code)
            return code;
    }
    return ws_strdup(last->event);
}
