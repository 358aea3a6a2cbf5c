#ifndef WSFSM_SRC_PROJECT_WORKSTREAM_READ_H
#define WSFSM_SRC_PROJECT_WORKSTREAM_READ_H

#include "wsfsm/doc/doc.h"
#include "wsfsm/project/bundle.h"

/* Fills *w, which is zeroed, from a node that should be a mapping; w->sound says whether it could.
 * `index` names a workstream without id in messages. */
void ws_workstream_read(struct ws_workstream *w, const struct ws_doc *doc,
                        const struct ws_node *map, size_t index, struct ws_diags *diags);

/* "workstream ws-a", or by its place in the file while it has no id; malloc'ed. */
char *ws_workstream_subject(const struct ws_node *map, size_t index);

#endif
