/* One file or link, copied from folder to folder. */
#ifndef WSFSM_REPO_COPY_H
#define WSFSM_REPO_COPY_H

#include <sys/stat.h>

/* Which side an errno is of. */
enum ws_copied { WS_COPIED, WS_COPY_UNREAD, WS_COPY_UNWRITTEN };

/* `name` in the folder `from`, a regular file or a link as `st` says, to the folder `to`, where nothing of that name
 * may be. Permissions (but setuid, setgid and sticky) and times go along; a link stays a link. What is no longer what
 * it was is WS_COPY_UNREAD with ESTALE. */
enum ws_copied ws_copy_entry(int from, int to, const char *name, const struct stat *st);

#endif
