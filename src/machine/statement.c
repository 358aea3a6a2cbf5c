#include "statement.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"
#include "wsfsm/machine/machine.h"

static struct ws_def_state *current(struct ws_parser *p)
{
    bool open = p->section == WS_SECTION_STATE || p->section == WS_SECTION_FINAL;

    return open ? &p->def->states[p->def->state_count - 1] : NULL;
}

static int parse_machine(struct ws_parser *p, struct ws_word keyword)
{
    struct ws_word name;

    if (ws_expect_name(p, &name, "a machine name") != 0 || ws_expect_end(p, NULL) != 0) {
        return -1;
    }
    if (p->def->machine.text != NULL) {
        ws_report_error(p->report, "E011", keyword, "second 'machine' statement");
        ws_report_note(p->report, p->def->machine, "the first one is here");
        return 0;
    }
    p->def->machine = name;
    return 0;
}

static int parse_initial(struct ws_parser *p, struct ws_word keyword)
{
    struct ws_word name;

    if (ws_expect_name(p, &name, "a state name") != 0 || ws_expect_end(p, NULL) != 0) {
        return -1;
    }
    if (p->def->initial.text != NULL) {
        ws_report_error(p->report, "E010", keyword, "second 'initial' statement");
        ws_report_note(p->report, p->def->initial, "the first one is here");
        return 0;
    }
    p->def->initial = name;
    return 0;
}

static int parse_names(struct ws_parser *p, struct ws_words *words, const char *what)
{
    struct ws_word name;

    do {
        if (ws_expect_name(p, &name, what) != 0) {
            return -1;
        }
        ws_words_add(words, name);
    } while (p->token->kind != WS_TOKEN_END);
    return 0;
}

static int parse_outcomes(struct ws_parser *p, struct ws_word keyword)
{
    (void)keyword;
    return parse_names(p, &p->def->outcomes, "an outcome");
}

static int parse_events(struct ws_parser *p, struct ws_word keyword)
{
    (void)keyword;
    return parse_names(p, &p->def->events, "an event");
}

static struct ws_def_state *open_state(struct ws_parser *p, bool final)
{
    struct ws_def *d = p->def;

    d->states = ws_grow(d->states, &d->state_cap, d->state_count, sizeof *d->states);
    d->states[d->state_count].final = final;
    p->section = final ? WS_SECTION_FINAL : WS_SECTION_STATE;
    p->said_misplaced = false;
    return &d->states[d->state_count++];
}

static void parse_doc(struct ws_parser *p, struct ws_def_state *state)
{
    if (p->token->kind == WS_TOKEN_STRING) {
        state->doc = p->token->word.text;
        p->token++;
    }
}

static int parse_state(struct ws_parser *p, struct ws_word keyword)
{
    struct ws_def_state *state = open_state(p, false);

    (void)keyword;
    if (ws_expect_name(p, &state->name, "a state name") != 0) {
        return -1;
    }
    parse_doc(p, state);
    return ws_expect_end(p, "a \"description\"");
}

static int parse_final(struct ws_parser *p, struct ws_word keyword)
{
    struct ws_def_state *state = open_state(p, true);

    (void)keyword;
    if (ws_expect_name(p, &state->name, "a state name") != 0 ||
        ws_expect_name(p, &state->outcome, "an outcome") != 0) {
        return -1;
    }
    parse_doc(p, state);
    return ws_expect_end(p, "a \"description\"");
}

static int second(struct ws_parser *p, struct ws_def_state *state, struct ws_word keyword,
                  struct ws_word first)
{
    if (!state->lost) {
        ws_report_error(p->report, "E013", keyword, "state '%s' has a second '%s' line",
                        state->name.text != NULL ? state->name.text : "?", keyword.text);
        ws_report_note(p->report, first, "the first one is here");
    }
    state->broken = true;
    return 0;
}

static int parse_do(struct ws_parser *p, struct ws_word keyword)
{
    struct ws_def_state *state = current(p);
    struct ws_word handler;

    if (ws_expect_name(p, &handler, "a handler") != 0 || ws_expect_end(p, NULL) != 0) {
        return -1;
    }
    if (state->action.text != NULL) {
        return second(p, state, keyword, state->action);
    }
    state->action = keyword;
    state->handler = handler;
    return 0;
}

static bool is_profile(const char *s)
{
    if (!isalnum((unsigned char)s[0])) {
        return false;
    }
    while (isalnum((unsigned char)*s) || (*s != '\0' && strchr("._-", *s) != NULL)) {
        s++;
    }
    return *s == '\0';
}

static int parse_tool(struct ws_parser *p, struct ws_word keyword)
{
    struct ws_def_state *state = current(p);
    struct ws_words tools = {0};
    int rc = -1;

    do {
        if (p->token->kind != WS_TOKEN_WORD || !is_profile(p->token->word.text)) {
            ws_unexpected(p, "a tool profile", "");
            goto out;
        }
        ws_words_add(&tools, p->token->word);
        p->token++;
    } while (p->token->kind != WS_TOKEN_END);
    rc = 0;
    if (state->action.text != NULL) {
        second(p, state, keyword, state->action);
        goto out;
    }
    state->action = keyword;
    state->tools = tools;
    tools = (struct ws_words){0};
out:
    free(tools.items);
    return rc;
}

static int parse_timeout(struct ws_parser *p, struct ws_word keyword)
{
    struct ws_def_state *state = current(p);
    struct ws_word target = {0};
    long seconds = 0;

    if (p->token->kind != WS_TOKEN_WORD) {
        return ws_unexpected(p, "a duration or 'none'", "");
    }
    if (strcmp(p->token->word.text, "none") == 0) {
        p->token++;
    } else if (ws_parse_duration(&seconds, p->token->word.text) != 0) {
        return ws_report_syntax(p->report, "E004", p->token->word,
                                "'%.60s' is not a duration; write a whole number and s, m, h or d, "
                                "from 1s to 30d",
                                p->token->word.text);
    } else {
        p->token++;
        if (ws_expect_arrow(p) != 0 || ws_expect_name(p, &target, "a state name") != 0) {
            return -1;
        }
    }
    if (ws_expect_end(p, NULL) != 0) {
        return -1;
    }
    if (state->timeout.text != NULL) {
        return second(p, state, keyword, state->timeout);
    }
    state->timeout = keyword;
    state->timeout_sec = seconds;
    state->timeout_target = target;
    return 0;
}

static int parse_on(struct ws_parser *p, struct ws_word keyword)
{
    struct ws_def_state *state = current(p);
    struct ws_def_arm arm = {0};

    if (ws_parse_arm(p, &arm, keyword) != 0) {
        return -1;
    }
    state->arms = ws_grow(state->arms, &state->arm_cap, state->arm_count, sizeof *state->arms);
    state->arms[state->arm_count++] = arm;
    return 0;
}

/* `except NAME {NAME} on`: the first word is a name even when it reads "on". */
static int parse_except(struct ws_parser *p, struct ws_words *except)
{
    struct ws_word name;

    do {
        if (ws_expect_name(p, &name, "a state name") != 0) {
            return -1;
        }
        ws_words_add(except, name);
    } while (p->token->kind != WS_TOKEN_END && !ws_at_word(p, "on"));
    return 0;
}

static int parse_from(struct ws_parser *p, struct ws_word keyword)
{
    static const char *const next[] = {"except", "on"};
    struct ws_def *d = p->def;
    struct ws_def_from from = {.keyword = keyword};
    char hint[WS_HINT_SIZE];
    struct ws_word on;

    p->section = WS_SECTION_FROM;
    p->said_misplaced = false;
    if (p->token->kind != WS_TOKEN_STAR) {
        return ws_unexpected(p, "'*'", "");
    }
    p->token++;
    if (ws_at_word(p, "except")) {
        p->token++;
        if (parse_except(p, &from.except) != 0) {
            goto fail;
        }
    }
    if (!ws_at_word(p, "on")) {
        const char *word = p->token->kind == WS_TOKEN_WORD ? p->token->word.text : "";

        ws_unexpected(p, from.except.len > 0 ? "'on'" : "'on' or 'except'",
                      ws_hint(hint, word, next, 2));
        goto fail;
    }
    on = p->token++->word;
    if (ws_parse_arm(p, &from.arm, on) != 0) {
        goto fail;
    }
    d->froms = ws_grow(d->froms, &d->from_cap, d->from_count, sizeof *d->froms);
    d->froms[d->from_count++] = from;
    return 0;
fail:
    free(from.except.items);
    return -1;
}

enum place { PLACE_HEAD, PLACE_OPENS, PLACE_STATE };

static const struct statement {
    const char *keyword;
    enum place place;
    int (*parse)(struct ws_parser *p, struct ws_word keyword);
} statements[] = {
    {"machine", PLACE_HEAD, parse_machine}, {"outcomes", PLACE_HEAD, parse_outcomes},
    {"events", PLACE_HEAD, parse_events},   {"initial", PLACE_HEAD, parse_initial},
    {"state", PLACE_OPENS, parse_state},    {"final", PLACE_OPENS, parse_final},
    {"from", PLACE_OPENS, parse_from},      {"do", PLACE_STATE, parse_do},
    {"tool", PLACE_STATE, parse_tool},      {"timeout", PLACE_STATE, parse_timeout},
    {"on", PLACE_STATE, parse_on},
};

enum { STATEMENT_COUNT = sizeof statements / sizeof *statements };

static const struct statement *find_statement(const char *keyword)
{
    for (size_t i = 0; keyword != NULL && i < STATEMENT_COUNT; i++) {
        if (strcmp(statements[i].keyword, keyword) == 0) {
            return &statements[i];
        }
    }
    return NULL;
}

static const char *nearest_statement(const char *word)
{
    const char *keywords[STATEMENT_COUNT];

    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        keywords[i] = statements[i].keyword;
    }
    return ws_nearest(word, keywords, STATEMENT_COUNT);
}

/* The line is dropped. Whatever it declared is known from now on, and the state it may have
 * belonged to, opened or ended is not judged by what it lacks. */
static void spoil(struct ws_parser *p, const struct ws_line *line, const struct statement *meant)
{
    struct ws_def_state *state;

    p->def->unread = true;
    for (size_t i = 0; i < line->len; i++) {
        if (line->items[i].kind == WS_TOKEN_WORD) {
            ws_words_add(&p->def->spoilt, line->items[i].word);
        }
    }
    if (meant == NULL || meant->parse == parse_from) {
        p->def->from_unread = true;
    }
    state = current(p);
    if (state != NULL) {
        state->broken = true;
        state->lost = state->lost || meant == NULL || state->final;
    }
    p->said_misplaced = p->said_misplaced || meant == NULL || meant->place == PLACE_OPENS;
}

static void unknown_statement(struct ws_parser *p, const struct ws_line *line)
{
    const struct ws_token *first = &line->items[0];
    const char *word = first->kind == WS_TOKEN_WORD ? first->word.text : NULL;
    const char *near = word != NULL ? nearest_statement(word) : NULL;
    const struct statement *meant = find_statement(near);

    ws_report_syntax(p->report, "E001", first->word, "unknown statement '%.60s'%s%s%s",
                     first->word.text, near != NULL ? "; did you mean '" : "",
                     near != NULL ? near : "", near != NULL ? "'?" : "");
    if (meant != NULL && meant->place == PLACE_OPENS) {
        p->token = first + 1;
        meant->parse(p, first->word); /* quiet: this line has its error */
    }
    spoil(p, line, meant);
}

/* Is the statement where it may stand? Otherwise says so, once a section. */
static bool in_place(struct ws_parser *p, const struct statement *s, struct ws_word keyword)
{
    struct ws_def_state *state = current(p);

    if (s->place == PLACE_OPENS || (s->place == PLACE_HEAD && p->section == WS_SECTION_HEAD) ||
        (s->place == PLACE_STATE && p->section == WS_SECTION_STATE)) {
        return true;
    }
    if (s->place == PLACE_HEAD) {
        ws_report_syntax(p->report, "E006", keyword, "'%s' belongs before the first state",
                         s->keyword);
        return true; /* and is read, so that its names are known */
    }
    if (!p->said_misplaced && p->section == WS_SECTION_FINAL) {
        ws_report_syntax(p->report, "E016", keyword, "final state '%s' can have no '%s'",
                         state->name.text != NULL ? state->name.text : "?", s->keyword);
    } else if (!p->said_misplaced) {
        ws_report_syntax(p->report, "E006", keyword, "'%s' belongs inside a state", s->keyword);
    }
    p->said_misplaced = true;
    return false;
}

void ws_parse_statement(struct ws_parser *p, const struct ws_line *line)
{
    struct ws_word keyword = line->items[0].word;
    bool is_word = line->items[0].kind == WS_TOKEN_WORD;
    const struct statement *s = is_word ? find_statement(keyword.text) : NULL;

    if (s == NULL) {
        unknown_statement(p, line);
        return;
    }
    p->token = line->items + 1;
    if (!in_place(p, s, keyword) || s->parse(p, keyword) != 0 ||
        p->report->syntax_line == keyword.line) {
        spoil(p, line, s);
    }
}
