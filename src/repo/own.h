/* What wsfsm writes below the git directory lies on ways that a tool may have laid anew: libgit2
 * follows a link wherever it finds one. So the way to a ref of ours, to its log and to the folders
 * of objects is walked first, without following anything. */
#ifndef WSFSM_REPO_OWN_H
#define WSFSM_REPO_OWN_H

#include "internal.h"

enum ws_own {
    WS_OWN_FAILED = -1,
    WS_OWN_ABSENT, /* no file of its own: it may be packed */
    WS_OWN_PLAIN,  /* a file with the name of an object in it */
    WS_OWN_ODD, /* a link, a FIFO, a symbolic ref, garbage, or something of that kind on the way */
};

/* Below refs/wsfsm or refs/heads/ws. */
bool ws_own_is(const char *ref);

enum ws_own ws_own_look(struct ws_repo *r, const char *ref, struct ws_error *err);

/* Before a ref of ours is written: what stands in the place of its file, its lock, its log or a
 * folder of ours on the way, and is none, is taken away; a folder of git's that is none is an
 * error. A branch of the user's in the way stays. The caller holds the lock of refs. */
int ws_own_clear(struct ws_repo *r, const char *ref, struct ws_error *err);

/* A branch of ours that a tool has replaced, it or its log, in words. */
int ws_own_violations(struct ws_strv *out, struct ws_repo *r, const char *branch,
                      struct ws_error *err);

/* The folder of objects is the one that was opened, and those in it that objects go to are folders.
 */
int ws_own_objects(struct ws_repo *r, enum ws_code code, struct ws_error *err);

/* The same of the one folder that an object goes to. A libgit2 return code. */
int ws_own_object_folder(struct ws_repo *r, const git_oid *oid);

#endif
