/* What a new worktree is given before the first tool sees it: `worktree` of wsfsm.yaml. */
#ifndef WSFSM_PROJECT_PROVISION_H
#define WSFSM_PROJECT_PROVISION_H

#include "wsfsm/base/strv.h"
#include "wsfsm/project/profile.h"

struct ws_provision {
    struct ws_strv copy;      /* paths of the user's checkout: literal, or globs; normal */
    struct ws_profiles setup; /* commands, in order; their ids are "setup-1", "setup-2", ... */
};

void ws_provision_release(struct ws_provision *p);

#endif
