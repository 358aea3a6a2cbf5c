#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "wsfsm/base/mem.h"

struct ws_node *ws_node_new(struct ws_source *s, enum ws_node_kind kind, size_t at, size_t end)
{
    struct ws_node *node = ws_alloc(sizeof *node);

    node->kind = kind;
    node->at = at;
    node->end = end;
    ws_source_locate(s, at, &node->line, &node->col);
    return node;
}

/* As deep as the reader lets a file nest. */
void ws_node_free(struct ws_node *node)
{
    if (node == NULL) {
        return;
    }
    for (size_t i = 0; i < node->len; i++) {
        ws_node_free(node->items[i]);
        if (node->keys != NULL) {
            ws_node_free(node->keys[i]);
        }
    }
    free(node->items);
    free(node->keys);
    free((char *)node->text);
    free(node);
}

static struct ws_node **push(struct ws_node **items, size_t len, struct ws_node *item)
{
    size_t cap = len; /* full at every power of two */

    if ((len & (len - 1)) == 0) {
        items = ws_grow(items, &cap, len, sizeof *items);
    }
    items[len] = item;
    return items;
}

void ws_node_push(struct ws_node *parent, struct ws_node *key, struct ws_node *value)
{
    parent->items = push(parent->items, parent->len, value);
    if (parent->kind == WS_NODE_MAP) {
        parent->keys = push(parent->keys, parent->len, key);
    }
    parent->len++;
}

bool ws_node_set_text(struct ws_source *s, struct ws_node *node, const char *text, size_t len)
{
    bool good = true;

    if (len > s->scalar_max) {
        ws_source_error(s, node->at, "this value has %zu bytes; at most %zu are allowed", len,
                        s->scalar_max);
        good = false;
    } else if (memchr(text, '\0', len) != NULL) {
        ws_source_error(s, node->at, "a string must not hold a NUL");
        good = false;
    }
    node->flawed |= !good;
    free((char *)node->text);
    node->text = ws_strndup(good ? text : "", good ? len : 0);
    return good;
}

static int by_text_and_place(const void *a, const void *b)
{
    const struct ws_node *x = *(struct ws_node *const *)a, *y = *(struct ws_node *const *)b;
    int order = strcmp(x->text, y->text);

    return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

static int by_place(const void *a, const void *b)
{
    const struct ws_node *x = *(struct ws_node *const *)a, *y = *(struct ws_node *const *)b;

    return (x->at > y->at) - (x->at < y->at);
}

void ws_node_check_keys(struct ws_source *s, const struct ws_node *map)
{
    size_t repeats = 0;

    if (map->len < 2) {
        return;
    }
    struct ws_node **sorted = ws_calloc(map->len, sizeof *sorted);
    struct ws_node **repeated = ws_calloc(map->len, sizeof *repeated);

    memcpy(sorted, map->keys, map->len * sizeof *sorted);
    qsort(sorted, map->len, sizeof *sorted, by_text_and_place);
    for (size_t i = 1; i < map->len; i++) {
        if (!sorted[i]->flawed && !sorted[i - 1]->flawed &&
            strcmp(sorted[i - 1]->text, sorted[i]->text) == 0) {
            repeated[repeats++] = sorted[i];
        }
    }
    qsort(repeated, repeats, sizeof *repeated, by_place);
    for (size_t i = 0; i < repeats; i++) {
        ws_source_error(s, repeated[i]->at, "duplicate key '%.100s'", repeated[i]->text);
        repeated[i]->flawed = true;
    }
    free(sorted);
    free(repeated);
}

const struct ws_node *ws_node_get(const struct ws_node *map, const char *key)
{
    if (map == NULL || map->kind != WS_NODE_MAP) {
        return NULL;
    }
    for (size_t i = 0; i < map->len; i++) {
        if (strcmp(map->keys[i]->text, key) == 0) {
            return map->items[i];
        }
    }
    return NULL;
}

const char *ws_node_kind_name(enum ws_node_kind kind)
{
    static const char *const names[] = {
        [WS_NODE_NULL] = "nothing (null)", [WS_NODE_BOOL] = "true or false",
        [WS_NODE_INT] = "an integer",      [WS_NODE_FLOAT] = "a number",
        [WS_NODE_STRING] = "a string",     [WS_NODE_SEQ] = "a list",
        [WS_NODE_MAP] = "a mapping",
    };

    return names[kind];
}

const char *ws_node_str(const struct ws_node *map, const char *key, const char *fallback)
{
    const struct ws_node *node = ws_node_get(map, key);

    return node != NULL && node->kind == WS_NODE_STRING ? node->text : fallback;
}

int64_t ws_node_int(const struct ws_node *map, const char *key, int64_t fallback)
{
    const struct ws_node *node = ws_node_get(map, key);

    return node != NULL && node->kind == WS_NODE_INT ? node->integer : fallback;
}

bool ws_node_bool(const struct ws_node *map, const char *key, bool fallback)
{
    const struct ws_node *node = ws_node_get(map, key);

    return node != NULL && node->kind == WS_NODE_BOOL ? node->boolean : fallback;
}
