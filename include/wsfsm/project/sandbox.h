/* What a profile says of the confinement of its tool. How one is made is steps' to know. */
#ifndef WSFSM_PROJECT_SANDBOX_H
#define WSFSM_PROJECT_SANDBOX_H

#include <stdbool.h>

#include "wsfsm/base/buf.h"
#include "wsfsm/base/strv.h"

enum ws_sandbox_mode {
    WS_SANDBOX_OFF,
    WS_SANDBOX_AUTO, /* where it works; else the tool runs unconfined, and the record says so */
    WS_SANDBOX_ON    /* where it does not work the tool cannot run */
};

struct ws_sandbox {
    enum ws_sandbox_mode mode;
    bool offline;         /* network: off */
    struct ws_strv paths; /* the tool may write there, too: absolute, or "~/..." */
};

void ws_sandbox_release(struct ws_sandbox *s);
void ws_sandbox_copy(struct ws_sandbox *to, const struct ws_sandbox *from); /* into an empty one */

const char *ws_sandbox_mode_name(enum ws_sandbox_mode mode);
bool ws_sandbox_mode_parse(enum ws_sandbox_mode *out, const char *name);

/* The members "sandbox", "network" and "sandbox_paths" of an open JSON object. */
void ws_sandbox_json(struct ws_buf *out, const struct ws_sandbox *s);

#endif
