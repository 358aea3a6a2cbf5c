/* The machine as a graph. All of it takes time and memory in proportion to the table, without
 * recursion. */
#ifndef WS_MACHINE_GRAPH_H
#define WS_MACHINE_GRAPH_H

#include <stdbool.h>

#include "wsfsm/machine/machine.h"

/* Which arms are edges. */
bool ws_any_arm(const struct ws_arm *a);
bool ws_unbounded_arm(const struct ws_arm *a); /* also the spent ones */

/* Strongly connected components of the states that are `within` (NULL: all) over the chosen arms;
 * no arm leads out of `within`. component[state] is WS_NONE for the rest. They are numbered from
 * the ends back: an arm leads to the same or a smaller number. Returns how many there are.
 * `component` has room for each state. */
int ws_graph_components(int *component, const struct ws_machine *m, const bool *within,
                        bool (*chosen)(const struct ws_arm *));

/* seen[state] becomes true for what can be reached from a state that is true already; backwards:
 * for what can reach one. */
void ws_graph_spread(bool *seen, const struct ws_machine *m, bool backwards);

/* What can be reached from the initial state; free(). */
bool *ws_graph_reachable(const struct ws_machine *m);

#endif
