/* argv -> what was asked for, by the tables of command.h (getopt_long underneath).
 *
 * Long options are written out: an abbreviation that means one thing today would mean two tomorrow,
 * and break the script that uses it. Values point into argv.
 */
#ifndef WSFSM_CLI_ARGS_H
#define WSFSM_CLI_ARGS_H

#include "command.h"

enum { WS_CMD_DEPTH = 3 }; /* root, command, sub-command */

struct ws_given {
    const struct ws_option *option;
    const char *value; /* NULL: the option takes none */
};

struct ws_args {
    const struct ws_cmd *path[WS_CMD_DEPTH]; /* root first; the last one is to be run */
    size_t depth;
    struct ws_given *given; /* in the order of the command line */
    size_t given_len, given_cap;
    char **words; /* positionals */
    size_t word_count;
};

/* WS_E_USAGE: unknown command or option (with the nearest one), value out of its range, something
 * missing or too much. With --help or --version nothing is missed. *out is to be released in either
 * case; argv is permuted. */
int ws_args_parse(struct ws_args *out, const struct ws_cmd *root, int argc, char **argv,
                  struct ws_error *err);
void ws_args_release(struct ws_args *a);

/* The command to run. */
const struct ws_cmd *ws_args_cmd(const struct ws_args *a);

/* Of an option that the command or the root declares (anything else is a bug, and aborts); the last
 * one given wins. */
bool ws_args_has(const struct ws_args *a, const char *option);
const char *ws_args_value(const struct ws_args *a, const char *option); /* NULL: not given */
long long ws_args_number(const struct ws_args *a, const char *option, long long fallback);
const char *ws_args_word(const struct ws_args *a, size_t n); /* NULL: not given */

#endif
