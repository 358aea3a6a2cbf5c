/* Errors, what verify says, and the events. */
#include <string.h>

#include "html.h"
#include "page.h"
#include "wsfsm/run/anchors.h"
#include "wsfsm/store/verify.h"

enum { MESSAGE_LONG = 2000, PAYLOAD_LONG = 400 };

int ws_page_errors(struct ws_page *p, struct ws_error *err)
{
    struct ws_error_rows rows = {0};

    if (ws_store_errors(&rows, p->session->store, p->run->run_id, p->run->ws_id, WS_PAGE_ROWS,
                        err) != 0) {
        return -1;
    }
    if (rows.len > 0) {
        ws_page_section(p, "errors", "Errors");
        ws_html_add(&p->out, "<div class=\"scroll\"><table>\n<thead><tr><th>Step</th><th>Code</th>"
                             "<th>Message</th><th>Times</th><th>Last seen</th></tr></thead>\n"
                             "<tbody>\n");
        for (size_t i = 0; i < rows.len; i++) {
            const struct ws_error_row *e = &rows.items[i];

            ws_html_add(&p->out, "<tr><td>%s</td><td>%s</td><td class=\"wide\">", e->step_name,
                        e->error_code);
            ws_html_start(&p->out, e->message, MESSAGE_LONG);
            ws_html_add(&p->out, "</td><td class=\"n\">%lld</td><td class=\"at\">%s</td></tr>\n",
                        (long long)e->count, e->last_seen_at);
        }
        ws_html_add(&p->out, "</tbody>\n</table></div>\n");
        if (rows.len == WS_PAGE_ROWS) {
            ws_html_add(&p->out, "<p class=\"note\">No more than %zu are shown.</p>\n", rows.len);
        }
        ws_page_section_end(p);
    }
    ws_error_rows_release(&rows);
    return 0;
}

static void findings(struct ws_page *p, const struct ws_findings *found)
{
    ws_html_add(&p->out, "<p class=\"callout bad\"><b>Not as it was written.</b> Database, machine "
                         "and git do not agree; trust nothing on this page.</p>\n<ul "
                         "class=\"paths bad\">\n");
    for (size_t i = 0; i < found->len && i < WS_PAGE_ROWS; i++) {
        const struct ws_finding *f = &found->items[i];

        ws_html_add(&p->out, "<li>%s", f->text);
        if (f->seq > 0) {
            ws_html_add(&p->out, " (transition %lld)", (long long)f->seq);
        }
        ws_html_add(&p->out, "</li>\n");
    }
    ws_html_add(&p->out, "</ul>\n");
}

static void head_of_chain(struct ws_page *p)
{
    const struct ws_transition_rows *h = &p->history;

    ws_html_add(&p->out, "<dl class=\"facts\">\n");
    if (h->len > 0) {
        ws_html_add(&p->out,
                    "<dt>chain head</dt><dd><code>%s</code></dd>\n"
                    "<dt>transitions</dt><dd>%lld</dd>\n",
                    h->items[h->len - 1].hash, (long long)h->items[h->len - 1].seq);
    }
    ws_html_add(&p->out, "<dt>machine</dt><dd><code>%s</code></dd>\n</dl>\n", p->run->digest);
    ws_html_add(&p->out,
                "<p class=\"note\">Check again: <code>wsfsm verify --run-id %s</code></p>\n",
                p->run->run_id);
}

void ws_page_proof(struct ws_page *p, bool *sound)
{
    struct ws_findings found = {0};
    struct ws_strv notes = {0};
    struct ws_error why = {0};
    const char *run_id = p->run->run_id;
    bool looked = ws_store_verify(&found, p->session->store, run_id, &why) == 0 &&
                  ws_anchors_verify(&found, &notes, p->session, run_id, &why) == 0;

    *sound = looked && found.len == 0;
    ws_page_section(p, "proof", "Is this what happened?");
    if (*sound) {
        ws_html_add(&p->out, "<p class=\"callout good\"><b>Verified.</b> The chain of the history "
                             "was recomputed, each transition is one the machine has, and the "
                             "anchors in git agree.</p>\n");
    } else if (!looked && found.len == 0) {
        ws_html_add(&p->out, "<p class=\"callout bad\"><b>Not verified.</b> %s%s%s</p>\n",
                    why.where, why.where[0] != '\0' ? ": " : "", why.message);
    } else {
        findings(p, &found);
    }
    if (notes.len > 0) {
        ws_page_list(p, "paths", &notes);
    }
    head_of_chain(p);
    ws_page_section_end(p);
    ws_findings_release(&found);
    ws_strv_release(&notes);
}

int ws_page_events(struct ws_page *p, struct ws_error *err)
{
    struct ws_event_rows rows = {0};

    if (ws_store_last_events(&rows, p->session->store, p->run->run_id, p->run->ws_id, WS_PAGE_ROWS,
                             err) != 0) {
        return -1;
    }
    ws_page_section(p, "events", "Events");
    ws_html_add(&p->out,
                "<details><summary>%s%zu</summary>\n<div class=\"scroll\"><table>\n"
                "<thead><tr><th>At</th><th>Event</th><th>About</th></tr></thead>\n"
                "<tbody>\n",
                rows.len == WS_PAGE_ROWS ? "the last " : "", rows.len);
    for (size_t i = 0; i < rows.len; i++) {
        const struct ws_event_row *e = &rows.items[i];

        ws_html_add(&p->out, "<tr><td class=\"at\">%s</td><td>%s</td><td class=\"wide\"><code>",
                    e->timestamp, e->event_type);
        ws_html_start(&p->out, e->payload_json, PAYLOAD_LONG);
        ws_html_add(&p->out, "</code></td></tr>\n");
    }
    ws_html_add(&p->out, "</tbody>\n</table></div></details>\n");
    ws_page_section_end(p);
    ws_event_rows_release(&rows);
    return 0;
}
