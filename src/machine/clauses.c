/* What each statement says, behind its keyword. */
#include "clauses.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/mem.h"

int ws_parse_machine(struct ws_parser *p, struct ws_word keyword)
{
    struct ws_word name;

    if (ws_expect_name(p, &name, "a machine name") != 0 || ws_expect_end(p, NULL) != 0) {
        return -1;
    }
    if (p->def->machine.text != NULL) {
        ws_def_report_error(p->report, "E011", keyword, "second 'machine' statement");
        ws_def_report_note(p->report, p->def->machine, "the first one is here");
        return 0;
    }
    p->def->machine = name;
    return 0;
}

int ws_parse_initial(struct ws_parser *p, struct ws_word keyword)
{
    struct ws_word name;

    if (ws_expect_name(p, &name, "a state name") != 0 || ws_expect_end(p, NULL) != 0) {
        return -1;
    }
    if (p->def->initial.text != NULL) {
        ws_def_report_error(p->report, "E010", keyword, "second 'initial' statement");
        ws_def_report_note(p->report, p->def->initial, "the first one is here");
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

int ws_parse_outcomes(struct ws_parser *p, struct ws_word keyword)
{
    (void)keyword;
    return parse_names(p, &p->def->outcomes, "an outcome");
}

int ws_parse_events(struct ws_parser *p, struct ws_word keyword)
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

static int expect_declared(struct ws_parser *p, struct ws_word *name)
{
    int rc = ws_expect_name(p, name, "a state name");

    p->def->nameless = p->def->nameless || rc != 0;
    return rc;
}

int ws_parse_state(struct ws_parser *p, struct ws_word keyword)
{
    struct ws_def_state *state = open_state(p, false);

    (void)keyword;
    if (expect_declared(p, &state->name) != 0) {
        return -1;
    }
    parse_doc(p, state);
    return ws_expect_end(p, "a \"description\"");
}

int ws_parse_final(struct ws_parser *p, struct ws_word keyword)
{
    struct ws_def_state *state = open_state(p, true);

    (void)keyword;
    if (expect_declared(p, &state->name) != 0) {
        return -1;
    }
    if (ws_expect_name(p, &state->outcome, "an outcome") != 0) {
        p->def->nameless = true; /* what stands there may be the outcome */
        return -1;
    }
    parse_doc(p, state);
    return ws_expect_end(p, "a \"description\"");
}

static int second(struct ws_parser *p, struct ws_def_state *state, struct ws_word keyword,
                  struct ws_word first)
{
    if (!state->lost) {
        ws_def_report_error(p->report, "E013", keyword, "state '%s' has a second '%s' line",
                            state->name.text != NULL ? state->name.text : "?", keyword.text);
        ws_def_report_note(p->report, first, "the first one is here");
    }
    state->broken = true;
    state->lost = true; /* the header of another state may be missing before this line */
    return 0;
}

int ws_parse_do(struct ws_parser *p, struct ws_word keyword)
{
    struct ws_def_state *state = ws_current_state(p);
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

int ws_parse_tool(struct ws_parser *p, struct ws_word keyword)
{
    struct ws_def_state *state = ws_current_state(p);
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

int ws_parse_timeout(struct ws_parser *p, struct ws_word keyword)
{
    struct ws_def_state *state = ws_current_state(p);
    struct ws_word target = {0};
    long seconds = 0;

    if (p->token->kind != WS_TOKEN_WORD) {
        return ws_unexpected(p, "a duration or 'none'", "");
    }
    if (strcmp(p->token->word.text, "none") == 0) {
        p->token++;
    } else if (ws_parse_duration(&seconds, p->token->word.text) != 0) {
        return ws_def_report_syntax(
            p->report, "E004", p->token->word,
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

int ws_parse_on(struct ws_parser *p, struct ws_word keyword)
{
    struct ws_def_state *state = ws_current_state(p);
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

int ws_parse_from(struct ws_parser *p, struct ws_word keyword)
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
