/* One table a family of commands; each stands in its own cmd_*.c. */
#ifndef WSFSM_CLI_COMMANDS_H
#define WSFSM_CLI_COMMANDS_H

#include "command.h"

extern const struct ws_cmd ws_cmd_cancel;
extern const struct ws_cmd ws_cmd_complete; /* hidden: __complete SHELL */
extern const struct ws_cmd ws_cmd_db;
extern const struct ws_cmd ws_cmd_doctor;
extern const struct ws_cmd ws_cmd_help;
extern const struct ws_cmd ws_cmd_history;
extern const struct ws_cmd ws_cmd_init;
extern const struct ws_cmd ws_cmd_log;
extern const struct ws_cmd ws_cmd_machine;
extern const struct ws_cmd ws_cmd_man; /* hidden: __man */
extern const struct ws_cmd ws_cmd_report;
extern const struct ws_cmd ws_cmd_resume;
extern const struct ws_cmd ws_cmd_run;
extern const struct ws_cmd ws_cmd_status;
extern const struct ws_cmd ws_cmd_tool;
extern const struct ws_cmd ws_cmd_validate;
extern const struct ws_cmd ws_cmd_values; /* hidden: __values KIND */
extern const struct ws_cmd ws_cmd_verify;
extern const struct ws_cmd ws_cmd_version;
extern const struct ws_cmd ws_cmd_worktree;

#endif
