/* What a worktree holds now: its changed paths. */

#include "worktree_look.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/text.h"

static void change_json(struct ws_buf *out, const struct ws_change *c)
{
    char status[] = {c->status, '\0'};

    ws_json_open(out, '{');
    ws_json_kstr(out, "status", status);
    ws_json_key(out, "path");
    ws_json_path(out, c->path);
    if (c->old_path != NULL) {
        ws_json_key(out, "old_path");
        ws_json_path(out, c->old_path);
    }
    ws_json_close(out, '}');
}

static void status_json(struct ws_buf *out, const struct ws_look *l)
{
    ws_json_open(out, '{');
    ws_json_kstr(out, "ws_id", l->info->ws_id);
    ws_json_kstr(out, "run_id", l->info->run_id);
    ws_json_key(out, "path");
    ws_json_path(out, l->info->path);
    ws_json_kstr(out, "branch", l->info->branch);
    ws_json_kstr(out, "base", l->info->base_oid);
    ws_json_kstr(out, "head", l->content.head);
    ws_json_kbool(out, "head_on_branch", l->content.head_on_branch);
    ws_json_kstr(out, "tree", l->content.tree);
    ws_json_key(out, "changes");
    ws_json_open(out, '[');
    for (size_t i = 0; i < l->changes.len; i++) {
        change_json(out, &l->changes.items[i]);
    }
    ws_json_close(out, ']');
    if (ws_look_is_encoded(l)) {
        ws_json_kbool(out, "paths_encoded", true);
    }
    ws_json_close(out, '}');
    ws_buf_putc(out, '\n');
}

static void field(struct ws_out *out, const char *name, const char *value)
{
    ws_buf_printf(&out->text, "%-12s", name);
    ws_out_escaped(out, value);
    ws_buf_putc(&out->text, '\n');
}

static void status_text(struct ws_out *out, const struct ws_look *l)
{
    field(out, "workstream", l->info->ws_id);
    field(out, "run", l->info->run_id);
    field(out, "path", l->info->path);
    field(out, "branch", l->info->branch);
    field(out, "base", l->info->base_oid);
    field(out, "head", l->content.head_on_branch ? l->content.head : "not on the branch");
    ws_buf_printf(&out->text, "%-12s%zu path%s\n", "changed", l->changes.len,
                  l->changes.len == 1 ? "" : "s");
    for (size_t i = 0; i < l->changes.len; i++) {
        const struct ws_change *c = &l->changes.items[i];

        ws_buf_printf(&out->text, "%-10s%c ", "", c->status);
        if (c->old_path != NULL) {
            ws_buf_puts(&out->text,
                        ws_escape_path(&out->text, c->old_path) ? " (encoded) -> " : " -> ");
        }
        ws_out_path(out, c->path);
    }
}

static int run_status(struct ws_cli *cli, struct ws_error *err)
{
    struct ws_look l = {0};
    int status = ws_look_at(&l, cli, err);

    if (status == 0 && cli->json) {
        status_json(&cli->out.text, &l);
    } else if (status == 0) {
        status_text(&cli->out, &l);
    }
    ws_look_release(&l);
    return status;
}

const struct ws_cmd ws_cmd_worktree_status = {
    .name = "status",
    .summary = "Show what a worktree has changed against its base",
    .options = ws_look_options,
    .run = run_status,
};
