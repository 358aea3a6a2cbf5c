#include "args.h"

#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"

/* Values of getopt_long for long options: index in `all`, above every letter. */
enum { LONG_BASE = 256 };

/* One level of the command line: the options that may stand there. */
struct level {
    const struct ws_option **all;
    size_t len, cap;
    struct option *longs;
    struct ws_buf letters;
    char where[64]; /* name of the command; empty: before any */
};

static void level_add(struct level *l, const struct ws_option *table)
{
    for (; table != NULL && table->name != NULL; table++) {
        l->all = ws_grow(l->all, &l->cap, l->len, sizeof *l->all);
        l->all[l->len++] = table;
    }
}

/* "machine check" */
static void name_place(char *out, size_t size, const struct ws_args *a)
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 1; i < a->depth && len < size; i++) {
        len += (size_t)snprintf(out + len, size - len, "%s%s", i > 1 ? " " : "", a->path[i]->name);
    }
}

static void level_init(struct level *l, const struct ws_args *a)
{
    const struct ws_cmd *cmd = ws_args_cmd(a);

    *l = (struct level){0};
    name_place(l->where, sizeof l->where, a);
    if (a->depth > 1) {
        level_add(l, cmd->options);
    }
    level_add(l, a->path[0]->options);
    l->longs = ws_calloc(l->len + 1, sizeof *l->longs);
    /* '+': stop at the sub-command's name. ':': a missing value is told from an unknown option. */
    ws_buf_puts(&l->letters, cmd->commands != NULL ? "+:" : ":");
    for (size_t i = 0; i < l->len; i++) {
        const struct ws_option *o = l->all[i];
        int has = o->argument != NULL ? required_argument : no_argument;

        l->longs[i] = (struct option){.name = o->name, .has_arg = has, .val = LONG_BASE + (int)i};
        if (o->letter != 0) {
            ws_buf_putc(&l->letters, o->letter);
            ws_buf_puts(&l->letters, has == required_argument ? ":" : "");
        }
    }
}

static void level_release(struct level *l)
{
    free(l->all);
    free(l->longs);
    ws_buf_release(&l->letters);
}

static const struct ws_option *level_find(const struct level *l, int value)
{
    if (value >= LONG_BASE) {
        return l->all[value - LONG_BASE];
    }
    for (size_t i = 0; i < l->len; i++) {
        if (l->all[i]->letter == value && value != 0) {
            return l->all[i];
        }
    }
    return NULL;
}

static int unknown_long(const struct level *l, const char *word, struct ws_error *err)
{
    const char **names = ws_calloc(l->len, sizeof *names);
    char *name = ws_strndup(word, strcspn(word, "="));

    for (size_t i = 0; i < l->len; i++) {
        names[i] = l->all[i]->name;
    }
    const char *nearest = ws_nearest(name, names, l->len);
    if (nearest != NULL) {
        ws_fail(err, WS_E_USAGE, l->where, "unknown option '--%s'; did you mean '--%s'?", name,
                nearest);
    } else {
        ws_fail(err, WS_E_USAGE, l->where, "unknown option '--%s'; see 'wsfsm help%s%s'", name,
                l->where[0] != '\0' ? " " : "", l->where);
    }
    free(name);
    free(names);
    return -1;
}

/* getopt returned '?' or ':' */
static int refused(const struct level *l, int result, const char *word, struct ws_error *err)
{
    const struct ws_option *o = level_find(l, optopt);

    if (result == ':' && o != NULL) {
        return ws_fail(err, WS_E_USAGE, l->where, "option '--%s' needs a value: %s", o->name,
                       o->argument);
    }
    if (optopt >= LONG_BASE && o != NULL) {
        return ws_fail(err, WS_E_USAGE, l->where, "option '--%s' takes no value", o->name);
    }
    if (optopt != 0) {
        return ws_fail(err, WS_E_USAGE, l->where, "unknown option '-%c'; see 'wsfsm help%s%s'",
                       optopt, l->where[0] != '\0' ? " " : "", l->where);
    }
    return unknown_long(l, ws_starts_with(word, "--") ? word + 2 : word, err);
}

static int check_word(const struct level *l, const struct ws_option *o, const char *value,
                      struct ws_error *err)
{
    struct ws_buf list = {0};
    size_t count = 0;

    for (; o->words[count] != NULL; count++) {
        if (strcmp(o->words[count], value) == 0) {
            ws_buf_release(&list);
            return 0;
        }
        ws_buf_printf(&list, "%s%s", count > 0 ? ", " : "", o->words[count]);
    }
    const char *nearest = ws_nearest(value, o->words, count);
    if (nearest != NULL) {
        ws_fail(err, WS_E_USAGE, l->where, "'%s' is no value of '--%s'; did you mean '%s'?", value,
                o->name, nearest);
    } else {
        ws_fail(err, WS_E_USAGE, l->where, "'%s' is no value of '--%s': one of %s", value, o->name,
                ws_buf_str(&list));
    }
    ws_buf_release(&list);
    return -1;
}

static int check_value(const struct level *l, const struct ws_option *o, const char *value,
                       struct ws_error *err)
{
    long long number;

    if (o->words != NULL) {
        return check_word(l, o, value, err);
    }
    if (o->max > 0 && ws_parse_int(&number, value, o->min, o->max)) {
        return 0;
    }
    if (o->max == INT64_MAX) {
        return ws_fail(err, WS_E_USAGE, l->where,
                       "option '--%s' needs a whole number, at least %lld, not '%s'", o->name,
                       o->min, value);
    }
    if (o->max > 0) {
        return ws_fail(err, WS_E_USAGE, l->where,
                       "option '--%s' needs a whole number from %lld to %lld, not '%s'", o->name,
                       o->min, o->max, value);
    }
    if (o->argument != NULL && value[0] == '\0') {
        return ws_fail(err, WS_E_USAGE, l->where, "option '--%s' has an empty value", o->name);
    }
    return 0;
}

/* The word of argv that getopt has just read an option from. */
static const char *word_read(char **argv)
{
    return argv[optarg != NULL && optarg == argv[optind - 1] ? optind - 2 : optind - 1];
}

static bool written_out(const struct ws_option *o, const char *word)
{
    size_t len = strlen(o->name);

    return strncmp(word + 2, o->name, len) == 0 && (word[2 + len] == '\0' || word[2 + len] == '=');
}

static int take(struct ws_args *a, const struct level *l, int result, char **argv,
                struct ws_error *err)
{
    if (result == '?' || result == ':') {
        return refused(l, result, argv[optind - 1], err);
    }
    const struct ws_option *o = level_find(l, result);
    const char *word = word_read(argv);

    if (result >= LONG_BASE && !written_out(o, word)) {
        return unknown_long(l, word + 2, err);
    }
    if (o->argument != NULL && check_value(l, o, optarg, err) != 0) {
        return -1;
    }
    a->given = ws_grow(a->given, &a->given_cap, a->given_len, sizeof *a->given);
    a->given[a->given_len++] = (struct ws_given){o, optarg};
    return 0;
}

static void restart_getopt(void)
{
    opterr = 0;
#ifdef __APPLE__
    optreset = 1;
    optind = 1;
#else
    optind = 0;
#endif
}

/* argv[0] is the name of the level's command; *used: words of argv read, that name included. */
static int parse_level(struct ws_args *a, int *used, int argc, char **argv, struct ws_error *err)
{
    struct level l;
    int status = 0;

    level_init(&l, a);
    restart_getopt();
    while (status == 0) {
        optarg = NULL;
        int result = getopt_long(argc, argv, ws_buf_str(&l.letters), l.longs, NULL);
        if (result == -1) {
            break;
        }
        status = take(a, &l, result, argv, err);
    }
    *used = optind;
    level_release(&l);
    return status;
}

static int unknown_command(const struct ws_args *a, const char *word, struct ws_error *err)
{
    char where[64];
    const char *nearest = ws_cmd_nearest(ws_args_cmd(a), word);

    name_place(where, sizeof where, a);
    if (nearest != NULL) {
        return ws_fail(err, WS_E_USAGE, where, "unknown command '%s'; did you mean '%s'?", word,
                       nearest);
    }
    return ws_fail(err, WS_E_USAGE, where, "unknown command '%s'; 'wsfsm help%s%s' lists them",
                   word, where[0] != '\0' ? " " : "", where);
}

static int check_required(const struct ws_args *a, const char *where, struct ws_error *err)
{
    for (const struct ws_option *o = ws_args_cmd(a)->options; o != NULL && o->name != NULL; o++) {
        if (o->required && !ws_args_has(a, o->name)) {
            return ws_fail(err, WS_E_USAGE, where, "'--%s %s' is missing", o->name, o->argument);
        }
    }
    return 0;
}

static int check_words(const struct ws_args *a, const char *where, struct ws_error *err)
{
    const struct ws_positional *p = ws_args_cmd(a)->positionals;
    size_t n = 0;

    for (; p != NULL && p->name != NULL; p++, n++) {
        if (n >= a->word_count && !p->optional) {
            return ws_fail(err, WS_E_USAGE, where, "%s is missing", p->name);
        }
        if (p->repeated) {
            return 0;
        }
    }
    if (a->word_count > n) {
        return ws_fail(err, WS_E_USAGE, where, "unexpected argument '%s'", a->words[n]);
    }
    return 0;
}

static int check_complete(const struct ws_args *a, struct ws_error *err)
{
    char where[64];

    name_place(where, sizeof where, a);
    if (ws_args_cmd(a)->commands != NULL) {
        return ws_fail(err, WS_E_USAGE, where, "no command given; 'wsfsm help%s%s' lists them",
                       where[0] != '\0' ? " " : "", where);
    }
    return check_required(a, where, err) != 0 ? -1 : check_words(a, where, err);
}

/* Is a text asked for instead of the command? */
static bool wants_text(const struct ws_args *a)
{
    for (size_t i = 0; i < a->given_len; i++) {
        const char *name = a->given[i].option->name;

        if (strcmp(name, "help") == 0 || strcmp(name, "version") == 0) {
            return true;
        }
    }
    return false;
}

int ws_args_parse(struct ws_args *out, const struct ws_cmd *root, int argc, char **argv,
                  struct ws_error *err)
{
    int used = 0;

    *out = (struct ws_args){.path = {root}, .depth = 1};
    for (;;) {
        const struct ws_cmd *cmd = ws_args_cmd(out);

        if (parse_level(out, &used, argc, argv, err) != 0) {
            return -1;
        }
        argc -= used;
        argv += used;
        if (cmd->commands == NULL || argc == 0) {
            break;
        }
        const struct ws_cmd *next = ws_cmd_find(cmd, argv[0]);
        if (next == NULL) {
            return unknown_command(out, argv[0], err);
        }
        out->path[out->depth++] = next;
    }
    out->words = argv;
    out->word_count = (size_t)argc;
    return wants_text(out) ? 0 : check_complete(out, err);
}

void ws_args_release(struct ws_args *a)
{
    if (a != NULL) {
        free(a->given);
        *a = (struct ws_args){0};
    }
}

const struct ws_cmd *ws_args_cmd(const struct ws_args *a)
{
    return a->path[a->depth - 1];
}

static const struct ws_given *find(const struct ws_args *a, const char *option)
{
    const struct ws_option *o = ws_option_find(ws_args_cmd(a)->options, option);

    if (o == NULL) {
        o = ws_option_find(a->path[0]->options, option);
    }
    if (o == NULL) {
        fprintf(stderr, "wsfsm: the table of '%s' has no option '%s'\n", ws_args_cmd(a)->name,
                option);
        abort();
    }
    for (size_t i = a->given_len; i > 0; i--) {
        if (a->given[i - 1].option == o) {
            return &a->given[i - 1];
        }
    }
    return NULL;
}

bool ws_args_has(const struct ws_args *a, const char *option)
{
    return find(a, option) != NULL;
}

const char *ws_args_value(const struct ws_args *a, const char *option)
{
    const struct ws_given *given = find(a, option);

    return given != NULL ? given->value : NULL;
}

long long ws_args_number(const struct ws_args *a, const char *option, long long fallback)
{
    const struct ws_given *given = find(a, option);

    return given != NULL ? strtoll(given->value, NULL, 10) : fallback;
}

const char *ws_args_word(const struct ws_args *a, size_t n)
{
    return n < a->word_count ? a->words[n] : NULL;
}
