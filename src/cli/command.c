#include "command.h"

#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"

const char *ws_complete_kind(enum ws_complete c)
{
    static const char *const kinds[] = {
        [WS_COMPLETE_WS_ID] = "ws-id",
        [WS_COMPLETE_RUN_ID] = "run-id",
        [WS_COMPLETE_TOOL] = "tool",
        [WS_COMPLETE_CODE] = "code",
    };
    return (size_t)c < sizeof kinds / sizeof *kinds ? kinds[c] : NULL;
}

const struct ws_cmd *ws_cmd_find(const struct ws_cmd *parent, const char *name)
{
    for (size_t i = 0; parent->commands != NULL && parent->commands[i] != NULL; i++) {
        if (strcmp(parent->commands[i]->name, name) == 0) {
            return parent->commands[i];
        }
    }
    return NULL;
}

const struct ws_option *ws_option_find(const struct ws_option *table, const char *name)
{
    for (; table != NULL && table->name != NULL; table++) {
        if (strcmp(table->name, name) == 0) {
            return table;
        }
    }
    return NULL;
}

const char *ws_cmd_nearest(const struct ws_cmd *parent, const char *word)
{
    const char **names = NULL;
    size_t len = 0, cap = 0;

    for (size_t i = 0; parent->commands != NULL && parent->commands[i] != NULL; i++) {
        if (!parent->commands[i]->hidden) {
            names = ws_grow(names, &cap, len, sizeof *names);
            names[len++] = parent->commands[i]->name;
        }
    }
    const char *nearest = len > 0 ? ws_nearest(word, names, len) : NULL;
    free(names);
    return nearest;
}

static void usage_options(struct ws_buf *out, const struct ws_option *o, bool required)
{
    for (; o != NULL && o->name != NULL; o++) {
        if (o->required != required) {
            continue;
        }
        ws_buf_puts(out, required ? " --" : " [--");
        ws_buf_puts(out, o->name);
        if (o->argument != NULL) {
            ws_buf_printf(out, " %s", o->argument);
        }
        if (!required) {
            ws_buf_putc(out, ']');
        }
    }
}

void ws_cmd_usage(struct ws_buf *out, const struct ws_cmd *const *path, size_t depth)
{
    const struct ws_cmd *cmd = path[depth - 1];

    for (size_t i = 0; i < depth; i++) {
        ws_buf_printf(out, "%s%s", i > 0 ? " " : "", path[i]->name);
    }
    if (depth == 1) {
        ws_buf_puts(out, " [OPTION]... COMMAND ...");
        return;
    }
    usage_options(out, cmd->options, true);
    usage_options(out, cmd->options, false);
    for (const struct ws_positional *p = cmd->positionals; p != NULL && p->name != NULL; p++) {
        ws_buf_printf(out, p->optional ? " [%s]" : " %s", p->name);
        ws_buf_puts(out, p->repeated ? "..." : "");
    }
    if (cmd->commands != NULL) {
        ws_buf_puts(out, " COMMAND ...");
    }
}
