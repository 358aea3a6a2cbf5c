/* Commands on worktrees; see cmd_worktree.c for the table. */
#ifndef WSFSM_CLI_WORKTREES_H
#define WSFSM_CLI_WORKTREES_H

#include "session.h"
#include "wsfsm/repo/worktree.h"

extern const struct ws_cmd ws_cmd_worktree_status;
extern const struct ws_cmd ws_cmd_worktree_validate_scope;

/* The worktree of that workstream, within *infos; WS_E_UNKNOWN_ID names the nearest one. */
const struct ws_worktree_info *ws_cli_find_worktree(const struct ws_worktree_infos *infos,
                                                    const char *ws_id, struct ws_error *err);

#endif
