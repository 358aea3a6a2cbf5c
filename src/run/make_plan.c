#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "internal.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/project/scope.h"

enum { PATCH_MAX = 16 << 20 };

static int copy_profile(struct ws_profiles *to, const struct ws_profile *profile,
                        struct ws_error *err)
{
    struct ws_buf json = {0};
    struct ws_profile copy = {0};
    ws_profile_json(&json, profile);
    int rc = ws_profile_from_json(&copy, ws_buf_str(&json), err);
    ws_buf_release(&json);
    if (rc < 0)
        return -1;
    to->items = ws_grow(to->items, &to->cap, to->len, sizeof *to->items);
    to->items[to->len++] = copy;
    return 0;
}

/* A profile of that id is taken along when there is one; a missing one is could_not_run when its
 * time comes. */
static int take_profile(struct ws_plan *plan, const struct ws_session *s, const char *id,
                        struct ws_error *err)
{
    const struct ws_profile *profile = ws_profiles_find(&s->config.profiles, id);
    if (!profile || ws_profiles_find(&plan->profiles, id))
        return 0;
    return copy_profile(&plan->profiles, profile, err);
}

static int take_provision(struct ws_plan *plan, const struct ws_provision *provision,
                          struct ws_error *err)
{
    int rc = 0;
    ws_strv_copy(&plan->provision.copy, &provision->copy);
    for (size_t i = 0; rc == 0 && i < provision->setup.len; i++)
        rc = copy_profile(&plan->provision.setup, &provision->setup.items[i], err);
    return rc;
}

static int take_profiles(struct ws_plan *plan, const struct ws_session *s,
                         const struct ws_machine *machine, struct ws_error *err)
{
    if (take_profile(plan, s, plan->workstream.tool, err) < 0)
        return -1;
    for (size_t i = 0; i < plan->static_tools.len; i++)
        if (take_profile(plan, s, plan->static_tools.items[i], err) < 0)
            return -1;
    for (int i = 0; i < machine->state_count; i++)
        for (size_t k = 0; k < machine->states[i].tool_count; k++)
            if (take_profile(plan, s, machine->states[i].tools[k], err) < 0)
                return -1;
    return 0;
}

/* A network that is to be off needs a sandbox: without one, that would be a promise nobody keeps.
 */
static int override_one(struct ws_sandbox *s, enum ws_sandbox_mode mode, const char *whose,
                        struct ws_error *err)
{
    if (s->offline && mode == WS_SANDBOX_OFF)
        return ws_fail(err, WS_E_USAGE, "--sandbox",
                       "cannot be off: %s says 'network: off', which needs a sandbox", whose);
    s->mode = mode;
    return 0;
}

static int override_each(struct ws_profiles *profiles, enum ws_sandbox_mode mode,
                         struct ws_error *err)
{
    for (size_t i = 0; i < profiles->len; i++) {
        struct ws_profile *p = &profiles->items[i];
        if (override_one(&p->sandbox, mode, p->id, err) < 0)
            return -1;
    }
    return 0;
}

static int override_sandboxes(struct ws_plan *plan, const char *option, struct ws_error *err)
{
    enum ws_sandbox_mode mode;
    if (!option)
        return 0;
    if (!ws_sandbox_mode_parse(&mode, option))
        return ws_fail(err, WS_E_USAGE, "--sandbox", "must be on, auto or off, not '%s'", option);
    if (override_each(&plan->profiles, mode, err) < 0 ||
        override_each(&plan->provision.setup, mode, err) < 0)
        return -1;
    return override_one(&plan->acceptance_sandbox, mode, "acceptance", err);
}

static int resolve_base(struct ws_plan *plan, struct ws_session *s, const struct ws_run_options *o,
                        struct ws_error *err)
{
    char oid[WS_OID_HEX];
    const char *ref = o->base ? o->base : s->config.base_branch;
    if (ws_repo_resolve_base(oid, &plan->base_name, s->repo, ref, err) < 0)
        return -1;
    if (!ref && ws_repo_from_linked(s->repo))
        ws_note(o, ws_format("this is a linked worktree; the run works on %s of the main one, %s "
                             "(--base names another)",
                             plan->base_name, ws_repo_root(s->repo)));
    plan->base_oid = ws_strdup(oid);
    return 0;
}

/* Must lie in the checkout, also behind links: a bundle is not a way to read other files. */
static int find_patch(char **real, const char *root, const char *patch, struct ws_error *err)
{
    char *path = NULL, *file = NULL;
    const char *why = NULL;
    struct stat st;
    int rc = -1;
    *real = NULL;
    if (!ws_scope_normalise(&path, &why, patch)) {
        ws_fail(err, WS_E_BUNDLE, patch, "metadata.patch: %s", why);
        goto out;
    }
    file = ws_path_join(root, path);
    *real = realpath(file, NULL);
    if (!*real)
        ws_fail_errno(err, WS_E_BUNDLE, patch, "metadata.patch cannot be read");
    else if (!ws_path_under(*real, root))
        ws_fail(err, WS_E_BUNDLE, patch, "metadata.patch leads out of the repository");
    else if (stat(*real, &st) < 0 || !S_ISREG(st.st_mode))
        ws_fail(err, WS_E_BUNDLE, patch, "metadata.patch is no regular file");
    else
        rc = 0;
out:
    free(path);
    free(file);
    return rc;
}

/* A patch that is named must be there; its copy is made when the run is entered. */
static int check_patch(const struct ws_workstream *workstream, struct ws_session *s,
                       struct ws_error *err)
{
    char *real = NULL;
    int rc = 0;
    if (workstream->patch)
        rc = find_patch(&real, ws_repo_root(s->repo), workstream->patch, err);
    free(real);
    return rc;
}

int ws_make_plan(struct ws_plan *out, struct ws_session *s, const struct ws_workstream *workstream,
                 const struct ws_machine *machine, const struct ws_run_options *options,
                 struct ws_error *err)
{
    const struct ws_config *config = &s->config;
    struct ws_buf fingerprint = {0};
    *out = (struct ws_plan){
        .dry_run = options->dry_run || config->dry_run,
        .ignore_filters = config->ignore_filters,
        .model = ws_strdup(options->model ? options->model : config->model),
        .acceptance_timeout_sec = config->acceptance_timeout_sec,
        .acceptance_idle_timeout_sec = config->acceptance_idle_timeout_sec,
    };
    int rc = ws_bundle_from_json(&out->workstream, workstream->json, err);
    if (rc == 0) {
        ws_strv_copy(&out->static_tools, workstream->static_tools_given ? &workstream->static_tools
                                                                        : &config->static_tools);
        ws_strv_copy(&out->acceptance_env, &config->acceptance_env);
        ws_strv_copy(&out->acceptance_pass_env, &config->acceptance_pass_env);
        ws_sandbox_copy(&out->acceptance_sandbox, &config->acceptance_sandbox);
        rc = take_profiles(out, s, machine, err);
    }
    if (rc == 0)
        rc = take_provision(out, &config->worktree, err);
    if (rc == 0)
        rc = override_sandboxes(out, options->sandbox, err);
    if (rc == 0)
        rc = resolve_base(out, s, options, err);
    if (rc == 0)
        rc = check_patch(&out->workstream, s, err);
    if (rc == 0)
        rc = ws_repo_preflight(s->repo, out->base_oid, out->ignore_filters, err);
    if (rc == 0)
        rc = ws_worktree_admit(s->repo, options->run_id, workstream->id, err);
    if (rc == 0 && !out->dry_run)
        rc = ws_repo_fingerprint(&fingerprint, s->repo, err);
    if (rc == 0 && !out->dry_run)
        out->fingerprint = ws_buf_steal(&fingerprint);
    ws_buf_release(&fingerprint);
    if (rc < 0)
        ws_plan_release(out);
    return rc;
}

int ws_keep_patch(struct ws_plan *plan, struct ws_session *s, const char *run_id,
                  struct ws_error *err)
{
    const char *patch = plan->workstream.patch;
    if (!patch || plan->dry_run)
        return 0;
    struct ws_buf bytes = {0};
    char *real = NULL;
    char *dir = ws_format("%s/runs/%s/%s", ws_repo_state_dir(s->repo), run_id, plan->workstream.id);
    char *file = ws_path_join(dir, "change.patch");
    int rc = find_patch(&real, ws_repo_root(s->repo), patch, err);
    if (rc == 0)
        rc = ws_read_file(&bytes, real, PATCH_MAX, err);
    if (rc == 0)
        rc = ws_mkdirs_below(ws_repo_state_dir(s->repo), dir, 0700, err);
    if (rc == 0) {
        ws_sweep_unwritten(dir); /* of a start with this run id that was killed */
        rc = ws_write_file(file, ws_buf_str(&bytes), bytes.len, 0600, err);
    }
    if (rc == 0) {
        plan->patch_file = file;
        file = NULL;
    }
    ws_buf_release(&bytes);
    free(real);
    free(dir);
    free(file);
    return rc;
}
