/* What happens during a run, for whoever shows it. Every callback may be NULL. Text from tools is not escaped. */
#ifndef WSFSM_STEPS_OBSERVER_H
#define WSFSM_STEPS_OBSERVER_H

#include "wsfsm/proc/proc.h"

struct ws_observer {
    void (*entered)(void *payload, const char *from, const char *event, const char *to);
    void (*tool_started)(void *payload, const char *step, const char *tool);
    void (*tool_progress)(void *payload, const struct ws_progress *progress);
    void (*tool_finished)(void *payload, const char *step, const char *tool, const struct ws_exit *exit);
    void (*step_finished)(void *payload, const char *step, const char *status, const char *message); /* NULL: none */
    void (*note)(void *payload, const char *text);    /* worth knowing */
    void (*warning)(void *payload, const char *text); /* worth acting on */
    void *payload;
};

#endif
