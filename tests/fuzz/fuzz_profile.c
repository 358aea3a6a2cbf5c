/* Tool profiles: read, rendered, kept. */
#include "fuzz_file.h"
#include "wsfsm/project/profile.h"

static void render(const struct ws_profile *p, const char *model)
{
    struct ws_strv files = {0}, args = {0}, env = {0};
    struct ws_error err = {0};
    char *working_dir = NULL;

    ws_strv_add(&files, "-rf");
    ws_strv_add(&files, "{ws_id}");
    const struct ws_template_values values = {.cwd = "/cwd",
                                              .repo_root = "/repo",
                                              .worktree_path = "/repo/.worktrees/ws-a",
                                              .run_id = "r",
                                              .ws_id = "ws-a",
                                              .step = "edit",
                                              .prompt_file = "/prompt",
                                              .model_name = model,
                                              .log_dir = "/log",
                                              .message = "{run_id}",
                                              .patch_file = "/patch",
                                              .files_scope = &files,
                                              .scope_files = &files};

    if (ws_profile_render(&args, &env, &working_dir, p, &values, &err) == 0) {
        /* A variable of {model_name} goes where there is no model. */
        fuzz_require(working_dir != NULL && env.len <= p->env.len);
        fuzz_require(env.len == p->env.len || model == NULL);
        for (size_t i = 0; i < env.len; i++) {
            fuzz_require(strchr(env.items[i], '=') != NULL);
        }
    } else {
        fuzz_require(err.message[0] != '\0');
    }
    free(working_dir);
    ws_strv_release(&files);
    ws_strv_release(&args);
    ws_strv_release(&env);
}

static void keep(const struct ws_profile *p)
{
    struct ws_buf kept = {0}, again = {0};
    struct ws_profile read;
    struct ws_error err = {0};

    ws_profile_json(&kept, p);
    fuzz_require(ws_profile_from_json(&read, ws_buf_str(&kept), &err) == 0);
    ws_profile_json(&again, &read);
    fuzz_require(strcmp(ws_buf_str(&kept), ws_buf_str(&again)) == 0);
    ws_profile_release(&read);
    ws_buf_release(&kept);
    ws_buf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ws_profiles profiles = {0};
    struct ws_diags diags = {0};
    bool json = size > 0 && data[0] == '{';
    const char *path = fuzz_file(json ? "input.json" : "input.yaml", data, size);
    int rc = ws_profiles_read(&profiles, path, "fuzz", &diags);

    fuzz_require((rc < 0) == (ws_diags_count(&diags, WS_ERROR) > 0));
    for (size_t i = 0; i < profiles.len; i++) {
        const struct ws_profile *p = &profiles.items[i];

        fuzz_require(p->command != NULL && p->timeout_sec >= 0 && p->idle_timeout_sec >= 0);
        fuzz_require(ws_profiles_find(&profiles, p->id) == p);
        render(p, NULL);
        render(p, "model");
        keep(p);
    }
    fuzz_diags(&diags, data, size);
    ws_profiles_release(&profiles);
    return 0;
}
