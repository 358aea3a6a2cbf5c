/* One function a statement: reads what stands behind the keyword into the def. 0, or -1 when the
 * line could not be read (reported). */
#ifndef WS_MACHINE_CLAUSES_H
#define WS_MACHINE_CLAUSES_H

#include "statement.h"

int ws_parse_machine(struct ws_parser *p, struct ws_word keyword);
int ws_parse_initial(struct ws_parser *p, struct ws_word keyword);
int ws_parse_outcomes(struct ws_parser *p, struct ws_word keyword);
int ws_parse_events(struct ws_parser *p, struct ws_word keyword);
int ws_parse_state(struct ws_parser *p, struct ws_word keyword);
int ws_parse_final(struct ws_parser *p, struct ws_word keyword);
int ws_parse_do(struct ws_parser *p, struct ws_word keyword);
int ws_parse_tool(struct ws_parser *p, struct ws_word keyword);
int ws_parse_timeout(struct ws_parser *p, struct ws_word keyword);
int ws_parse_on(struct ws_parser *p, struct ws_word keyword);
int ws_parse_from(struct ws_parser *p, struct ws_word keyword);

#endif
