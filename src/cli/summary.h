/* How a run ended, for people and for programs. */
#ifndef WSFSM_CLI_SUMMARY_H
#define WSFSM_CLI_SUMMARY_H

#include "cli.h"
#include "wsfsm/run/run.h"

/* With --json one object, in which "paths_encoded" stands when a path needed %XX. Else run,
 * workstream, the status of each step and of the whole, in aligned lines; what helps to go on after
 * a failure. A warning when the snapshots are not known. */
void ws_summary_print(struct ws_cli *cli, const struct ws_summary *s);

#endif
