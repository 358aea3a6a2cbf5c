#include "wsfsm/project/sandbox.h"

#include <string.h>

#include "sandbox_read.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/text.h"

static const char *const modes[] = {
    [WS_SANDBOX_OFF] = "off", [WS_SANDBOX_AUTO] = "auto", [WS_SANDBOX_ON] = "on"};
enum { MODES = sizeof modes / sizeof *modes };

void ws_sandbox_release(struct ws_sandbox *s)
{
    ws_strv_release(&s->paths);
    *s = (struct ws_sandbox){0};
}

void ws_sandbox_copy(struct ws_sandbox *to, const struct ws_sandbox *from)
{
    *to = (struct ws_sandbox){.mode = from->mode, .offline = from->offline};
    ws_strv_copy(&to->paths, &from->paths);
}

const char *ws_sandbox_mode_name(enum ws_sandbox_mode mode)
{
    return modes[mode];
}

bool ws_sandbox_mode_parse(enum ws_sandbox_mode *out, const char *name)
{
    for (size_t i = 0; i < MODES; i++) {
        if (strcmp(name, modes[i]) == 0) {
            *out = (enum ws_sandbox_mode)i;
            return true;
        }
    }
    return false;
}

void ws_sandbox_json(struct ws_buf *out, const struct ws_sandbox *s)
{
    ws_json_kstr(out, "sandbox", ws_sandbox_mode_name(s->mode));
    ws_json_kstr(out, "network", s->offline ? "off" : "on");
    ws_json_kstrv(out, "sandbox_paths", &s->paths);
}

void ws_read_sandbox(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                     void *at)
{
    struct ws_sandbox *s = at;

    if (value->kind != WS_NODE_STRING || !ws_sandbox_mode_parse(&s->mode, value->text)) {
        ws_reading_error(r, value, "'%s' must be on, auto or off", f->name);
    }
}

void ws_read_network(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                     void *at)
{
    struct ws_sandbox *s = at;
    const char *word = value->kind == WS_NODE_STRING ? value->text : "";

    if (strcmp(word, "on") != 0 && strcmp(word, "off") != 0) {
        ws_reading_error(r, value, "'%s' must be on or off", f->name);
        return;
    }
    s->offline = strcmp(word, "off") == 0;
}

/* Of a path of the user's own, so that only what says nothing sensible is refused. */
static bool is_sound_path(const char *path)
{
    const char *rest = ws_starts_with(path, "~/") ? path + 2 : path + 1;

    if ((path[0] != '/' && !ws_starts_with(path, "~/")) || *rest == '\0') {
        return false;
    }
    for (const char *name = rest; name != NULL; name = strchr(name, '/')) {
        name += *name == '/';
        if (strcspn(name, "/") == 2 && ws_starts_with(name, "..")) {
            return false;
        }
    }
    return true;
}

void ws_read_sandbox_paths(struct ws_reading *r, const struct ws_field *f,
                           const struct ws_node *value, void *at)
{
    struct ws_sandbox *s = at;

    ws_read_texts(r, f, value, &s->paths);
    for (size_t i = 0; value->kind == WS_NODE_SEQ && i < value->len; i++) {
        const struct ws_node *item = value->items[i];

        if (item->kind == WS_NODE_STRING && !is_sound_path(item->text)) {
            ws_reading_error(r, item,
                             "'%.100s' must be an absolute path or begin with ~/, without ..",
                             item->text);
        }
    }
}

void ws_check_sandbox(struct ws_reading *r, const struct ws_node *map, const struct ws_sandbox *s)
{
    if (s->offline && s->mode == WS_SANDBOX_OFF) {
        ws_reading_error(r, ws_node_get(map, "network"),
                         "'network: off' needs 'sandbox: on' or 'sandbox: auto'");
    }
}
