#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "failure.h"
#include "run_suite.h"
#include "wsfsm/base/mem.h"

#define TOOL(id, verdict, rest) "{\"id\":\"" id "\",\"verdict\":\"" verdict "\"" rest "}"
#define RESULT(message, tools, rest)                                                               \
    "{\"error_message\":" message ",\"details\":{\"tools\":[" tools "]" rest "}}"

static const char good[] = RESULT("null", TOOL("x", "passed", ""), ",\"out_of_scope_files\":[]");
static const char bad[] =
    RESULT("\"check: exit code 2\"",
           TOOL("fine", "passed", ",\"stdout_tail\":\"nothing to say\"") "," TOOL(
               "check", "failed",
               ",\"argv\":[\"check\",\"a.c\"],\"exit_code\":2,\"signal\":null,"
               "\"stdout_tail\":\"/run\\nsecond\\u001b[31m\\r\\n\",\"stderr_tail\":\"\""),
           "");
static const char left_scope[] =
    RESULT("null", "", ",\"out_of_scope_files\":[\"README.md\"],\"violations\":[\"HEAD moved\"]");
static const char slow[] = RESULT(
    "\"t: ran longer than its timeout\"",
    TOOL("t", "timeout", ",\"timed_out\":\"wall\",\"signal\":15,\"stderr_tail\":\"late\\n\""), "");

struct attempt {
    const char *step, *status, *result;
};

/* What is told to `own` after these attempts, the last of which is its own, in progress. */
static char *told(const char *own, const struct attempt *attempts, size_t count)
{
    struct ws_attempt_rows rows = {.items = ws_calloc(count + 1, sizeof *rows.items)};
    struct ws_buf out = {0};
    struct ws_error err = {0};

    for (rows.len = 0; rows.len < count; rows.len++) {
        rows.items[rows.len] = (struct ws_attempt_row){
            .step_name = (char *)attempts[rows.len].step,
            .status = (char *)attempts[rows.len].status,
            .result_json = (char *)attempts[rows.len].result,
            .number = (int)rows.len + 1,
        };
    }
    rows.items[rows.len++] =
        (struct ws_attempt_row){.step_name = (char *)own, .status = (char *)"in_progress"};
    ck_assert_msg(ws_failure_tell(&out, &rows, own, &err) == 0, "%s", err.message);
    free(rows.items);
    return ws_buf_steal(&out);
}

#define TOLD(own, ...)                                                                             \
    told(own, (const struct attempt[]){__VA_ARGS__},                                               \
         sizeof((const struct attempt[]){__VA_ARGS__}) / sizeof(struct attempt))

static void assert_told(char *text, const char *expected)
{
    ck_assert_str_eq(text, expected);
    free(text);
}

#define BAD(number)                                                                                \
    "Step static, attempt " number ": check: exit code 2\n"                                        \
    "- check: exit code 2\n"                                                                       \
    "  Command: check a.c\n"                                                                       \
    "  The end of its output:\n"                                                                   \
    "    /run\n"                                                                                   \
    "    second\\x1b[31m\n"

START_TEST(nothing_stands)
{
    assert_told(told("edit", NULL, 0), "");
    assert_told(TOLD("fix", {"edit", "success", good}), "");
    assert_told(TOLD("edit", {"edit", "interrupted", NULL}), "");
    assert_told(TOLD("fix", {"static", "failure", bad}, {"static", "success", good}), "");
    assert_told(TOLD("fix", {"runtime", "success", left_scope}, {"runtime", "skipped", good}), "");
}
END_TEST

START_TEST(the_newest_that_stands)
{
    assert_told(TOLD("fix", {"edit", "success", good}, {"static", "failure", bad}), BAD("2"));
    assert_told(TOLD("fix", {"static", "failure", bad}, {"format", "success", good}), BAD("1"));
    assert_told(TOLD("fix", {"runtime", "failure", slow}, {"static", "failure", bad}), BAD("2"));
    assert_told(TOLD("fix", {"static", "failure", bad}, {"fix", "interrupted", slow}), BAD("1"));
}
END_TEST

/* An agent that failed itself still has to know what it was called for. */
START_TEST(its_own_comes_last)
{
    assert_told(TOLD("fix", {"static", "failure", bad}, {"fix", "failure", slow}), BAD("1"));
    assert_told(TOLD("static", {"edit", "success", good}, {"static", "failure", bad}), BAD("2"));
}
END_TEST

START_TEST(reasons)
{
    assert_told(TOLD("fix", {"runtime", "success", left_scope}),
                "Step runtime, attempt 1\n"
                "- changed what the workstream may not change:\n"
                "    README.md\n"
                "    HEAD moved\n");
    assert_told(TOLD("fix", {"runtime", "failure", slow}),
                "Step runtime, attempt 1: t: ran longer than its timeout\n"
                "- t: ran into a limit of time (wall)\n"
                "  The end of its errors:\n"
                "    late\n");
    assert_told(
        TOLD("fix",
             {"static", "failure",
              RESULT("null",
                     TOOL("a", "could_not_run", ",\"error\":\"no such\"") "," TOOL(
                         "b", "failed",
                         ",\"signal\":11") "," TOOL("c", "failed",
                                                    ",\"matched_line\":\"!\",\"exit_code\":0"),
                     "")}),
        "Step static, attempt 1\n"
        "- a: could not start: no such\n"
        "- b: ended by signal 11\n"
        "- c: printed what means failure: !\n");
}
END_TEST

/* The end of much output, in whole lines; of many tools the first. */
START_TEST(it_stays_small)
{
    struct ws_buf result = {0};
    char *text;

    ws_buf_puts(&result, "{\"details\":{\"tools\":[");
    for (int tool = 0; tool < 40; tool++) {
        ws_buf_printf(&result, "%s{\"id\":\"t%d\",\"exit_code\":1,\"stdout_tail\":\"",
                      tool > 0 ? "," : "", tool);
        for (int line = 0; line < 800; line++) {
            ws_buf_printf(&result, "line %d\\n", line);
        }
        ws_buf_puts(&result, "\"}");
    }
    ws_buf_puts(&result, "]}}");
    text = TOLD("fix", {"static", "failure", ws_buf_str(&result)});
    ck_assert_uint_lt(strlen(text), 48 << 10);
    ck_assert_ptr_null(strstr(text, "    line 0\n"));
    ck_assert_ptr_nonnull(strstr(text, "- t0: exit code 1\n  The end of its output:\n    line "));
    ck_assert_ptr_nonnull(strstr(text, "    line 799\n"));
    ck_assert_ptr_nonnull(strstr(text, " more\n"));
    free(text);
    ws_buf_release(&result);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("failure");

    tcase_add_test(tc, nothing_stands);
    tcase_add_test(tc, the_newest_that_stands);
    tcase_add_test(tc, its_own_comes_last);
    tcase_add_test(tc, reasons);
    tcase_add_test(tc, it_stays_small);
    return run_suite("failure", tc);
}
