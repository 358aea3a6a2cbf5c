#include "wsfsm/run/run.h"

#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/hash.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/run/lock.h"

static int create_run(int64_t *fence, struct ws_session *s, const struct ws_plan *plan,
                      const char *run_id, struct ws_error *err)
{
    struct ws_buf metadata = {0}, depends = {0};
    ws_plan_json(&metadata, plan);
    ws_json_open(&depends, '[');
    for (size_t i = 0; i < plan->workstream.depends_on.len; i++)
        ws_json_str(&depends, plan->workstream.depends_on.items[i]);
    ws_json_close(&depends, ']');
    const struct ws_new_run run = {
        .run_id = run_id,
        .ws_id = plan->workstream.id,
        .machine = &ws_machine_shipped,
        .metadata_json = ws_buf_str(&metadata),
        .depends_on_json = ws_buf_str(&depends),
        .dry_run = plan->dry_run,
    };
    int rc = ws_store_create_run(fence, s->store, &run, err);
    ws_buf_release(&metadata);
    ws_buf_release(&depends);
    ws_fault_point("run.created");
    return rc;
}

/* One process at a time looks at the others and enters itself. */
static int enter_run(struct ws_held *run, struct ws_session *s, const struct ws_run_options *o,
                     struct ws_error *err)
{
    const char *state_dir = ws_repo_state_dir(s->repo);
    struct ws_run_lock starting;
    if (ws_run_lock_starting(&starting, state_dir, err) < 0)
        return -1;
    int rc = ws_run_lock_check(&run->lock, state_dir, run->plan.workstream.id, err);
    if (rc == 0)
        rc = ws_admit_beside_others(s, &run->plan, o, err);
    if (rc == 0)
        rc = ws_keep_patch(&run->plan, s, run->run_id, err);
    if (rc == 0 && run->plan.dry_run)
        rc = ws_store_gather(s->store, err);
    if (rc == 0)
        rc = create_run(&run->fence, s, &run->plan, run->run_id, err);
    if (rc == 0)
        rc = ws_note_dependencies(s, run->run_id, &run->plan.workstream, o, err);
    ws_run_lock_release(&starting);
    return rc;
}

/* A dry run waits for nothing: all of it is one transaction. */
static int enter_and_drive(struct ws_held *run, struct ws_session *s,
                           const struct ws_run_options *o, struct ws_error *err)
{
    int rc = enter_run(run, s, o, err);
    if (rc == 0)
        rc = ws_drive(s, run, o, err);
    int kept = ws_store_gathered(s->store, rc == 0 ? err : NULL);
    return rc == 0 ? kept : rc;
}

/* Git may remember a run that the database does not, of a database that is gone: what it kept is
 * not to be mixed with what a new run keeps. */
static int check_unused(struct ws_session *s, const char *run_id, struct ws_error *err)
{
    char *prefix = ws_format("refs/wsfsm/%s/", run_id);
    struct ws_strv refs = {0};
    int rc = ws_repo_refs(&refs, s->repo, prefix, err);
    if (rc == 0 && refs.len)
        rc = ws_fail(err, WS_E_UNUSABLE_ID, run_id,
                     "a run of that id, which this database does not know, left %s; give this one "
                     "another id",
                     refs.items[0]);
    ws_strv_release(&refs);
    free(prefix);
    return rc;
}

static int start_new(struct ws_summary *out, struct ws_session *s,
                     const struct ws_workstream *workstream, const char *run_id,
                     const struct ws_run_options *o, struct ws_error *err)
{
    struct ws_held run = {
        .run_id = ws_strdup(run_id), .machine = &ws_machine_shipped, .lock = {.fd = -1}};
    int rc = ws_make_plan(&run.plan, s, workstream, run.machine, o, err);
    if (rc == 0 && !run.plan.dry_run)
        rc = ws_admit_checkout(s, &run.plan, o, err);
    if (rc == 0 && !s->store)
        rc = ws_session_store(s, WS_STORE_CREATE, o->observer, err);
    if (rc == 0)
        rc = ws_run_lock_take(&run.lock, ws_repo_state_dir(s->repo), workstream->id, run_id, err);
    if (rc == 0 && !run.plan.dry_run)
        rc = check_unused(s, run_id, err);
    if (rc == 0 && !run.plan.dry_run)
        rc = ws_run_end_dead(s, workstream->id, err);
    if (rc == 0)
        rc = enter_and_drive(&run, s, o, err);
    if (rc == 0)
        rc = ws_run_summary(out, s, run_id, err);
    ws_held_release(&run);
    return rc;
}

/* `run --run-id`: 1 when there is no such run, so that one may be started; 0: it was gone on with.
 */
static int go_on(struct ws_summary *out, struct ws_session *s, const char *ws_id,
                 const struct ws_run_options *o, struct ws_error *err)
{
    struct ws_run_rows rows = {0};
    if (!ws_valid_run_id(o->run_id))
        return ws_fail(
            err, WS_E_UNUSABLE_ID, o->run_id,
            "is no run id; letters, digits, '-' and '_', at most 64, the first a letter or digit");
    int rc = ws_find_run(&rows, s, o->run_id, o->observer, err);
    if (rc == 0 && strcmp(rows.items[0].ws_id, ws_id) != 0)
        rc = ws_fail(err, WS_E_UNUSABLE_ID, o->run_id, "is a run of %s, not of %s",
                     rows.items[0].ws_id, ws_id);
    if (rc == 0)
        rc = ws_run_resume(out, s, o, err);
    ws_run_rows_release(&rows);
    return rc;
}

static int start(struct ws_summary *out, struct ws_session *s,
                 const struct ws_workstream *workstream, const struct ws_run_options *options,
                 struct ws_error *err)
{
    char *run_id = options->run_id ? ws_strdup(options->run_id) : ws_new_run_id();
    int rc = start_new(out, s, workstream, run_id, options, err);
    free(run_id);
    return rc;
}

/* What a program that embeds us may have forgotten, told before anything is made. */
static int check_program(const struct ws_run_options *options, struct ws_error *err)
{
    return options->dry_run ? 0 : ws_proc_check(err);
}

int ws_run_workstream(struct ws_summary *out, struct ws_session *s,
                      const struct ws_workstream *workstream, const struct ws_run_options *options,
                      struct ws_error *err)
{
    *out = (struct ws_summary){0};
    if (check_program(options, err) < 0)
        return -1;
    int rc = options->run_id ? go_on(out, s, workstream->id, options, err) : 1;
    return rc == 1 ? start(out, s, workstream, options, err) : rc;
}

int ws_run_single_workstream_from_bundle(struct ws_summary *out, struct ws_session *s,
                                         const char *ws_id, const struct ws_run_options *options,
                                         struct ws_diags *diags, struct ws_error *err)
{
    struct ws_bundles bundles = {0};
    const char *dir = s->config.workstream_dir;
    const char *root = ws_repo_root(s->repo);
    const char *shown =
        ws_path_under(dir, root) && strlen(dir) > strlen(root) ? dir + strlen(root) + 1 : dir;
    *out = (struct ws_summary){0};
    if (check_program(options, err) < 0)
        return -1;
    int rc = options->run_id ? go_on(out, s, ws_id, options, err) : 1;
    if (rc != 1)
        return rc;
    rc = ws_bundle_read_dir(&bundles, dir, shown, diags, err);
    if (rc == 0) {
        const struct ws_workstream *found = ws_bundles_find(&bundles, ws_id, diags, err);
        const struct ws_between between = {0}; /* by what the bundles say; no look at a tree */
        if (found) {
            (void)ws_bundles_check(&bundles, &between, diags);
            ws_warn_of_files(options, diags);
        }
        rc = found ? start(out, s, found, options, err) : -1;
    }
    ws_bundles_release(&bundles);
    return rc;
}
