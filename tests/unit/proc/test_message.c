/* What is put into a frame comes out of it; what is no frame is refused. */
#include "message.h"
#include "support.h"

START_TEST(command_survives_the_way)
{
    struct ws_command c, got;
    struct ws_buf b = {0};
    struct ws_cursor frame;
    enum ws_frame type;
    snprintf(folder, sizeof folder, "/folder");
    command_init(&c, "/bin/program");
    c.stdin_file = NULL;
    c.lock_file = "lock";
    c.log_cap = INT64_MAX;
    c.wall_ms = -1;
    ws_strv_add(&c.secrets, "");
    ws_strv_add(&c.failure_patterns, "\377\n");
    size_t at = ws_frame_begin(&b, WS_FRAME_REQUEST);
    ws_put_command(&b, &c);
    ws_frame_end(&b, at);
    struct ws_inbox in = {.bytes = b};
    ck_assert_int_eq(ws_inbox_next(&in, &type, &frame), 1);
    ck_assert_int_eq(type, WS_FRAME_REQUEST);
    ck_assert_int_eq(ws_get_command(&frame, &got), 0);
    ck_assert_uint_eq(frame.left, 0);
    ck_assert_str_eq(got.program, "/bin/program");
    ck_assert_ptr_null(got.stdin_file);
    ck_assert_str_eq(got.lock_file, "lock");
    ck_assert(got.log_cap == INT64_MAX && got.wall_ms == -1);
    ck_assert_uint_eq(got.env.len, c.env.len);
    ck_assert_str_eq(got.secrets.items[0], "");
    ck_assert_str_eq(got.failure_patterns.items[0], "\377\n");
    ck_assert_int_eq(ws_inbox_next(&in, &type, &frame), 0);
    ws_received_command_release(&got);
    ws_command_release(&c);
    ws_inbox_release(&in);
}
END_TEST

START_TEST(frames_cut_anywhere_are_refused)
{
    struct ws_exit e = {.started = true, .matched_line = (char *)"line"}, got;
    struct ws_buf b = {0};
    int remaining;
    ws_put_exit(&b, &e, 3);
    for (size_t len = 0; len < b.len; len++) {
        struct ws_cursor short_frame = {.at = b.data, .left = len};
        ck_assert_int_eq(ws_get_exit(&short_frame, &got, &remaining), -1);
    }
    struct ws_cursor whole = {.at = b.data, .left = b.len};
    ck_assert_int_eq(ws_get_exit(&whole, &got, &remaining), 0);
    ck_assert_str_eq(got.matched_line, "line");
    ck_assert_ptr_null(got.stdout_tail);
    ck_assert_int_eq(remaining, 3);
    ws_exit_release(&got);
    ws_buf_release(&b);
}
END_TEST

/* Found by tests/fuzz/fuzz_wire.c. */
START_TEST(limits_that_do_not_exist_are_refused)
{
    static const int unknown[] = {-1, WS_LIMIT_DEADLINE + 1, INT32_MAX};
    struct ws_exit got;
    int remaining;
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        struct ws_exit e = {.started = true, .timed_out = (enum ws_limit)unknown[i]};
        struct ws_buf b = {0};
        ws_put_exit(&b, &e, 0);
        struct ws_cursor frame = {.at = b.data, .left = b.len};
        ck_assert_int_eq(ws_get_exit(&frame, &got, &remaining), -1);
        ws_buf_release(&b);
    }
}
END_TEST

START_TEST(lengths_that_lie_are_refused)
{
    struct ws_inbox in = {.taken = 0};
    struct ws_cursor frame;
    enum ws_frame type;
    ws_buf_add(&in.bytes, "\377\377\377\177x", 5);
    ck_assert_int_eq(ws_inbox_next(&in, &type, &frame), -1);
    ws_inbox_release(&in);

    struct ws_strv v = {0};
    struct ws_cursor c = {.at = "\377\377\377\377\1\0\0\0x", .left = 9};
    ws_get_strv(&c, &v);
    ck_assert(c.bad);
    ws_strv_release(&v);
}
END_TEST

START_TEST(frames_arrive_in_pieces)
{
    struct ws_buf b = {0};
    int pipe_fds[2];
    ck_assert_int_eq(pipe(pipe_fds), 0);
    for (int i = 0; i < 3; i++) {
        size_t at = ws_frame_begin(&b, WS_FRAME_PROGRESS);
        ws_put_int(&b, i);
        ws_frame_end(&b, at);
    }
    struct ws_inbox in = {.taken = 0};
    int64_t seen = 0;
    for (size_t i = 0; i < b.len; i++) {
        enum ws_frame type;
        struct ws_cursor frame;
        ck_assert_int_eq(write(pipe_fds[1], b.data + i, 1), 1);
        ck_assert_int_eq(ws_inbox_fill(&in, pipe_fds[0]), 1);
        while (ws_inbox_next(&in, &type, &frame) == 1)
            ck_assert(ws_get_int(&frame) == seen++);
    }
    ck_assert(seen == 3);
    close(pipe_fds[1]);
    ck_assert_int_eq(ws_inbox_fill(&in, pipe_fds[0]), 0);
    close(pipe_fds[0]);
    ws_inbox_release(&in);
    ws_buf_release(&b);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("message");
    TCase *t = tcase_create("frames");
    tcase_add_test(t, command_survives_the_way);
    tcase_add_test(t, frames_cut_anywhere_are_refused);
    tcase_add_test(t, limits_that_do_not_exist_are_refused);
    tcase_add_test(t, lengths_that_lie_are_refused);
    tcase_add_test(t, frames_arrive_in_pieces);
    suite_add_tcase(s, t);
    return s;
}

int main(int argc, char **argv)
{
    return test_main(argc, argv, suite);
}
