/* The field `worktree` of wsfsm.yaml. */
#ifndef WSFSM_SRC_PROJECT_PROVISION_READ_H
#define WSFSM_SRC_PROJECT_PROVISION_READ_H

#include "fields.h"
#include "wsfsm/project/provision.h"

void ws_read_provision(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                       void *at); /* struct ws_provision */

#endif
