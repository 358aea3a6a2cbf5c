#include <string.h>

#include "commands.h"
#include "progress.h"
#include "session.h"
#include "summary.h"
#include "wsfsm/proc/stop.h"

static const struct ws_option options[] = {
    {.name = "ws-id",
     .argument = "ID",
     .required = true,
     .complete = WS_COMPLETE_WS_ID,
     .help = "The workstream to run, as declared in a bundle."},
    {.name = "run-id",
     .argument = "ID",
     .help = "Name of the run; made up when not given. An unfinished run of this workstream goes "
             "on; a finished one, or one of another workstream, is refused."},
    {.name = "base",
     .argument = "REF",
     .help = "Branch, tag or commit to start from. Default: PIPELINE_BASE_BRANCH, else "
             "'base_branch' of wsfsm.yaml, else the branch your checkout is on."},
    {.name = "dry-run",
     .help = "Go through the machine without calling a tool, and print what would run. No "
             "worktree, no branch."},
    {.name = "allow-dirty",
     .help = "Run although your checkout has uncommitted changes to paths in scope; the tool "
             "does not see them."},
    {.name = "model",
     .argument = "NAME",
     .help =
         "The model a coding agent is to use. Default: AIDER_MODEL, else the agent's own choice."},
    {0},
};

static const struct ws_exit_note exits[] = {
    {0, "the workstream ended in success"},
    {1, "the workstream failed"},
    {3, "an unsound bundle, configuration or machine; an unknown id, or one of a finished run"},
    {4, "the repository cannot be worked with, uncommitted changes in scope, database, disk"},
    {5, "another orchestrator holds the workstream"},
    {128, "plus N: ended by signal N; 130 (SIGINT) recorded as cancelled, 143 (SIGTERM) and 129 "
          "(SIGHUP) left interrupted, to be gone on with"},
    {0, NULL},
};

static const struct ws_example examples[] = {
    {"wsfsm run --ws-id ws-example --dry-run", "See what would run."},
    {"wsfsm run --ws-id ws-example",
     "Run it. On success the change stands on the branch that is printed."},
    {"wsfsm run --ws-id ws-example --json | jq .final_status", "For a script."},
    {0},
};

/* A run that reached its end before the signal counts as what it is. */
static int exit_status(const struct ws_summary *s, const struct ws_stop *stop)
{
    bool cancelled = s->finished && s->reason != NULL && strcmp(s->reason, "cancel") == 0;

    if (stop->signal != 0 && (!s->finished || cancelled)) {
        return 128 + stop->signal;
    }
    return s->success ? 0 : 1;
}

static void print(struct ws_cli *cli, const struct ws_summary *s)
{
    if (cli->json) {
        ws_summary_json(&cli->out.text, s);
    } else {
        ws_summary_text(cli, s);
    }
}

/* One line for each file that has errors; *diags is sorted. */
static void warn_of_files(const struct ws_cli *cli, const struct ws_diags *diags)
{
    const char *last = "";

    for (size_t i = 0; i < diags->len; i++) {
        const struct ws_diag *d = &diags->items[i];

        if (d->severity == WS_ERROR && d->file != NULL && strcmp(d->file, last) != 0) {
            last = d->file;
            ws_cli_warning(cli, "%s has errors; 'wsfsm validate' prints them", d->file);
        }
    }
}

/* Findings in bundles that kept the run from beginning are shown; those elsewhere are told of. */
static void tell_findings(const struct ws_cli *cli, struct ws_diags *diags, bool refused)
{
    if (refused) {
        ws_cli_diags(cli, diags);
    } else {
        ws_diags_sort(diags);
        warn_of_files(cli, diags);
    }
}

static int run_in(struct ws_session *session, struct ws_cli *cli, struct ws_stop *stop,
                  struct ws_error *err)
{
    struct ws_progress_view view;
    struct ws_diags diags = {0};
    struct ws_summary summary = {0};

    ws_progress_init(&view, cli);
    struct ws_observer observer = ws_progress_observer(&view);
    const struct ws_run_options how = {
        .run_id = ws_args_value(cli->args, "run-id"),
        .base = ws_args_value(cli->args, "base"),
        .model = ws_args_value(cli->args, "model"),
        .dry_run = ws_args_has(cli->args, "dry-run") || session->config.dry_run,
        .allow_dirty = ws_args_has(cli->args, "allow-dirty"),
        .stop = stop,
        .observer = &observer,
    };
    int status = ws_run_single_workstream_from_bundle(
        &summary, session, ws_args_value(cli->args, "ws-id"), &how, &diags, err);
    ws_progress_end(&view);
    tell_findings(cli, &diags, status != 0 && ws_code_exit(err->code) == ws_code_exit(WS_E_BUNDLE));
    if (status == 0) {
        status = exit_status(&summary, stop);
        print(cli, &summary);
    }
    ws_summary_release(&summary);
    ws_diags_release(&diags);
    return status;
}

static int run(struct ws_cli *cli, struct ws_error *err)
{
    struct ws_session session = {0};
    struct ws_stop stop;
    int status = -1;

    if (ws_stop_init(&stop, err) != 0) {
        return -1;
    }
    if (ws_stop_on_signals(&stop, err) == 0 && ws_cli_open(&session, cli, err) == 0) {
        status = run_in(&session, cli, &stop, err);
        ws_session_close(&session);
    }
    ws_stop_release(&stop);
    return status;
}

const struct ws_cmd ws_cmd_run = {
    .name = "run",
    .summary = "Run a workstream to a final state",
    .description = "Takes the workstream from its bundle, makes a git worktree under .worktrees/ "
                   "on a branch of its own, and goes through the machine: edit (the tool makes "
                   "the change), static (static analysers), runtime (acceptance tests), and the "
                   "check that the change stays in scope. Your checkout is not touched.\n\n"
                   "Standard output has the result: run id, workstream id, the status of each "
                   "step and the final status; progress goes to standard error. Interrupt once "
                   "(SIGINT) to cancel; SIGTERM stops the tool and leaves the run to be gone on "
                   "with by the same --run-id; a second signal kills at once. Whatever the end, "
                   "the content of the worktree is kept as a snapshot in git.",
    .options = options,
    .exits = exits,
    .examples = examples,
    .run = run,
};
