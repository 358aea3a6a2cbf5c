#include "man.h"

#include <stdlib.h>
#include <string.h>

#include "help.h"
#include "wsfsm/base/mem.h"

void ws_roff(struct ws_buf *out, const char *text)
{
    bool line_start = out->len == 0 || out->data[out->len - 1] == '\n';

    for (; *text != '\0'; text++) {
        if (line_start && (*text == '.' || *text == '\'')) {
            ws_buf_puts(out, "\\&");
        }
        if (*text == '\\') {
            ws_buf_puts(out, "\\e");
        } else if (*text == '-') {
            ws_buf_puts(out, "\\-");
        } else {
            ws_buf_putc(out, *text);
        }
        line_start = *text == '\n';
    }
}

static void line(struct ws_buf *out, const char *macro, const char *text)
{
    ws_buf_puts(out, macro);
    ws_roff(out, text);
    ws_buf_putc(out, '\n');
}

static void paragraphs(struct ws_buf *out, const char *text)
{
    while (text != NULL && *text != '\0') {
        const char *end = strstr(text, "\n\n");
        char *one = ws_strndup(text, end != NULL ? (size_t)(end - text) : strlen(text));

        ws_buf_puts(out, ".PP\n");
        line(out, "", one);
        free(one);
        text = end != NULL ? end + 2 : NULL;
    }
}

static void options(struct ws_buf *out, const struct ws_option *o)
{
    for (; o != NULL && o->name != NULL; o++) {
        ws_buf_puts(out, ".TP\n");
        if (o->letter != 0) {
            ws_buf_printf(out, "\\fB\\-%c\\fR, ", o->letter);
        }
        ws_buf_puts(out, "\\fB\\-\\-");
        ws_roff(out, o->name);
        ws_buf_puts(out, "\\fR");
        if (o->argument != NULL) {
            ws_buf_printf(out, " \\fI%s\\fR", o->argument);
        }
        ws_buf_putc(out, '\n');
        line(out, "", o->help);
    }
}

static void positionals(struct ws_buf *out, const struct ws_positional *p)
{
    for (; p != NULL && p->name != NULL; p++) {
        ws_buf_printf(out, ".TP\n\\fI%s\\fR\n", p->name);
        line(out, "", p->help);
    }
}

static void exits(struct ws_buf *out, const struct ws_exit_note *e)
{
    for (; e != NULL && e->text != NULL; e++) {
        ws_buf_printf(out, ".TP\n%d\n", e->code);
        line(out, "", e->text);
    }
}

static void examples(struct ws_buf *out, const struct ws_example *e)
{
    if (e == NULL) {
        return;
    }
    ws_buf_puts(out, ".SH EXAMPLES\n");
    for (; e->command != NULL; e++) {
        ws_buf_puts(out, ".TP\n");
        line(out, "", e->command);
        line(out, "", e->text);
    }
}

static void synopsis(struct ws_buf *out, const struct ws_cmd *const *path, size_t depth)
{
    struct ws_buf usage = {0};

    ws_cmd_usage(&usage, path, depth);
    line(out, ".br\n", ws_buf_str(&usage));
    ws_buf_release(&usage);
}

static void all_synopses(struct ws_buf *out, const struct ws_cmd *root, const struct ws_cmd *cmd)
{
    const struct ws_cmd *path[] = {root, cmd, NULL};

    ws_buf_puts(out, ".SH SYNOPSIS\n");
    if (cmd == root || cmd->commands == NULL) {
        synopsis(out, path, cmd == root ? 1 : 2);
    } else {
        for (size_t i = 0; cmd->commands[i] != NULL; i++) {
            path[2] = cmd->commands[i];
            synopsis(out, path, 3);
        }
    }
}

static void command_list(struct ws_buf *out, const struct ws_cmd *root)
{
    ws_buf_puts(out, ".SH COMMANDS\n");
    for (size_t i = 0; root->commands[i] != NULL; i++) {
        if (!root->commands[i]->hidden) {
            line(out, ".TP\n\\fB", root->commands[i]->name);
            line(out, "\\fR", root->commands[i]->summary);
        }
    }
}

static void sub_commands(struct ws_buf *out, const struct ws_cmd *cmd)
{
    for (size_t i = 0; cmd->commands[i] != NULL; i++) {
        const struct ws_cmd *sub = cmd->commands[i];

        line(out, ".SS ", sub->name);
        line(out, "", sub->summary);
        ws_buf_puts(out, ".\n");
        paragraphs(out, sub->description);
        positionals(out, sub->positionals);
        options(out, sub->options);
        if (sub->exits != NULL) {
            ws_buf_puts(out, ".PP\nExit status:\n");
            exits(out, sub->exits);
        }
    }
}

static void see_also(struct ws_buf *out, const struct ws_cmd *root, const struct ws_cmd *cmd)
{
    bool first = true;

    ws_buf_puts(out, ".SH SEE ALSO\n");
    if (cmd != root) {
        ws_buf_printf(out, ".BR %s (1)\n", root->name);
        return;
    }
    for (size_t i = 0; root->commands[i] != NULL; i++) {
        if (!root->commands[i]->hidden) {
            ws_buf_printf(out, "%s.BR %s\\-%s (1)", first ? "" : ",\n", root->name,
                          root->commands[i]->name);
            first = false;
        }
    }
    ws_buf_putc(out, '\n');
}

void ws_man_page(struct ws_buf *out, const struct ws_cmd *root, const struct ws_cmd *cmd)
{
    const char *dash = cmd == root ? "" : "\\-", *name = cmd == root ? "" : cmd->name;

    ws_buf_printf(out, ".TH \"%s%s%s\" 1 \"\" \"wsfsm %s\"\n.nh\n.ad l\n.SH NAME\n", root->name,
                  dash, name, WSFSM_VERSION);
    ws_buf_printf(out, "%s%s%s \\- ", root->name, dash, name);
    line(out, "", cmd->summary);
    all_synopses(out, root, cmd);
    if (cmd->description != NULL) {
        ws_buf_puts(out, ".SH DESCRIPTION\n");
        paragraphs(out, cmd->description);
    }
    if (cmd == root) {
        command_list(out, root);
    } else if (cmd->commands != NULL) {
        ws_buf_puts(out, ".SH COMMANDS\n");
        sub_commands(out, cmd);
    }
    if (cmd->options != NULL || cmd->positionals != NULL) {
        ws_buf_puts(out, ".SH OPTIONS\n");
        positionals(out, cmd->positionals);
        options(out, cmd->options);
    }
    if (cmd == root || cmd->commands == NULL) {
        ws_buf_puts(out, ".SH EXIT STATUS\n");
        if (cmd == root || cmd->exits == NULL) {
            exits(out, ws_exit_notes);
        } else {
            exits(out, cmd->exits);
        }
    }
    examples(out, cmd->examples);
    see_also(out, root, cmd);
}

char *ws_man_file(const struct ws_cmd *root, const struct ws_cmd *cmd)
{
    return cmd == root ? ws_format("%s.1", root->name)
                       : ws_format("%s-%s.1", root->name, cmd->name);
}
