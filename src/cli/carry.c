#include "carry.h"

#include <string.h>

#include "progress.h"
#include "session.h"
#include "summary.h"
#include "wsfsm/proc/stop.h"

/* A run that reached its end before the signal counts as what it is. */
static int exit_status(const struct ws_summary *s, const struct ws_stop *stop)
{
    bool cancelled = s->finished && s->reason != NULL && strcmp(s->reason, "cancel") == 0;

    if (ws_stop_signal(stop) != 0 && (!s->finished || cancelled)) {
        return 128 + ws_stop_signal(stop);
    }
    return s->success ? 0 : 1;
}

static int carry_in(struct ws_session *session, struct ws_cli *cli, struct ws_stop *stop,
                    int (*carry)(struct ws_summary *, struct ws_session *, struct ws_run_options *,
                                 const struct ws_args *, struct ws_diags *, struct ws_error *),
                    struct ws_error *err)
{
    struct ws_progress_view view;
    struct ws_diags diags = {0};
    struct ws_summary summary = {0};

    ws_progress_init(&view, cli);
    struct ws_observer observer = ws_progress_observer(&view);
    struct ws_run_options how = {.stop = stop, .observer = &observer};
    int status = carry(&summary, session, &how, cli->args, &diags, err);
    ws_progress_end(&view);
    if (status != 0 && ws_code_exit(err->code) == ws_code_exit(WS_E_BUNDLE)) {
        ws_cli_diags(cli, &diags); /* what kept the run from beginning */
    }
    if (status == 0) {
        status = exit_status(&summary, stop);
        ws_summary_print(cli, &summary);
    }
    ws_summary_release(&summary);
    ws_diags_release(&diags);
    return status;
}

int ws_cli_carry(struct ws_cli *cli,
                 int (*carry)(struct ws_summary *, struct ws_session *, struct ws_run_options *,
                              const struct ws_args *, struct ws_diags *, struct ws_error *),
                 struct ws_error *err)
{
    struct ws_session session = {0};
    struct ws_stop stop;
    int status = -1;

    if (ws_stop_init(&stop, err) != 0) {
        return -1;
    }
    if (ws_stop_on_signals(&stop, err) == 0 && ws_cli_open(&session, cli, err) == 0) {
        status = carry_in(&session, cli, &stop, carry, err);
        ws_session_close(&session);
    }
    ws_stop_release(&stop);
    return status;
}
