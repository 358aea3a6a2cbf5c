/* Output of any size and any bytes: kept, cut, redacted, judged, shown. */
#include <sys/resource.h>

#include "support.h"

START_TEST(both_streams_are_logged)
{
    struct ws_command c;
    struct ws_exit e;
    shell_init(&c, "echo to stdout; echo to stderr >&2; printf 'no newline'");
    run_command(&e, &c);
    char *out = file_text(in_folder("out"));
    char *err = file_text(in_folder("err"));
    ck_assert_str_eq(out, "to stdout\nno newline");
    ck_assert_str_eq(err, "to stderr\n");
    ck_assert_str_eq(e.stdout_tail, out);
    ck_assert_str_eq(e.stderr_tail, err);
    ck_assert_uint_eq(e.stdout_bytes, 20);
    ck_assert_uint_eq(e.stderr_bytes, 10);
    ck_assert(!e.stdout_cut && !e.stderr_cut);
    struct stat st;
    ck_assert_int_eq(stat(in_folder("out"), &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0600);
    free(out);
    free(err);
    ws_exit_release(&e);
}
END_TEST

START_TEST(binary_output_is_kept_byte_for_byte)
{
    struct ws_command c;
    struct ws_exit e;
    struct ws_buf log = {0};
    shell_init(&c, "printf 'a\\000b\\377\\033[31m\\r\\n'");
    run_command(&e, &c);
    ck_assert_int_eq(ws_read_file(&log, in_folder("out"), 1000, &error), 0);
    ck_assert_uint_eq(log.len, 11);
    ck_assert_mem_eq(log.data, "a\0b\377\033[31m\r\n", 11);
    ck_assert_str_eq(e.stdout_tail, "a?b\377\033[31m\r\n");
    ws_buf_release(&log);
    ws_exit_release(&e);
}
END_TEST

static uint64_t note_of(const char *log, size_t *at, size_t *after)
{
    const char *note = strstr(log, "\n[wsfsm: ");
    ck_assert_ptr_nonnull(note);
    unsigned long long n;
    int len = 0;
    ck_assert_int_eq(sscanf(note, "\n[wsfsm: %llu bytes cut here]%n", &n, &len), 1);
    ck_assert_int_eq(note[len], '\n');
    *at = (size_t)(note - log);
    *after = *at + (size_t)len + 1;
    return n;
}

/* Checks the log of `seq -w 1 last` (8 bytes a line) against what was printed. */
static void check_cut_log(const char *name, uint64_t printed, size_t head, size_t tail)
{
    char *log = file_text(in_folder(name));
    size_t at, after;
    uint64_t cut = note_of(log, &at, &after);
    ck_assert_uint_eq(at, head);
    ck_assert_uint_eq(strlen(log + after), tail);
    ck_assert_uint_eq(cut, printed - head - tail);
    for (size_t i = 0; i + 8 <= head; i += 8)
        ck_assert_int_eq(atoi(log + i), (int)(i / 8 + 1));
    for (size_t i = 0; i + 8 <= tail; i += 8)
        ck_assert_int_eq(atoi(log + after + i), (int)((printed - tail + i) / 8 + 1));
    free(log);
}

START_TEST(head_and_tail_are_kept)
{
    struct ws_command c;
    struct ws_exit e;
    shell_init(&c, "seq -w 1 1000000; seq -w 1 1000000 >&2");
    c.log_cap = 8 * 2048;
    run_command(&e, &c);
    ck_assert(e.stdout_cut && e.stderr_cut);
    ck_assert(!e.log_failed);
    ck_assert_uint_eq(e.stdout_bytes, 8000000);
    ck_assert_uint_eq(e.stderr_bytes, 8000000);
    check_cut_log("out", e.stdout_bytes, 8192, 8192);
    check_cut_log("err", e.stderr_bytes, 8192, 8192);
    ck_assert_uint_eq(strlen(e.stdout_tail), WS_TAIL_MAX);
    ck_assert_str_eq(e.stdout_tail + WS_TAIL_MAX - 8, "1000000\n");
    ck_assert(!ws_path_exists(in_folder("out.tail")));
    ws_exit_release(&e);
}
END_TEST

START_TEST(nothing_is_cut_up_to_the_cap)
{
    for (int64_t cap = 79; cap <= 81; cap++) {
        struct ws_command c;
        struct ws_exit e;
        shell_init(&c, "seq -w 1000001 1000010");
        c.log_cap = cap;
        run_command(&e, &c);
        char *log = file_text(in_folder("out"));
        ck_assert_int_eq(e.stdout_cut, cap < 80);
        ck_assert_int_eq(strstr(log, "[wsfsm: 1 bytes cut here]") != NULL, cap < 80);
        if (cap >= 80)
            ck_assert_str_eq(log, e.stdout_tail);
        free(log);
        ws_exit_release(&e);
    }
}
END_TEST

/* Peak resident memory of our one child, the supervisor; 0 when it cannot be read. */
static long guard_peak_kib(void)
{
    char path[64], line[128];
    int pid = 0;
    long peak = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return 0;
    int fields = fscanf(f, "%d", &pid);
    fclose(f);
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    f = fields == 1 ? fopen(path, "re") : NULL;
    if (f == NULL)
        return 0;
    while (fgets(line, sizeof line, f) != NULL)
        if (sscanf(line, "VmHWM: %ld", &peak) == 1)
            break;
    fclose(f);
    return peak;
}

struct seen {
    int frames;
    long first_peak, last_peak;
    int64_t most_quiet;
    uint64_t bytes;
    char line[256];
    char lines[4096];
};

static void see(void *payload, const struct ws_progress *p)
{
    struct seen *s = payload;
    long peak = guard_peak_kib();
    s->frames++;
    if (s->first_peak == 0)
        s->first_peak = peak;
    if (peak > 0)
        s->last_peak = peak;
    if (p->quiet_ms > s->most_quiet)
        s->most_quiet = p->quiet_ms;
    s->bytes = p->stdout_bytes + p->stderr_bytes;
    snprintf(s->line, sizeof s->line, "%s", p->last_line);
    size_t len = strlen(s->lines);
    snprintf(s->lines + len, sizeof s->lines - len, "%s|", p->last_line);
}

START_TEST(memory_stays_flat)
{
    struct ws_command c;
    struct ws_exit e;
    struct seen seen = {0};
    /* one endless line of zeros on one stream, lines on the other, at once */
    shell_init(&c, "echo begin; sleep 0.3; head -c 300000000 /dev/zero & yes 0123456789 | head -c "
                   "300000000 >&2; wait; "
                   "echo; sleep 0.3");
    c.log_cap = 1 << 20;
    ws_strv_add(&c.secrets, "0123456789abcdef");
    ws_strv_add(&c.failure_patterns, "never");
    run_watched(&e, &c, &(struct ws_watch){.progress = see, .payload = &seen});
    ck_assert_uint_eq(e.stdout_bytes, 300000007);
    ck_assert_uint_eq(e.stderr_bytes, 300000000);
    ck_assert(e.stdout_cut && e.stderr_cut);
    ck_assert(!e.pattern_matched);
    ck_assert_int_gt(seen.frames, 1);
    ck_assert_int_gt(seen.first_peak, 0);
    ck_assert_msg(seen.last_peak - seen.first_peak < 4096, "grew from %ld to %ld KiB",
                  seen.first_peak, seen.last_peak);
    struct stat st;
    ck_assert_int_eq(stat(in_folder("err"), &st), 0);
    ck_assert_int_lt(st.st_size, (1 << 20) + 100);
    ws_exit_release(&e);
}
END_TEST

START_TEST(progress_tells_the_last_line_and_its_age)
{
    struct ws_command c;
    struct ws_exit e;
    struct seen seen = {0};
    shell_init(&c, "echo first; sleep 0.25; printf '10%%\\r20%%\\r'; sleep 0.25; printf 'asks: '; "
                   "sleep 2.3; exit 0");
    run_watched(&e, &c, &(struct ws_watch){.progress = see, .payload = &seen});
    ck_assert_ptr_nonnull(strstr(seen.lines, "first|"));
    ck_assert_ptr_nonnull(strstr(seen.lines, "20%|"));
    ck_assert_ptr_nonnull(strstr(seen.lines, "asks: |"));
    ck_assert(seen.most_quiet >= 1000);
    ck_assert_int_ge(seen.frames, 4);
    ck_assert_int_le(seen.frames, 40);
    ws_exit_release(&e);
}
END_TEST

START_TEST(secrets_are_replaced_wherever_output_goes)
{
    struct ws_command c;
    struct ws_exit e;
    struct seen seen = {0};
    shell_init(&c, "echo \"key=$API_KEY error\"; echo \"$API_KEY\" >&2; sleep 0.3");
    ws_strv_add(&c.env, "API_KEY=sk-0123456789");
    ws_strv_add(&c.secrets, "sk-0123456789");
    ws_strv_add(&c.failure_patterns, "error$");
    run_watched(&e, &c, &(struct ws_watch){.progress = see, .payload = &seen});
    char *out = file_text(in_folder("out"));
    char *err = file_text(in_folder("err"));
    ck_assert_str_eq(out, "key=*** error\n");
    ck_assert_str_eq(err, "***\n");
    ck_assert_str_eq(e.stdout_tail, out);
    ck_assert_str_eq(e.stderr_tail, err);
    ck_assert_str_eq(e.matched_line, "key=*** error");
    ck_assert_ptr_nonnull(strstr(seen.lines, "***|"));
    ck_assert_ptr_null(strstr(seen.lines, "sk-"));
    ck_assert_uint_eq(e.stdout_bytes, 24); /* as printed */
    free(out);
    free(err);
    ws_exit_release(&e);
}
END_TEST

START_TEST(a_secret_printed_byte_by_byte_never_shows)
{
    struct ws_command c;
    struct ws_exit e;
    struct seen seen = {0};
    shell_init(&c, "for b in x s e c r e t - v a l u e y; do printf $b; sleep 0.05; done; printf "
                   "secret-va; sleep 0.3");
    ws_strv_add(&c.secrets, "secret-value");
    run_watched(&e, &c, &(struct ws_watch){.progress = see, .payload = &seen});
    ck_assert_str_eq(e.stdout_tail, "x***y***");
    ck_assert_ptr_null(strstr(seen.lines, "xs"));
    ck_assert_ptr_null(strstr(seen.lines, "secret-va"));
    ws_exit_release(&e);
}
END_TEST

START_TEST(failure_pattern_matches_on_either_stream)
{
    struct ws_command c;
    struct ws_exit e;
    shell_init(&c, "echo all well; echo 'Traceback (most recent call last):' >&2; exit 0");
    ws_strv_add(&c.failure_patterns, "^nothing$");
    ws_strv_add(&c.failure_patterns, "^(Traceback|panic)");
    run_command(&e, &c);
    ck_assert_int_eq(e.exit_code, 0);
    ck_assert(e.pattern_matched);
    ck_assert_str_eq(e.matched_line, "Traceback (most recent call last):");
    ws_exit_release(&e);
}
END_TEST

START_TEST(failure_pattern_sees_what_redaction_hides)
{
    struct ws_command c;
    struct ws_exit e;
    shell_init(&c, "echo invalid password");
    ws_strv_add(&c.secrets, "password");
    ws_strv_add(&c.failure_patterns, "invalid password$");
    run_command(&e, &c);
    ck_assert(e.pattern_matched);
    ck_assert_str_eq(e.matched_line, "invalid ***");
    ws_exit_release(&e);
}
END_TEST

START_TEST(log_that_cannot_be_made_does_not_end_the_run)
{
    struct ws_command c;
    struct ws_exit e;
    shell_init(&c, "echo out; echo err >&2; exit 3");
    c.stdout_log = in_folder("no/such/folder/out");
    run_command(&e, &c);
    ck_assert(e.log_failed);
    ck_assert_int_eq(e.exit_code, 3);
    ck_assert_str_eq(e.stdout_tail, "out\n");
    char *err = file_text(in_folder("err"));
    ck_assert_str_eq(err, "err\n");
    free(err);
    ws_exit_release(&e);
}
END_TEST

START_TEST(log_that_cannot_grow_does_not_end_the_run)
{
    struct rlimit small = {.rlim_cur = 4096, .rlim_max = RLIM_INFINITY}, old;
    struct ws_command c;
    struct ws_exit e;
    getrlimit(RLIMIT_FSIZE, &old);
    setrlimit(RLIMIT_FSIZE, &small);
    shell_init(&c, "seq -w 1 1000000; exit 3");
    run_command(&e, &c);
    setrlimit(RLIMIT_FSIZE, &old);
    ck_assert(e.log_failed);
    ck_assert_int_eq(e.exit_code, 3);
    ck_assert_uint_eq(e.stdout_bytes, 8000000);
    ck_assert_str_eq(e.stdout_tail + strlen(e.stdout_tail) - 8, "1000000\n");
    ws_exit_release(&e);
}
END_TEST

START_TEST(planted_link_is_not_followed)
{
    struct ws_command c;
    struct ws_exit e;
    write_file(in_folder("precious"), "precious", 0600);
    ck_assert_int_eq(symlink(in_folder("precious"), in_folder("out")), 0);
    ck_assert_int_eq(mkfifo(in_folder("err"), 0600), 0);
    shell_init(&c, "echo out; echo err >&2");
    run_command(&e, &c);
    char *precious = file_text(in_folder("precious"));
    char *out = file_text(in_folder("out"));
    char *err = file_text(in_folder("err"));
    ck_assert_str_eq(precious, "precious");
    ck_assert_str_eq(out, "out\n");
    ck_assert_str_eq(err, "err\n");
    free(precious);
    free(out);
    free(err);
    ws_exit_release(&e);
}
END_TEST

static Suite *suite(void)
{
    const TTest *const tests[] = {
        both_streams_are_logged,
        binary_output_is_kept_byte_for_byte,
        head_and_tail_are_kept,
        nothing_is_cut_up_to_the_cap,
        memory_stays_flat,
        progress_tells_the_last_line_and_its_age,
        secrets_are_replaced_wherever_output_goes,
        a_secret_printed_byte_by_byte_never_shows,
        failure_pattern_matches_on_either_stream,
        failure_pattern_sees_what_redaction_hides,
        log_that_cannot_be_made_does_not_end_the_run,
        log_that_cannot_grow_does_not_end_the_run,
        planted_link_is_not_followed,
    };
    Suite *s = suite_create("capture");
    TCase *t = tcase_create("output");
    tcase_add_checked_fixture(t, folder_setup, folder_teardown);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(s, t);
    return s;
}

int main(int argc, char **argv)
{
    return test_main(argc, argv, suite);
}
