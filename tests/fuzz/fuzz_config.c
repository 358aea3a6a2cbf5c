/* wsfsm.yaml, alone: no option and no variable says anything. */
#include "fuzz_file.h"
#include "wsfsm/project/config.h"
#include "wsfsm/project/scope.h"

static const char *unset(void *payload, const char *name)
{
    (void)payload;
    (void)name;
    return NULL;
}

/* What is copied stays below the checkout; what is run has a name and a command. */
static void provision(const struct ws_provision *p)
{
    char id[32];

    for (size_t i = 0; i < p->copy.len; i++) {
        const char *why = NULL;
        char *path = NULL;

        fuzz_require(ws_scope_normalise(&path, &why, p->copy.items[i]));
        fuzz_require(strcmp(path, p->copy.items[i]) == 0);
        free(path);
    }
    for (size_t i = 0; i < p->setup.len; i++) {
        snprintf(id, sizeof id, "setup-%zu", i + 1);
        fuzz_require(strcmp(p->setup.items[i].id, id) == 0);
        fuzz_require(p->setup.items[i].command != NULL && p->setup.items[i].command[0] != '\0');
    }
}

static void sound(const struct ws_config *c)
{
    fuzz_require(c->workstream_dir[0] == '/' && c->database[0] == '/');
    fuzz_require(c->base_branch == NULL || c->base_branch[0] != '\0');
    fuzz_require(c->acceptance_timeout_sec >= 0 && c->acceptance_idle_timeout_sec >= 0);
    fuzz_require(c->model == NULL && !c->dry_run);
    for (size_t i = 0; i < c->acceptance_env.len; i++) {
        fuzz_require(strchr(c->acceptance_env.items[i], '=') != NULL);
    }
    provision(&c->worktree);
}

static int load(struct ws_config *out, bool lenient, struct ws_diags *diags)
{
    const struct ws_config_options options = {.lenient = lenient};

    return ws_config_load(out, fuzz_folder, &options, unset, NULL, diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ws_config config;
    struct ws_diags diags = {0}, warnings = {0};

    fuzz_file("wsfsm.yaml", data, size);
    int rc = load(&config, false, &diags);

    fuzz_require((rc < 0) == (ws_diags_count(&diags, WS_ERROR) > 0));
    if (rc == 0) {
        sound(&config);
        ws_config_release(&config);
    }
    fuzz_require(load(&config, true, &warnings) == 0);
    fuzz_require(ws_diags_count(&warnings, WS_ERROR) == 0 && warnings.len == diags.len);
    ws_config_release(&config);
    fuzz_diags(&diags, data, size);
    fuzz_diags(&warnings, data, size);
    return 0;
}
