/* Reading a page together, and its frame. */
#include "page.h"

#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "html.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/doc/doc.h"
#include "wsfsm/steps/environment.h"

/* --- reading --- */

static int read_history(struct ws_page *p, struct ws_error *err)
{
    struct ws_transition_rows last = {0};
    struct ws_transition_rows *all = &p->history;
    struct ws_store *store = p->session->store;
    const struct ws_run_row *run = p->run;
    int64_t after = run->last_seq - WS_PAGE_LAST;

    if (after <= WS_PAGE_FIRST) {
        return ws_store_history(all, store, run->run_id, run->ws_id, 0,
                                WS_PAGE_FIRST + WS_PAGE_LAST, err);
    }
    if (ws_store_history(all, store, run->run_id, run->ws_id, 0, WS_PAGE_FIRST, err) != 0 ||
        ws_store_history(&last, store, run->run_id, run->ws_id, after, WS_PAGE_LAST, err) != 0) {
        return -1;
    }
    p->left_out = after - WS_PAGE_FIRST;
    for (size_t i = 0; i < last.len; i++) {
        all->items = ws_grow(all->items, &all->cap, all->len, sizeof *all->items);
        all->items[all->len++] = last.items[i];
    }
    free(last.items); /* the rows have moved */
    return 0;
}

static int read_message(struct ws_page *p, struct ws_error *err)
{
    struct ws_attempt_rows rows = {0};
    int64_t id = p->history.len > 0 ? p->history.items[p->history.len - 1].attempt_id : 0;

    if (id == 0) {
        return 0;
    }
    if (ws_store_attempt(&rows, p->session->store, id, err) != 0) {
        return -1;
    }
    struct ws_doc *doc = rows.len > 0 && rows.items[0].result_json != NULL
                             ? ws_doc_parse_stored(rows.items[0].result_json, NULL)
                             : NULL;
    if (doc != NULL) {
        p->message = ws_strdup(ws_node_str(ws_doc_root(doc), "error_message", NULL));
    }
    ws_doc_free(doc);
    ws_attempt_rows_release(&rows);
    return 0;
}

/* What git has of the run. A repository that cannot be asked now makes the page no worse than
 * short.
 */
static void read_refs(struct ws_page *p)
{
    struct ws_error ignored;
    char *prefix = ws_format("refs/wsfsm/%s/%s/", p->run->run_id, p->run->ws_id);

    (void)ws_repo_refs(&p->refs, p->session->repo, prefix, &ignored);
    free(prefix);
    if (p->summary.branch != NULL) {
        char *branch = ws_format("refs/heads/%s", p->summary.branch);

        if (ws_repo_ref(p->branch_at, p->session->repo, branch, &ignored) != 0) {
            p->branch_at[0] = '\0';
        }
        free(branch);
    }
}

/* A bundle may spell out what a profile keeps as a secret. */
static void mask_bundle(struct ws_plan *plan)
{
    struct ws_workstream *w = &plan->workstream;
    struct ws_strv secrets = {0};

    ws_plan_secrets(&secrets, plan);
    struct ws_strv *shown[] = {&w->tasks, &w->files_scope, &w->files_create, &w->acceptance_tests};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        ws_redact_each(shown[i], &secrets);
    }
    char *title = w->title != NULL ? ws_redacted(w->title, &secrets) : NULL;
    free(w->title);
    w->title = title;
    ws_strv_release(&secrets);
}

int ws_page_read(struct ws_page *p, struct ws_session *s, const struct ws_run_row *run,
                 struct ws_error *err)
{
    struct ws_error ignored;
    int pid;

    *p = (struct ws_page){.session = s, .run = run, .log_left = WS_PAGE_LOG_BYTES};
    p->liveness = ws_cli_liveness(&pid, s, run);
    if (ws_run_summary(&p->summary, s, run->run_id, err) != 0 || read_history(p, err) != 0 ||
        ws_store_position(&p->position, s->store, run->run_id, run->ws_id, err) != 0 ||
        ws_cli_last_seen(p->last_seen, s, run, p->liveness, err) != 0 ||
        read_message(p, err) != 0) {
        return -1;
    }
    /* These are data that somebody may have spoilt; the page says so where they would stand. */
    (void)ws_facts_parse(&p->facts, p->position.facts_json, &ignored);
    p->has_plan = ws_plan_parse(&p->plan, run->metadata_json, &ignored) == 0;
    mask_bundle(&p->plan);
    if (ws_store_load_machine(&p->machine, s->store, run->digest, &ignored) != 0) {
        p->machine = NULL;
    }
    read_refs(p);
    return 0;
}

void ws_page_release(struct ws_page *p)
{
    ws_buf_release(&p->out);
    ws_summary_release(&p->summary);
    ws_plan_release(&p->plan);
    ws_machine_free(p->machine);
    ws_transition_rows_release(&p->history);
    ws_position_release(&p->position);
    ws_facts_release(&p->facts);
    ws_strv_release(&p->refs);
    free(p->message);
}

/* --- the frame --- */

void ws_page_begin(struct ws_page *p)
{
    ws_html_add(&p->out,
                "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                "style-src 'unsafe-inline'; img-src data:\"/>\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
                "<meta name=\"referrer\" content=\"no-referrer\"/>\n"
                "<title>%s %s: %s</title>\n<style>\n",
                p->run->ws_id, p->run->run_id, p->run->state);
    ws_buf_add(&p->out, ws_report_css, ws_report_css_len);
    ws_html_add(&p->out, "</style>\n</head>\n<body>\n<main>\n");
}

void ws_page_end(struct ws_page *p)
{
    char now[WS_TIME_SIZE];

    ws_time_format(now, ws_now_ms());
    ws_html_add(&p->out,
                "<footer>Written by wsfsm %s at %s from database %s. Times are UTC.</footer>\n"
                "</main>\n</body>\n</html>\n",
                WSFSM_VERSION, now, ws_store_id(p->session->store));
}

void ws_page_section(struct ws_page *p, const char *id, const char *title)
{
    ws_html_add(&p->out, "<section id=\"%s\">\n<h2>%s</h2>\n", id, title);
}

void ws_page_section_end(struct ws_page *p)
{
    ws_html_add(&p->out, "</section>\n");
}

static const char *badge_class(const char *word)
{
    static const struct {
        const char *word, *class_name;
    } known[] = {
        {"success", "good"},
        {"pass", "good"},
        {"passed", "good"},
        {"failure", "bad"},
        {"fail", "bad"},
        {"failed", "bad"},
        {"timeout", "bad"},
        {"could_not_run", "bad"},
        {"interrupted", "caution"},
        {"stopped", "caution"},
        {"in_progress", "caution"},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].word, word) == 0) {
            return known[i].class_name;
        }
    }
    return "plain";
}

void ws_page_badge(struct ws_page *p, const char *word)
{
    ws_html_add(&p->out, "<span class=\"badge %s\">%s</span>", badge_class(word), word);
}

void ws_page_span(struct ws_buf *out, const char *from, const char *to)
{
    int64_t begin, end;

    if (from != NULL && to != NULL && ws_time_parse(&begin, from) && ws_time_parse(&end, to)) {
        ws_format_duration(out, end - begin);
    }
}

void ws_page_list(struct ws_page *p, const char *class_name, const struct ws_strv *items)
{
    enum { LONG = 2000 };

    ws_html_add(&p->out, "<ul class=\"%s\">\n", class_name);
    for (size_t i = 0; i < items->len && i < WS_PAGE_ROWS; i++) {
        ws_html_add(&p->out, "<li>");
        ws_html_start(&p->out, items->items[i], LONG);
        ws_html_add(&p->out, "</li>\n");
    }
    if (items->len > WS_PAGE_ROWS) {
        ws_html_add(&p->out, "<li class=\"note\">and %zu more</li>\n", items->len - WS_PAGE_ROWS);
    }
    ws_html_add(&p->out, "</ul>\n");
}
