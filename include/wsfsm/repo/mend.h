/* What a process that died in the middle of libgit2's work, or a tool, leaves in git's folder, and nobody clears. */
#ifndef WSFSM_REPO_MEND_H
#define WSFSM_REPO_MEND_H

#include "wsfsm/repo/repo.h"

/* Takes away, wherever it finds them:
 *  - a lock of one of our refs that is a second name of the ref itself: libgit2 renames by link and unlink, and git
 *    refuses to pack or move a ref whose lock is there;
 *  - a link among our refs, which a tool has put there: libgit2 lists nothing that comes after one that leads nowhere;
 *  - a loose object without content: after a power loss a name may stand whose bytes never reached the disk. It cannot
 *    be read, and while it is there the object is not written again.
 * Safe beside a git at work: none is ever seen from a living writer for longer than between two system calls, and
 * all are looked at under wsfsm's lock of refs. Never fails; what cannot be taken away stays. */
void ws_repo_mend(struct ws_repo *r);

#endif
