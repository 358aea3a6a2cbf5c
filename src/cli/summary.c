#include "summary.h"

#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"
#include "wsfsm/doc/doc.h"

static bool any_encoded(const struct ws_strv *paths)
{
    struct ws_buf scratch = {0};
    bool any = false;

    for (size_t i = 0; i < paths->len; i++) {
        any = ws_escape_path(&scratch, paths->items[i]) || any;
    }
    ws_buf_release(&scratch);
    return any;
}

void ws_summary_json(struct ws_buf *out, const struct ws_summary *s)
{
    ws_json_open(out, '{');
    ws_json_kstr(out, "run_id", s->run_id);
    ws_json_kstr(out, "ws_id", s->ws_id);
    ws_json_kstr(out, "final_status", s->final_status);
    ws_json_kstr(out, "reason", s->reason);
    ws_json_kstr(out, "branch", s->branch);
    ws_json_kstr(out, "commit", s->commit_oid);
    ws_json_kbool(out, "finished", s->finished);
    ws_json_kbool(out, "dry_run", s->dry_run);
    ws_json_key(out, "step_results");
    ws_json_open(out, '{');
    for (size_t i = 0; i < s->step_count; i++) {
        ws_json_kraw(out, s->steps[i].step, s->steps[i].result_json);
    }
    ws_json_close(out, '}');
    ws_json_kpaths(out, "changed_files", &s->changed_files);
    ws_json_kpaths(out, "out_of_scope_files", &s->out_of_scope_files);
    if (any_encoded(&s->changed_files) || any_encoded(&s->out_of_scope_files)) {
        ws_json_kbool(out, "paths_encoded", true);
    }
    ws_json_close(out, '}');
    ws_buf_putc(out, '\n');
}

enum { LABEL = 12 };

static void label(struct ws_buf *out, const char *text)
{
    size_t start = out->len;

    ws_escape_line(out, text, strlen(text));
    do {
        ws_buf_putc(out, ' ');
    } while (out->len - start < LABEL);
}

static void field(struct ws_buf *out, const char *name, const char *value)
{
    label(out, name);
    ws_escape_line(out, value, strlen(value));
    ws_buf_putc(out, '\n');
}

static void colored_field(struct ws_cli *cli, const char *name, enum ws_color color,
                          const char *value, const char *remark)
{
    struct ws_buf *out = &cli->out.text;

    label(out, name);
    ws_cli_colored(cli, color, value);
    if (remark != NULL) {
        ws_buf_puts(out, " (");
        ws_escape_line(out, remark, strlen(remark));
        ws_buf_putc(out, ')');
    }
    ws_buf_putc(out, '\n');
}

/* A command line that can be read, and pasted into a shell. */
static void quoted(struct ws_buf *out, const char *word)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";
    size_t len = strlen(word);

    if (len > 0 && strspn(word, plain) == len) {
        ws_buf_puts(out, word);
        return;
    }
    ws_buf_putc(out, '\'');
    for (; *word != '\0'; word += len) {
        len = strcspn(word, "'");
        ws_escape_line(out, word, len);
        if (word[len] == '\'') {
            ws_buf_puts(out, "'\\''");
            len++;
        }
    }
    ws_buf_putc(out, '\'');
}

/* What the tools of a step's result were called with. */
static void commands(struct ws_buf *out, const struct ws_node *tools)
{
    for (size_t i = 0; tools != NULL && tools->kind == WS_NODE_SEQ && i < tools->len; i++) {
        const struct ws_node *argv = ws_node_get(tools->items[i], "argv");

        if (argv == NULL || argv->kind != WS_NODE_SEQ) {
            continue;
        }
        label(out, "");
        ws_buf_puts(out, "would run:");
        for (size_t j = 0; j < argv->len; j++) {
            ws_buf_putc(out, ' ');
            quoted(out, argv->items[j]->text != NULL ? argv->items[j]->text : "");
        }
        ws_buf_putc(out, '\n');
    }
}

static struct ws_doc *result_of(const struct ws_step_result *step)
{
    return step->result_json != NULL ? ws_doc_parse_stored(step->result_json, NULL) : NULL;
}

static void step_lines(struct ws_cli *cli, const struct ws_summary *s,
                       const struct ws_step_result *step)
{
    struct ws_doc *doc = result_of(step);
    const struct ws_node *result = doc != NULL ? ws_doc_root(doc) : NULL;
    const char *message = result != NULL ? ws_node_str(result, "error_message", NULL) : NULL;

    colored_field(cli, step->step, ws_color_of(step->status), step->status, message);
    if (result != NULL && s->dry_run) {
        commands(&cli->out.text, ws_node_get(ws_node_get(result, "details"), "tools"));
    }
    ws_doc_free(doc);
}

static void paths(struct ws_buf *out, const char *name, const struct ws_strv *list)
{
    enum { SHOWN = 10 };

    label(out, name);
    ws_buf_printf(out, "%zu file%s\n", list->len, list->len == 1 ? "" : "s");
    for (size_t i = 0; i < list->len && i < SHOWN; i++) {
        label(out, "");
        ws_escape_path(out, list->items[i]);
        ws_buf_putc(out, '\n');
    }
    if (list->len > SHOWN) {
        label(out, "");
        ws_buf_printf(out, "and %zu more\n", list->len - SHOWN);
    }
}

/* Where the last step that changed something kept the content; malloc'ed, NULL: nowhere. */
static char *last_snapshot(const struct ws_summary *s)
{
    char *found = NULL;

    for (size_t i = 0; i < s->step_count; i++) {
        struct ws_doc *doc = result_of(&s->steps[i]);
        const char *ref = NULL;

        if (doc != NULL) {
            ref = ws_node_str(ws_node_get(ws_doc_root(doc), "details"), "snapshot", NULL);
        }
        if (ref != NULL) {
            free(found);
            found = ws_strdup(ref);
        }
        ws_doc_free(doc);
    }
    return found;
}

static void how_to_go_on(struct ws_buf *out, const struct ws_summary *s)
{
    char *snapshot = last_snapshot(s);

    if (s->step_count > 0) {
        label(out, "logs");
        ws_buf_printf(out, "wsfsm log --run-id %s\n", s->run_id);
    }
    if (snapshot != NULL) {
        field(out, "snapshot", snapshot);
    }
    if (!s->finished) {
        label(out, "go on");
        ws_buf_printf(out, "wsfsm resume --run-id %s\n", s->run_id);
    }
    free(snapshot);
}

void ws_summary_text(struct ws_cli *cli, const struct ws_summary *s)
{
    struct ws_buf *out = &cli->out.text;

    field(out, "run", s->run_id);
    field(out, "workstream", s->ws_id);
    for (size_t i = 0; i < s->step_count; i++) {
        step_lines(cli, s, &s->steps[i]);
    }
    colored_field(cli, "status",
                  s->success    ? WS_COLOR_GOOD
                  : s->finished ? WS_COLOR_BAD
                                : WS_COLOR_CAUTION,
                  s->final_status, s->dry_run ? "dry run" : s->reason);
    if (s->dry_run) {
        return;
    }
    if (s->changed_files.len > 0) {
        paths(out, "changed", &s->changed_files);
    }
    if (s->out_of_scope_files.len > 0) {
        paths(out, "not in scope", &s->out_of_scope_files);
    }
    if (s->branch != NULL) {
        field(out, "branch", s->branch);
    }
    if (s->commit_oid != NULL) {
        field(out, "commit", s->commit_oid);
    }
    if (!s->success) {
        how_to_go_on(out, s);
    }
}
