/* The real tables: sound by themselves, and told in every text that is made from them. */
#include "commands.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/suite.h"
#include "args.h"
#include "completion.h"
#include "help.h"
#include "man.h"
#include "wsfsm/base/text.h"

typedef void visit(const struct ws_cmd *const *path, size_t depth);

static void each_command(visit *v)
{
    const struct ws_cmd *path[WS_CMD_DEPTH] = {&ws_cmd_root};

    v(path, 1);
    for (size_t i = 0; ws_cmd_root.commands[i] != NULL; i++) {
        path[1] = ws_cmd_root.commands[i];
        v(path, 2);
        for (size_t j = 0; path[1]->commands != NULL && path[1]->commands[j] != NULL; j++) {
            path[2] = path[1]->commands[j];
            ck_assert_ptr_null(path[2]->commands);
            v(path, 3);
        }
    }
}

static void check_option(const struct ws_cmd *cmd, const struct ws_option *o)
{
    ck_assert_ptr_nonnull(o->help);
    ck_assert_msg(ws_ends_with(o->help, "."), "%s --%s: the help is a sentence", cmd->name,
                  o->name);
    ck_assert_msg(o->argument != NULL || (o->words == NULL && o->max == 0 && !o->required),
                  "%s --%s: a value needs an argument", cmd->name, o->name);
    for (const struct ws_option *other = o + 1; other->name != NULL; other++) {
        ck_assert_str_ne(o->name, other->name);
        ck_assert(o->letter == 0 || o->letter != other->letter);
    }
    if (cmd == &ws_cmd_root) {
        return;
    }
    for (const struct ws_option *global = ws_cmd_root.options; global->name != NULL; global++) {
        ck_assert_str_ne(o->name, global->name);
        ck_assert(o->letter == 0 || o->letter != global->letter);
    }
}

static void check_positionals(const struct ws_cmd *cmd)
{
    bool optional = false;

    for (const struct ws_positional *p = cmd->positionals; p != NULL && p->name != NULL; p++) {
        ck_assert_msg(p->optional || !optional, "%s: %s is required behind an optional one",
                      cmd->name, p->name);
        ck_assert_msg(!p->repeated || p[1].name == NULL, "%s: only the last is repeated",
                      cmd->name);
        ck_assert(ws_ends_with(p->help, "."));
        optional = p->optional;
    }
}

static void check_command(const struct ws_cmd *const *path, size_t depth)
{
    const struct ws_cmd *cmd = path[depth - 1];

    ck_assert(isupper((unsigned char)cmd->summary[0]) || depth == 1);
    ck_assert_msg(!ws_ends_with(cmd->summary, "."), "%s: the summary ends with a full stop",
                  cmd->name);
    ck_assert_msg((cmd->run != NULL) != (cmd->commands != NULL), "%s: runs, or has commands",
                  cmd->name);
    ck_assert_msg(cmd->hidden == (strncmp(cmd->name, "__", 2) == 0), "%s: hidden by its name",
                  cmd->name);
    for (const struct ws_option *o = cmd->options; o != NULL && o->name != NULL; o++) {
        check_option(cmd, o);
    }
    check_positionals(cmd);
    for (size_t i = 0; cmd->commands != NULL && cmd->commands[i] != NULL; i++) {
        ck_assert_ptr_eq(ws_cmd_find(cmd, cmd->commands[i]->name), cmd->commands[i]);
    }
}

START_TEST(tables_are_sound)
{
    each_command(check_command);
}
END_TEST

static void check_help(const struct ws_cmd *const *path, size_t depth)
{
    struct ws_buf help = {0};
    const struct ws_cmd *cmd = path[depth - 1];

    ws_help(&help, path, depth);
    for (const struct ws_option *o = cmd->options; o != NULL && o->name != NULL; o++) {
        char name[64];

        snprintf(name, sizeof name, "--%s", o->name);
        ck_assert_msg(strstr(ws_buf_str(&help), name) != NULL, "help of %s lacks %s", cmd->name,
                      name);
    }
    for (size_t i = 0; cmd->commands != NULL && cmd->commands[i] != NULL; i++) {
        char entry[64];

        snprintf(entry, sizeof entry, "\n  %s ", cmd->commands[i]->name);
        ck_assert(cmd->commands[i]->hidden == (strstr(ws_buf_str(&help), entry) == NULL));
    }
    for (const char *line = ws_buf_str(&help); *line != '\0'; line += strcspn(line, "\n") + 1) {
        ck_assert_msg(strcspn(line, "\n") < 80, "a line of the help of %s is too long", cmd->name);
    }
    ws_buf_release(&help);
}

START_TEST(help_tells_all)
{
    each_command(check_help);
}
END_TEST

static void check_man(const struct ws_cmd *const *path, size_t depth)
{
    struct ws_buf page = {0};
    const struct ws_cmd *cmd = path[depth - 1];

    if (path[depth > 1]->hidden) {
        return;
    }
    ws_man_page(&page, &ws_cmd_root, path[depth > 1]);
    for (const struct ws_option *o = cmd->options; o != NULL && o->name != NULL; o++) {
        struct ws_buf name = {0};

        ws_buf_puts(&name, "\\fB\\-\\-");
        ws_roff(&name, o->name);
        ck_assert_msg(strstr(ws_buf_str(&page), ws_buf_str(&name)) != NULL, "page of %s lacks --%s",
                      cmd->name, o->name);
        ws_buf_release(&name);
    }
    ck_assert(ws_starts_with(ws_buf_str(&page), ".TH "));
    ws_buf_release(&page);
}

START_TEST(manual_pages_tell_all)
{
    each_command(check_man);
}
END_TEST

START_TEST(roff_keeps_text_as_it_is)
{
    struct ws_buf b = {0};

    ws_roff(&b, ".TH\n'x --a\\b");
    ck_assert_str_eq(ws_buf_str(&b), "\\&.TH\n\\&'x \\-\\-a\\eb");
    ws_buf_release(&b);
}
END_TEST

static struct ws_buf script;

static void check_script(const struct ws_cmd *const *path, size_t depth)
{
    const struct ws_cmd *cmd = path[depth - 1];

    if (path[depth > 1]->hidden) {
        ck_assert_ptr_null(strstr(ws_buf_str(&script), "__man"));
        return;
    }
    ck_assert_ptr_nonnull(strstr(ws_buf_str(&script), cmd->name));
    for (const struct ws_option *o = cmd->options; o != NULL && o->name != NULL; o++) {
        ck_assert_msg(strstr(ws_buf_str(&script), o->name) != NULL, "completion lacks --%s",
                      o->name);
    }
}

START_TEST(completion_offers_all)
{
    void (*const shells[])(struct ws_buf *, const struct ws_cmd *) = {
        ws_completion_bash, ws_completion_zsh, ws_completion_fish};

    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        shells[i](&script, &ws_cmd_root);
        each_command(check_script);
        ws_buf_release(&script);
    }
}
END_TEST

/* The exit codes that help lists are those that errors have. */
START_TEST(every_exit_code_is_told)
{
#define WS_X(code, name, exit) exit,
    static const int codes[] = {WS_ERROR_CODES(WS_X)};
#undef WS_X

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        const struct ws_exit_note *note = ws_exit_notes;

        while (note->text != NULL && note->code != codes[i]) {
            note++;
        }
        ck_assert_msg(note->text != NULL, "exit code %d is not told", codes[i]);
    }
}
END_TEST

START_TEST(text_is_wrapped_at_words)
{
    struct ws_buf b = {0};

    ws_help_wrap(&b, "one two\n\nthree   four", 2, 0);
    ck_assert_str_eq(ws_buf_str(&b), "one two\n\n  three four\n");
    ws_buf_clear(&b);
    ws_help_wrap(&b, "aaaa bbbb", 4, 73);
    ck_assert_str_eq(ws_buf_str(&b), "aaaa\n    bbbb\n");
    ws_buf_release(&b);
}
END_TEST

RUN_TESTS("tables", tables_are_sound, help_tells_all, manual_pages_tell_all,
          roff_keeps_text_as_it_is, completion_offers_all, every_exit_code_is_told,
          text_is_wrapped_at_words)
