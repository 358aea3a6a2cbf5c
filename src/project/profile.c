#include "wsfsm/project/profile.h"

#include <stdlib.h>
#include <string.h>

#include "profile_read.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"

void ws_profile_release(struct ws_profile *p)
{
    if (p == NULL) {
        return;
    }
    free(p->id);
    free(p->command);
    free(p->working_dir);
    free(p->source);
    free(p->success_exit_codes);
    ws_strv_release(&p->args);
    ws_strv_release(&p->env);
    ws_strv_release(&p->pass_env);
    ws_strv_release(&p->failure_patterns);
    ws_strv_release(&p->version_args);
    ws_sandbox_release(&p->sandbox);
    *p = (struct ws_profile){0};
}

void ws_profiles_release(struct ws_profiles *p)
{
    if (p == NULL) {
        return;
    }
    for (size_t i = 0; i < p->len; i++) {
        ws_profile_release(&p->items[i]);
    }
    free(p->items);
    *p = (struct ws_profiles){0};
}

int ws_profiles_read(struct ws_profiles *out, const char *path, const char *shown,
                     struct ws_diags *diags)
{
    enum ws_doc_format format;
    struct ws_doc *doc;
    size_t errors = 1;

    if (!ws_doc_format_of(&format, path)) {
        ws_diag_add(diags, WS_ERROR, NULL, shown, 1, 1,
                    "the name of a file of profiles ends with .yaml, .yml or .json");
        return -1;
    }
    doc = ws_doc_read(path, shown, format, diags);
    if (doc != NULL) {
        errors = ws_profiles_take(out, doc, ws_doc_root(doc), NULL, diags);
    }
    ws_doc_free(doc);
    return errors == 0 ? 0 : -1;
}

const struct ws_profile *ws_profiles_get(const struct ws_profiles *p, size_t i)
{
    return ws_profile_complete(&p->items[i]) ? &p->items[i] : NULL;
}

const struct ws_profile *ws_profiles_find(const struct ws_profiles *p, const char *id)
{
    for (size_t i = 0; i < p->len; i++) {
        if (strcmp(p->items[i].id, id) == 0) {
            return ws_profiles_get(p, i);
        }
    }
    return NULL;
}

const char *ws_profiles_nearest(const struct ws_profiles *p, const char *id)
{
    const char **ids = ws_calloc(p->len, sizeof *ids), *nearest;

    for (size_t i = 0; i < p->len; i++) {
        ids[i] = p->items[i].id;
    }
    nearest = ws_nearest(id, ids, p->len);
    free(ids);
    return nearest;
}

bool ws_profile_success(const struct ws_profile *p, int exit_code)
{
    for (size_t i = 0; i < p->success_exit_code_count; i++) {
        if (p->success_exit_codes[i] == exit_code) {
            return true;
        }
    }
    return false;
}

static void write_env(struct ws_buf *out, const struct ws_strv *env)
{
    ws_json_key(out, "env");
    ws_json_open(out, '{');
    for (size_t i = 0; i < env->len; i++) {
        size_t len = strcspn(env->items[i], "=");
        char *name = ws_strndup(env->items[i], len);

        ws_json_kstr(out, name, env->items[i] + len + 1);
        free(name);
    }
    ws_json_close(out, '}');
}

void ws_profile_json(struct ws_buf *out, const struct ws_profile *p)
{
    ws_json_open(out, '{');
    ws_json_kstr(out, "id", p->id);
    ws_json_kstr(out, "source", p->source);
    ws_json_kstr(out, "type", ws_tool_type_name(p->type));
    ws_json_kstr(out, "command", p->command);
    ws_json_kstrv(out, "args", &p->args);
    write_env(out, &p->env);
    ws_json_kstrv(out, "pass_env", &p->pass_env);
    ws_json_kstr(out, "working_dir", p->working_dir);
    ws_json_kint(out, "timeout_sec", p->timeout_sec);
    ws_json_kint(out, "idle_timeout_sec", p->idle_timeout_sec);
    ws_json_key(out, "success_exit_codes");
    ws_json_open(out, '[');
    for (size_t i = 0; i < p->success_exit_code_count; i++) {
        ws_json_int(out, p->success_exit_codes[i]);
    }
    ws_json_close(out, ']');
    ws_json_kstr(out, "stdin", p->stdin_prompt ? "prompt" : "none");
    ws_json_kstrv(out, "failure_patterns", &p->failure_patterns);
    ws_json_kbool(out, "capture_output", p->capture_output);
    ws_json_kstrv(out, "version_args", &p->version_args);
    ws_sandbox_json(out, &p->sandbox);
    ws_json_close(out, '}');
}

int ws_profile_from_json(struct ws_profile *out, const char *json, struct ws_error *err)
{
    struct ws_doc *doc = ws_doc_parse_stored(json, err);
    struct ws_diags diags = {0};
    int rc = -1;

    *out = (struct ws_profile){0};
    if (doc == NULL) {
        return -1;
    }
    if (ws_profile_restore(out, doc, &diags) == 0) {
        rc = 0;
    } else {
        ws_fail(err, WS_E_CONFIG, ws_doc_file(doc), "%s", diags.items[0].text);
        ws_profile_release(out);
    }
    ws_doc_free(doc);
    ws_diags_release(&diags);
    return rc;
}
