/* What an attempt found out, for the guards and for the attempts after it. Kept with each transition as JSON. */
#ifndef WSFSM_STEPS_FACTS_H
#define WSFSM_STEPS_FACTS_H

#include <stdbool.h>

#include "wsfsm/base/buf.h"
#include "wsfsm/base/error.h"
#include "wsfsm/base/strv.h"
#include "wsfsm/repo/repo.h"

struct ws_facts {
    char change[WS_OID_HEX];       /* the change: tree at the end of the last edit; "" before the first */
    bool scope_checked;
    struct ws_strv changed_files;  /* paths of the change, both names of a rename, sorted */
    struct ws_strv out_of_scope;   /* those that are not in scope */
    struct ws_strv violations;     /* everything else that was touched and should not have been, in words */
};

void ws_facts_release(struct ws_facts *f);
void ws_facts_json(struct ws_buf *out, const struct ws_facts *f);
int ws_facts_parse(struct ws_facts *out, const char *json, struct ws_error *err); /* NULL gives empty facts */

#endif
