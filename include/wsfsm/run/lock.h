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

/* WS_E_BUSY names the holder. `run_id` NULL: for no run, which nobody takes over. */
int ws_run_lock_take(struct ws_run_lock *lock, const char *state_dir, const char *ws_id,
                     const char *run_id, struct ws_error *err);

/* Takes it, also away from a living holder of the same run: a new file stands in the place of the
 * old one, which its holder goes on holding for nobody. WS_E_BUSY when it is held for another run,
 * or by nobody knows whom. Only under ws_run_lock_starting, and with a raised fence behind it (see
 * ws_store_take_lease), is that safe. */
int ws_run_lock_replace(struct ws_run_lock *lock, const char *state_dir, const char *ws_id,
                        const char *run_id, struct ws_error *err);

/* Has nobody taken it away since it was taken? WS_E_BUSY. To be asked under ws_run_lock_starting,
 * before anything is written. */
int ws_run_lock_check(const struct ws_run_lock *lock, const char *state_dir, const char *ws_id,
                      struct ws_error *err);

/* Held for the moment between looking at the other runs and entering one's own, or taking one up,
 * and while what dead ones left is finished. Waits for its turn, a minute at most: WS_E_BUSY. */
int ws_run_lock_starting(struct ws_run_lock *lock, const char *state_dir, struct ws_error *err);

void ws_run_lock_release(struct ws_run_lock *lock);

/* Is it held? *pid and run_id (64 bytes and NUL, may be NULL) tell by whom. */
bool ws_run_lock_held(int *pid, char run_id[65], const char *state_dir, const char *ws_id);

#endif
