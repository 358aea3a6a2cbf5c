/* Each attempt: its tools and their output, the evidence, what it left. One at a time is held. */
#include <string.h>

#include "html.h"
#include "page.h"
#include "wsfsm/doc/doc.h"

static void evidence_rows(struct ws_page *p, const struct ws_evidence_rows *rows)
{
    enum { LONG = 2000, SHORT = 10 };

    ws_html_add(&p->out, "<div class=\"scroll\"><table class=\"evidence\">\n<thead><tr>"
                         "<th>Evidence</th><th>Of</th><th>Verdict</th><th>Tree</th></tr></thead>\n"
                         "<tbody>\n");
    for (size_t i = 0; i < rows->len; i++) {
        const struct ws_evidence_row *e = &rows->items[i];

        ws_html_add(&p->out, "<tr><td>%s</td><td><code>", e->kind);
        ws_html_start(&p->out, e->command, LONG);
        ws_html_add(&p->out, "</code></td><td>");
        ws_page_badge(p, e->verdict);
        ws_html_add(&p->out, "</td><td><code title=\"%s\">", e->tree_oid);
        ws_html_start(&p->out, e->tree_oid != NULL ? e->tree_oid : "", SHORT);
        ws_html_add(&p->out, "</code></td></tr>\n");
    }
    ws_html_add(&p->out, "</tbody>\n</table></div>\n");
}

static int evidence(struct ws_page *p, const struct ws_attempt_row *a, struct ws_error *err)
{
    struct ws_evidence_rows rows = {0};

    if (ws_store_evidence(&rows, p->session->store, a->id, WS_PAGE_ROWS, err) != 0) {
        return -1;
    }
    if (rows.len > 0) {
        evidence_rows(p, &rows);
    }
    if (rows.len == WS_PAGE_ROWS) {
        ws_html_add(&p->out, "<p class=\"note\">No more than %zu are shown.</p>\n", rows.len);
    }
    ws_evidence_rows_release(&rows);
    return 0;
}

static void strings(struct ws_page *p, const struct ws_node *details, const char *key,
                    const char *title, bool bad)
{
    const struct ws_node *list = ws_node_get(details, key);
    struct ws_strv items = {0};

    if (list == NULL || list->kind != WS_NODE_SEQ || list->len == 0) {
        return;
    }
    for (size_t i = 0; i < list->len; i++) {
        ws_strv_add(&items, list->items[i]->text != NULL ? list->items[i]->text : "?");
    }
    ws_html_add(&p->out, "<details%s><summary>%s: %zu</summary>\n", bad ? " open=\"open\"" : "",
                title, items.len);
    ws_page_list(p, bad ? "paths bad" : "paths", &items);
    ws_html_add(&p->out, "</details>\n");
    ws_strv_release(&items);
}

static void details(struct ws_page *p, const struct ws_attempt_row *a, const struct ws_node *result)
{
    const struct ws_node *details = ws_node_get(result, "details");
    const struct ws_node *tools = ws_node_get(details, "tools");
    const char *message = ws_node_str(result, "error_message", NULL);
    const char *snapshot = ws_node_str(details, "snapshot", NULL);

    if (message != NULL) {
        ws_html_add(&p->out, "<p class=\"callout bad\">%s</p>\n", message);
    }
    for (size_t i = 0; tools != NULL && tools->kind == WS_NODE_SEQ && i < tools->len; i++) {
        if (i == WS_PAGE_ROWS) {
            ws_html_add(&p->out, "<p class=\"note\">and %zu more tools</p>\n", tools->len - i);
            break;
        }
        ws_page_tool(p, a, tools->items[i]);
    }
    strings(p, details, "out_of_scope_files", "Out of scope", true);
    strings(p, details, "violations", "Touched beside it", true);
    strings(p, details, "changed_files", "Changed paths", false);
    if (snapshot != NULL) {
        ws_html_add(&p->out, "<p class=\"note\">Kept as <code>%s</code></p>\n", snapshot);
    }
}

static int body(struct ws_page *p, const struct ws_attempt_row *a, struct ws_error *err)
{
    if (a->result_json == NULL) {
        ws_html_add(&p->out, "<p class=\"note\">It has not ended.</p>\n");
        return ws_page_unnamed_logs(p, a, err);
    }
    struct ws_doc *doc = ws_doc_parse_stored(a->result_json, NULL);
    if (doc == NULL) {
        ws_html_add(&p->out, "<p class=\"callout bad\">Its result cannot be read.</p>\n");
    } else {
        details(p, a, ws_doc_root(doc));
    }
    ws_doc_free(doc);
    if (strcmp(a->status, "interrupted") == 0 && ws_page_unnamed_logs(p, a, err) != 0) {
        return -1;
    }
    return evidence(p, a, err);
}

static int attempt(struct ws_page *p, int64_t id, struct ws_error *err)
{
    struct ws_attempt_rows rows = {0};
    struct ws_buf took = {0};
    int status = ws_store_attempt(&rows, p->session->store, id, err);

    for (size_t i = 0; status == 0 && i < rows.len; i++) {
        const struct ws_attempt_row *a = &rows.items[i];

        ws_page_span(&took, a->started_at, a->completed_at);
        ws_html_add(&p->out, "<article>\n<h3>%s <small>attempt %d</small> ", a->step_name,
                    a->number);
        ws_page_badge(p, a->status);
        ws_html_add(&p->out, "</h3>\n<p class=\"note\">%s%s%s</p>\n", a->started_at,
                    took.len > 0 ? ", took " : "", ws_buf_str(&took));
        status = body(p, a, err);
        ws_html_add(&p->out, "</article>\n");
    }
    ws_buf_release(&took);
    ws_attempt_rows_release(&rows);
    return status;
}

int ws_page_attempts(struct ws_page *p, struct ws_error *err)
{
    size_t count = 0, skip;
    int status = 0;

    for (size_t i = 0; i < p->history.len; i++) {
        count += p->history.items[i].attempt_id > 0;
    }
    skip = count > WS_PAGE_ATTEMPTS ? count - WS_PAGE_ATTEMPTS : 0;
    ws_page_section(p, "attempts", "Attempts");
    if (skip > 0 || p->left_out > 0) {
        ws_html_add(&p->out, "<p class=\"note\">The last %d are shown.</p>\n", WS_PAGE_ATTEMPTS);
    }
    for (size_t i = 0; status == 0 && i < p->history.len; i++) {
        int64_t id = p->history.items[i].attempt_id;

        if (id > 0 && skip > 0) {
            skip--;
        } else if (id > 0) {
            status = attempt(p, id, err);
        }
    }
    if (status == 0 && p->position.attempt_id > 0) {
        status = attempt(p, p->position.attempt_id, err);
    }
    if (count == 0 && p->position.attempt_id == 0) {
        ws_html_add(&p->out, "<p>Nothing was attempted.</p>\n");
    }
    ws_page_section_end(p);
    return status;
}
