#include <stdlib.h>

#include "internal.h"

/* Under the machine it was started with and with what it was started with; nothing is read from the
 * checkout. */
int ws_run_resume(struct ws_summary *out, struct ws_session *s,
                  const struct ws_run_options *options, struct ws_error *err)
{
    struct ws_run_rows rows;
    struct ws_held held;
    struct ws_error why = {0};
    *out = (struct ws_summary){0};
    if (ws_proc_check(err) < 0)
        return -1;
    int rc = ws_find_run(&rows, s, options->run_id, err);
    if (rc == 1)
        rc = ws_no_such_run(s, options->run_id, err);
    if (rc == 0 && (rc = ws_hold_run(&held, s, &rows.items[0], options->take_over, &why)) < 0)
        ws_fail(err, why.code, why.where, "%s%s", why.message,
                why.code == WS_E_BUSY ? "; `wsfsm resume --take-over` takes it away" : "");
    if (rc == 0) {
        rc = ws_drive(s, &held, options, err);
        if (rc == 0)
            rc = ws_run_summary(out, s, held.run_id, err);
        ws_held_release(&held);
    }
    ws_run_rows_release(&rows);
    return rc;
}
