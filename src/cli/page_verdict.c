/* The top of a page: how it ended, why, and what to do now. */
#include <string.h>

#include "html.h"
#include "page.h"
#include "wsfsm/base/text.h"
#include "wsfsm/repo/repo.h"

/* --- in plain words --- */

static const char *reason_text(const char *reason)
{
    static const struct {
        const char *reason, *text;
    } known[] = {
        {"scope_violation", "The change left its scope: something was touched that this workstream "
                            "may not touch."},
        {"failed", "A step did not pass."},
        {"no_change", "The tool ended without changing anything."},
        {"timeout", "A step took longer than it may."},
        {"idle_timeout", "A tool printed nothing for longer than it may, and was ended."},
        {"could_not_run", "Something that was needed could not be run."},
        {"cancel", "It was cancelled."},
        {"interrupted", "It was interrupted more often than the machine allows."},
    };

    for (size_t i = 0; reason != NULL && i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].reason, reason) == 0) {
            return known[i].text;
        }
    }
    return NULL;
}

static void why_not(struct ws_page *p)
{
    const char *reason = p->summary.reason != NULL ? p->summary.reason : "unknown";
    const char *text = reason_text(reason);

    if (text != NULL) {
        ws_html_add(&p->out, "<p class=\"lede\">%s", text);
    } else {
        ws_html_add(&p->out, "<p class=\"lede\">It ended with the code <code>%s</code>.", reason);
    }
    if (p->message != NULL) {
        ws_html_add(&p->out, " The last step said: <q>%s</q>.", p->message);
    }
    ws_html_add(&p->out, " Nothing was committed.</p>\n");
}

static void explain(struct ws_page *p)
{
    const struct ws_summary *s = &p->summary;

    if (strcmp(p->liveness, "alive") == 0) {
        ws_html_add(&p->out,
                    "<p class=\"lede\">It was still at work, in the state <b>%s</b>, when "
                    "this page was written.</p>\n",
                    p->run->state);
    } else if (!s->finished) {
        ws_html_add(&p->out,
                    "<p class=\"lede\">It began and did not end: a crash, a kill or a "
                    "signal left it in the state <b>%s</b>. Nothing that was recorded is "
                    "lost, and it can go on.</p>\n",
                    p->run->state);
    } else if (!s->success) {
        why_not(p);
    } else if (s->dry_run) {
        ws_html_add(&p->out, "<p class=\"lede\">The way through the machine is open.</p>\n");
    } else {
        ws_html_add(&p->out, "<p class=\"lede\">The workstream ended in success, and its change is "
                             "one commit on a branch of its own.</p>\n");
    }
    if (s->dry_run) {
        ws_html_add(&p->out, "<p class=\"callout\"><b>This was a dry run.</b> No tool was called, "
                             "nothing was changed or tested; the tools below are those that would "
                             "have run.</p>\n");
    }
}

/* --- what to do --- */

static void command(struct ws_page *p, const char *what, const char *format, const char *first,
                    const char *second)
{
    ws_html_add(&p->out, "<dt>%s</dt><dd><code class=\"command\">", what);
    for (; *format != '\0'; format++) {
        if (*format == '1' || *format == '2') {
            ws_html_text(&p->out, *format == '1' ? first : second);
        } else {
            ws_buf_putc(&p->out, *format);
        }
    }
    ws_html_add(&p->out, "</code></dd>\n");
}

static void take_over(struct ws_page *p)
{
    const struct ws_summary *s = &p->summary;
    const char *commit = s->commit_oid != NULL ? s->commit_oid : "";
    bool there = s->branch != NULL && strcmp(p->branch_at, commit) == 0;

    ws_page_section(p, "take-over", "Take it over");
    ws_html_add(&p->out, "<dl class=\"commands\">\n");
    command(p, "look at it", "git show 1", there ? s->branch : commit, NULL);
    if (there) {
        command(p, "merge it", "git merge 1", s->branch, NULL);
    }
    command(p, there ? "or pick it" : "pick it", "git cherry-pick 1", commit, NULL);
    ws_html_add(&p->out, "</dl>\n");
    if (!there) {
        ws_html_add(&p->out, "<p class=\"note\">The branch <code>%s</code> %s.</p>\n", s->branch,
                    p->branch_at[0] != '\0' ? "has moved on since the run ended" : "is gone");
    }
    ws_page_section_end(p);
}

static void go_on(struct ws_page *p)
{
    bool alive = strcmp(p->liveness, "alive") == 0;

    ws_page_section(p, "go-on", alive ? "Follow or end it" : "Go on, or end it");
    ws_html_add(&p->out, "<dl class=\"commands\">\n");
    if (alive) {
        command(p, "follow it", "wsfsm history --run-id 1 --ws-id 2 --follow", p->run->run_id,
                p->run->ws_id);
    } else {
        command(p, "go on", "wsfsm resume --run-id 1", p->run->run_id, NULL);
    }
    command(p, "end it", "wsfsm cancel --run-id 1", p->run->run_id, NULL);
    ws_html_add(&p->out, "</dl>\n");
    ws_page_section_end(p);
}

void ws_page_snapshots(struct ws_page *p)
{
    const char *last = NULL;
    struct ws_strv kept = {0};

    for (size_t i = 0; i < p->refs.len; i++) {
        if (ws_ref_is_snapshot(p->refs.items[i])) {
            ws_strv_add(&kept, p->refs.items[i]);
            last = p->refs.items[i];
        }
    }
    if (last != NULL) {
        ws_page_section(p, "snapshots", "Snapshots");
        ws_html_add(&p->out, "<p>What each attempt left in the worktree is kept in git:</p>\n");
        ws_page_list(p, "refs", &kept);
        ws_html_add(&p->out, "<dl class=\"commands\">\n");
        command(p, "look at one", "git show 1", last, NULL);
        if (p->has_plan && p->plan.base_oid != NULL) {
            command(p, "all of its change", "git diff 1 2", p->plan.base_oid, last);
        }
        command(p, "get a file back", "git restore --source 1 -- PATH", last, NULL);
        command(p, "go on by hand", "git switch -c mine 1", last, NULL);
        ws_html_add(&p->out, "</dl>\n");
        ws_page_section_end(p);
    }
    ws_strv_release(&kept);
}

/* --- facts --- */

static void fact(struct ws_page *p, const char *name, const char *value)
{
    if (value != NULL && value[0] != '\0') {
        ws_html_add(&p->out, "<dt>%s</dt><dd>%s</dd>\n", name, value);
    }
}

static void code_fact(struct ws_page *p, const char *name, const char *value)
{
    if (value != NULL && value[0] != '\0') {
        ws_html_add(&p->out, "<dt>%s</dt><dd><code>%s</code></dd>\n", name, value);
    }
}

static void facts(struct ws_page *p)
{
    const struct ws_run_row *run = p->run;
    struct ws_buf took = {0};

    ws_html_add(&p->out, "<dl class=\"facts\">\n");
    code_fact(p, "run", run->run_id);
    code_fact(p, "workstream", run->ws_id);
    fact(p, "state", run->state);
    if (run->final) {
        fact(p, "reason", p->summary.reason);
    }
    fact(p, "started", run->created_at);
    fact(p, run->final ? "ended" : "last seen", p->last_seen);
    if (run->final) {
        ws_page_span(&took, run->created_at, run->updated_at);
        fact(p, "took", ws_buf_str(&took));
    }
    if (p->has_plan) {
        fact(p, "tool", p->plan.workstream.tool);
        fact(p, "model", p->plan.model);
        fact(p, "base", p->plan.base_name);
        code_fact(p, "base commit", p->plan.base_oid);
    }
    if (p->summary.success || p->branch_at[0] != '\0') {
        code_fact(p, "branch", p->summary.branch);
    }
    code_fact(p, "commit", p->summary.commit_oid);
    ws_html_add(&p->out, "</dl>\n");
    ws_buf_release(&took);
}

static const char *verdict_class(const struct ws_page *p)
{
    if (!p->summary.finished) {
        return "caution";
    }
    if (p->summary.dry_run) {
        return "plain";
    }
    return p->summary.success ? "good" : "bad";
}

void ws_page_verdict(struct ws_page *p)
{
    const char *title = p->has_plan ? p->plan.workstream.title : NULL;
    const char *word = p->summary.finished ? p->run->state : p->liveness;

    ws_html_add(&p->out,
                "<header class=\"%s\">\n<p class=\"kicker\">wsfsm report</p>\n<h1>%s</h1>\n",
                verdict_class(p), p->run->ws_id);
    if (title != NULL) {
        ws_html_add(&p->out, "<p class=\"title\">%s</p>\n", title);
    }
    ws_html_add(&p->out, "<p class=\"verdict\">%s%s</p>\n", word,
                p->summary.dry_run ? " (dry run)" : "");
    explain(p);
    facts(p);
    ws_html_add(&p->out, "</header>\n");
    if (!p->summary.finished) {
        go_on(p);
    } else if (p->summary.success && !p->summary.dry_run) {
        take_over(p);
    }
}
