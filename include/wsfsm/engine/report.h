/* What a step reports of one attempt: the event, and everything that is written with it. A zeroed report is an empty
 * one; strings are copied in. */
#ifndef WSFSM_ENGINE_REPORT_H
#define WSFSM_ENGINE_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "wsfsm/store/store.h"

struct ws_facts; /* what guards read; belongs to the steps */

enum ws_step_status { WS_STEP_SUCCESS, WS_STEP_FAILURE, WS_STEP_SKIPPED, WS_STEP_INTERRUPTED };
const char *ws_step_status_name(enum ws_step_status status);

struct ws_report {
    const char *event;            /* static or of the machine; NULL: nothing reported yet */
    enum ws_step_status status;
    bool left;                    /* no event: leave the run interrupted and resumable */
    char *result_json;            /* the attempt's result */
    char *facts_json;             /* kept with the transition; NULL: none */
    const struct ws_facts *facts; /* the same for the guards; not owned */
    char *tree_oid;               /* NULL: none */
    char *error_code;             /* NULL: no error to record */
    char *error_message;

    struct ws_evidence *evidence; /* strings owned */
    size_t evidence_len, evidence_cap;
    struct ws_event *events;      /* strings owned */
    size_t events_len, events_cap;
};

void ws_report_release(struct ws_report *r);
void ws_report_event(struct ws_report *r, const char *type, const char *payload_json);
void ws_report_evidence(struct ws_report *r, const char *kind, const char *command, enum ws_verdict verdict,
                        const char *tree_oid);
void ws_report_tree(struct ws_report *r, const char *tree_oid);
void ws_report_reason(struct ws_report *r, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
