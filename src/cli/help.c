#include "help.h"

#include <string.h>

enum { WIDTH = 79, COLUMN = 26 };

const struct ws_exit_note ws_exit_notes[] = {
    {0, "done"},
    {1, "the workstream failed, or problems were found"},
    {2, "the command line says nothing sensible"},
    {3, "an unsound bundle, configuration or machine; an unknown or unusable id"},
    {4, "the environment: no or an unsuitable repository, uncommitted changes in scope, database, "
        "disk"},
    {5, "busy: another orchestrator holds it"},
    {6, "integrity: history, chain or anchors do not agree"},
    {128, "plus N: ended by signal N"},
    {0, NULL},
};

static void pad(struct ws_buf *out, size_t count)
{
    while (count-- > 0) {
        ws_buf_putc(out, ' ');
    }
}

void ws_help_wrap(struct ws_buf *out, const char *text, size_t indent, size_t column)
{
    bool first = true;

    while (*text != '\0') {
        size_t word = strcspn(text, " \n");

        if (word > 0) {
            if (!first && column + 1 + word > WIDTH) {
                ws_buf_putc(out, '\n');
                pad(out, indent);
                column = indent;
            } else if (!first) {
                ws_buf_putc(out, ' ');
                column++;
            }
            ws_buf_add(out, text, word);
            column += word;
            first = false;
        }
        text += word;
        if (text[0] == '\n' && text[1] == '\n') {
            ws_buf_puts(out, "\n\n");
            pad(out, indent);
            column = indent;
            first = true;
        }
        text += strspn(text, " \n");
    }
    ws_buf_putc(out, '\n');
}

void ws_help_option(struct ws_buf *out, const struct ws_option *o)
{
    if (o->letter != 0) {
        ws_buf_printf(out, "-%c, ", o->letter);
    } else {
        ws_buf_puts(out, "    ");
    }
    ws_buf_printf(out, "--%s", o->name);
    if (o->argument != NULL) {
        ws_buf_printf(out, " %s", o->argument);
    }
}

/* "  LEFT      what it means, wrapped" */
static void entry(struct ws_buf *out, const char *left, const char *text)
{
    size_t column = 2 + strlen(left);

    ws_buf_printf(out, "  %s", left);
    if (column + 2 > COLUMN) {
        ws_buf_putc(out, '\n');
        column = 0;
    }
    pad(out, COLUMN - column);
    ws_help_wrap(out, text, COLUMN, COLUMN);
}

static void options(struct ws_buf *out, const char *title, const struct ws_option *o)
{
    if (o == NULL || o->name == NULL) {
        return;
    }
    ws_buf_printf(out, "\n%s:\n", title);
    for (; o->name != NULL; o++) {
        struct ws_buf left = {0};

        ws_help_option(&left, o);
        entry(out, ws_buf_str(&left), o->help);
        ws_buf_release(&left);
    }
}

static void commands(struct ws_buf *out, const struct ws_cmd *parent)
{
    if (parent->commands == NULL) {
        return;
    }
    ws_buf_puts(out, "\nCommands:\n");
    for (size_t i = 0; parent->commands[i] != NULL; i++) {
        if (!parent->commands[i]->hidden) {
            entry(out, parent->commands[i]->name, parent->commands[i]->summary);
        }
    }
}

static void arguments(struct ws_buf *out, const struct ws_positional *p)
{
    if (p == NULL || p->name == NULL) {
        return;
    }
    ws_buf_puts(out, "\nArguments:\n");
    for (; p->name != NULL; p++) {
        entry(out, p->name, p->help);
    }
}

static void exits(struct ws_buf *out, const struct ws_exit_note *e)
{
    ws_buf_puts(out, "\nExit status:\n");
    for (; e->text != NULL; e++) {
        struct ws_buf left = {0};

        ws_buf_printf(&left, "%d", e->code);
        entry(out, ws_buf_str(&left), e->text);
        ws_buf_release(&left);
    }
}

static void examples(struct ws_buf *out, const struct ws_example *e)
{
    if (e == NULL) {
        return;
    }
    ws_buf_puts(out, "\nExamples:\n");
    for (; e->command != NULL; e++) {
        ws_buf_printf(out, "  %s\n      ", e->command);
        ws_help_wrap(out, e->text, 6, 6);
    }
}

void ws_help(struct ws_buf *out, const struct ws_cmd *const *path, size_t depth)
{
    const struct ws_cmd *cmd = path[depth - 1];
    struct ws_buf usage = {0};

    ws_cmd_usage(&usage, path, depth);
    ws_buf_puts(out, "Usage: ");
    ws_help_wrap(out, ws_buf_str(&usage), 11, 7);
    ws_buf_release(&usage);
    ws_buf_putc(out, '\n');
    ws_help_wrap(out, cmd->summary, 0, 0);
    if (cmd->description != NULL) {
        ws_buf_putc(out, '\n');
        ws_help_wrap(out, cmd->description, 0, 0);
    }
    commands(out, cmd);
    arguments(out, cmd->positionals);
    options(out, depth > 1 ? "Options" : "Options of every command, before or after its name",
            cmd->options);
    if (depth == 1 || cmd->exits != NULL) {
        exits(out, depth == 1 ? ws_exit_notes : cmd->exits);
    }
    examples(out, cmd->examples);
    if (depth > 1) {
        ws_buf_puts(out, "\nOptions of every command: see 'wsfsm help'.\n");
    }
}
