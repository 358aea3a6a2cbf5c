/* A command line as data. One set of const tables drives the parser (args.h), the help texts
 * (help.h), the man pages (man.h) and the completion of the shells (completion.h); what is not in a
 * table does not exist.
 */
#ifndef WSFSM_CLI_COMMAND_H
#define WSFSM_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "wsfsm/base/buf.h"
#include "wsfsm/base/error.h"

struct ws_cli;

/* What a shell offers in the place of a value. */
enum ws_complete {
    WS_COMPLETE_NONE,
    WS_COMPLETE_FILE,
    WS_COMPLETE_DIR,
    WS_COMPLETE_COMMAND, /* a command of ours */
    WS_COMPLETE_WS_ID,   /* from here on the values are asked of `wsfsm __values KIND` */
    WS_COMPLETE_RUN_ID,
    WS_COMPLETE_TOOL,
    WS_COMPLETE_CODE
};
const char *ws_complete_kind(enum ws_complete c); /* KIND; NULL for those above WS_COMPLETE_WS_ID */

struct ws_option {
    const char *name;         /* long name, without dashes; NULL ends a table */
    char letter;              /* short name; 0: none */
    const char *argument;     /* what stands for the value in a text; NULL: the option takes none */
    const char *help;         /* one sentence or more */
    const char *const *words; /* NULL-terminated values that are allowed; NULL: any */
    long long min, max;       /* max > 0: a whole number of this range */
    enum ws_complete complete;
    bool required;
};

struct ws_positional {
    const char *name; /* in capitals; NULL ends a table */
    const char *help;
    enum ws_complete complete;
    bool optional;
    bool repeated; /* the last one may stand any number of times */
};

struct ws_exit_note {
    int code;
    const char *text; /* NULL ends a table */
};

struct ws_example {
    const char *command; /* NULL ends a table */
    const char *text;
};

struct ws_cmd {
    const char *name;
    const char *summary;     /* one line, no full stop */
    const char *description; /* paragraphs parted by an empty line; NULL: the summary says it all */
    const struct ws_option *options;         /* NULL: none */
    const struct ws_positional *positionals; /* NULL: none */
    const struct ws_cmd *const *commands;    /* NULL-terminated; NULL: this one runs */
    const struct ws_exit_note *exits;        /* NULL: 0 done, and those of every command */
    const struct ws_example *examples;       /* NULL: none */
    bool hidden;                             /* ours; in no text and no completion */
    bool by_plan; /* goes by what a run was started with: an unsound wsfsm.yaml does not stop it */

    /* The exit status, or -1 with *err filled. */
    int (*run)(struct ws_cli *cli, struct ws_error *err);
};

/* The whole command line: its options are the global ones, allowed before and after every command.
 */
extern const struct ws_cmd ws_cmd_root;

/* NULL when there is none of that name. */
const struct ws_cmd *ws_cmd_find(const struct ws_cmd *parent, const char *name);
const struct ws_option *ws_option_find(const struct ws_option *table, const char *name);

/* The visible sub-command nearest to a misspelt word, NULL when none is near. */
const char *ws_cmd_nearest(const struct ws_cmd *parent, const char *word);

/* "wsfsm run --ws-id ID [--run-id ID]": the usage line, made from the tables. `path` is root,
 * command, sub-command. */
void ws_cmd_usage(struct ws_buf *out, const struct ws_cmd *const *path, size_t depth);

#endif
