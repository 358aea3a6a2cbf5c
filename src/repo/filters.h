#ifndef WSFSM_REPO_FILTERS_H
#define WSFSM_REPO_FILTERS_H

#include "index_file.h"

/* Refuses when a tracked path of the base is under a configured clean, smudge or process filter
 * (LFS), or under an encoding that only git converts: libgit2 would store and write other bytes
 * than git. Where the user's index holds just the base, it spares the walk through the base's
 * trees. */
int ws_filters_check(struct ws_repo *r, const char *base, const struct ws_index_look *index,
                     struct ws_error *err);

/* The names of the filters that are configured. A libgit2 return code. */
int ws_filters_drivers(struct ws_strv *drivers, struct ws_repo *r);

#endif
