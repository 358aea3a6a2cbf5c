#include "bindings.h"

#define HANDLERS_FILE "include/wsfsm/steps/handlers.h"
#define EVENTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct ws_handler_decl handlers[] = {
#define WS_HANDLER(name, ...) {#name, EVENTS(__VA_ARGS__), HANDLERS_FILE, __LINE__},
#include "wsfsm/steps/handlers.h"
};

static const char *const guards[] = {
#define WS_GUARD(name) #name,
#include "wsfsm/steps/handlers.h"
};

const struct ws_bindings fsmgen_bindings = {
    .handlers = handlers,
    .handler_count = sizeof handlers / sizeof *handlers,
    .guards = guards,
    .guard_count = sizeof guards / sizeof *guards,
};
