#ifndef WSFSM_REPO_FILTERS_H
#define WSFSM_REPO_FILTERS_H

#include "internal.h"

/* Refuses when a tracked path of the base is under a configured clean, smudge or process filter
 * (LFS), or under an encoding that only git converts: libgit2 would store and write other bytes
 * than git. */
int ws_filters_check(struct ws_repo *r, const char *base, struct ws_error *err);

#endif
