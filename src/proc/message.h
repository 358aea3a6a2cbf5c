/* What the frames hold: each pair writes and reads the same fields in the same order. */
#ifndef WSFSM_PROC_MESSAGE_H
#define WSFSM_PROC_MESSAGE_H

#include "wire.h"
#include "wsfsm/proc/proc.h"

void ws_put_command(struct ws_buf *b, const struct ws_command *c);
/* Returns 0, or -1 when the frame does not hold a command. Every string of *command is malloc'ed:
 * ws_received_command_release(). */
int ws_get_command(struct ws_cursor *c, struct ws_command *command);
void ws_received_command_release(struct ws_command *command);

void ws_put_progress(struct ws_buf *b, const struct ws_progress *p);
/* *line owns what p->last_line points to; the caller frees it. */
int ws_get_progress(struct ws_cursor *c, struct ws_progress *p, char **line);

/* `remaining` is the number of descendants that could not be ended (0 but for the hopeless case).
 */
void ws_put_exit(struct ws_buf *b, const struct ws_exit *e, int remaining);
int ws_get_exit(struct ws_cursor *c, struct ws_exit *e, int *remaining);

#endif
