/* The repository, its configuration and its database, for a command. */
#ifndef WSFSM_CLI_SESSION_H
#define WSFSM_CLI_SESSION_H

#include "cli.h"
#include "wsfsm/base/clock.h"
#include "wsfsm/run/run.h"

/* An error that points to findings "above" names the first of them where nothing stands above:
 * under --json. */
void ws_cli_name_first(struct ws_error *err, const struct ws_diags *diags);

/* Opens repository and configuration by -C and --db. Findings go to standard error. */
int ws_cli_open(struct ws_session *s, const struct ws_cli *cli, struct ws_error *err);

/* As above, and the database for reading: s->store is NULL when there is none. */
int ws_cli_open_to_read(struct ws_session *s, const struct ws_cli *cli, struct ws_error *err);

/* As above; no database is the error `code`. */
int ws_cli_open_database(struct ws_session *s, const struct ws_cli *cli, enum ws_code code,
                         struct ws_error *err);

/* Rows of `run_id`, `ws_id` or both (NULL: all), newest first. No row for an id that was given is
 * WS_E_UNKNOWN_ID, with the nearest one named. */
int ws_cli_runs(struct ws_run_rows *out, struct ws_session *s, const char *run_id,
                const char *ws_id, struct ws_error *err);

/* The newest run of a workstream, of *count. None is WS_E_UNKNOWN_ID, with the nearest one named.
 */
int ws_cli_newest_run(struct ws_run_rows *out, int64_t *count, struct ws_session *s,
                      const char *ws_id, struct ws_error *err);

/* How a run stands: "finished", "alive" (*pid: its orchestrator, 0 when unknown) or "interrupted".
 */
const char *ws_cli_liveness(int *pid, struct ws_session *s, const struct ws_run_row *run);

/* When a run ended; of one that stands so: when it last gave a sign. "" when nobody knows. */
int ws_cli_last_seen(char out[WS_TIME_SIZE], struct ws_session *s, const struct ws_run_row *run,
                     const char *liveness, struct ws_error *err);

/* The file that would be executed, malloc'ed; NULL: none is found, *err says why. */
char *ws_cli_find_tool(struct ws_session *s, const struct ws_profile *profile,
                       struct ws_error *err);

#endif
