#include "commands.h"

#include "cli.h"
#include "help.h"

static const struct ws_positional positionals[] = {
    {.name = "COMMAND",
     .optional = true,
     .repeated = true,
     .complete = WS_COMPLETE_COMMAND,
     .help = "A command, and its sub-command if it has any."},
    {0},
};

static int run(struct ws_cli *cli, struct ws_error *err)
{
    const struct ws_cmd *path[WS_CMD_DEPTH] = {cli->args->path[0]};
    size_t depth = 1;

    for (size_t i = 0; i < cli->args->word_count; i++) {
        const char *word = cli->args->words[i];
        const struct ws_cmd *next =
            depth < WS_CMD_DEPTH ? ws_cmd_find(path[depth - 1], word) : NULL;

        if (next == NULL) {
            const char *nearest = ws_cmd_nearest(path[depth - 1], word);

            return nearest != NULL
                       ? ws_fail(err, WS_E_USAGE, "help",
                                 "unknown command '%s'; did you mean '%s'?", word, nearest)
                       : ws_fail(err, WS_E_USAGE, "help", "unknown command '%s'", word);
        }
        path[depth++] = next;
    }
    ws_help(&cli->out.text, path, depth);
    return 0;
}

const struct ws_cmd ws_cmd_help = {
    .name = "help",
    .summary = "Print help on a command",
    .positionals = positionals,
    .run = run,
};
