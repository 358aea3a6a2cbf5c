/* What every command works with. */
#ifndef WSFSM_CLI_CLI_H
#define WSFSM_CLI_CLI_H

#include <stdbool.h>

#include "args.h"
#include "output.h"
#include "wsfsm/base/diag.h"
#include "wsfsm/base/error.h"

struct ws_cli {
    const struct ws_args *args;
    struct ws_out out;

    /* the global options */
    const char *directory; /* NULL: the current one */
    const char *database;  /* NULL: not said */
    bool json, quiet, verbose;
    bool color; /* may the result carry colour? */
};

void ws_cli_init(struct ws_cli *cli, const struct ws_args *args);

/* --- messages: one line each, on standard error --- */

/* Under --json, standard error carries errors as JSON and, with -v, notes and warnings too; else a
 * program that reads it would have to tell them apart. */
void ws_cli_error(const struct ws_error *err, bool json);
void ws_cli_warning(const struct ws_cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void ws_cli_note(const struct ws_cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* WS_E_UNKNOWN_ID: "WHAT; did you mean 'NEAREST'?", or "WHAT; HINT" when none is near (HINT may be
 * NULL). Returns -1. */
int ws_cli_unknown(struct ws_error *err, const char *id, const char *const *candidates,
                   size_t count, const char *what, const char *hint);

/* Located findings, sorted; notes and warnings as above. */
void ws_cli_diags(const struct ws_cli *cli, struct ws_diags *diags);

/* The same as the result of a command: lines, or the items of "problems" and the counts of
 * "errors", "warnings". */
void ws_cli_print_diags(struct ws_cli *cli, struct ws_diags *diags);
void ws_cli_json_diags(struct ws_buf *out, struct ws_diags *diags);

/* --- colour --- */

enum ws_color { WS_COLOR_GOOD, WS_COLOR_BAD, WS_COLOR_CAUTION, WS_COLOR_STRONG };

/* Text of ours or escaped text, coloured when the result may be. */
void ws_cli_colored(struct ws_cli *cli, enum ws_color color, const char *text);
enum ws_color
ws_color_of(const char *word); /* of a status or state outcome: success, failure, ... */

#endif
