/* Help for people, from the tables. */
#ifndef WSFSM_CLI_HELP_H
#define WSFSM_CLI_HELP_H

#include "command.h"

/* `path`: root, command, sub-command. */
void ws_help(struct ws_buf *out, const struct ws_cmd *const *path, size_t depth);

/* Appends text broken at spaces; lines after the first begin with `indent` spaces. `column`: where
 * the first line stands already. */
void ws_help_wrap(struct ws_buf *out, const char *text, size_t indent, size_t column);

/* "-C, --directory DIR" */
void ws_help_option(struct ws_buf *out, const struct ws_option *o);

/* What the exit status says, of all commands together. */
extern const struct ws_exit_note ws_exit_notes[];

#endif
