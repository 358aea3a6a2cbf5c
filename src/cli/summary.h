/* How a run ended, for people and for programs. */
#ifndef WSFSM_CLI_SUMMARY_H
#define WSFSM_CLI_SUMMARY_H

#include "cli.h"
#include "wsfsm/run/run.h"

/* One JSON object; "paths_encoded" stands in it when a path needed %XX. */
void ws_summary_json(struct ws_buf *out, const struct ws_summary *s);

/* Run, workstream, the status of each step and of the whole, in aligned lines; what helps to go on
 * after a failure. */
void ws_summary_text(struct ws_cli *cli, const struct ws_summary *s);

#endif
