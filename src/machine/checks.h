/* The checks of a .def, in the order in which they run. Each adds its findings to the report; a
 * later one is run only when what it concludes from is sound. */
#ifndef WS_MACHINE_CHECKS_H
#define WS_MACHINE_CHECKS_H

#include "def.h"
#include "lower.h"
#include "report.h"
#include "wsfsm/machine/parse.h"

/* E003, E011, E012, E024: what is declared, and lists that name something twice. Marks the second
 * state of a name as broken. */
void ws_check_declarations(struct ws_def *d, struct ws_def_report *r);

/* E003, E006, E010, E020-E024, W024: what is referred to. Marks states with a wrong name as broken,
 * finds the initial state. */
void ws_check_names(struct ws_def *d, const struct ws_bindings *b, struct ws_def_report *r);

/* E010, E014, E015, E030-E032, E040-E042, W033, W040: each state for itself. `b` may be NULL. */
void ws_check_states(struct ws_def *d, const struct ws_bindings *b, struct ws_def_report *r);

/* E050-E053, W055, W058: the whole. Only for a .def without errors so far. */
void ws_check_graph(const struct ws_table *t, struct ws_def_report *r);

/* W021-W023, W057: what nothing uses. Only for a .def without errors. */
void ws_check_usage(const struct ws_def *d, const struct ws_bindings *b, struct ws_def_report *r);

/* The engine's event of that name in any case, or NULL. */
const char *ws_engine_event(const char *event);
bool ws_is_engine_event(const char *event);

/* What a state's handler or tool can report, NULL-terminated; NULL when it is not known. */
const char *const *ws_reports_of(const struct ws_def_state *state, const struct ws_bindings *b);

#endif
