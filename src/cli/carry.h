/* What run, resume and cancel have in common: signals, the repository, live progress, the summary
 * and the exit code. */
#ifndef WSFSM_CLI_CARRY_H
#define WSFSM_CLI_CARRY_H

#include "cli.h"
#include "wsfsm/run/run.h"

/* `carry` takes a run to an end: it fills in the rest of `how` (stop and observer are set) and
 * calls the run layer. Returns the command's exit code, or -1. */
int ws_cli_carry(struct ws_cli *cli,
                 int (*carry)(struct ws_summary *out, struct ws_session *session,
                              struct ws_run_options *how, const struct ws_args *args,
                              struct ws_diags *diags, struct ws_error *err),
                 struct ws_error *err);

#endif
