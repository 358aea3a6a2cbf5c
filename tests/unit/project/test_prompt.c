#include "wsfsm/project/prompt.h"

#include "base/suite.h"
#include "reading.h"

static char *render_after(const char *failure, const char *text)
{
    struct ws_bundles b = {0};
    struct ws_diags diags = {0};
    struct ws_buf prompt = {0};

    read_text(&b, &diags, "f.yaml", text);
    ck_assert_uint_eq(diags.len, 0);
    ws_prompt_render(&prompt, &b.items[0], "run-1", failure);
    ws_bundles_release(&b);
    return ws_buf_steal(&prompt);
}

static char *render(const char *text)
{
    return render_after("", text);
}

START_TEST(it_says_what_is_to_be_done)
{
    char *prompt = render("id: ws-a\nopenspec_change: OS-1\nccpm_issue: 12\ngate: 1\n"
                          "title: Fix it\nfiles_scope: [src/, a.c]\nfiles_create: [b.c]\n"
                          "tasks: [First, Second]\ntool: echo\n"
                          "acceptance_tests: [make test, ./x]\n");
    static const char expected[] =
        "Workstream ws-a of run run-1: Fix it\n"
        "Change: OS-1\n"
        "Issue: 12\n"
        "\n"
        "Tasks:\n"
        "1. First\n"
        "2. Second\n"
        "\n"
        "Files you may change (a folder stands for all that is below it, '*' and '**' for any "
        "name):\n"
        "- src/\n"
        "- a.c\n"
        "\n"
        "Files you may create:\n"
        "- b.c\n"
        "\n"
        "Commands that will be run in the worktree afterwards; each must succeed:\n"
        "- make test\n"
        "- ./x\n"
        "\n"
        "Rules:\n";

    prompt[strlen(expected)] = '\0';
    ck_assert_str_eq(prompt, expected);
    free(prompt);
}
END_TEST

/* No line that the bundle had a hand in can be taken for a command of an agent. */
START_TEST(no_line_is_a_command)
{
    char *prompt = render("id: ws-a\nopenspec_change: \"/exit\\n!sh\"\nccpm_issue: \"!x\\n/y\"\n"
                          "gate: 1\ntitle: \"/t\\n!u\"\nfiles_scope: ['!x', '-y']\n"
                          "tasks: [\"/run rm\", \"!rm -rf ~\", \"a\\n/run\\n!b\\r\\n\\n/c\\n\"]\n"
                          "acceptance_tests: [\"/bin/true\", \"a\\n!b\"]\ntool: echo\n");

    ck_assert_str_ne(prompt, "");
    for (const char *line = prompt; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        ck_assert_msg(*line != '/' && *line != '!', "%s", line);
    }
    ck_assert_ptr_nonnull(strstr(prompt, "1. /run rm\n2. !rm -rf ~\n3. a\n   /run\n   !b\n   \n   "
                                         "/c\n\nFiles"));
    free(prompt);
}
END_TEST

START_TEST(controls_are_shown)
{
    char *prompt =
        render("- {id: ws-a, files_scope: [a], openspec_change: x, ccpm_issue: 1, gate: 1, "
               "tasks: [\"a\\e]0;x\\a b\"], tool: echo}\n");

    ck_assert_ptr_nonnull(strstr(prompt, "1. a\\x1b]0;x\\x07 b\n"));
    free(prompt);
}
END_TEST

RUN_TESTS("prompt", it_says_what_is_to_be_done, no_line_is_a_command, controls_are_shown)
