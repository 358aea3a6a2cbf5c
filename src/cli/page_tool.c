/* A tool that was called, out of an attempt's result. */
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "html.h"
#include "log_files.h"
#include "page.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/doc/doc.h"

enum { ARGUMENTS = 60, ARGUMENT_LONG = 2000, LINE_LONG = 500 };

/* A word of a command line, as a shell would have it. */
static void word(struct ws_page *p, const char *text)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-{}";
    bool quoted = text[0] == '\0' || text[strspn(text, plain)] != '\0';

    ws_html_add(&p->out, "%s", quoted ? "'" : "");
    ws_html_start(&p->out, text, ARGUMENT_LONG);
    ws_html_add(&p->out, "%s", quoted ? "'" : "");
}

static void argv(struct ws_page *p, const struct ws_node *list)
{
    if (list == NULL || list->kind != WS_NODE_SEQ || list->len == 0) {
        return;
    }
    ws_html_add(&p->out, "<pre class=\"argv\">");
    for (size_t i = 0; i < list->len && i < ARGUMENTS; i++) {
        ws_html_add(&p->out, "%s", i > 0 ? " " : "");
        word(p, list->items[i]->text != NULL ? list->items[i]->text : "");
    }
    if (list->len > ARGUMENTS) {
        ws_html_add(&p->out, " ... and %zu more", list->len - ARGUMENTS);
    }
    ws_html_add(&p->out, "</pre>\n");
}

static bool is_number(const struct ws_node *tool, const char *key)
{
    const struct ws_node *n = ws_node_get(tool, key);

    return n != NULL && n->kind == WS_NODE_INT;
}

static void fact(struct ws_page *p, const char *name, const char *value)
{
    if (value != NULL) {
        ws_html_add(&p->out, "<span>%s <b>%s</b></span> ", name, value);
    }
}

static void bytes(struct ws_page *p, const struct ws_node *tool, const char *name, const char *key)
{
    struct ws_buf text = {0};

    if (is_number(tool, key)) {
        ws_format_bytes(&text, ws_node_int(tool, key, 0));
        fact(p, name, ws_buf_str(&text));
    }
    ws_buf_release(&text);
}

/* "exit code 3, took 15 ms, ..." */
static void facts(struct ws_page *p, const struct ws_node *tool)
{
    struct ws_buf took = {0};

    ws_html_add(&p->out, "<p class=\"toolfacts\">");
    if (is_number(tool, "exit_code")) {
        ws_html_add(&p->out, "<span>exit code <b>%lld</b></span> ",
                    (long long)ws_node_int(tool, "exit_code", 0));
    }
    if (is_number(tool, "signal")) {
        ws_html_add(&p->out, "<span>ended by signal <b>%lld</b></span> ",
                    (long long)ws_node_int(tool, "signal", 0));
    }
    fact(p, "over its limit:", ws_node_str(tool, "timed_out", NULL));
    if (is_number(tool, "duration_ms")) {
        ws_format_duration(&took, ws_node_int(tool, "duration_ms", 0));
        fact(p, "took", ws_buf_str(&took));
    }
    bytes(p, tool, "standard output", "stdout_bytes");
    bytes(p, tool, "standard error", "stderr_bytes");
    if (ws_node_int(tool, "leftovers", 0) > 0) {
        ws_html_add(&p->out, "<span>left running, and ended <b>%lld</b></span> ",
                    (long long)ws_node_int(tool, "leftovers", 0));
    }
    if (strcmp(ws_node_str(tool, "confined", "none"), "none") != 0) {
        fact(p, "confined by", ws_node_str(tool, "confined", NULL));
        fact(p, "network", ws_node_str(tool, "network", NULL));
    }
    ws_html_add(&p->out, "</p>\n");
    ws_buf_release(&took);
}

static void remark(struct ws_page *p, const char *name, const char *text)
{
    if (text != NULL) {
        ws_html_add(&p->out, "<p class=\"callout bad\">%s: ", name);
        ws_html_start(&p->out, text, LINE_LONG);
        ws_html_add(&p->out, "</p>\n");
    }
}

/* The record has the end of it, whatever became of the file. */
static void output(struct ws_page *p, const struct ws_node *tool, const char *stream, bool open)
{
    char *key = ws_format("%s_tail", stream);
    const char *text = ws_node_str(tool, key, "");

    free(key);
    key = ws_format("%s_bytes", stream);
    ws_page_output(p, stream, text, strlen(text), (uint64_t)ws_node_int(tool, key, 0), open);
    free(key);
}

static void where_the_rest_is(struct ws_page *p, const struct ws_attempt_row *a,
                              const struct ws_node *tool)
{
    const char *log = ws_node_str(tool, "stdout_log", NULL);

    if (log == NULL) {
        return;
    }
    char *file = ws_log_file_now(ws_repo_state_dir(p->session->repo), log);
    if (file != NULL && ws_path_exists(file)) {
        ws_html_add(&p->out,
                    "<p class=\"note\">All of it: <code>wsfsm log --run-id %s --step %s "
                    "--attempt %d</code></p>\n",
                    a->run_id, a->step_name, a->number);
    } else {
        ws_html_add(&p->out, "<p class=\"note\">The log files are gone; this is what the record "
                             "kept of them.</p>\n");
    }
    free(file);
}

void ws_page_tool(struct ws_page *p, const struct ws_attempt_row *attempt,
                  const struct ws_node *tool)
{
    const char *verdict = ws_node_str(tool, "verdict", "unknown");
    bool passed = strcmp(verdict, "passed") == 0 || strcmp(verdict, "would_run") == 0;

    ws_html_add(&p->out, "<div class=\"tool\">\n<h4>%s ", ws_node_str(tool, "id", "?"));
    ws_page_badge(p, verdict);
    ws_html_add(&p->out, "</h4>\n");
    argv(p, ws_node_get(tool, "argv"));
    facts(p, tool);
    remark(p, "It could not be started", ws_node_str(tool, "error", NULL));
    remark(p, "A failure pattern matched", ws_node_str(tool, "matched_line", NULL));
    remark(p, "It ran unconfined", ws_node_str(tool, "unconfined_why", NULL));
    output(p, tool, "stdout", !passed);
    output(p, tool, "stderr", !passed);
    where_the_rest_is(p, attempt, tool);
    ws_html_add(&p->out, "</div>\n");
}
