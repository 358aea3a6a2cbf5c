#include "wsfsm/base/clock.h"

#include "suite.h"

static const struct {
    int64_t ms;
    const char *text;
} times[] = {
    {0, "1970-01-01T00:00:00.000Z"},
    {1, "1970-01-01T00:00:00.001Z"},
    {-1, "1969-12-31T23:59:59.999Z"},
    {-1000, "1969-12-31T23:59:59.000Z"},
    {951782400123, "2000-02-29T00:00:00.123Z"},
    {1795364304123, "2026-11-22T16:18:24.123Z"},
    {253402300799999, "9999-12-31T23:59:59.999Z"},
    {-62167219200000, "0000-01-01T00:00:00.000Z"},
};

START_TEST(formats_and_parses)
{
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        char text[WS_TIME_SIZE];
        int64_t ms = 42;

        ws_time_format(text, times[i].ms);
        ck_assert_str_eq(text, times[i].text);
        ck_assert(ws_time_parse(&ms, times[i].text));
        ck_assert_int_eq(ms, times[i].ms);
    }
}
END_TEST

START_TEST(what_four_digits_cannot_say_is_clamped)
{
    char text[WS_TIME_SIZE];

    ws_time_format(text, INT64_MAX);
    ck_assert_str_eq(text, "9999-12-31T23:59:59.999Z");
    ws_time_format(text, INT64_MIN);
    ck_assert_str_eq(text, "0000-01-01T00:00:00.000Z");
}
END_TEST

START_TEST(anything_else_is_refused)
{
    static const char *const wrong[] = {
        "",
        "2026-11-22",
        "2026-11-22T16:18:24Z",
        "2026-11-22T16:18:24.123",
        "2026-11-22T16:18:24.123Zx",
        "2026-11-22 16:18:24.123Z",
        "2026-11-22t16:18:24.123Z",
        "2026-11-22T16:18:24,123Z",
        "2026-11-22T16:18:24.123z",
        "2026-02-29T16:18:24.123Z",
        "2026-13-01T16:18:24.123Z",
        "2026-00-01T16:18:24.123Z",
        "2026-11-31T16:18:24.123Z",
        "2026-11-22T24:00:00.000Z",
        "2026-11-22T16:60:24.123Z",
        "2026-11-22T16:18:60.123Z",
        "2026-11-22T16:18:2x.123Z",
        "2026-11-22T16:18:2 .123Z",
        "-026-11-22T16:18:24.123Z",
        "2026-11-22T16:18:24.\xFF\xFF\xFFZ",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int64_t ms = 42;

        ck_assert_msg(!ws_time_parse(&ms, wrong[i]), "'%s'", wrong[i]);
        ck_assert_int_eq(ms, 42);
    }
}
END_TEST

START_TEST(both_clocks_run)
{
    int64_t boot = ws_boot_ms();

    ck_assert_int_gt(boot, 0);
    ck_assert_int_ge(ws_boot_ms(), boot);
    ck_assert_int_gt(ws_now_ms(), 1600000000000);
}
END_TEST

START_TEST(the_users_time_zone_does_not_matter)
{
    char text[WS_TIME_SIZE];
    int64_t ms;

    setenv("TZ", "America/New_York", 1);
    ws_time_format(text, 0);
    ck_assert_str_eq(text, "1970-01-01T00:00:00.000Z");
    ck_assert(ws_time_parse(&ms, text));
    ck_assert_int_eq(ms, 0);
}
END_TEST

RUN_TESTS("clock", formats_and_parses, what_four_digits_cannot_say_is_clamped,
          anything_else_is_refused, both_clocks_run, the_users_time_zone_does_not_matter)
