/* The result of a command, on its way to standard output. What cannot be written is an error (exit
 * 4: a full disk must not look like an empty answer); a reader that went away is none, and ends
 * nothing: the rest is dropped.
 */
#ifndef WSFSM_CLI_OUTPUT_H
#define WSFSM_CLI_OUTPUT_H

#include <stdbool.h>

#include "wsfsm/base/buf.h"
#include "wsfsm/base/error.h"

struct ws_out {
    int fd;
    struct ws_buf text;      /* what is still to be written */
    bool closed;             /* the reader went away */
    struct ws_error failure; /* the first one that was met; code WS_E_OK: none */
};

void ws_out_flush(struct ws_out *o);
void ws_out_flush_when_large(struct ws_out *o); /* for long results */

/* Flushes and closes, so that an error that the file system kept back shows too. -1: *err says what
 * went wrong. */
int ws_out_end(struct ws_out *o, struct ws_error *err);

/* Text of others, made harmless for a terminal. */
void ws_out_escaped(struct ws_out *o, const char *text);

/* A path on a line of its own. One that is not plain text is printed with %XX, and marked. */
void ws_out_path(struct ws_out *o, const char *path);

/* The same mark in a JSON object: "paths_encoded": true when the path was changed. */
bool ws_path_is_encoded(const char *path);

/* Opens /dev/null in the place of standard descriptors that are closed, so that no file of ours
 * gets their number. A closed standard output stays one that cannot be written. */
int ws_out_secure_descriptors(void);

#endif
