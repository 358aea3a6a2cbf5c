/* Two entries overlap when a path of the base tree, or the literal prefix of one, matches the
 * other. */
#include <stdlib.h>
#include <string.h>

#include "scope_entries.h"
#include "wsfsm/base/glob.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"

/* The entry of s that covers the literal part of an entry: all of a literal, a folder's name, the
 * start of a pattern. A part that ends with '/' also lies in the folder of that name. */
static const struct ws_scope_entry *covers(const struct ws_scope *s,
                                           const struct ws_scope_entry *entry)
{
    char *part = ws_strndup(entry->text, entry->len);
    const struct ws_scope_entry *found = ws_scope_find(s, part);

    if (found == NULL && ws_ends_with(part, "/")) {
        found = ws_scope_lookup(&s->folders, part, entry->len);
    }
    free(part);
    /* A pattern need not match its own literal part; the same pattern on both sides meets itself.
     */
    return found != NULL ? found : ws_scope_lookup(&s->patterns, entry->text, strlen(entry->text));
}

static bool any_covered(const char **covered, const char **cover, const struct ws_scope_list *list,
                        const struct ws_scope *by)
{
    for (size_t i = 0; i < list->len; i++) {
        const struct ws_scope_entry *found = covers(by, &list->items[i]);

        if (found != NULL) {
            *covered = list->items[i].source;
            *cover = found->source;
            return true;
        }
    }
    return false;
}

bool ws_scope_meet(const char **one, const char **two, const struct ws_scope *a,
                   const struct ws_scope *b)
{
    return any_covered(one, two, &a->literals, b) || any_covered(one, two, &a->folders, b) ||
           any_covered(one, two, &a->patterns, b) || any_covered(two, one, &b->literals, a) ||
           any_covered(two, one, &b->folders, a) || any_covered(two, one, &b->patterns, a);
}

struct meeting {
    const struct ws_scope *a, *b;
    const struct ws_scope_entry *one, *two;
};

static int meet_at(void *arg, const char *path)
{
    struct meeting *m = arg;

    m->one = ws_scope_find(m->a, path);
    m->two = m->one != NULL ? ws_scope_find(m->b, path) : NULL;
    return m->two != NULL;
}

/* Where both cover a path that only the tree tells. */
static int meet_in_tree(const char **one, const char **two, const struct ws_scope *a,
                        const struct ws_scope *b, const struct ws_tree_view *tree,
                        struct ws_error *err)
{
    struct meeting m = {.a = a, .b = b};
    int rc = tree->walk(tree->payload, meet_at, &m, err);

    if (rc > 0) {
        *one = m.one->source;
        *two = m.two->source;
    }
    return rc < 0 ? -1 : 0;
}

int ws_scope_overlap(const char **one, const char **two, const struct ws_strv *a,
                     const struct ws_strv *b, const struct ws_tree_view *tree, struct ws_error *err)
{
    struct ws_scope *x = NULL, *y = NULL;
    int rc = ws_scope_new(&x, a, NULL, tree, err);

    *one = *two = NULL;
    if (rc == 0) {
        rc = ws_scope_new(&y, b, NULL, tree, err);
    }
    if (rc == 0 && !ws_scope_meet(one, two, x, y) && tree != NULL && tree->walk != NULL) {
        rc = meet_in_tree(one, two, x, y, tree, err);
    }
    ws_scope_free(x);
    ws_scope_free(y);
    return rc;
}
