#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "run_suite.h"
#include "wsfsm/steps/binding.h"

START_TEST(facts_come_back)
{
    struct ws_facts facts = {.scope_checked = true}, again;
    struct ws_buf json = {0};
    memcpy(facts.change, "0123456789012345678901234567890123456789", WS_OID_HEX);
    ws_strv_add(&facts.changed_files, "src/\"a\\b\".c");
    ws_strv_add(&facts.changed_files, "src/a%FFb");
    ws_strv_add(&facts.changed_files, "src/a\377b%20\n");
    ws_strv_add(&facts.out_of_scope, "doc/\303\251.md");
    ws_strv_add(&facts.violations, "hooks/post-commit was added");
    ws_facts_json(&json, &facts);
    ck_assert_int_eq(ws_facts_parse(&again, ws_buf_str(&json), NULL), 0);
    ck_assert_str_eq(again.change, facts.change);
    ck_assert(again.scope_checked);
    ck_assert_str_eq(again.changed_files.items[0], "src/\"a\\b\".c");
    ck_assert_str_eq(again.changed_files.items[1], "src/a%FFb");
    ck_assert_str_eq(again.changed_files.items[2], "src/a\377b%20\n");
    ck_assert_str_eq(again.out_of_scope.items[0], "doc/\303\251.md");
    ck_assert_str_eq(again.violations.items[0], "hooks/post-commit was added");
    ws_facts_release(&facts);
    ws_facts_release(&again);
    ws_buf_release(&json);
}
END_TEST

START_TEST(no_facts_are_empty_facts)
{
    struct ws_facts facts;
    struct ws_error err;
    ck_assert_int_eq(ws_facts_parse(&facts, NULL, &err), 0);
    ck_assert_str_eq(facts.change, "");
    ck_assert(!facts.scope_checked);
    ck_assert_int_eq(ws_facts_parse(&facts, "{", &err), -1);
    ck_assert_int_eq(err.code, WS_E_INTEGRITY);
}
END_TEST

START_TEST(in_scope_needs_facts)
{
    struct ws_facts facts = {0};
    ck_assert(!ws_guard_in_scope(&facts));
    facts.scope_checked = true;
    ck_assert(ws_guard_in_scope(&facts));
    ws_strv_add(&facts.out_of_scope, "x");
    ck_assert(!ws_guard_in_scope(&facts));
    ws_strv_clear(&facts.out_of_scope);
    ws_strv_add(&facts.violations, "x");
    ck_assert(!ws_guard_in_scope(&facts));
    ws_facts_release(&facts);
}
END_TEST

START_TEST(every_name_is_bound)
{
    ck_assert_ptr_nonnull(ws_step_binding("edit"));
    ck_assert_ptr_nonnull(ws_step_binding("static"));
    ck_assert_ptr_nonnull(ws_step_binding("runtime"));
    ck_assert_ptr_null(ws_step_binding("edti"));
    ck_assert_ptr_nonnull(ws_guard_binding("in_scope"));
    ck_assert_ptr_null(ws_guard_binding(""));
    const struct ws_bindings *b = ws_program_bindings();
    ck_assert_uint_eq(b->handler_count, 3);
    ck_assert_str_eq(b->handlers[1].events[2], "skipped");
}
END_TEST

int main(void)
{
    TCase *c = tcase_create("facts");
    tcase_add_test(c, facts_come_back);
    tcase_add_test(c, no_facts_are_empty_facts);
    tcase_add_test(c, in_scope_needs_facts);
    tcase_add_test(c, every_name_is_bound);
    return run_suite("facts", c);
}
