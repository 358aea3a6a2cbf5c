#include "summary.h"

#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"
#include "wsfsm/doc/doc.h"

static bool any_encoded(const struct ws_strv *paths)
{
    size_t i = 0;

    while (i < paths->len && !ws_path_is_encoded(paths->items[i])) {
        i++;
    }
    return i < paths->len;
}

static void print_json(struct ws_buf *out, const struct ws_summary *s)
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

/* Lines of a label and a value, the values in one column. */
struct page {
    struct ws_cli *cli;
    struct ws_buf *out;
    size_t width; /* of the labels, with the space behind the longest */
};

static const char label_out_of_scope[] = "not in scope";

static size_t label_width(const struct ws_summary *s)
{
    enum { USUAL = 12, SPACE = 2 };
    size_t longest = s->out_of_scope_files.len > 0 ? strlen(label_out_of_scope) : 0;

    for (size_t i = 0; i < s->step_count; i++) {
        size_t len = strlen(s->steps[i].step);
        longest = len > longest ? len : longest;
    }
    return longest + SPACE > USUAL ? longest + SPACE : USUAL;
}

static void label(const struct page *p, const char *text)
{
    size_t start = p->out->len;

    ws_escape_line(p->out, text, strlen(text));
    do {
        ws_buf_putc(p->out, ' ');
    } while (p->out->len - start < p->width);
}

static void field(const struct page *p, const char *name, const char *value)
{
    label(p, name);
    ws_escape_line(p->out, value, strlen(value));
    ws_buf_putc(p->out, '\n');
}

static void colored_field(const struct page *p, const char *name, enum ws_color color,
                          const char *value, const char *remark)
{
    label(p, name);
    ws_cli_colored(p->cli, color, value);
    if (remark != NULL) {
        ws_buf_puts(p->out, " (");
        ws_escape_line(p->out, remark, strlen(remark));
        ws_buf_putc(p->out, ')');
    }
    ws_buf_putc(p->out, '\n');
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
static void commands(const struct page *p, const struct ws_node *tools)
{
    for (size_t i = 0; tools != NULL && tools->kind == WS_NODE_SEQ && i < tools->len; i++) {
        const struct ws_node *argv = ws_node_get(tools->items[i], "argv");

        if (argv == NULL || argv->kind != WS_NODE_SEQ) {
            continue;
        }
        label(p, "");
        if (argv->len == 0) {
            ws_buf_printf(p->out, "could not run: %s has no profile\n",
                          ws_node_str(tools->items[i], "id", "the tool"));
            continue;
        }
        ws_buf_puts(p->out, "would run:");
        for (size_t j = 0; j < argv->len; j++) {
            ws_buf_putc(p->out, ' ');
            quoted(p->out, argv->items[j]->text != NULL ? argv->items[j]->text : "");
        }
        ws_buf_putc(p->out, '\n');
    }
}

static struct ws_doc *result_of(const struct ws_step_result *step)
{
    return step->result_json != NULL ? ws_doc_parse_stored(step->result_json, NULL) : NULL;
}

static void step_lines(const struct page *p, const struct ws_summary *s,
                       const struct ws_step_result *step)
{
    struct ws_doc *doc = result_of(step);
    const struct ws_node *result = doc != NULL ? ws_doc_root(doc) : NULL;
    const char *message = result != NULL ? ws_node_str(result, "error_message", NULL) : NULL;

    colored_field(p, step->step, ws_color_of(step->status), step->status, message);
    if (result != NULL && s->dry_run) {
        commands(p, ws_node_get(ws_node_get(result, "details"), "tools"));
    }
    ws_doc_free(doc);
}

enum { SHOWN = 10 }; /* of a list */

static void paths(const struct page *p, const char *name, const struct ws_strv *list)
{
    label(p, name);
    ws_buf_printf(p->out, "%zu file%s\n", list->len, list->len == 1 ? "" : "s");
    for (size_t i = 0; i < list->len && i < SHOWN; i++) {
        label(p, "");
        ws_out_path(&p->cli->out, list->items[i]);
    }
    if (list->len > SHOWN) {
        label(p, "");
        ws_buf_printf(p->out, "and %zu more\n", list->len - SHOWN);
    }
}

static void violations_of(const struct page *p, const struct ws_node *list)
{
    size_t len = list != NULL && list->kind == WS_NODE_SEQ ? list->len : 0;

    for (size_t i = 0; i < len && i < SHOWN; i++) {
        field(p, i == 0 ? "violation" : "",
              list->items[i]->text != NULL ? list->items[i]->text : "");
    }
    if (len > SHOWN) {
        label(p, "");
        ws_buf_printf(p->out, "and %zu more\n", len - SHOWN);
    }
}

/* What was touched beside the files: refs, config, hooks, nested repositories. */
static void violations(const struct page *p, const struct ws_summary *s)
{
    for (size_t i = 0; i < s->step_count; i++) {
        struct ws_doc *doc = result_of(&s->steps[i]);

        if (doc != NULL) {
            violations_of(p, ws_node_get(ws_node_get(ws_doc_root(doc), "details"), "violations"));
        }
        ws_doc_free(doc);
    }
}

static void how_to_go_on(const struct page *p, const struct ws_summary *s)
{
    if (s->step_count > 0) {
        label(p, "logs");
        ws_buf_printf(p->out, "wsfsm log --run-id %s\n", s->run_id);
    }
    for (size_t i = 0; i < s->snapshots.len; i++) {
        label(p, i == 0 ? "snapshot" : "");
        ws_buf_printf(p->out, "git show %s\n", s->snapshots.items[i]);
    }
    if (!s->finished) {
        label(p, "go on");
        ws_buf_printf(p->out, "wsfsm resume --run-id %s\n", s->run_id);
    }
}

static void print_text(struct ws_cli *cli, const struct ws_summary *s)
{
    const struct page page = {.cli = cli, .out = &cli->out.text, .width = label_width(s)};
    const struct page *p = &page;

    field(p, "run", s->run_id);
    field(p, "workstream", s->ws_id);
    for (size_t i = 0; i < s->step_count; i++) {
        step_lines(p, s, &s->steps[i]);
    }
    colored_field(p, "status",
                  s->success    ? WS_COLOR_GOOD
                  : s->finished ? WS_COLOR_BAD
                                : WS_COLOR_CAUTION,
                  s->final_status, s->dry_run ? "dry run" : s->reason);
    if (s->dry_run) {
        return;
    }
    if (s->changed_files.len > 0) {
        paths(p, "changed", &s->changed_files);
    }
    if (s->out_of_scope_files.len > 0) {
        paths(p, label_out_of_scope, &s->out_of_scope_files);
    }
    violations(p, s);
    if (s->branch != NULL) {
        field(p, "branch", s->branch);
    }
    if (s->commit_oid != NULL) {
        field(p, "commit", s->commit_oid);
        label(p, "merge");
        ws_buf_printf(p->out, "git merge %s\n", s->branch);
    }
    if (!s->success) {
        how_to_go_on(p, s);
    }
}

void ws_summary_print(struct ws_cli *cli, const struct ws_summary *s)
{
    if (s->snapshots_unknown != NULL) {
        ws_cli_warning(cli, "the snapshots of this run are not known: %s", s->snapshots_unknown);
    }
    if (cli->json) {
        print_json(&cli->out.text, s);
    } else {
        print_text(cli, s);
    }
}
