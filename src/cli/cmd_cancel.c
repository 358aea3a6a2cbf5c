#include "carry.h"
#include "commands.h"
#include "progress.h"
#include "session.h"
#include "summary.h"

static const struct ws_option options[] = {
    {.name = "run-id",
     .argument = "ID",
     .required = true,
     .complete = WS_COMPLETE_RUN_ID,
     .help = "The run to cancel."},
    {0},
};

static const struct ws_exit_note exits[] = {
    {0, "the run has ended: cancelled, or by itself a moment before"},
    {3, "no such run, or one that has ended"},
    {5, "the process that holds the run is stopped, or does not answer"},
    {0, NULL},
};

static int run(struct ws_cli *cli, struct ws_error *err)
{
    struct ws_session session = {0};
    struct ws_summary summary = {0};
    struct ws_progress_view view;
    int status = -1;

    if (ws_cli_open(&session, cli, err) == 0) {
        ws_progress_init_still(&view, cli);
        const struct ws_observer observer = ws_progress_observer(&view);
        const struct ws_run_options how = {.run_id = ws_args_value(cli->args, "run-id"),
                                           .observer = &observer};

        status = ws_run_cancel(&summary, &session, &how, err);
        ws_progress_end(&view);
        if (status == 0) {
            ws_summary_print(cli, &summary);
        }
        ws_summary_release(&summary);
        ws_session_close(&session);
    }
    return status;
}

const struct ws_cmd ws_cmd_cancel = {
    .name = "cancel",
    .summary = "End a run, its tool and everything the tool started",
    .description = "The process that runs it ends the tool (SIGTERM, then SIGKILL), records "
                   "'cancel' and exits 1. A run that was left interrupted is cancelled here. The "
                   "content of the worktree is kept as a snapshot.",
    .by_plan = true,
    .options = options,
    .exits = exits,
    .run = run,
};
