/* A machine as text: what fsmgen writes at build time and what `wsfsm machine show|graph` prints. Each appends to
 * `out` and depends on nothing but the table. */
#ifndef WSFSM_MACHINE_EMIT_H
#define WSFSM_MACHINE_EMIT_H

#include "wsfsm/base/buf.h"
#include "wsfsm/machine/machine.h"

void ws_emit_dot(struct ws_buf *out, const struct ws_machine *m);
void ws_emit_mermaid(struct ws_buf *out, const struct ws_machine *m);
void ws_emit_json(struct ws_buf *out, const struct ws_machine *m);  /* one object */
void ws_emit_table(struct ws_buf *out, const struct ws_machine *m); /* aligned text, for people */
void ws_emit_markdown(struct ws_buf *out, const struct ws_machine *m);

/* One line, without its end: the size, how long a run can get, the digest. */
void ws_emit_summary(struct ws_buf *out, const struct ws_machine *m);

/* The .def of a table, normal form spelled out again as the language has it; parsing it gives the same digest. */
void ws_emit_def(struct ws_buf *out, const struct ws_machine *m);

#endif
