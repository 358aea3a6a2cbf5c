/* YAML by libyaml's events. The events are taken one at a time and the depth is checked with each:
 * libyaml needs quadratic time for deep nesting, and a check after the parse would come too late.
 */
#include <string.h>

#include <yaml.h>

#include "internal.h"
#include "wsfsm/base/text.h"

struct reader {
    struct ws_source *source;
    yaml_parser_t parser;
    yaml_event_t event;
    bool has_event;
    size_t chars, bytes; /* a place libyaml counted in characters, and the same in bytes */
};

/* Marks count characters; nodes and errors are placed by bytes. */
static size_t byte_offset(struct reader *r, size_t chars)
{
    const struct ws_source *s = r->source;

    if (chars < r->chars) {
        r->chars = r->bytes = 0;
    }
    while (r->chars < chars && r->bytes < s->len) {
        r->bytes += ws_utf8_len(s->text + r->bytes, s->len - r->bytes);
        r->chars++;
    }
    return r->bytes;
}

static size_t event_start(struct reader *r)
{
    return byte_offset(r, r->event.start_mark.index);
}

/* Where the problem is; what is open when the text ends is looked for where it was opened. */
static size_t problem_offset(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;

    if (p->error == YAML_READER_ERROR) {
        return p->problem_offset;
    }
    size_t at = byte_offset(r, p->problem_mark.index);

    return at == r->source->len && p->context != NULL ? byte_offset(r, p->context_mark.index) : at;
}

static void syntax_error(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    size_t at = problem_offset(r);
    const char *problem = p->problem != NULL ? p->problem : "cannot be read";

    if (p->context != NULL) {
        ws_source_error(r->source, at, "%s %s", problem, p->context);
    } else {
        ws_source_error(r->source, at, "%s", problem);
    }
}

static bool next_event(struct reader *r)
{
    if (r->has_event) {
        yaml_event_delete(&r->event);
        r->has_event = false;
    }
    if (ws_source_gave_up(r->source)) {
        return false;
    }
    if (!yaml_parser_parse(&r->parser, &r->event)) {
        syntax_error(r);
        return false;
    }
    r->has_event = true;
    return true;
}

static bool is_string_tag(const yaml_char_t *tag)
{
    const char *name = (const char *)tag;

    return strcmp(name, "!") == 0 || strcmp(name, YAML_STR_TAG) == 0;
}

/* What YAML offers beyond plain trees, and bundles do without. What a value is by its tag is not
 * known here, but for the tags that make it a string. */
static void refuse_properties(struct reader *r, struct ws_node *node, const yaml_char_t *anchor,
                              const yaml_char_t *tag)
{
    if (anchor != NULL) {
        ws_source_error(r->source, node->at, "anchors are not allowed ('&%.100s')",
                        (const char *)anchor);
    }
    if (tag != NULL) {
        ws_source_error(r->source, node->at, "tags are not allowed ('%.100s')", (const char *)tag);
        node->flawed = node->kind != WS_NODE_STRING || !is_string_tag(tag);
    }
}

static struct ws_node *load_scalar(struct reader *r)
{
    size_t at = event_start(r), end = byte_offset(r, r->event.end_mark.index);
    struct ws_node *node = ws_node_new(r->source, WS_NODE_STRING, at, end);
    bool plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

    refuse_properties(r, node, r->event.data.scalar.anchor, r->event.data.scalar.tag);
    ws_node_set_text(r->source, node, (const char *)r->event.data.scalar.value,
                     r->event.data.scalar.length);
    if (plain && r->event.data.scalar.tag == NULL && !node->flawed) {
        ws_schema_resolve(node);
    }
    return node;
}

static struct ws_node *load_node(struct reader *r, unsigned depth);

/* Stands for what an error was said of, so that the reading can go on. */
static struct ws_node *unreadable(struct reader *r, size_t at, size_t end)
{
    struct ws_node *node = ws_node_new(r->source, WS_NODE_STRING, at, end);

    ws_node_set_text(r->source, node, "", 0);
    node->flawed = true;
    return node;
}

/* false: the rest of the file cannot be read. */
static bool load_items(struct reader *r, struct ws_node *seq, unsigned depth)
{
    for (;;) {
        if (!next_event(r)) {
            return false;
        }
        if (r->event.type == YAML_SEQUENCE_END_EVENT) {
            return true;
        }
        struct ws_node *item = load_node(r, depth);
        if (item == NULL) {
            return false;
        }
        ws_node_push(seq, NULL, item);
    }
}

/* A key is a string; what is none is replaced, with an error. */
static struct ws_node *check_key(struct reader *r, struct ws_node *key, bool plain)
{
    if (plain && key->kind == WS_NODE_STRING && strcmp(key->text, "<<") == 0) {
        ws_source_error(r->source, key->at, "merge keys ('<<') are not allowed");
        key->flawed = true;
    } else if (key->kind != WS_NODE_STRING) {
        ws_source_error(r->source, key->at, "a key must be a string, this is %s; put it in quotes",
                        ws_node_kind_name(key->kind));
        struct ws_node *instead = unreadable(r, key->at, key->end);

        ws_node_free(key);
        return instead;
    }
    return key;
}

static bool load_members(struct reader *r, struct ws_node *map, unsigned depth)
{
    for (;;) {
        if (!next_event(r)) {
            return false;
        }
        if (r->event.type == YAML_MAPPING_END_EVENT) {
            ws_node_check_keys(r->source, map);
            return true;
        }
        bool plain = r->event.type == YAML_SCALAR_EVENT &&
                     r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        struct ws_node *key = load_node(r, depth);
        if (key == NULL) {
            return false;
        }
        key = check_key(r, key, plain);
        struct ws_node *value = next_event(r) ? load_node(r, depth) : NULL;
        if (value == NULL) {
            ws_node_free(key);
            return false;
        }
        ws_node_push(map, key, value);
    }
}

static struct ws_node *load_collection(struct reader *r, unsigned depth)
{
    bool is_map = r->event.type == YAML_MAPPING_START_EVENT;
    size_t at = event_start(r);

    if (depth >= r->source->depth_max) {
        ws_source_error(r->source, at, "nested more than %u deep", r->source->depth_max);
        return NULL;
    }
    struct ws_node *node = ws_node_new(r->source, is_map ? WS_NODE_MAP : WS_NODE_SEQ, at, at);
    if (is_map) {
        refuse_properties(r, node, r->event.data.mapping_start.anchor,
                          r->event.data.mapping_start.tag);
    } else {
        refuse_properties(r, node, r->event.data.sequence_start.anchor,
                          r->event.data.sequence_start.tag);
    }
    bool whole = is_map ? load_members(r, node, depth + 1) : load_items(r, node, depth + 1);

    if (!whole) {
        ws_node_free(node);
        return NULL;
    }
    node->end = byte_offset(r, r->event.end_mark.index);
    return node;
}

/* The node that the current event begins; NULL when the rest of the file cannot be read. */
static struct ws_node *load_node(struct reader *r, unsigned depth)
{
    switch (r->event.type) {
    case YAML_SCALAR_EVENT:
        return load_scalar(r);
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        return load_collection(r, depth);
    default: { /* an alias: nothing else can stand here */
        size_t at = event_start(r);

        ws_source_error(r->source, at, "aliases are not allowed ('*%.100s')",
                        (const char *)r->event.data.alias.anchor);
        return unreadable(r, at, at);
    }
    }
}

static void check_directives(struct reader *r)
{
    if (r->event.data.document_start.tag_directives.start !=
        r->event.data.document_start.tag_directives.end) {
        ws_source_error(r->source, event_start(r), "tags are not allowed (%%TAG)");
    }
}

/* What a text of nothing but comments says. */
static struct ws_node *nothing(struct reader *r)
{
    struct ws_node *node = ws_node_new(r->source, WS_NODE_NULL, 0, 0);

    ws_node_set_text(r->source, node, "", 0);
    return node;
}

static struct ws_node *load_stream(struct reader *r)
{
    struct ws_node *root = NULL;

    while (next_event(r)) {
        switch (r->event.type) {
        case YAML_STREAM_END_EVENT:
            return root != NULL ? root : nothing(r);
        case YAML_DOCUMENT_START_EVENT:
            if (root != NULL) {
                ws_source_error(r->source, event_start(r), "a second document is not allowed");
                goto fail;
            }
            check_directives(r);
            if (!next_event(r) || (root = load_node(r, 0)) == NULL) {
                goto fail;
            }
            break;
        default:
            break;
        }
    }
fail:
    ws_node_free(root);
    return NULL;
}

struct ws_node *ws_yaml_load(struct ws_source *s)
{
    struct reader r = {.source = s};
    struct ws_node *root = NULL;

    if (!yaml_parser_initialize(&r.parser)) {
        ws_source_error(s, 0, "the YAML parser cannot be started");
        return NULL;
    }
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)s->text, s->len);
    root = load_stream(&r);
    if (r.has_event) {
        yaml_event_delete(&r.event);
    }
    yaml_parser_delete(&r.parser);
    return root;
}
