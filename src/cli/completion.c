#include "completion.h"

#include <string.h>

#include "wsfsm/base/strv.h"

void ws_completion_walk(const struct ws_cmd *root,
                        void (*each)(struct ws_buf *out, const char *path,
                                     const struct ws_cmd *cmd),
                        struct ws_buf *out)
{
    for (const struct ws_cmd *const *cmd = root->commands; *cmd != NULL; cmd++) {
        if ((*cmd)->hidden) {
            continue;
        }
        each(out, (*cmd)->name, *cmd);
        for (const struct ws_cmd *const *sub = (*cmd)->commands; sub != NULL && *sub != NULL;
             sub++) {
            struct ws_buf path = {0};

            ws_buf_printf(&path, "%s %s", (*cmd)->name, (*sub)->name);
            each(out, ws_buf_str(&path), *sub);
            ws_buf_release(&path);
        }
    }
}

static void collect_valued(struct ws_strv *names, const struct ws_cmd *cmd)
{
    for (const struct ws_option *o = cmd->options; o != NULL && o->name != NULL; o++) {
        if (o->argument == NULL) {
            continue;
        }
        if (o->letter != 0) {
            ws_strv_addf(names, "-%c", o->letter);
        }
        ws_strv_addf(names, "--%s", o->name);
    }
    for (const struct ws_cmd *const *sub = cmd->commands; sub != NULL && *sub != NULL; sub++) {
        if (!(*sub)->hidden) {
            collect_valued(names, *sub);
        }
    }
}

void ws_completion_valued(struct ws_buf *out, const struct ws_cmd *root, const char *between)
{
    struct ws_strv names = {0};

    collect_valued(&names, root);
    ws_strv_sort(&names);
    ws_strv_unique(&names);
    for (size_t i = 0; i < names.len; i++) {
        ws_buf_printf(out, "%s%s", i > 0 ? between : "", names.items[i]);
    }
    ws_strv_release(&names);
}

void ws_completion_commands(struct ws_buf *out, const struct ws_cmd *parent)
{
    const char *between = "";

    for (size_t i = 0; parent->commands != NULL && parent->commands[i] != NULL; i++) {
        if (!parent->commands[i]->hidden) {
            ws_buf_printf(out, "%s%s", between, parent->commands[i]->name);
            between = " ";
        }
    }
}

void ws_completion_brief(struct ws_buf *out, const char *help)
{
    for (; *help != '\0'; help++) {
        if (*help == '.' && (help[1] == ' ' || help[1] == '\0')) {
            break;
        }
        if (*help == '\'') {
            ws_buf_puts(out, "'\\''");
        } else {
            ws_buf_putc(out, *help);
        }
    }
}
