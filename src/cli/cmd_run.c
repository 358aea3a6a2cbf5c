#include "carry.h"
#include "commands.h"

static const char *const sandbox_modes[] = {"on", "auto", "off", NULL};

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
    {.name = "sandbox",
     .argument = "WHEN",
     .words = sandbox_modes,
     .help = "Confine every tool by bubblewrap, whatever its profile says: on, auto (where it "
             "works here) or off. A run that goes on keeps what it was started with."},
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

static int carry(struct ws_summary *out, struct ws_session *session, struct ws_run_options *how,
                 const struct ws_args *args, struct ws_diags *diags, struct ws_error *err)
{
    how->run_id = ws_args_value(args, "run-id");
    how->base = ws_args_value(args, "base");
    how->model = ws_args_value(args, "model");
    how->sandbox = ws_args_value(args, "sandbox");
    how->dry_run = ws_args_has(args, "dry-run") || session->config.dry_run;
    how->allow_dirty = ws_args_has(args, "allow-dirty");
    return ws_run_single_workstream_from_bundle(out, session, ws_args_value(args, "ws-id"), how,
                                                diags, err);
}

static int run(struct ws_cli *cli, struct ws_error *err)
{
    return ws_cli_carry(cli, carry, err);
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
                   "(SIGINT) to cancel; SIGTERM stops the tool and leaves the run for 'wsfsm "
                   "resume'; a second signal kills at once. Whatever the end, "
                   "the content of the worktree is kept as a snapshot in git.",
    .options = options,
    .exits = exits,
    .examples = examples,
    .run = run,
};
