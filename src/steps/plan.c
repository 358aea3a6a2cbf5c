#include "wsfsm/steps/context.h"

#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/doc/doc.h"
#include "wsfsm/steps/environment.h"

void ws_plan_release(struct ws_plan *p)
{
    if (!p)
        return;
    ws_workstream_release(&p->workstream);
    ws_profiles_release(&p->profiles);
    ws_strv_release(&p->static_tools);
    ws_strv_release(&p->acceptance_env);
    ws_strv_release(&p->acceptance_pass_env);
    ws_sandbox_release(&p->acceptance_sandbox);
    ws_provision_release(&p->provision);
    free(p->base_oid);
    free(p->base_name);
    free(p->model);
    free(p->patch_file);
    free(p->fingerprint);
    *p = (struct ws_plan){0};
}

static void write_profiles(struct ws_buf *out, const char *key, const struct ws_profiles *profiles)
{
    ws_json_key(out, key);
    ws_json_open(out, '{');
    for (size_t i = 0; i < profiles->len; i++) {
        ws_json_key(out, profiles->items[i].id);
        struct ws_buf profile = {0};
        ws_profile_json(&profile, &profiles->items[i]);
        ws_json_raw(out, ws_buf_str(&profile));
        ws_buf_release(&profile);
    }
    ws_json_close(out, '}');
}

void ws_plan_json(struct ws_buf *out, const struct ws_plan *p)
{
    ws_json_open(out, '{');
    ws_json_kbool(out, "dry_run", p->dry_run);
    ws_json_kstr(out, "base_oid", p->base_oid);
    ws_json_kstr(out, "base_name", p->base_name);
    ws_json_kstr(out, "model", p->model);
    ws_json_kraw(out, "bundle", p->workstream.json);
    write_profiles(out, "profiles", &p->profiles);
    ws_json_kstrv(out, "static_tools", &p->static_tools);
    ws_json_key(out, "acceptance");
    ws_json_open(out, '{');
    ws_json_kstrv(out, "env", &p->acceptance_env);
    ws_json_kstrv(out, "pass_env", &p->acceptance_pass_env);
    ws_json_kint(out, "timeout_sec", p->acceptance_timeout_sec);
    ws_json_kint(out, "idle_timeout_sec", p->acceptance_idle_timeout_sec);
    ws_sandbox_json(out, &p->acceptance_sandbox);
    ws_json_close(out, '}');
    ws_json_key(out, "worktree");
    ws_json_open(out, '{');
    ws_json_kstrv(out, "copy", &p->provision.copy);
    write_profiles(out, "setup", &p->provision.setup);
    ws_json_close(out, '}');
    ws_json_kstr(out, "patch_file", p->patch_file);
    ws_json_kbool(out, "ignore_filters", p->ignore_filters);
    ws_json_kstr(out, "fingerprint", p->fingerprint);
    ws_json_close(out, '}');
}

static void read_strings(struct ws_strv *out, const struct ws_node *list)
{
    for (size_t i = 0; list && list->kind == WS_NODE_SEQ && i < list->len; i++)
        if (list->items[i]->kind == WS_NODE_STRING)
            ws_strv_add(out, list->items[i]->text);
}

static int read_profiles(struct ws_profiles *out, const struct ws_node *map, struct ws_error *err)
{
    for (size_t i = 0; map && map->kind == WS_NODE_MAP && i < map->len; i++) {
        struct ws_buf json = {0};
        struct ws_profile profile = {0};
        ws_node_json(&json, map->items[i]);
        int rc = ws_profile_from_json(&profile, ws_buf_str(&json), err);
        ws_buf_release(&json);
        if (rc < 0)
            return -1;
        out->items = ws_grow(out->items, &out->cap, out->len, sizeof *out->items);
        out->items[out->len++] = profile;
    }
    return 0;
}

static int read_workstream(struct ws_workstream *out, const struct ws_node *bundle,
                           struct ws_error *err)
{
    if (!bundle)
        return ws_fail(err, WS_E_INTEGRITY, "runs.metadata_json", "the stored run has no bundle");
    struct ws_buf json = {0};
    ws_node_json(&json, bundle);
    int rc = ws_bundle_from_json(out, ws_buf_str(&json), err);
    ws_buf_release(&json);
    return rc;
}

/* A plan that says nothing of it is of a version that confined nothing. */
static int read_sandbox(struct ws_sandbox *out, const struct ws_node *map, struct ws_error *err)
{
    const char *mode = ws_node_str(map, "sandbox", "off");
    out->offline = !strcmp(ws_node_str(map, "network", "on"), "off");
    read_strings(&out->paths, ws_node_get(map, "sandbox_paths"));
    if (!ws_sandbox_mode_parse(&out->mode, mode))
        return ws_fail(err, WS_E_INTEGRITY, "runs.metadata_json", "'%s' is no sandbox", mode);
    return 0;
}

static int read_plan(struct ws_plan *out, const struct ws_node *root, struct ws_error *err)
{
    const struct ws_node *acceptance = ws_node_get(root, "acceptance");
    const struct ws_node *worktree = ws_node_get(root, "worktree");
    out->dry_run = ws_node_bool(root, "dry_run", false);
    out->ignore_filters = ws_node_bool(root, "ignore_filters", false);
    out->base_oid = ws_strdup(ws_node_str(root, "base_oid", ""));
    out->base_name = ws_strdup(ws_node_str(root, "base_name", ""));
    out->model = ws_strdup(ws_node_str(root, "model", NULL));
    out->patch_file = ws_strdup(ws_node_str(root, "patch_file", NULL));
    out->fingerprint = ws_strdup(ws_node_str(root, "fingerprint", ""));
    read_strings(&out->static_tools, ws_node_get(root, "static_tools"));
    read_strings(&out->acceptance_env, ws_node_get(acceptance, "env"));
    read_strings(&out->acceptance_pass_env, ws_node_get(acceptance, "pass_env"));
    out->acceptance_timeout_sec = (long)ws_node_int(acceptance, "timeout_sec", 0);
    out->acceptance_idle_timeout_sec = (long)ws_node_int(acceptance, "idle_timeout_sec", 0);
    read_strings(&out->provision.copy, ws_node_get(worktree, "copy"));
    if (read_sandbox(&out->acceptance_sandbox, acceptance, err) < 0 ||
        read_profiles(&out->provision.setup, ws_node_get(worktree, "setup"), err) < 0 ||
        read_profiles(&out->profiles, ws_node_get(root, "profiles"), err) < 0)
        return -1;
    return read_workstream(&out->workstream, ws_node_get(root, "bundle"), err);
}

int ws_plan_parse(struct ws_plan *out, const char *json, struct ws_error *err)
{
    *out = (struct ws_plan){0};
    struct ws_doc *doc = ws_doc_parse_stored(json, err);
    int rc = doc ? read_plan(out, ws_doc_root(doc), err) : -1;
    if (rc < 0)
        ws_plan_release(out);
    ws_doc_free(doc);
    return rc;
}

static void add_values(struct ws_strv *out, const struct ws_strv *pass_env)
{
    struct ws_strv names = {0};
    ws_environment_secret_names(&names, pass_env);
    for (size_t i = 0; i < names.len; i++) {
        struct ws_strv entry = {0};
        ws_strv_addf(&entry, "%s=%s", names.items[i], getenv(names.items[i]));
        ws_environment_secrets(out, &entry);
        ws_strv_release(&entry);
    }
    ws_strv_release(&names);
}

/* Of all tools of the run, not of one: what an agent was given, a test may print. */
void ws_plan_secrets(struct ws_strv *out, const struct ws_plan *plan)
{
    for (size_t i = 0; i < plan->profiles.len; i++) {
        add_values(out, &plan->profiles.items[i].pass_env);
        ws_environment_secrets(out, &plan->profiles.items[i].env);
    }
    for (size_t i = 0; i < plan->provision.setup.len; i++) {
        add_values(out, &plan->provision.setup.items[i].pass_env);
        ws_environment_secrets(out, &plan->provision.setup.items[i].env);
    }
    add_values(out, &plan->acceptance_pass_env);
    ws_environment_secrets(out, &plan->acceptance_env);
}
