#include "statement.h"

#include "clauses.h"

#include <string.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"
#include "wsfsm/machine/machine.h"

struct ws_def_state *ws_current_state(struct ws_parser *p)
{
    bool open = p->section == WS_SECTION_STATE || p->section == WS_SECTION_FINAL;

    return open ? &p->def->states[p->def->state_count - 1] : NULL;
}

enum place { PLACE_HEAD, PLACE_OPENS, PLACE_STATE };

static const struct statement {
    const char *keyword;
    enum place place;
    int (*parse)(struct ws_parser *p, struct ws_word keyword);
} statements[] = {
    {"machine", PLACE_HEAD, ws_parse_machine}, {"outcomes", PLACE_HEAD, ws_parse_outcomes},
    {"events", PLACE_HEAD, ws_parse_events},   {"initial", PLACE_HEAD, ws_parse_initial},
    {"state", PLACE_OPENS, ws_parse_state},    {"final", PLACE_OPENS, ws_parse_final},
    {"from", PLACE_OPENS, ws_parse_from},      {"do", PLACE_STATE, ws_parse_do},
    {"tool", PLACE_STATE, ws_parse_tool},      {"timeout", PLACE_STATE, ws_parse_timeout},
    {"on", PLACE_STATE, ws_parse_on},
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
    bool declares = meant == NULL || (meant->place != PLACE_STATE && meant->parse != ws_parse_from);
    struct ws_def_state *state;

    p->def->unread = true;
    for (size_t i = 0; i < line->len; i++) {
        if (line->items[i].kind == WS_TOKEN_WORD) {
            ws_words_add(&p->def->spoilt, line->items[i].word);
        }
        if (line->items[i].kind == WS_TOKEN_WORD && declares) {
            ws_words_add(&p->def->misdeclared, line->items[i].word);
        }
    }
    if (meant == NULL || meant->parse == ws_parse_from) {
        p->def->from_unread = true;
    }
    state = ws_current_state(p);
    if (state != NULL) {
        state->broken = true;
        state->lost = state->lost || meant == NULL || state->final;
    }
    p->said_misplaced = p->said_misplaced || meant == NULL || meant->place == PLACE_OPENS;
}

static void unknown_statement(struct ws_parser *p, const struct ws_line *line)
{
    const struct ws_token *first = &line->items[0];
    const char *near = NULL;
    const struct statement *meant;

    if (first->kind == WS_TOKEN_WORD) {
        near = nearest_statement(first->word.text);
    }
    meant = find_statement(near);
    if (near != NULL) {
        ws_def_report_syntax(p->report, "E001", first->word,
                             "unknown statement '%.60s'; did you mean '%s'?", first->word.text,
                             near);
    } else if (first->kind == WS_TOKEN_STRING) {
        ws_def_report_syntax(p->report, "E001", first->word, "a line cannot begin with a string");
    } else {
        ws_def_report_syntax(p->report, "E001", first->word, "unknown statement '%.60s'",
                             first->word.text);
    }
    if (meant != NULL && meant->place == PLACE_OPENS) {
        struct ws_def_state *before = ws_current_state(p);

        if (before != NULL) {
            before->broken = true; /* the line may as well have been one of its own */
        }
        p->token = first + 1;
        meant->parse(p, first->word); /* quiet: this line has its error */
    }
    spoil(p, line, meant);
}

/* Is the statement where it may stand? Otherwise says so, once a section. */
static bool in_place(struct ws_parser *p, const struct statement *s, struct ws_word keyword)
{
    struct ws_def_state *state = ws_current_state(p);

    if (s->place == PLACE_OPENS || (s->place == PLACE_HEAD && p->def->state_count == 0) ||
        (s->place == PLACE_STATE && p->section == WS_SECTION_STATE)) {
        return true;
    }
    if (s->place == PLACE_HEAD) {
        ws_def_report_syntax(p->report, "E006", keyword, "'%s' belongs before the first state",
                             s->keyword);
        return true; /* and is read, so that its names are known */
    }
    if (!p->said_misplaced && p->section == WS_SECTION_FINAL) {
        ws_def_report_syntax(p->report, "E016", keyword, "final state '%s' can have no '%s'",
                             state->name.text != NULL ? state->name.text : "?", s->keyword);
    } else if (!p->said_misplaced) {
        ws_def_report_syntax(p->report, "E006", keyword, "'%s' belongs inside a state", s->keyword);
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
