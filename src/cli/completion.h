/* Completion scripts for the shells, from the tables. Ids are asked of `wsfsm __values KIND` when
 * they are wanted. */
#ifndef WSFSM_CLI_COMPLETION_H
#define WSFSM_CLI_COMPLETION_H

#include "command.h"

void ws_completion_bash(struct ws_buf *out, const struct ws_cmd *root);
void ws_completion_zsh(struct ws_buf *out, const struct ws_cmd *root);
void ws_completion_fish(struct ws_buf *out, const struct ws_cmd *root);

/* --- what they share --- */

/* Calls `each` for every visible command below the root, sub-commands behind their parent, with its
 * path ("machine check"). */
void ws_completion_walk(const struct ws_cmd *root,
                        void (*each)(struct ws_buf *out, const char *path,
                                     const struct ws_cmd *cmd),
                        struct ws_buf *out);

/* Options that take a value, of every command, each once: "-C|--directory|--db"; `between` parts
 * them. */
void ws_completion_valued(struct ws_buf *out, const struct ws_cmd *root, const char *between);

/* Names of the visible sub-commands, parted by spaces. */
void ws_completion_commands(struct ws_buf *out, const struct ws_cmd *parent);

/* The first sentence of a help text, without its full stop, single quotes doubled as the shells
 * want it: '\''. */
void ws_completion_brief(struct ws_buf *out, const char *help);

#endif
