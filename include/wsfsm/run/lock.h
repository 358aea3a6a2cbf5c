/* One orchestrator per workstream and repository: a flock on .wsfsm/locks/<ws_id>.lock, dropped by
 * the kernel when its holder dies. The file's text (pid, run) is for people; only the lock counts.
 */
#ifndef WSFSM_RUN_LOCK_H
#define WSFSM_RUN_LOCK_H

#include <stdbool.h>

#include "wsfsm/base/error.h"

struct ws_run_lock {
    int fd;
};

/* WS_E_BUSY names the holder. */
int ws_run_lock_take(struct ws_run_lock *lock, const char *state_dir, const char *ws_id,
                     const char *run_id, struct ws_error *err);

/* Takes the lock away from whoever holds it: a new file stands in the place of the old one, which
 * its holder goes on holding for nobody. Only with a raised fence behind it (see
 * ws_store_take_lease) is that safe. */
int ws_run_lock_replace(struct ws_run_lock *lock, const char *state_dir, const char *ws_id,
                        const char *run_id, struct ws_error *err);

/* Held for the moment between looking at the other runs and creating one's own, and while what dead
 * ones left is finished; waits for its turn. */
int ws_run_lock_starting(struct ws_run_lock *lock, const char *state_dir, struct ws_error *err);

void ws_run_lock_release(struct ws_run_lock *lock);

/* Is it held? *pid and run_id (64 bytes and NUL, may be NULL) tell by whom. */
bool ws_run_lock_held(int *pid, char run_id[65], const char *state_dir, const char *ws_id);

#endif
