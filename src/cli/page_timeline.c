/* The machine with the way taken, and the transitions one by one. */
#include "columns.h"
#include "graph.h"
#include "html.h"
#include "page.h"
#include "wsfsm/base/clock.h"

void ws_page_machine(struct ws_page *p)
{
    const struct ws_machine *m = p->machine;

    ws_page_section(p, "machine", "The way taken");
    if (m == NULL) {
        ws_html_add(&p->out, "<p class=\"callout bad\">The machine of this run cannot be read from "
                             "the database.</p>\n");
    } else {
        ws_html_add(&p->out, "<div class=\"scroll\">\n");
        bool drawn = ws_graph(&p->out, m, &p->history, p->run->state);
        ws_html_add(&p->out, "</div>\n");
        if (!drawn) {
            ws_html_add(&p->out, "<p>The machine has %d states, too many for a picture.</p>\n",
                        m->state_count);
        }
        ws_html_add(&p->out,
                    "<p class=\"note\">Machine <b>%s</b>, <code class=\"id\">%s</code>. "
                    "Numbers are those of the transitions below.</p>\n",
                    m->name, m->digest);
    }
    ws_page_section_end(p);
}

static int64_t span_ms(const char *from, const char *to)
{
    int64_t begin, end;

    return ws_time_parse(&begin, from) && ws_time_parse(&end, to) && end > begin ? end - begin : 0;
}

static int64_t longest(const struct ws_transition_rows *rows)
{
    int64_t longest = 1;

    for (size_t i = 1; i < rows->len; i++) {
        int64_t ms = span_ms(rows->items[i - 1].at, rows->items[i].at);
        longest = ms > longest ? ms : longest;
    }
    return longest;
}

/* What the state left by this transition took: in words, and as a bar beside those of the others.
 */
static void duration(struct ws_page *p, const struct ws_transition_row *before,
                     const struct ws_transition_row *t, int64_t whole)
{
    struct ws_buf text = {0};

    ws_html_add(&p->out, "<td class=\"took\">");
    if (before != NULL && before->seq == t->seq - 1) {
        int64_t ms = span_ms(before->at, t->at);

        ws_format_duration(&text, ms);
        ws_html_add(&p->out, "%s<i style=\"width:%d%%\"></i>", ws_buf_str(&text),
                    whole > 0 ? (int)(ms * 100 / whole) : 0);
    }
    ws_html_add(&p->out, "</td>");
    ws_buf_release(&text);
}

static void guard(struct ws_page *p, const struct ws_transition_row *t)
{
    ws_html_add(&p->out, "<td>");
    if (t->guard != NULL) {
        ws_html_add(&p->out, "%s: <b class=\"%s\">%s</b>", t->guard,
                    t->guard_answer > 0 ? "good" : "bad", t->guard_answer > 0 ? "yes" : "no");
    }
    ws_html_add(&p->out, "</td>");
}

static void row(struct ws_page *p, size_t i, int64_t whole)
{
    const struct ws_transition_row *t = &p->history.items[i];

    ws_html_add(&p->out,
                "<tr><td class=\"n\">%lld</td><td class=\"at\">%s</td><td>%s</td><td>%s</td>",
                (long long)t->seq, t->at, t->from_state, t->event);
    guard(p, t);
    ws_html_add(&p->out, "<td>%s</td>", t->to_state);
    duration(p, i > 0 ? &p->history.items[i - 1] : NULL, t, whole);
    ws_html_add(&p->out, "</tr>\n");
}

void ws_page_timeline(struct ws_page *p)
{
    int64_t whole = longest(&p->history);

    ws_page_section(p, "timeline", "Timeline");
    ws_html_add(&p->out, "<div class=\"scroll\">\n<table>\n<thead><tr><th>#</th><th>At</th>"
                         "<th>From</th><th>Event</th><th>Guard</th><th>To</th><th>Took</th></tr>"
                         "</thead>\n<tbody>\n");
    for (size_t i = 0; i < p->history.len; i++) {
        if (p->left_out > 0 && i == WS_PAGE_FIRST) {
            ws_html_add(&p->out,
                        "<tr class=\"note\"><td colspan=\"7\">%lld transitions are left out here: "
                        "<code>wsfsm history --ws-id %s --run-id %s</code></td></tr>\n",
                        (long long)p->left_out, p->run->ws_id, p->run->run_id);
        }
        row(p, i, whole);
    }
    ws_html_add(&p->out, "</tbody>\n</table>\n</div>\n");
    if (p->history.len == 0) {
        ws_html_add(&p->out, "<p>No transition was taken.</p>\n");
    }
    ws_page_section_end(p);
}
