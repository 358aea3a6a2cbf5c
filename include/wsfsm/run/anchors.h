/* The anchors in git, compared with the ledger of the database: a cut tail or a vanished run shows
 * there. */
#ifndef WSFSM_RUN_ANCHORS_H
#define WSFSM_RUN_ANCHORS_H

#include "wsfsm/run/run.h"
#include "wsfsm/store/verify.h"

/* Of one run, or of all (NULL). An anchor that differs from the ledger or is no commit, and one of
 * this database that the ledger does not know, is a finding; one that is gone is a note, and so is
 * what stands in the place of an anchor of no run that the ledger knows and is no commit. -1: they
 * could not all be looked at; what was found until then is in *out. */
int ws_anchors_verify(struct ws_findings *out, struct ws_strv *notes, struct ws_session *s,
                      const char *run_id, struct ws_error *err);

#endif
