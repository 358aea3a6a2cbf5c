#ifndef WSFSM_REPO_FINGERPRINT_H
#define WSFSM_REPO_FINGERPRINT_H

#include <stdbool.h>

/* Is this ref's value part of a fingerprint: branches but for ours, tags, the stash. */
bool ws_fingerprint_covers(const char *ref);

#endif
