/* One line of a .def into tokens. */
#ifndef WS_MACHINE_LEX_H
#define WS_MACHINE_LEX_H

#include "arena.h"
#include "report.h"

enum ws_token_kind {
    WS_TOKEN_END, /* of the line; stands right behind the last token */
    WS_TOKEN_WORD,
    WS_TOKEN_STRING, /* text without the quotes */
    WS_TOKEN_ARROW,
    WS_TOKEN_OPEN,
    WS_TOKEN_CLOSE,
    WS_TOKEN_NOT,
    WS_TOKEN_STAR
};

struct ws_token {
    enum ws_token_kind kind;
    struct ws_word word; /* text: as it is written */
};

struct ws_line {
    struct ws_token *items; /* the last one is WS_TOKEN_END; free() it after the last line */
    size_t len, cap;
};

struct ws_lexer {
    struct ws_arena *arena;
    struct ws_def_report *report;
    const char *text;
    size_t len, at;
    unsigned number; /* of the line read last, from 1 */
    bool said_cr;    /* a file with CR LF has it on each line: said once */
};

/* Reads the next line into *line. False at the end of the text. Errors (E005) are reported; the
 * tokens are the best that could be made of it. */
bool ws_lex_line(struct ws_lexer *x, struct ws_line *line);

#endif
