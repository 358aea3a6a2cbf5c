#include "wsfsm/project/prompt.h"

#include <string.h>

#include "wsfsm/base/text.h"

/* A text of the bundle behind `first`; its further lines are indented, never at the left edge. */
static void put_text(struct ws_buf *out, const char *first, const char *text)
{
    ws_buf_puts(out, first);
    for (;;) {
        size_t len = strcspn(text, "\n");

        ws_escape_line(out, text, len - (len > 0 && text[len - 1] == '\r'));
        ws_buf_putc(out, '\n');
        if (text[len] == '\0' || text[len + 1] == '\0') {
            return;
        }
        text += len + 1;
        ws_buf_puts(out, "   ");
    }
}

static void put_list(struct ws_buf *out, const char *heading, const struct ws_strv *items)
{
    if (items->len == 0) {
        return;
    }
    ws_buf_printf(out, "\n%s\n", heading);
    for (size_t i = 0; i < items->len; i++) {
        put_text(out, "- ", items->items[i]);
    }
}

static void put_tasks(struct ws_buf *out, const struct ws_strv *tasks)
{
    if (tasks->len == 0) {
        return;
    }
    ws_buf_puts(out, "\nTasks:\n");
    for (size_t i = 0; i < tasks->len; i++) {
        ws_buf_printf(out, "%zu.", i + 1);
        put_text(out, " ", tasks->items[i]);
    }
}

void ws_prompt_render(struct ws_buf *out, const struct ws_workstream *w, const char *run_id,
                      const char *failure)
{
    ws_buf_printf(out, "Workstream %s of run %s", w->id, run_id);
    if (w->title != NULL) {
        put_text(out, ": ", w->title);
    } else {
        ws_buf_putc(out, '\n');
    }
    put_text(out, "Change: ", w->openspec_change);
    put_text(out, "Issue: ", w->ccpm_issue);
    put_tasks(out, &w->tasks);
    put_list(out,
             "Files you may change (a folder stands for all that is below it, '*' and '**' for any "
             "name):",
             &w->files_scope);
    put_list(out, "Files you may create:", &w->files_create);
    put_list(out, "Commands that will be run in the worktree afterwards; each must succeed:",
             &w->acceptance_tests);
    if (*failure != '\0') {
        ws_buf_puts(out, "\nWhat failed last; mend it:\n");
        ws_buf_puts(out, failure);
    }
    ws_buf_puts(
        out,
        "\nRules:\n"
        "- Change and create nothing but the files above; any other change fails the workstream.\n"
        "- Edit the files themselves; an answer without an edit fails the workstream.\n"
        "- Do not commit, switch branches or touch anything in .git; the change is committed for "
        "you.\n"
        "- Nobody answers questions; decide, and finish.\n");
}
