#include <git2.h>

#include "internal.h"
#include "wsfsm/base/mem.h"

/* Both or neither: half an identity of the user's and half of ours would be nobody's. */
static void look_up(struct ws_repo *r)
{
    git_signature *configured = NULL;

    if (r->user_name != NULL) {
        return;
    }
    if (git_signature_default(&configured, r->git) == 0) {
        r->user_name = ws_strdup(configured->name);
        r->user_email = ws_strdup(configured->email);
    } else {
        r->user_name = ws_strdup("wsfsm");
        r->user_email = ws_strdup("wsfsm@localhost");
    }
    git_signature_free(configured);
}

const char *ws_repo_user_name(struct ws_repo *r)
{
    look_up(r);
    return r->user_name;
}

const char *ws_repo_user_email(struct ws_repo *r)
{
    look_up(r);
    return r->user_email;
}
