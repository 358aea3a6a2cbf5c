#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "internal.h"

/* The grace of a tool, the bounded drain and kill, and the last transaction, with room to spare. */
enum { ANSWER_MS = 20000, LOOK_MS = 100 };

enum answer { NOBODY, ENDED, STOPPED, SILENT };

static enum answer wait_for_end(int fd, int pid)
{
    struct pollfd ended = {.fd = fd, .events = POLLIN};
    for (int waited = 0; waited < ANSWER_MS; waited += LOOK_MS) {
        if (poll(&ended, 1, LOOK_MS) == 1)
            return ENDED;
        if (ws_process_stopped(pid))
            return STOPPED;
    }
    return SILENT;
}

/* Asks the process that holds the run to cancel it, and waits for its end. Its number is only
 * believed while the lock is held by it: a pidfd taken before that is looked at again names the
 * same process. */
static enum answer ask_holder(int *pid, struct ws_session *s, const struct ws_run_row *row)
{
    int again;
    char run_id[65];
    const char *state_dir = ws_repo_state_dir(s->repo);
    if (!ws_run_lock_held(pid, run_id, state_dir, row->ws_id) || strcmp(run_id, row->run_id) != 0)
        return NOBODY;
    int fd = pidfd_open(*pid, 0);
    if (fd < 0)
        return NOBODY;
    enum answer answer = NOBODY;
    if (ws_run_lock_held(&again, NULL, state_dir, row->ws_id) && again == *pid &&
        pidfd_send_signal(fd, WS_STOP_SIGNAL_CANCEL, NULL, 0) == 0)
        answer = wait_for_end(fd, *pid);
    close(fd);
    return answer;
}

/* What the user can do about a holder that was asked and has not ended. */
static int not_ended(enum answer answer, int pid, const char *run_id, struct ws_error *err)
{
    if (answer == STOPPED)
        return ws_fail(err, WS_E_BUSY, run_id,
                       "process %d holds the run and is stopped (as by Ctrl-Z): `kill -CONT %d` "
                       "lets it go on, and cancel; `wsfsm resume --run-id %s --take-over` takes "
                       "the run away from it",
                       pid, pid, run_id);
    return ws_fail(err, WS_E_BUSY, run_id,
                   "process %d holds the run and does not answer; `wsfsm resume --run-id %s "
                   "--take-over` takes it away",
                   pid, run_id);
}

/* The holder may have been left interrupted by another signal just before ours, or have died of it.
 */
static int cancel_unheld(struct ws_session *s, const struct ws_run_options *o, struct ws_error *err)
{
    struct ws_run_rows rows;
    struct ws_held held;
    int rc = ws_find_run(&rows, s, o->run_id, o->observer, err);
    if (rc == 0 && !rows.items[0].final) {
        rc = ws_hold_run(&held, s, &rows.items[0], WS_HOLD_TO_CANCEL, err);
        if (rc == 0) {
            rc = ws_drive_cancel(s, &held, o, err);
            ws_held_release(&held);
        }
    }
    ws_run_rows_release(&rows);
    return rc;
}

int ws_run_cancel(struct ws_summary *out, struct ws_session *s,
                  const struct ws_run_options *options, struct ws_error *err)
{
    struct ws_run_rows rows;
    int pid = 0;
    *out = (struct ws_summary){0};
    int rc = ws_find_run(&rows, s, options->run_id, options->observer, err);
    if (rc == 1)
        rc = ws_no_such_run(s, options->run_id, err);
    if (rc == 0 && rows.items[0].final)
        rc = ws_fail(err, WS_E_UNUSABLE_ID, options->run_id,
                     "has ended in %s; there is nothing to cancel", rows.items[0].state);
    if (rc == 0) {
        enum answer answer = ask_holder(&pid, s, &rows.items[0]);
        if (answer == STOPPED || answer == SILENT)
            rc = not_ended(answer, pid, options->run_id, err);
    }
    if (rc == 0)
        rc = cancel_unheld(s, options, err);
    if (rc == 0)
        rc = ws_run_summary(out, s, options->run_id, err);
    ws_run_rows_release(&rows);
    return rc;
}
