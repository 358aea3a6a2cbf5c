#include "wsfsm/steps/binding.h"

#include <string.h>

/* The four tables below are all made from handlers.h; none is kept by hand. */

#define WS_HANDLER(id, ...) static const char *const events_of_##id[] = {__VA_ARGS__, NULL};
#include "wsfsm/steps/handlers.h"

#define WS_HANDLER(id, ...)                                                                        \
    {.name = #id,                                                                                  \
     .events = events_of_##id,                                                                     \
     .file = "include/wsfsm/steps/handlers.h",                                                     \
     .line = __LINE__},
static const struct ws_handler_decl declared[] = {
#include "wsfsm/steps/handlers.h"
};

#define WS_HANDLER(id, ...) {.name = #id, .run = ws_step_##id},
static const struct ws_step_binding handlers[] = {
#include "wsfsm/steps/handlers.h"
};

#define WS_GUARD(id) {.name = #id, .holds = ws_guard_##id},
static const struct ws_guard_binding guards[] = {
#include "wsfsm/steps/handlers.h"
};

#define WS_GUARD(id) #id,
static const char *const guard_names[] = {
#include "wsfsm/steps/handlers.h"
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

const struct ws_step_binding *ws_step_binding(const char *handler)
{
    for (size_t i = 0; i < COUNT(handlers); i++)
        if (!strcmp(handlers[i].name, handler))
            return &handlers[i];
    return NULL;
}

const struct ws_guard_binding *ws_guard_binding(const char *guard)
{
    for (size_t i = 0; i < COUNT(guards); i++)
        if (!strcmp(guards[i].name, guard))
            return &guards[i];
    return NULL;
}

const struct ws_bindings *ws_program_bindings(void)
{
    static const struct ws_bindings bindings = {
        .handlers = declared,
        .handler_count = COUNT(declared),
        .guards = guard_names,
        .guard_count = COUNT(guard_names),
    };
    return &bindings;
}

int ws_machine_bound(const struct ws_machine *m, struct ws_error *err)
{
    for (int i = 0; i < m->state_count; i++) {
        const char *handler = m->states[i].handler;
        if (handler && !ws_step_binding(handler))
            return ws_fail(
                err, WS_E_MACHINE, m->states[i].name,
                "this wsfsm has no handler '%s'; go on with the version the run was started with",
                handler);
    }
    for (int i = 0; i < m->arm_count; i++) {
        const char *guard = m->arms[i].guard;
        if (guard && !ws_guard_binding(guard))
            return ws_fail(
                err, WS_E_MACHINE, m->states[m->arms[i].from].name,
                "this wsfsm has no guard '%s'; go on with the version the run was started with",
                guard);
    }
    return 0;
}
