#ifndef WSFSM_REPO_MEND_REF_H
#define WSFSM_REPO_MEND_REF_H

#include "internal.h"

/* As ws_repo_mend, of one ref; the caller holds the lock of refs. */
void ws_mend_ref(struct ws_repo *r, const char *ref);

/* As ws_repo_mend, of all refs of ours and of nothing else. */
void ws_mend_refs(struct ws_repo *r);

#endif
