/* The fields of a mapping that say how a tool is confined. */
#ifndef WSFSM_SRC_PROJECT_SANDBOX_READ_H
#define WSFSM_SRC_PROJECT_SANDBOX_READ_H

#include "fields.h"
#include "wsfsm/project/sandbox.h"

/* Readers; each finds its own member of a struct ws_sandbox. */
void ws_read_sandbox(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                     void *at);
void ws_read_network(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                     void *at);
void ws_read_sandbox_paths(struct ws_reading *r, const struct ws_field *f,
                           const struct ws_node *value, void *at);

/* `network: off` is a promise that only a sandbox keeps. `map`: where the fields were read. */
void ws_check_sandbox(struct ws_reading *r, const struct ws_node *map, const struct ws_sandbox *s);

#endif
