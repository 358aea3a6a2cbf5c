#include <stdlib.h>

#include "internal.h"

static void say(void (*to)(void *, const char *), void *payload, char *text)
{
    if (to)
        to(payload, text);
    free(text);
}

void ws_warn(const struct ws_run_options *o, char *text)
{
    say(o->observer ? o->observer->warning : NULL, o->observer ? o->observer->payload : NULL, text);
}

void ws_note(const struct ws_run_options *o, char *text)
{
    say(o->observer ? o->observer->note : NULL, o->observer ? o->observer->payload : NULL, text);
}
