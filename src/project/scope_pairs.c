#include <stdlib.h>
#include <string.h>

#include "scope_entries.h"
#include "wsfsm/base/mem.h"

struct ws_scopes {
    struct ws_scope **scopes;
    size_t len;
    struct ws_scope_pair *pairs;
    size_t pair_count, pair_cap;
    bool *met;    /* len * len: the pair is listed */
    size_t *hits; /* who covers the path at hand */
    const struct ws_scope_entry **entries;
    size_t next;
};

static void list(struct ws_scopes *s, struct ws_scope_pair pair)
{
    s->pairs = ws_grow(s->pairs, &s->pair_cap, s->pair_count, sizeof *s->pairs);
    pair.path = ws_strdup(pair.path);
    s->pairs[s->pair_count++] = pair;
    s->met[pair.first * s->len + pair.second] = true;
}

/* What every path that an entry covers begins with. */
struct beginning {
    const char *text;
    size_t len, scope;
};

struct beginnings {
    struct beginning *items;
    size_t len, cap;
};

static void add_beginnings(struct beginnings *b, const struct ws_scope_list *entries, size_t scope)
{
    for (size_t i = 0; i < entries->len; i++) {
        const struct ws_scope_entry *e = &entries->items[i];
        size_t len = e->len > 0 && e->text[e->len - 1] == '/' ? e->len - 1 : e->len;

        b->items = ws_grow(b->items, &b->cap, b->len, sizeof *b->items);
        b->items[b->len++] = (struct beginning){.text = e->text, .len = len, .scope = scope};
    }
}

static int by_text(const void *a, const void *b)
{
    const struct beginning *x = a, *y = b;
    int order = memcmp(x->text, y->text, x->len < y->len ? x->len : y->len);

    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

static bool continues(const struct beginning *longer, const struct beginning *b)
{
    return longer->len >= b->len && memcmp(longer->text, b->text, b->len) == 0;
}

static void meet(struct ws_scopes *s, bool *asked, size_t a, size_t b)
{
    struct ws_scope_pair pair = {.first = a < b ? a : b, .second = a < b ? b : a};
    size_t at = pair.first * s->len + pair.second;

    if (a != b && !asked[at]) {
        asked[at] = true;
        if (ws_scope_meet(&pair.one, &pair.two, s->scopes[pair.first], s->scopes[pair.second])) {
            list(s, pair);
        }
    }
}

/* Two scopes can only meet where an entry of one begins with the beginning of an entry of the
 * other. Sorted, those stand right behind it. */
static void meet_by_entries(struct ws_scopes *s)
{
    bool *asked = ws_calloc(s->len, s->len * sizeof *asked);
    struct beginnings b = {0};

    for (size_t i = 0; i < s->len; i++) {
        add_beginnings(&b, &s->scopes[i]->literals, i);
        add_beginnings(&b, &s->scopes[i]->folders, i);
        add_beginnings(&b, &s->scopes[i]->patterns, i);
    }
    if (b.len > 1) {
        qsort(b.items, b.len, sizeof *b.items, by_text);
    }
    for (size_t i = 0; i < b.len; i++) {
        for (size_t k = i + 1; k < b.len && continues(&b.items[k], &b.items[i]); k++) {
            meet(s, asked, b.items[i].scope, b.items[k].scope);
        }
    }
    free(b.items);
    free(asked);
}

static int meet_at(void *arg, const char *path)
{
    struct ws_scopes *s = arg;
    size_t count = 0;

    for (size_t i = 0; i < s->len; i++) {
        s->entries[count] = ws_scope_find(s->scopes[i], path);
        if (s->entries[count] == NULL) {
            continue;
        }
        for (size_t k = 0; k < count; k++) {
            if (!s->met[s->hits[k] * s->len + i]) {
                list(s, (struct ws_scope_pair){.first = s->hits[k],
                                               .second = i,
                                               .one = s->entries[k]->source,
                                               .two = s->entries[count]->source,
                                               .path = path});
            }
        }
        s->hits[count++] = i;
    }
    return 0;
}

static int by_indexes(const void *a, const void *b)
{
    const struct ws_scope_pair *x = a, *y = b;

    if (x->first != y->first) {
        return x->first < y->first ? -1 : 1;
    }
    return (x->second > y->second) - (x->second < y->second);
}

static int meet_all(struct ws_scopes *s, const struct ws_workstream *const *items,
                    const struct ws_tree_view *tree, struct ws_error *err)
{
    for (size_t i = 0; i < s->len; i++) {
        if (ws_scope_new(&s->scopes[i], &items[i]->files_scope, NULL, tree, err) < 0) {
            return -1;
        }
    }
    meet_by_entries(s);
    if (tree != NULL && tree->walk != NULL && s->len > 1) {
        return tree->walk(tree->payload, meet_at, s, err);
    }
    return 0;
}

int ws_scopes_new(struct ws_scopes **out, const struct ws_workstream *const *items, size_t len,
                  const struct ws_tree_view *tree, struct ws_error *err)
{
    struct ws_scopes *s = ws_alloc(sizeof *s);

    *out = NULL;
    s->len = len;
    s->scopes = ws_calloc(len, sizeof(struct ws_scope *));
    s->met = ws_calloc(len, len * sizeof *s->met);
    s->hits = ws_calloc(len, sizeof *s->hits);
    s->entries = ws_calloc(len, sizeof(const struct ws_scope_entry *));
    if (meet_all(s, items, tree, err) < 0) {
        ws_scopes_free(s);
        return -1;
    }
    if (s->pair_count > 1) {
        qsort(s->pairs, s->pair_count, sizeof *s->pairs, by_indexes);
    }
    *out = s;
    return 0;
}

bool ws_scopes_next(struct ws_scopes *s, struct ws_scope_pair *pair)
{
    if (s->next == s->pair_count) {
        return false;
    }
    *pair = s->pairs[s->next++];
    return true;
}

void ws_scopes_free(struct ws_scopes *s)
{
    if (s == NULL) {
        return;
    }
    for (size_t i = 0; i < s->len; i++) {
        ws_scope_free(s->scopes[i]);
    }
    for (size_t i = 0; i < s->pair_count; i++) {
        free((char *)s->pairs[i].path);
    }
    free(s->scopes);
    free(s->pairs);
    free(s->met);
    free(s->hits);
    free(s->entries);
    free(s);
}
