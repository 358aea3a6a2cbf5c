#include "args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/suite.h"
#include "toy_commands.h"

/* A command line, split at spaces; "''" is an empty word. */
struct line {
    char text[256];
    char *argv[32];
    int argc;
};

static void split(struct line *l, const char *text)
{
    char *rest = l->text;

    snprintf(l->text, sizeof l->text, "toy %s", text);
    for (char *word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " ")) {
        if (*word != '\0') {
            l->argv[l->argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
        }
    }
}

/* What was understood, as text: "check json directory=x | FILE". */
static char *parsed(const char *text)
{
    static char out[WS_ERROR_WHERE + WS_ERROR_MESSAGE + 16];
    struct line l = {0};
    struct ws_args a;
    struct ws_error err = {0};

    split(&l, text);
    if (ws_args_parse(&a, &toy_root, l.argc, l.argv, &err) != 0) {
        ck_assert_int_eq(err.code, WS_E_USAGE);
        snprintf(out, sizeof out, "error: %s: %s", err.where, err.message);
    } else {
        size_t len = (size_t)snprintf(out, sizeof out, "%s", ws_args_cmd(&a)->name);

        for (size_t i = 0; i < a.given_len; i++) {
            const char *value = a.given[i].value;

            len += (size_t)snprintf(out + len, sizeof out - len, " %s%s%s", a.given[i].option->name,
                                    value != NULL ? "=" : "", value != NULL ? value : "");
        }
        for (size_t i = 0; i < a.word_count; i++) {
            len += (size_t)snprintf(out + len, sizeof out - len, "%s%s", i == 0 ? " | " : " ",
                                    a.words[i]);
        }
    }
    ws_args_release(&a);
    return out;
}

START_TEST(what_is_understood)
{
    static const struct {
        const char *line, *result;
    } cases[] = {
        {"run --ws-id a", "run ws-id=a"},
        {"run --ws-id=a", "run ws-id=a"},
        {"-q run --ws-id a --json", "run quiet ws-id=a json"},
        {"-qv -C x run --ws-id a -Cy", "run quiet verbose directory=x ws-id=a directory=y"},
        {"group --json check f -q", "group check json quiet | f"},
        {"group check f -Werror", "group check warnings=error | f"},
        {"group check f g", "group check | f g"},
        {"group check -- --json", "group check | --json"},
        {"group each t a b c", "group each | t a b c"},
        {"group each t -- -x", "group each | t -x"},
        {"run --ws-id -- --limit 3", "run ws-id=-- limit=3"},
        {"run --ws-id a --limit 10", "run ws-id=a limit=10"},
        {"run --help", "run help"},
        {"--help", "toy help"},
        {"--version", "toy version"},
        {"group -h", "group help"},
        {"__rum", "__rum"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *result = cases[i].result;

        result += strncmp(result, "group ", 6) == 0 && strncmp(result + 6, "help", 4) != 0 ? 6 : 0;
        ck_assert_str_eq(parsed(cases[i].line), result);
    }
}
END_TEST

START_TEST(what_is_refused)
{
    static const struct {
        const char *line, *message;
    } cases[] = {
        {"", ": no command given; 'wsfsm help' lists them"},
        {"group", "group: no command given; 'wsfsm help group' lists them"},
        {"rnu", ": unknown command 'rnu'; did you mean 'run'?"},
        {"xyzzy", ": unknown command 'xyzzy'; 'wsfsm help' lists them"},
        {"__run", ": unknown command '__run'; 'wsfsm help' lists them"},
        {"group chekc", "group: unknown command 'chekc'; did you mean 'check'?"},
        {"run", "run: '--ws-id ID' is missing"},
        {"run --ws-id", "run: option '--ws-id' needs a value: ID"},
        {"-C", ": option '--directory' needs a value: DIR"},
        {"run --ws-id ''", "run: option '--ws-id' has an empty value"},
        {"run --ws-id a --runid b", "run: unknown option '--runid'; did you mean '--run-id'?"},
        {"run --ws-id a --runid=b", "run: unknown option '--runid'; did you mean '--run-id'?"},
        {"run --zzzzzzzz", "run: unknown option '--zzzzzzzz'; see 'wsfsm help run'"},
        {"run -x", "run: unknown option '-x'; see 'wsfsm help run'"},
        {"run --json=1", "run: option '--json' takes no value"},
        {"run --ws-id a b", "run: unexpected argument 'b'"},
        {"group check", "group check: FILE is missing"},
        {"group check a b c", "group check: unexpected argument 'c'"},
        {"group check a --limit 1",
         "group check: unknown option '--limit'; see 'wsfsm help group check'"},
        {"--run-id a run", ": unknown option '--run-id'; see 'wsfsm help'"},
        {"--color alwyas run", ": 'alwyas' is no value of '--color'; did you mean 'always'?"},
        {"--color pink run", ": 'pink' is no value of '--color': one of auto, always"},
        {"run --limit 0", "run: option '--limit' needs a whole number from 1 to 10, not '0'"},
        {"run --limit 1x", "run: option '--limit' needs a whole number from 1 to 10, not '1x'"},
        {"run --limit -1", "run: option '--limit' needs a whole number from 1 to 10, not '-1'"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char expected[256];

        snprintf(expected, sizeof expected, "error: %s", cases[i].message);
        ck_assert_str_eq(parsed(cases[i].line), expected);
    }
}
END_TEST

/* What getopt would take for --ws-id today. */
START_TEST(an_abbreviation_is_no_option)
{
    ck_assert_str_eq(parsed("run --ws a"),
                     "error: run: unknown option '--ws'; see 'wsfsm help run'");
    ck_assert_str_eq(parsed("run --ws-i a"),
                     "error: run: unknown option '--ws-i'; did you mean '--ws-id'?");
    ck_assert_str_eq(parsed("run --ws-i=a"),
                     "error: run: unknown option '--ws-i'; did you mean '--ws-id'?");
    ck_assert_str_eq(parsed("--jso run"),
                     "error: : unknown option '--jso'; did you mean '--json'?");
}
END_TEST

START_TEST(the_last_value_wins)
{
    struct line l = {0};
    struct ws_args a;

    split(&l, "-C one run --ws-id a --limit 3 -C two --limit 4");
    ck_assert_int_eq(ws_args_parse(&a, &toy_root, l.argc, l.argv, NULL), 0);
    ck_assert_str_eq(ws_args_value(&a, "directory"), "two");
    ck_assert_int_eq(ws_args_number(&a, "limit", 7), 4);
    ck_assert_ptr_null(ws_args_value(&a, "run-id"));
    ck_assert(!ws_args_has(&a, "quiet"));
    ck_assert_ptr_null(ws_args_word(&a, 0));
    ws_args_release(&a);
    ws_args_release(&a);
}
END_TEST

START_TEST(numbers_have_a_default)
{
    struct line l = {0};
    struct ws_args a;

    split(&l, "run --ws-id a");
    ck_assert_int_eq(ws_args_parse(&a, &toy_root, l.argc, l.argv, NULL), 0);
    ck_assert_int_eq(ws_args_number(&a, "limit", 7), 7);
    ws_args_release(&a);
}
END_TEST

RUN_TESTS("args", what_is_understood, what_is_refused, an_abbreviation_is_no_option,
          the_last_value_wins, numbers_have_a_default)
