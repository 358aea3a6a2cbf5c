#include "wsfsm/engine/report.h"

#include <stdarg.h>
#include <stdlib.h>

#include "wsfsm/base/mem.h"

const char *ws_step_status_name(enum ws_step_status status)
{
    static const char *const names[] = {
        [WS_STEP_SUCCESS] = "success",
        [WS_STEP_FAILURE] = "failure",
        [WS_STEP_SKIPPED] = "skipped",
        [WS_STEP_INTERRUPTED] = "interrupted",
    };
    return names[status];
}

void ws_report_release(struct ws_report *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->evidence_len; i++) {
        free((char *)r->evidence[i].kind);
        free((char *)r->evidence[i].command);
        free((char *)r->evidence[i].tree_oid);
    }
    for (size_t i = 0; i < r->events_len; i++) {
        free((char *)r->events[i].type);
        free((char *)r->events[i].payload_json);
    }
    free(r->evidence);
    free(r->events);
    free(r->result_json);
    free(r->facts_json);
    free(r->tree_oid);
    free(r->error_code);
    free(r->error_message);
    *r = (struct ws_report){0};
}

void ws_report_event(struct ws_report *r, const char *type, const char *payload_json)
{
    r->events = ws_grow(r->events, &r->events_cap, r->events_len, sizeof *r->events);
    r->events[r->events_len++] = (struct ws_event){
        .type = ws_strdup(type),
        .payload_json = ws_strdup(payload_json ? payload_json : "{}"),
    };
}

void ws_report_evidence(struct ws_report *r, const char *kind, const char *command,
                        enum ws_verdict verdict, const char *tree_oid)
{
    r->evidence = ws_grow(r->evidence, &r->evidence_cap, r->evidence_len, sizeof *r->evidence);
    r->evidence[r->evidence_len++] = (struct ws_evidence){
        .kind = ws_strdup(kind),
        .command = ws_strdup(command),
        .verdict = verdict,
        .tree_oid = ws_strdup(tree_oid),
    };
}

void ws_report_tree(struct ws_report *r, const char *tree_oid)
{
    free(r->tree_oid);
    r->tree_oid = ws_strdup(tree_oid);
}

void ws_report_reason(struct ws_report *r, const char *code, const char *format, ...)
{
    free(r->error_code);
    free(r->error_message);
    r->error_code = ws_strdup(code);
    va_list ap;
    va_start(ap, format);
    r->error_message = ws_vformat(format, ap);
    va_end(ap);
}
