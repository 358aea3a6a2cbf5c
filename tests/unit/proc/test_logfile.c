/* A log with a cap, against the same text kept whole. */
#include <fcntl.h>

#include "logfile.h"
#include "support.h"

/* Writes `size` bytes in pieces that vary, and compares the file with what head and tail should be.
 */
static void check_log(int64_t cap, size_t size, size_t piece)
{
    struct ws_logfile log;
    char *text = ws_alloc(size + 1);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)('a' + (i * 7 + i / 26) % 26);
    ws_logfile_open(&log, in_folder("log"), cap);
    for (size_t at = 0; at < size; at += piece)
        ws_logfile_write(&log, text + at, size - at < piece ? size - at : piece);
    ws_logfile_close(&log);
    ck_assert(!log.failed);

    char *expected;
    if ((int64_t)size <= cap) {
        ck_assert(!ws_logfile_cut(&log));
        expected = ws_strdup(text);
    } else {
        ck_assert(ws_logfile_cut(&log));
        int64_t tail = cap - cap / 2;
        expected = ws_format("%.*s\n[wsfsm: %lld bytes cut here]\n%s", (int)(cap / 2), text,
                             (long long)((int64_t)size - cap), text + size - tail);
    }
    char *kept = file_text(in_folder("log"));
    ck_assert_msg(strcmp(kept, expected) == 0,
                  "cap %lld, %zu bytes in pieces of %zu: '%s', not '%s'", (long long)cap, size,
                  piece, kept, expected);
    free(kept);
    free(expected);
    free(text);
}

START_TEST(head_note_and_tail)
{
    for (int64_t cap = 1; cap <= 12; cap++)
        for (size_t size = 0; size <= 40; size++)
            for (size_t piece = 1; piece <= 16; piece += 3)
                check_log(cap, size, piece);
}
END_TEST

START_TEST(ring_larger_than_a_copy)
{
    check_log(200001, 1000003, 65536);
    check_log(200001, 200001, 4096);
    check_log(200001, 200002, 300000);
}
END_TEST

START_TEST(full_disk_marks_the_log)
{
    struct ws_logfile log;
    ws_logfile_open(&log, in_folder("log"), 100);
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    ck_assert_int_ge(full, 0);
    ck_assert_int_ge(dup2(full, log.fd), 0);
    close(full);
    ws_logfile_write(&log, "text", 4);
    ck_assert(log.failed);
    ws_logfile_write(&log, "text", 4); /* goes nowhere, harms nobody */
    ws_logfile_close(&log);
    ck_assert(log.failed);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("logfile");
    TCase *t = tcase_create("cap");
    tcase_add_checked_fixture(t, folder_setup, folder_teardown);
    tcase_add_test(t, head_note_and_tail);
    tcase_add_test(t, ring_larger_than_a_copy);
    tcase_add_test(t, full_disk_marks_the_log);
    suite_add_tcase(s, t);
    return s;
}

int main(int argc, char **argv)
{
    return test_main(argc, argv, suite);
}
