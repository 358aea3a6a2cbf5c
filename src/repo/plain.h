/* An open of a FIFO waits for its writer, for ever when there is none, and libgit2 opens whatever
 * bears a name of git's. So every file that it is about to read is asked first whether it is one to
 * read from: a tool could have put anything there. */
#ifndef WSFSM_REPO_PLAIN_H
#define WSFSM_REPO_PLAIN_H

#include <sys/stat.h>

#include "internal.h"

/* Whether an open would wait: a FIFO, a device but the null device. A socket cannot be opened, and
 * a folder not read: those end in an error by themselves. */
bool ws_plain_waits(const struct stat *st);

/* One file that may also be missing: -1 when an open would wait. */
int ws_plain_file(const char *path, enum ws_code code, struct ws_error *err);

/* The files that git reads whatever it does, all others at the top of a git directory, packs (also
 * where objects are borrowed from), and settings. To be asked before a repository is opened, and
 * after a tool ran. */
int ws_plain_git_dir(const char *git_dir, enum ws_code code, struct ws_error *err);

/* One ref ("HEAD" too), and those that it leads to. */
int ws_plain_ref(struct ws_repo *r, const char *ref, struct ws_error *err);

/* The log of HEAD, which is appended to when the ref moves that HEAD leads to. */
int ws_plain_head_log(struct ws_repo *r, const char *ref, struct ws_error *err);

/* All refs, before they are listed or one is sought by a part of its name. */
int ws_plain_refs(struct ws_repo *r, enum ws_code code, struct ws_error *err);

/* Loose objects are too many to be asked beforehand. From now on every read of one from this object
 * database asks first, and fails where it would wait. A libgit2 return code. */
int ws_plain_objects(git_odb *odb, const char *git_dir);

/* The folders of objects: the repository's own, and those that their info/alternates name. */
void ws_plain_object_folders(struct ws_strv *out, const char *git_dir);

/* The repository's and the user's settings, with all that they include, whatever the condition. */
int ws_plain_settings(const char *git_dir, enum ws_code code, struct ws_error *err);

/* The rules that settings name: core.excludesFile, core.attributesFile. To be asked before the
 * rules of an opened repository are. */
int ws_plain_named_rules(git_repository *git, struct ws_error *err);

/* The rules in the user's checkout, in every folder that a look at its status comes to. */
int ws_plain_checkout(struct ws_repo *r, struct ws_error *err);

#endif
