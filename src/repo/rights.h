/* Rights that a tool took from a folder of ours. Git keeps no modes of folders. */
#ifndef WSFSM_REPO_RIGHTS_H
#define WSFSM_REPO_RIGHTS_H

#include <stdbool.h>

/* Gives the owner of the open folder all rights there; true when some were missing. Only for
 * folders of a worktree and git's about it: one of somebody else's is left as it is. errno stays.
 */
bool ws_rights_give(int dir);

/* After a call in the folder that failed: should it be made again? It failed for want of rights,
 * which are given now. */
bool ws_rights_retry(int dir);

#endif
