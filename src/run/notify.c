#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "wsfsm/base/mem.h"

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

void ws_warn_each(const struct ws_observer *observer, const struct ws_strv *texts)
{
    for (size_t i = 0; observer && observer->warning && i < texts->len; i++)
        observer->warning(observer->payload, texts->items[i]);
}

void ws_note(const struct ws_run_options *o, char *text)
{
    say(o->observer ? o->observer->note : NULL, o->observer ? o->observer->payload : NULL, text);
}

void ws_warn_of_files(const struct ws_run_options *o, struct ws_diags *diags)
{
    const char *last = "";
    ws_diags_sort(diags);
    for (size_t i = 0; i < diags->len; i++) {
        const struct ws_diag *d = &diags->items[i];
        if (d->severity != WS_ERROR || !d->file || !strcmp(d->file, last))
            continue;
        last = d->file;
        ws_warn(o, ws_format("%s has errors; 'wsfsm validate' prints them", d->file));
    }
}
