/* Scopes: the entries of one workstream, a blank line, those of another, a blank line, the paths of
 * the base tree. */
#include "fuzz_tree.h"
#include "scope_entries.h"
#include "wsfsm/base/glob.h"
#include "wsfsm/project/scope.h"

enum { LINES_MAX = 64 };

static bool is_clean(const char *path)
{
    struct ws_buf all = {0};

    ws_buf_printf(&all, "/%s/", path);
    const char *text = ws_buf_str(&all);
    bool clean = strstr(text, "/../") == NULL && strstr(text, "/./") == NULL &&
                 strcasestr(text, "/.git/") == NULL && strchr(text, '\\') == NULL &&
                 path[0] != '/' && path[0] != ':' && path[0] != '\0';

    ws_buf_release(&all);
    return clean;
}

/* The entries that are accepted, as they are kept. */
static void normalise(struct ws_strv *entries)
{
    struct ws_strv kept = {0};

    for (size_t i = 0; i < entries->len; i++) {
        char *clean = NULL, *again = NULL;
        const char *why = NULL;

        if (!ws_scope_normalise(&clean, &why, entries->items[i])) {
            fuzz_require(why != NULL && clean == NULL);
            continue;
        }
        fuzz_require(is_clean(clean));
        fuzz_require(ws_scope_normalise(&again, &why, clean) && strcmp(again, clean) == 0);
        free(again);
        ws_strv_take(&kept, clean);
    }
    ws_strv_release(entries);
    *entries = kept;
}

static bool below(const char *folder, const char *path)
{
    size_t len = strlen(folder);

    len -= len > 0 && folder[len - 1] == '/';
    return strncmp(folder, path, len) == 0 && path[len] == '/' && path[len + 1] != '\0';
}

/* One entry and one path, by the words of the header. */
static bool covers(const char *entry, const char *path, struct ws_strv *tree)
{
    size_t len = strlen(entry);
    bool slash = entry[len - 1] == '/';
    char *bare = ws_strndup(entry, len - slash), *all = ws_format("%s**", entry);
    enum ws_tree_entry found;
    bool literal = ws_glob_is_literal(entry), covered;

    fuzz_look(&found, tree, bare, NULL);
    if (found == WS_TREE_DIR) {
        covered = below(entry, path) || (!slash && strcmp(entry, path) == 0);
    } else if (!slash && (found == WS_TREE_FILE || literal)) {
        covered = strcmp(entry, path) == 0;
    } else if (literal) {
        covered = below(entry, path);
    } else {
        covered = ws_glob_match(slash ? all : entry, path);
    }
    free(bare);
    free(all);
    return covered;
}

static bool any_covers(const struct ws_strv *entries, const char *path, struct ws_strv *tree)
{
    for (size_t i = 0; i < entries->len; i++) {
        if (covers(entries->items[i], path, tree)) {
            return true;
        }
    }
    return false;
}

/* The three ways of asking agree, and a path that both cover is an overlap. */
static void check_overlap(struct ws_strv *a, struct ws_strv *b, struct ws_strv *tree)
{
    struct ws_tree_view view = fuzz_tree(tree);
    const char *one = NULL, *two = NULL;
    fuzz_require(ws_scope_overlap(&one, &two, a, b, &view, NULL) == 0);
    bool overlap = one != NULL;
    const struct ws_workstream first = {.files_scope = *a}, second = {.files_scope = *b};
    const struct ws_workstream *const both[] = {&first, &second};
    struct ws_scopes *scopes = NULL;
    struct ws_scope_pair pair;

    fuzz_require(ws_scopes_new(&scopes, both, 2, &view, NULL) == 0);
    fuzz_require(!overlap || (ws_strv_has(a, one) && ws_strv_has(b, two)));
    fuzz_require(ws_scope_overlap(&one, &two, b, a, &view, NULL) == 0 && overlap == (one != NULL));
    fuzz_require(overlap == ws_scopes_next(scopes, &pair));
    if (overlap) {
        fuzz_require(pair.first == 0 && pair.second == 1);
        fuzz_require(!ws_scopes_next(scopes, &pair));
    }
    for (size_t i = 0; i < tree->len; i++) {
        fuzz_require(overlap || !any_covers(a, tree->items[i], tree) ||
                     !any_covers(b, tree->items[i], tree));
    }
    ws_scopes_free(scopes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    const char *at = text;
    struct ws_strv a = {0}, b = {0}, tree = {0};

    fuzz_lines(&a, &at);
    fuzz_lines(&b, &at);
    fuzz_lines(&tree, &at);
    if (a.len + b.len + tree.len <= LINES_MAX) {
        normalise(&a);
        normalise(&b);
        normalise(&tree);
        struct ws_tree_view view = fuzz_tree(&tree);
        struct ws_scope *scope = NULL;

        fuzz_require(ws_scope_new(&scope, &a, &b, &view, NULL) == 0);
        for (size_t i = 0; i < tree.len; i++) {
            const char *path = tree.items[i];

            fuzz_require(ws_scope_has(scope, path) ==
                         (any_covers(&a, path, &tree) || any_covers(&b, path, &tree)));
        }
        ws_scope_free(scope);
        check_overlap(&a, &b, &tree);
    }
    ws_strv_release(&a);
    ws_strv_release(&b);
    ws_strv_release(&tree);
    free(text);
    return 0;
}
