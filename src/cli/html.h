/* HTML out of text of others. Whatever the text holds - markup, control characters, bytes that are
 * not UTF-8, bidi controls - a browser shows it and obeys nothing in it; what ws_escape_line()
 * writes for them is what is seen. Quotes are escaped too, so that all of it may stand in an
 * attribute. */
#ifndef WSFSM_CLI_HTML_H
#define WSFSM_CLI_HTML_H

#include "wsfsm/base/buf.h"

void ws_html_text(struct ws_buf *out, const char *text); /* one line; NULL: nothing */

/* Text of several lines, for a <pre>: newlines stay, every other control character is shown. */
void ws_html_lines(struct ws_buf *out, const char *text, size_t len);

/* Markup of ours with text of others in it: like printf with %s, %d, %lld, %zu and %% alone (any
 * other conversion aborts), and every %s goes through ws_html_text(). */
void ws_html_add(struct ws_buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The start of a text that is too long to be shown whole: at most `limit` bytes, cut between
 * characters, with "..." behind when something is missing. */
void ws_html_start(struct ws_buf *out, const char *text, size_t limit);

#endif
