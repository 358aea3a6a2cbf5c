/* Bundles, what is wrong between them, and what is made of a sound one. A text that begins with a
 * bracket is taken for JSON. */
#include "fuzz_file.h"
#include "fuzz_tree.h"
#include "wsfsm/project/prompt.h"
#include "wsfsm/project/scope.h"

static bool has_tool(void *payload, const char *id)
{
    (void)payload;
    return id[0] != 'x';
}

/* A sound one can be kept and read again, has a scope and a prompt. */
static void use(const struct ws_workstream *w, const struct ws_tree_view *tree)
{
    struct ws_workstream again;
    struct ws_error err = {0};
    struct ws_buf prompt = {0};
    struct ws_scope *scope = NULL;

    fuzz_require(ws_scope_new(&scope, &w->files_scope, &w->files_create, tree, &err) == 0);
    fuzz_require(ws_bundle_from_json(&again, w->json, &err) == 0);
    fuzz_require(strcmp(again.json, w->json) == 0);
    fuzz_require(strcmp(again.id, w->id) == 0 && again.tasks.len == w->tasks.len);
    fuzz_require(again.files_scope.len > 0 && again.files_scope.len == w->files_scope.len);
    ws_prompt_render(&prompt, w, "20261122T161824Z-3f9a2c", "");
    fuzz_require(ws_utf8_valid(ws_buf_str(&prompt), prompt.len));
    ws_buf_release(&prompt);
    ws_scope_free(scope);
    ws_workstream_release(&again);
}

static void check(const struct ws_bundles *b, struct ws_diags *diags)
{
    struct ws_strv paths = {0};

    ws_strv_add(&paths, "src/a.c");
    ws_strv_add(&paths, "src/sub/b.c");
    ws_strv_add(&paths, "README.md");
    struct ws_tree_view tree = fuzz_tree(&paths);
    const struct ws_between how = {.tree = &tree, .has_tool = has_tool}, alone = {.alone = true};

    for (size_t i = 0; i < b->len; i++) {
        if (b->items[i].sound) {
            use(&b->items[i], &tree);
        }
        if (b->items[i].id != NULL) {
            struct ws_error err = {0};
            const struct ws_workstream *found = ws_bundles_find(b, b->items[i].id, diags, &err);

            fuzz_require(found != NULL || err.message[0] != '\0');
        }
    }
    size_t before = ws_diags_count(diags, WS_ERROR);
    size_t added = ws_bundles_check(b, &how, diags);

    fuzz_require(ws_diags_count(diags, WS_ERROR) == before + added);
    ws_bundles_check(b, &alone, diags);
    ws_strv_release(&paths);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ws_bundles bundles = {0};
    struct ws_diags diags = {0};
    bool json = size > 0 && (data[0] == '{' || data[0] == '[');
    const char *path = fuzz_file(json ? "input.json" : "input.yaml", data, size);
    int rc = ws_bundle_read(&bundles, path, "fuzz", &diags);

    fuzz_require(rc == 0 || ws_diags_count(&diags, WS_ERROR) > 0);
    for (size_t i = 0; i < bundles.len; i++) {
        fuzz_require(bundles.items[i].sound || ws_diags_count(&diags, WS_ERROR) > 0);
    }
    check(&bundles, &diags);
    fuzz_diags(&diags, data, size);
    ws_bundles_release(&bundles);
    return 0;
}
