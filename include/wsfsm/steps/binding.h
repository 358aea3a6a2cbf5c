/* Which C function a name of the .def means. Made from handlers.h alone: a handler that is declared there and not
 * defined is the linker's error, naming ws_step_<handler>. */
#ifndef WSFSM_STEPS_BINDING_H
#define WSFSM_STEPS_BINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "wsfsm/engine/engine.h"
#include "wsfsm/machine/parse.h"
#include "wsfsm/steps/context.h"
#include "wsfsm/steps/facts.h"

struct ws_step_binding {
    const char *name;
    int (*run)(struct ws_report *report, struct ws_context *context, const struct ws_attempt *attempt,
               struct ws_error *err);
};

struct ws_guard_binding {
    const char *name;
    bool (*holds)(const struct ws_facts *facts);
};

/* NULL when this program has none of that name. */
const struct ws_step_binding *ws_step_binding(const char *handler);
const struct ws_guard_binding *ws_guard_binding(const char *guard);

/* What the parser needs to check a .def against this program. */
const struct ws_bindings *ws_program_bindings(void);

/* Does this program have every handler and guard of the machine? WS_E_MACHINE names the first that is missing. */
int ws_machine_bound(const struct ws_machine *m, struct ws_error *err);

#define WS_HANDLER(name, ...)                                                                                          \
    int ws_step_##name(struct ws_report *report, struct ws_context *context, const struct ws_attempt *attempt,         \
                       struct ws_error *err);
#define WS_GUARD(name) bool ws_guard_##name(const struct ws_facts *facts);
#include "wsfsm/steps/handlers.h"

/* A state with `tool` lines instead of `do`. */
int ws_step_tool(struct ws_report *report, struct ws_context *context, const struct ws_attempt *attempt,
                 struct ws_error *err);

#endif
