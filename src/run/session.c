#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/proc/proc.h"
#include "wsfsm/steps/lifecycle.h"

int ws_session_open(struct ws_session *s, const struct ws_session_options *options,
                    struct ws_diags *diags, struct ws_error *err)
{
    *s = (struct ws_session){0};
    if (ws_repo_open(&s->repo, options->directory ? options->directory : ".", err) < 0)
        return -1;
    const struct ws_config_options given = {.database = options->database,
                                            .lenient = options->lenient};
    int rc = ws_config_load(&s->config, ws_repo_root(s->repo), &given, NULL, NULL, diags);
    if (ws_diags_all_read(diags, err) < 0) { /* a file that cannot be read is not a broken one */
        ws_session_close(s);
        return -1;
    }
    if (rc < 0) {
        ws_session_close(s);
        return ws_diags_all_read(diags, err) < 0
                   ? -1
                   : ws_fail(err, WS_E_CONFIG, NULL,
                             "the configuration is unsound; mend what is named above");
    }
    return 0;
}

void ws_session_close(struct ws_session *s)
{
    if (!s)
        return;
    ws_store_close(s->store);
    ws_config_release(&s->config);
    ws_repo_close(s->repo);
    *s = (struct ws_session){0};
}

/* A disk or a database that fails is everybody's trouble. */
static bool is_trouble(enum ws_code code)
{
    return code == WS_E_IO || code == WS_E_DISK_FULL || code == WS_E_STORE;
}

/* What cannot be done for the run it is of is left for the next command, and keeps nobody else from
 * anything. */
static int carry_out(struct ws_strv *warnings, struct ws_session *s,
                     const struct ws_effect_row *effect, struct ws_error *err)
{
    struct ws_error why = {0};
    if (ws_effect_carry_out(warnings, s->repo, s->store, effect, &why) == 0)
        return 0;
    if (is_trouble(why.code)) {
        *err = why;
        return -1;
    }
    ws_strv_addf(warnings,
                 "what the end of run %s asks for in git cannot be done now, and is left for the "
                 "next command: %s%s%s",
                 effect->run_id ? effect->run_id : "?", why.where, why.where[0] ? ": " : "",
                 why.message);
    return 0;
}

/* One process at a time, and not what a living run is about to do itself: two of them in one
 * worktree would take each other's index away. */
static int finish_those_left(struct ws_strv *warnings, struct ws_session *s, struct ws_error *err)
{
    struct ws_effect_rows rows = {0};
    int rc = ws_store_effects(&rows, s->store, err);
    for (size_t i = 0; rc == 0 && i < rows.len; i++) {
        const struct ws_effect_row *effect = &rows.items[i];
        if (!effect->ws_id || !ws_run_alive(NULL, s, effect->ws_id))
            rc = carry_out(warnings, s, effect, err);
    }
    ws_effect_rows_release(&rows);
    return rc;
}

/* What a crash left between the last row and the refs. */
static int finish_ends(struct ws_session *s, const struct ws_observer *observer,
                       struct ws_error *err)
{
    struct ws_effect_rows rows = {0};
    struct ws_strv warnings = {0};
    struct ws_run_lock lock;
    int rc = ws_store_effects(&rows, s->store, err);
    bool any = rc == 0 && rows.len;
    ws_effect_rows_release(&rows);
    if (!any)
        return rc;
    rc = ws_run_lock_starting(&lock, ws_repo_state_dir(s->repo), err);
    if (rc == 0) {
        rc = finish_those_left(&warnings, s, err);
        ws_run_lock_release(&lock);
    }
    ws_warn_each(observer, &warnings);
    ws_strv_release(&warnings);
    return rc;
}

int ws_session_store(struct ws_session *s, enum ws_store_mode mode,
                     const struct ws_observer *observer, struct ws_error *err)
{
    char repo_id[33];
    bool there;
    if (ws_repo_check_own(s->repo, s->config.database, err) < 0 ||
        ws_store_look(&there, s->config.database, err) < 0)
        return -1;
    if (mode == WS_STORE_READ && !there)
        return 0;
    bool make = mode == WS_STORE_CREATE && !there;
    if (make && ws_repo_make_dirs(s->repo, err) < 0)
        return -1;
    if (mode != WS_STORE_READ)
        ws_repo_make_private(s->repo);
    /* One without an id has never had a database: the one that is there is of another. */
    if (ws_repo_id(repo_id, s->repo, make, err) < 0)
        return -1;
    if (ws_store_open(&s->store, s->config.database, mode, repo_id, err) < 0)
        return -1;
    return mode == WS_STORE_READ ? 0 : finish_ends(s, observer, err);
}

bool ws_run_alive(int *pid, struct ws_session *s, const char *ws_id)
{
    return ws_run_lock_held(pid, NULL, ws_repo_state_dir(s->repo), ws_id);
}

int ws_run_end_strays(struct ws_session *s, const struct ws_run_row *row, struct ws_error *err)
{
    char *key = ws_format("%s/%lld", row->run_id, (long long)row->last_seq);
    int rc = ws_kill_strays(key, ws_repo_root(s->repo), err) < 0 ? -1 : 0;
    free(key);
    return rc;
}

int ws_run_end_dead(struct ws_session *s, const char *ws_id, struct ws_error *err)
{
    struct ws_run_rows rows = {0};
    int rc = s->store ? ws_store_unfinished_runs(&rows, s->store, err) : 0;
    for (size_t i = 0; rc == 0 && i < rows.len; i++) {
        const struct ws_run_row *r = &rows.items[i];
        if (!r->dry_run && !strcmp(r->ws_id, ws_id))
            rc = ws_end_attempt(s->repo, r->run_id, ws_id, r->last_seq, NULL, err);
    }
    ws_run_rows_release(&rows);
    return rc;
}
