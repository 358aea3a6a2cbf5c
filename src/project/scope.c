#include "wsfsm/project/scope.h"

#include <stdlib.h>
#include <string.h>

#include "scope_entries.h"
#include "wsfsm/base/glob.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"

static void add(struct ws_scope_list *list, const char *source, char *text, size_t len)
{
    list->items = ws_grow(list->items, &list->cap, list->len, sizeof *list->items);
    list->items[list->len++] = (struct ws_scope_entry){.source = source, .text = text, .len = len};
}

static void add_folder(struct ws_scope *s, const char *source)
{
    char *text = ws_ends_with(source, "/") ? ws_strdup(source) : ws_format("%s/", source);

    add(&s->folders, source, text, strlen(text));
}

static void add_literal(struct ws_scope *s, const char *source)
{
    add(&s->literals, source, ws_strdup(source), strlen(source));
}

static void add_pattern(struct ws_scope *s, const char *source)
{
    /* A pattern of folders covers what is below each of them. */
    char *text = ws_ends_with(source, "/") ? ws_format("%s**", source) : ws_strdup(source);

    add(&s->patterns, source, text, ws_glob_literal_prefix(text));
}

/* Looks an entry up without its '/' at the end. */
static int look(enum ws_tree_entry *out, const struct ws_tree_view *tree, const char *entry,
                struct ws_error *err)
{
    size_t len = strlen(entry);
    int rc = 0;

    *out = WS_TREE_ABSENT;
    if (tree != NULL && tree->look != NULL) {
        char *path = ws_strndup(entry, len - (len > 0 && entry[len - 1] == '/'));

        rc = tree->look(out, tree->payload, path, err);
        free(path);
    }
    return rc;
}

static void compile(struct ws_scope *s, const char *entry, enum ws_tree_entry found)
{
    bool slash = ws_ends_with(entry, "/");

    switch (found) {
    case WS_TREE_DIR:
        add_folder(s, entry);
        if (!slash) {
            add_literal(s, entry); /* the folder may become a file */
        }
        return;
    case WS_TREE_FILE:
        if (!slash) {
            add_literal(s, entry);
            return;
        }
        break;
    case WS_TREE_ABSENT:
        break;
    }
    if (!ws_glob_is_literal(entry)) {
        add_pattern(s, entry);
    } else if (slash) {
        add_folder(s, entry);
    } else {
        add_literal(s, entry);
    }
}

static int by_text(const void *a, const void *b)
{
    const struct ws_scope_entry *x = a, *y = b;

    return strcmp(x->text, y->text);
}

static void sort(struct ws_scope_list *list)
{
    if (list->len > 1) {
        qsort(list->items, list->len, sizeof *list->items, by_text);
    }
}

/* `entries` may be NULL. */
static int compile_all(struct ws_scope *s, const struct ws_strv *entries,
                       const struct ws_tree_view *tree, struct ws_error *err)
{
    for (size_t i = 0; entries != NULL && i < entries->len; i++) {
        enum ws_tree_entry found;

        if (look(&found, tree, entries->items[i], err) < 0) {
            return -1;
        }
        compile(s, entries->items[i], found);
    }
    return 0;
}

int ws_scope_new(struct ws_scope **out, const struct ws_strv *files_scope,
                 const struct ws_strv *files_create, const struct ws_tree_view *tree,
                 struct ws_error *err)
{
    struct ws_scope *s = ws_alloc(sizeof *s);

    *out = NULL;
    if (compile_all(s, files_scope, tree, err) < 0 || compile_all(s, files_create, tree, err) < 0) {
        ws_scope_free(s);
        return -1;
    }
    sort(&s->literals);
    sort(&s->folders);
    sort(&s->patterns);
    *out = s;
    return 0;
}

static void release(struct ws_scope_list *list)
{
    for (size_t i = 0; i < list->len; i++) {
        free(list->items[i].text);
    }
    free(list->items);
}

void ws_scope_free(struct ws_scope *s)
{
    if (s == NULL) {
        return;
    }
    release(&s->literals);
    release(&s->folders);
    release(&s->patterns);
    free(s);
}

const struct ws_scope_entry *ws_scope_lookup(const struct ws_scope_list *list, const char *text,
                                             size_t len)
{
    size_t low = 0, high = list->len;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const struct ws_scope_entry *e = &list->items[mid];
        int order = strncmp(e->text, text, len);

        if (order == 0 && e->text[len] != '\0') {
            order = 1;
        }
        if (order == 0) {
            return e;
        }
        if (order < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return NULL;
}

const struct ws_scope_entry *ws_scope_find(const struct ws_scope *s, const char *path)
{
    const struct ws_scope_entry *found = ws_scope_lookup(&s->literals, path, strlen(path));

    for (const char *slash = strchr(path, '/');
         found == NULL && slash != NULL && s->folders.len > 0; slash = strchr(slash + 1, '/')) {
        size_t len = (size_t)(slash - path) + 1;

        if (path[len] != '\0') { /* below the folder, not the folder */
            found = ws_scope_lookup(&s->folders, path, len);
        }
    }
    for (size_t i = 0; found == NULL && i < s->patterns.len; i++) {
        const struct ws_scope_entry *e = &s->patterns.items[i];

        if (strncmp(e->text, path, e->len) == 0 && ws_glob_match(e->text, path)) {
            found = e;
        }
    }
    return found;
}

bool ws_scope_has(const struct ws_scope *s, const char *path)
{
    return ws_scope_find(s, path) != NULL;
}
