/* fsm/states.def -> table, with every check of the language. The same code runs in the generator (fsmgen) and in
 * `wsfsm machine check`.
 *
 *     struct ws_diags diags = {0};
 *     struct ws_machine *m = ws_machine_parse(text, len, "fsm/states.def", &bindings, &diags);
 *     ... print diags; m is NULL when there was an error ...
 *
 * Codes are stable (E001-E053, W021-W058); ws_machine_explain() has a paragraph and a corrected example for each.
 */
#ifndef WSFSM_MACHINE_PARSE_H
#define WSFSM_MACHINE_PARSE_H

#include <stddef.h>

#include "wsfsm/base/diag.h"
#include "wsfsm/machine/machine.h"

/* What C offers to a machine: its handlers with the events each can report, and its guards. Made from one list,
 * include/wsfsm/steps/handlers.h, which generator and library both include. */
struct ws_handler_decl {
    const char *name;
    const char *const *events; /* NULL-terminated */
    const char *file;          /* where it is declared, for W022 */
    unsigned line;
};

struct ws_bindings {
    const struct ws_handler_decl *handlers;
    size_t handler_count;
    const char *const *guards;
    size_t guard_count;
    /* Is there a profile of that name? NULL: not looked up (W024 is not given). */
    bool (*has_tool)(void *payload, const char *tool);
    void *payload;
};

enum { WS_DIAGS_MAX = 50 };

/* Diagnostics are appended to *diags, sorted, at most WS_DIAGS_MAX. The machine is the caller's (ws_machine_free). */
struct ws_machine *ws_machine_parse(const char *text, size_t len, const char *file,
                                    const struct ws_bindings *bindings, struct ws_diags *diags);

struct ws_explanation {
    const char *code;  /* "E053" */
    const char *title; /* one line */
    const char *text;  /* a paragraph */
    const char *wrong; /* a few lines of .def */
    const char *right; /* the same, corrected */
};

const struct ws_explanation *ws_machine_explain(const char *code); /* NULL: no such code */
const struct ws_explanation *ws_machine_explanations(size_t *count); /* in order of code */

#endif
