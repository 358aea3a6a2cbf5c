/* The statements of a .def, one line each. */
#ifndef WS_MACHINE_STATEMENT_H
#define WS_MACHINE_STATEMENT_H

#include "def.h"
#include "lex.h"
#include "report.h"

/* Where the lines below belong: what the last line that opened something has opened. */
enum ws_section { WS_SECTION_HEAD, WS_SECTION_STATE, WS_SECTION_FINAL, WS_SECTION_FROM };

struct ws_parser {
    struct ws_def *def;
    struct ws_def_report *report;
    const struct ws_token *token; /* the next one of the line */
    enum ws_section section;
    bool said_misplaced; /* E006 or E016 was given since the section began */
};

/* The state (or final state) whose block is open, NULL when none is. */
struct ws_def_state *ws_current_state(struct ws_parser *p);

/* Reads one line that holds a statement. */
void ws_parse_statement(struct ws_parser *p, const struct ws_line *line);

/* The rest of an arm behind its `on`, to the end of the line. 0 or -1 (reported). */
int ws_parse_arm(struct ws_parser *p, struct ws_def_arm *arm, struct ws_word on);

/* Building blocks: 0 and the word, or -1 (reported). `what` is "a state name". */
int ws_expect_name(struct ws_parser *p, struct ws_word *out, const char *what);
int ws_expect_end(struct ws_parser *p, const char *or_else);
int ws_expect_arrow(struct ws_parser *p);
int ws_unexpected(struct ws_parser *p, const char *what, const char *hint); /* E002; -1 */

bool ws_at_word(const struct ws_parser *p, const char *word);

bool ws_is_c_keyword(const char *word);

/* 0 and the value of a "30m", or -1. */
int ws_parse_duration(long *seconds, const char *text);
int ws_parse_count(long *out, const char *digits, size_t len, long max);

#endif
