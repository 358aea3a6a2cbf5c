/* The change: what the last edit made of the base, and whether it stays in scope. Internal. */
#ifndef WS_STEPS_CHANGE_H
#define WS_STEPS_CHANGE_H

#include "work.h"

/* After an edit: the worktree's content is the change now, without the by-products that steps since
 * the last change left behind and this attempt did not touch. Fills change, changed_files and what
 * in it can never be in scope (nested repositories, devices, files too large to be kept). */
int ws_change_take(struct ws_work *w, struct ws_error *err);

/* Paths of the change that exist in it, for `{changed_files}`. */
int ws_change_files(struct ws_strv *out, const struct ws_work *w, struct ws_error *err);

/* The last act of `runtime`: the scope facts, their events and their evidence. `now` must have been
 * taken in. */
int ws_change_check_scope(struct ws_work *w, struct ws_error *err);

#endif
