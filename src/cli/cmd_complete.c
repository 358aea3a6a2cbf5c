/* For the build and for the shells: completion scripts, and the values that the scripts ask for. */
#include <string.h>

#include "commands.h"
#include "completion.h"
#include "session.h"
#include "wsfsm/machine/parse.h"
#include "wsfsm/project/bundle.h"

/* --- __complete SHELL --- */

static const struct ws_positional shell_positionals[] = {
    {.name = "SHELL", .help = "bash, zsh or fish."},
    {0},
};

static int run_complete(struct ws_cli *cli, struct ws_error *err)
{
    static const struct {
        const char *shell;
        void (*print)(struct ws_buf *out, const struct ws_cmd *root);
    } shells[] = {
        {"bash", ws_completion_bash}, {"zsh", ws_completion_zsh}, {"fish", ws_completion_fish}};
    const char *shell = ws_args_word(cli->args, 0);

    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(shells[i].shell, shell) == 0) {
            shells[i].print(&cli->out.text, cli->args->path[0]);
            return 0;
        }
    }
    return ws_fail(err, WS_E_USAGE, "__complete", "no completion for '%s'", shell);
}

const struct ws_cmd ws_cmd_complete = {
    .name = "__complete",
    .summary = "Print a completion script",
    .positionals = shell_positionals,
    .hidden = true,
    .run = run_complete,
};

/* --- __values KIND --- */

static const struct ws_positional kind_positionals[] = {
    {.name = "KIND", .help = "ws-id, run-id, tool or code."},
    {0},
};

static void print_value(struct ws_cli *cli, const char *value)
{
    ws_out_escaped(&cli->out, value);
    ws_buf_putc(&cli->out.text, '\n');
}

static int print_codes(struct ws_cli *cli, struct ws_error *err)
{
    size_t count = 0;
    const struct ws_explanation *all = ws_machine_explanations(&count);

    (void)err;
    for (size_t i = 0; i < count; i++) {
        print_value(cli, all[i].code);
    }
    return 0;
}

static int print_tools(struct ws_cli *cli, struct ws_error *err)
{
    struct ws_session session = {0};

    if (ws_cli_open(&session, cli, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < session.config.profiles.len; i++) {
        print_value(cli, session.config.profiles.items[i].id);
    }
    ws_session_close(&session);
    return 0;
}

static int print_ws_ids(struct ws_cli *cli, struct ws_error *err)
{
    struct ws_session session = {0};
    struct ws_bundles bundles = {0};
    struct ws_diags diags = {0};

    if (ws_cli_open(&session, cli, err) != 0) {
        return -1;
    }
    const char *dir = session.config.workstream_dir;
    int status = ws_bundle_read_dir(&bundles, dir, dir, &diags, err);
    for (size_t i = 0; status == 0 && i < bundles.len; i++) {
        if (bundles.items[i].id != NULL && ws_valid_ws_id(bundles.items[i].id)) {
            print_value(cli, bundles.items[i].id);
        }
    }
    ws_bundles_release(&bundles);
    ws_diags_release(&diags);
    ws_session_close(&session);
    return status;
}

static int print_run_ids(struct ws_cli *cli, struct ws_error *err)
{
    struct ws_session session = {0};
    struct ws_run_rows runs = {0};
    int status = 0;

    if (ws_cli_open_to_read(&session, cli, err) != 0) {
        return -1;
    }
    if (session.store != NULL) {
        status = ws_store_runs(&runs, session.store, NULL, NULL, err);
    }
    for (size_t i = 0; i < runs.len; i++) {
        print_value(cli, runs.items[i].run_id);
    }
    ws_run_rows_release(&runs);
    ws_session_close(&session);
    return status;
}

static int run_values(struct ws_cli *cli, struct ws_error *err)
{
    static const struct {
        enum ws_complete complete;
        int (*print)(struct ws_cli *cli, struct ws_error *err);
    } kinds[] = {{WS_COMPLETE_WS_ID, print_ws_ids},
                 {WS_COMPLETE_RUN_ID, print_run_ids},
                 {WS_COMPLETE_TOOL, print_tools},
                 {WS_COMPLETE_CODE, print_codes}};
    const char *kind = ws_args_word(cli->args, 0);

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(ws_complete_kind(kinds[i].complete), kind) == 0) {
            return kinds[i].print(cli, err);
        }
    }
    return ws_fail(err, WS_E_USAGE, "__values", "no values of kind '%s'", kind);
}

const struct ws_cmd ws_cmd_values = {
    .name = "__values",
    .summary = "Print the ids that there are",
    .positionals = kind_positionals,
    .hidden = true,
    .run = run_values,
};
