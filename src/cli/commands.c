/* The root of the command line: global options and the list of commands. */
#include "commands.h"

static const char *const when[] = {"auto", "always", "never", NULL};

static const struct ws_option options[] = {
    {.name = "directory",
     .letter = 'C',
     .argument = "DIR",
     .help = "Work on the repository found upward from DIR instead of the current folder.",
     .complete = WS_COMPLETE_DIR},
    {.name = "db",
     .argument = "PATH",
     .help = "The database. Default: PIPELINE_DB_PATH, else 'database' of wsfsm.yaml, else "
             ".wsfsm/state.db in the repository.",
     .complete = WS_COMPLETE_FILE},
    {.name = "json",
     .help = "Print the result as JSON, and an error as one JSON object on standard error."},
    {.name = "quiet", .letter = 'q', .help = "No progress, notes or warnings."},
    {.name = "verbose",
     .letter = 'v',
     .help = "On a terminal, leave a line for each transition and tool; with --json, print notes "
             "and warnings too."},
    {.name = "color",
     .argument = "WHEN",
     .words = when,
     .help = "Colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never."},
    {.name = "version", .help = "Print the version, and do nothing else."},
    {.name = "help", .letter = 'h', .help = "Print help on the command, and do nothing else."},
    {0},
};

/* In the order in which help lists them. */
static const struct ws_cmd *const commands[] = {
    &ws_cmd_run,     &ws_cmd_resume,  &ws_cmd_cancel,
    &ws_cmd_status,  &ws_cmd_history, &ws_cmd_log,
    &ws_cmd_report,  &ws_cmd_verify,  &ws_cmd_validate,
    &ws_cmd_machine, &ws_cmd_tool,    &ws_cmd_worktree,
    &ws_cmd_db,      &ws_cmd_init,    &ws_cmd_doctor,
    &ws_cmd_version, &ws_cmd_help,    &ws_cmd_complete,
    &ws_cmd_man,     &ws_cmd_values,  NULL,
};

static const struct ws_example examples[] = {
    {"wsfsm init", "Write a starting wsfsm.yaml and a first bundle, workstreams/ws-example.yaml."},
    {"wsfsm validate", "Check the bundles."},
    {"wsfsm run --ws-id ws-example", "Run one workstream to its end."},
    {"wsfsm history --ws-id ws-example", "See how it came there."},
    {0},
};

const struct ws_cmd ws_cmd_root = {
    .name = "wsfsm",
    .summary = "Run a coding agent's workstream through a declared state machine",
    .description = "A workstream is one unit of work on a git repository: let a tool (usually a "
                   "coding agent) make a change, then prove it. It is declared in a bundle, a "
                   "YAML or JSON file in the folder workstreams/: its tasks, the paths it may "
                   "touch (its scope), its acceptance tests and its tool.\n\n"
                   "'wsfsm run' takes it through the machine: the tool edits a git worktree of "
                   "its own, static analysers look at the result, the acceptance tests run, and "
                   "the change has to stay in scope. Your own checkout and branch are not "
                   "touched. A success is one commit on a branch ws/RUN/WORKSTREAM; every "
                   "transition stands in a database that refuses illegal ones.",
    .options = options,
    .commands = commands,
    .examples = examples,
};
