/* The handlers and guards that C offers to fsm/states.def: the one list that the generator, the library's checks
 * and the binding read. No include guard: it is included with WS_HANDLER and WS_GUARD defined, and undefines them.
 *
 * WS_HANDLER(name, "event", ...): what `int ws_step_<name>(...)` can report (src/steps/).
 * WS_GUARD(name):                 `bool ws_guard_<name>(...)` exists.
 * A name in the .def that is not here is E022; one that is here and not defined is the linker's error.
 * `timeout` and `cancel` are the engine's: any handler may end by them without saying so.
 */
#ifndef WS_HANDLER
#define WS_HANDLER(name, ...)
#endif
#ifndef WS_GUARD
#define WS_GUARD(name)
#endif

WS_HANDLER(edit, "passed", "failed", "no_change", "could_not_run")
WS_HANDLER(static, "passed", "failed", "skipped", "could_not_run")
WS_HANDLER(runtime, "passed", "failed", "skipped", "could_not_run")

WS_GUARD(in_scope)

#undef WS_HANDLER
#undef WS_GUARD
