#include "carry.h"
#include "commands.h"

static const struct ws_option options[] = {
    {.name = "run-id",
     .argument = "ID",
     .required = true,
     .complete = WS_COMPLETE_RUN_ID,
     .help = "The run to go on with."},
    {.name = "take-over",
     .help = "Go on although a process holds the run, also a stopped one: its tool is ended, and "
             "it can write nothing any more."},
    {0},
};

static const struct ws_exit_note exits[] = {
    {0, "the workstream ended in success"},
    {1, "the workstream failed"},
    {3, "no such run, or one that has ended"},
    {4, "the repository cannot be worked with, database, disk"},
    {5, "a process holds the run"},
    {128, "plus N: ended by signal N, as with run"},
    {0, NULL},
};

static const struct ws_example examples[] = {
    {"wsfsm status", "See which runs were left interrupted."},
    {"wsfsm resume --run-id RUN", "Go on with one."},
    {0},
};

static int carry(struct ws_summary *out, struct ws_session *session, struct ws_run_options *how,
                 const struct ws_args *args, struct ws_diags *diags, struct ws_error *err)
{
    (void)diags;
    how->run_id = ws_args_value(args, "run-id");
    how->take_over = ws_args_has(args, "take-over");
    return ws_run_resume(out, session, how, err);
}

static int run(struct ws_cli *cli, struct ws_error *err)
{
    return ws_cli_carry(cli, carry, err);
}

const struct ws_cmd ws_cmd_resume = {
    .name = "resume",
    .summary = "Go on with a run that a crash, a kill or a signal left",
    .description = "Goes on under the machine and with the bundle, tools and options the run was "
                   "started with; nothing is read anew from the checkout. What the interrupted "
                   "attempt left running is ended, its half-made content is kept as a snapshot, "
                   "and the worktree is put back to where the attempt began. How often that may "
                   "happen is bounded by the machine.\n\n"
                   "A living process that holds the run, also a stopped one, makes it exit 5.",
    .by_plan = true,
    .options = options,
    .exits = exits,
    .examples = examples,
    .run = run,
};
