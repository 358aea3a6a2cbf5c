/* For the build: manual pages made from the tables. */
#include <stdlib.h>

#include "cli.h"
#include "commands.h"
#include "man.h"
#include "wsfsm/base/path.h"

static const struct ws_option options[] = {
    {.name = "output",
     .argument = "DIR",
     .help = "Write all pages there.",
     .complete = WS_COMPLETE_DIR},
    {0},
};

static const struct ws_positional positionals[] = {
    {.name = "COMMAND", .optional = true, .help = "Print this page. Default: wsfsm(1)."},
    {0},
};

static int write_page(const char *dir, const struct ws_cmd *root, const struct ws_cmd *cmd,
                      struct ws_error *err)
{
    struct ws_buf page = {0};
    char *name = ws_man_file(root, cmd);
    char *path = ws_path_join(dir, name);

    ws_man_page(&page, root, cmd);
    int status = ws_write_file(path, ws_buf_str(&page), page.len, 0644, err);
    ws_buf_release(&page);
    free(name);
    free(path);
    return status;
}

static int write_pages(const char *dir, const struct ws_cmd *root, struct ws_error *err)
{
    int status = write_page(dir, root, root, err);

    for (size_t i = 0; status == 0 && root->commands[i] != NULL; i++) {
        if (!root->commands[i]->hidden) {
            status = write_page(dir, root, root->commands[i], err);
        }
    }
    return status;
}

static int run(struct ws_cli *cli, struct ws_error *err)
{
    const struct ws_cmd *root = cli->args->path[0];
    const char *dir = ws_args_value(cli->args, "output");
    const char *name = ws_args_word(cli->args, 0);
    const struct ws_cmd *cmd = name != NULL ? ws_cmd_find(root, name) : root;

    if (dir != NULL) {
        return write_pages(dir, root, err);
    }
    if (cmd == NULL) {
        return ws_fail(err, WS_E_USAGE, "__man", "unknown command '%s'", name);
    }
    ws_man_page(&cli->out.text, root, cmd);
    return 0;
}

const struct ws_cmd ws_cmd_man = {
    .name = "__man",
    .summary = "Print a manual page",
    .options = options,
    .positionals = positionals,
    .hidden = true,
    .run = run,
};
