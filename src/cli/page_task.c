/* What was asked for, and what was changed. */
#include "html.h"
#include "page.h"

static void words(struct ws_page *p, const char *title, const struct ws_strv *items,
                  const char *class_name)
{
    if (items->len > 0) {
        ws_html_add(&p->out, "<h3>%s</h3>\n", title);
        ws_page_list(p, class_name, items);
    }
}

void ws_page_task(struct ws_page *p)
{
    const struct ws_workstream *w = &p->plan.workstream;

    ws_page_section(p, "task", "What was asked");
    if (p->has_plan) {
        words(p, "Tasks", &w->tasks, "tasks");
        words(p, "Paths it may change", &w->files_scope, "paths");
        words(p, "Paths it may create", &w->files_create, "paths");
        words(p, "Analysers", &p->plan.static_tools, "paths");
        words(p, "Acceptance tests", &w->acceptance_tests, "paths");
    } else {
        ws_html_add(&p->out, "<p class=\"callout bad\">What the run was started with cannot be "
                             "read from the database.</p>\n");
    }
    ws_page_section_end(p);
}

void ws_page_change(struct ws_page *p)
{
    const struct ws_facts *f = &p->facts;

    if (p->summary.dry_run) {
        return;
    }
    ws_page_section(p, "change", "What was changed");
    if (f->out_of_scope.len > 0) {
        ws_html_add(&p->out, "<h3>Out of scope</h3>\n");
        ws_page_list(p, "paths bad", &f->out_of_scope);
    }
    if (f->violations.len > 0) {
        ws_html_add(&p->out, "<h3>Touched beside it</h3>\n");
        ws_page_list(p, "paths bad", &f->violations);
    }
    if (f->changed_files.len > 0) {
        ws_html_add(&p->out, "<h3>%zu changed path%s</h3>\n", f->changed_files.len,
                    f->changed_files.len == 1 ? "" : "s");
        ws_page_list(p, "paths", &f->changed_files);
    } else {
        ws_html_add(&p->out, "<p>No change is recorded.</p>\n");
    }
    if (f->changed_files.len > 0 && !f->scope_checked) {
        ws_html_add(&p->out, "<p class=\"note\">The scope of this change was not checked: the run "
                             "did not come so far.</p>\n");
    }
    ws_page_section_end(p);
}
