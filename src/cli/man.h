/* Manual pages, from the tables. */
#ifndef WSFSM_CLI_MAN_H
#define WSFSM_CLI_MAN_H

#include "command.h"

/* The page of a command in man(7): of `root` itself wsfsm(1), of a command wsfsm-NAME(1), its
 * sub-commands with it. */
void ws_man_page(struct ws_buf *out, const struct ws_cmd *root, const struct ws_cmd *cmd);

/* "wsfsm-run.1"; the caller frees it. */
char *ws_man_file(const struct ws_cmd *root, const struct ws_cmd *cmd);

/* Appends text so that roff prints it as it is. */
void ws_roff(struct ws_buf *out, const char *text);

#endif
