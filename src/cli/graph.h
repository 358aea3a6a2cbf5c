/* A machine drawn as SVG, with the way that a workstream took through it: the states one below the
 * other in the order of the .def; an arm to the next state goes straight down, any other leaves on
 * the right and reaches its state by that state's lane. Colours and letters are the page's
 * (report.css). */
#ifndef WSFSM_CLI_GRAPH_H
#define WSFSM_CLI_GRAPH_H

#include <stdbool.h>

#include "wsfsm/base/buf.h"
#include "wsfsm/machine/machine.h"
#include "wsfsm/store/read.h"

enum { WS_GRAPH_STATES = 40 }; /* more are not drawn */

/* `state`: where the workstream stands. False, and nothing is written, when the machine has too
 * many states to be looked at. */
bool ws_graph(struct ws_buf *out, const struct ws_machine *m, const struct ws_transition_rows *way,
              const char *state);

#endif
