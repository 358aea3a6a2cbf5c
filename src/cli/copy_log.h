/* A log file, line by line, without holding it in memory. */
#ifndef WSFSM_CLI_COPY_LOG_H
#define WSFSM_CLI_COPY_LOG_H

#include "output.h"

/* `line` gives false to stop; `ended`: the line is complete, else more of it follows (a line over
 * 64 KiB comes in pieces). The end of the file ends a line. */
int ws_read_log(const char *path,
                bool (*line)(void *payload, const char *text, size_t len, bool ended),
                void *payload, struct ws_error *err);

/* Prints it escaped. */
int ws_copy_log(struct ws_out *out, const char *path, struct ws_error *err);

#endif
