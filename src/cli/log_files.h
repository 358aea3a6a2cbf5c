/* Which log files an attempt has: from its result, or, where that names none because the attempt is
 * in progress or was interrupted, from its folder. */
#ifndef WSFSM_CLI_LOG_FILES_H
#define WSFSM_CLI_LOG_FILES_H

#include "wsfsm/base/error.h"
#include "wsfsm/run/run.h"
#include "wsfsm/store/read.h"

struct ws_log_file {
    char *tool;
    char *path;   /* absolute; NULL: there is none */
    char *reason; /* why there is none, else NULL */
};

struct ws_log_files {
    struct ws_log_file *items;
    size_t len, cap;
};

/* In the order in which the tools ran. `stream`: "stdout" or "stderr". */
int ws_log_files_of(struct ws_log_files *out, struct ws_session *s,
                    const struct ws_attempt_row *attempt, const char *stream, struct ws_error *err);
/* When a tool of the attempt in progress last wrote to a log, by the wall clock; 0: none has. */
int ws_log_last_written(int64_t *ms, struct ws_session *s, const struct ws_run_row *run,
                        struct ws_error *err);
void ws_log_files_release(struct ws_log_files *f);

/* Where a log is now that was written to `recorded`: the repository may have moved since.
 * malloc'ed; NULL: the record names a file outside of .wsfsm. */
char *ws_log_file_now(const char *state_dir, const char *recorded);

#endif
