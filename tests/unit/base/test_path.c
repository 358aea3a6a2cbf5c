#include "wsfsm/base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "scratch.h"
#include "suite.h"

static void assert_joined(const char *dir, const char *name, const char *expected)
{
    char *joined = ws_path_join(dir, name);

    ck_assert_str_eq(joined, expected);
    free(joined);
}

START_TEST(joining)
{
    assert_joined("a", "b", "a/b");
    assert_joined("a/", "b", "a/b");
    assert_joined("/", "b", "/b");
    assert_joined("a", "/b", "/b");
    assert_joined("", "b", "b");
    assert_joined("a", "", "a");
}
END_TEST

START_TEST(taking_apart)
{
    static const char *const cases[][3] = {
        {"a", ".", "a"},         {"/a", "/", "a"},   {"a/b", "a", "b"},
        {"/a/b/c", "/a/b", "c"}, {"a//b", "a", "b"}, {"//a", "/", "a"},
        {"/", "/", ""},          {"a/", "a", ""},    {"", ".", ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *dir = ws_path_dir(cases[i][0]);

        ck_assert_str_eq(dir, cases[i][1]);
        ck_assert_str_eq(ws_path_base(cases[i][0]), cases[i][2]);
        free(dir);
    }
}
END_TEST

START_TEST(being_under)
{
    ck_assert(ws_path_under("/a/b", "/a"));
    ck_assert(ws_path_under("/a", "/a"));
    ck_assert(ws_path_under("/a", "/"));
    ck_assert(ws_path_under("/", "/"));
    ck_assert(!ws_path_under("/ab", "/a"));
    ck_assert(!ws_path_under("/a", "/a/b"));
}
END_TEST

START_TEST(existing)
{
    char *dir = enter_scratch();

    ck_assert_int_eq(symlink("nowhere", "dangling"), 0);
    ck_assert_int_eq(symlink(".", "here"), 0);
    ck_assert(ws_path_exists("dangling"));
    ck_assert(!ws_path_exists("nowhere"));
    ck_assert(ws_path_is_dir("here"));
    ck_assert(!ws_path_is_dir("dangling"));
    leave_scratch(dir);
}
END_TEST

static mode_t mode_of(const char *path)
{
    struct stat st;

    ck_assert_int_eq(stat(path, &st), 0);
    return st.st_mode & 07777;
}

START_TEST(folders_are_made_with_their_parents)
{
    char *dir = enter_scratch();
    struct ws_error err;

    umask(022);
    ck_assert_int_eq(mkdir("old", 0755), 0);
    ck_assert_int_eq(ws_mkdirs("old/a//b/c/", 0700, &err), 0);
    ck_assert_uint_eq(mode_of("old"), 0755);
    ck_assert_uint_eq(mode_of("old/a"), 0700);
    ck_assert_uint_eq(mode_of("old/a/b/c"), 0700);
    ck_assert_int_eq(ws_mkdirs("old/a/b", 0755, &err), 0);
    ck_assert_int_eq(ws_mkdirs("/", 0700, &err), 0);
    ck_assert_int_eq(symlink("old", "link"), 0);
    ck_assert_int_eq(ws_mkdirs("link/x", 0700, &err), 0);
    ck_assert(ws_path_is_dir("old/x"));
    leave_scratch(dir);
}
END_TEST

START_TEST(below_a_folder_of_ours_no_link_is_followed)
{
    char *dir = enter_scratch();
    struct ws_error err;

    umask(022);
    ck_assert_int_eq(ws_mkdirs_below("top", "top/a//b/", 0700, &err), 0);
    ck_assert_uint_eq(mode_of("top"), 0700);
    ck_assert_uint_eq(mode_of("top/a/b"), 0700);
    ck_assert_int_eq(ws_mkdirs_below("top", "top/a/b", 0700, &err), 0);
    ck_assert_int_eq(ws_mkdirs_below("top", "top", 0700, &err), 0);
    ck_assert_int_eq(mkdir("else", 0755), 0);
    ck_assert_int_eq(symlink("../../else", "top/a/link"), 0);
    ck_assert_int_eq(ws_mkdirs_below("top", "top/a/link/x", 0700, &err), -1);
    ck_assert_int_eq(err.code, WS_E_REPOSITORY);
    ck_assert_str_eq(err.where, "top/a/link");
    ck_assert_int_eq(ws_mkdirs_below("top", "top/a/link", 0700, &err), -1);
    ck_assert(!ws_path_exists("else/x"));
    ck_assert_int_eq(symlink("top", "other"), 0);
    ck_assert_int_eq(ws_mkdirs_below("other", "other/x", 0700, &err), -1);
    ck_assert_str_eq(err.where, "other");
    ck_assert_int_eq(ws_write_file("top/file", "x", 1, 0600, &err), 0);
    ck_assert_int_eq(ws_mkdirs_below("top", "top/file/x", 0700, &err), -1);
    ck_assert_int_eq(err.code, WS_E_REPOSITORY);
    ck_assert_int_eq(ws_mkdirs_below("top", "else/x", 0700, &err), -1);
    ck_assert_int_eq(err.code, WS_E_INTERNAL);
    leave_scratch(dir);
}
END_TEST

START_TEST(a_file_in_the_way_is_named)
{
    char *dir = enter_scratch();
    struct ws_error err;

    ck_assert_int_eq(ws_write_file("file", "x", 1, 0600, &err), 0);
    ck_assert_int_eq(ws_mkdirs("file/a/b", 0700, &err), -1);
    ck_assert_int_eq(errno, ENOTDIR);
    ck_assert_int_eq(err.code, WS_E_IO);
    ck_assert_str_eq(err.where, "file");
    ck_assert_int_eq(symlink("nowhere", "dangling"), 0);
    ck_assert_int_eq(ws_mkdirs("dangling/a", 0700, &err), -1);
    ck_assert_int_eq(ws_mkdirs("", 0700, &err), -1);
    leave_scratch(dir);
}
END_TEST

START_TEST(a_file_is_read_up_to_its_limit)
{
    char *dir = enter_scratch();
    struct ws_buf b = {0};
    struct ws_error err;
    char big[40000];

    memset(big, 'x', sizeof big);
    big[17] = '\0';
    ck_assert_int_eq(ws_write_file("big", big, sizeof big, 0600, &err), 0);
    ck_assert_int_eq(ws_read_file(&b, "big", sizeof big, &err), 0);
    ck_assert_uint_eq(b.len, sizeof big);
    ck_assert_mem_eq(b.data, big, sizeof big);
    ck_assert_int_eq(ws_read_file(&b, "big", sizeof big - 1, &err), -1);
    ck_assert_str_eq(err.message, "the file is too large: the limit is 39999 bytes");
    ck_assert_uint_eq(b.len, 0);
    ck_assert_int_eq(ws_write_file("empty", "", 0, 0600, &err), 0);
    ws_buf_puts(&b, "old");
    ck_assert_int_eq(ws_read_file(&b, "empty", 0, &err), 0);
    ck_assert_str_eq(ws_buf_str(&b), "");                                  /* replaced */
    ck_assert_int_eq(ws_read_file(&b, "/proc/self/status", 10, &err), -1); /* says its size is 0 */
    ck_assert_int_eq(errno, EFBIG);
    ck_assert_int_eq(ws_read_file(&b, "/proc/self/status", 100000, &err), 0);
    ck_assert_uint_gt(b.len, 100);
    ck_assert_int_eq(ws_read_file(&b, "none", 10, &err), -1);
    ck_assert_str_eq(err.where, "none");
    ck_assert_int_eq(errno, ENOENT);
    ws_buf_release(&b);
    leave_scratch(dir);
}
END_TEST

START_TEST(what_is_no_file_is_named_and_never_waited_for)
{
    static const char *const cases[][2] = {{"fifo", "this is a FIFO, not a file"},
                                           {"link", "this is a FIFO, not a file"},
                                           {".", "this is a folder, not a file"},
                                           {"socket", "this is a socket, not a file"},
                                           {"/dev/zero", "this is a device, not a file"}};
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    char *dir = enter_scratch();
    struct ws_buf b = {0};
    struct ws_error err;

    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(mkfifo("fifo", 0600), 0);
    ck_assert_int_eq(symlink("fifo", "link"), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_int_eq(ws_read_file(&b, cases[i][0], 100, &err), -1);
        ck_assert_str_eq(err.where, cases[i][0]);
        ck_assert_str_eq(err.message, cases[i][1]);
    }
    close(fd);
    leave_scratch(dir);
}
END_TEST

static size_t entries_here(void)
{
    DIR *dir = opendir(".");
    size_t count = 0;

    ck_assert_ptr_nonnull(dir);
    while (readdir(dir) != NULL) {
        count++;
    }
    closedir(dir);
    return count - 2; /* "." and ".." */
}

static void assert_content(const char *path, const char *expected)
{
    struct ws_buf b = {0};

    ck_assert_int_eq(ws_read_file(&b, path, 1000, NULL), 0);
    ck_assert_str_eq(ws_buf_str(&b), expected);
    ws_buf_release(&b);
}

START_TEST(a_file_is_replaced_whole)
{
    char *dir = enter_scratch();
    struct ws_error err;

    umask(022);
    ck_assert_int_eq(ws_write_file("f", "old", 3, 0644, &err), 0);
    ck_assert_int_eq(ws_write_file("f", "newer", 5, 0600, &err), 0);
    assert_content("f", "newer");
    ck_assert_uint_eq(mode_of("f"), 0600);
    ck_assert_int_eq(mkdir("folder", 0700), 0);
    ck_assert_int_eq(ws_write_file("folder", "x", 1, 0600, &err), -1);
    ck_assert_int_eq(mkfifo("pipe", 0600), 0);
    ck_assert_int_eq(ws_write_file("pipe", "x", 1, 0600, &err), -1);
    ck_assert_str_eq(err.message, "cannot be replaced: it is not a regular file");
    ck_assert_int_eq(unlink("pipe"), 0);
    ck_assert_int_eq(ws_write_file("none/f", "x", 1, 0600, &err), -1);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_str_eq(err.where, "none/f");
    ck_assert_uint_eq(entries_here(), 2); /* no temporary file is left */
    leave_scratch(dir);
}
END_TEST

START_TEST(a_write_that_fails_changes_nothing)
{
    char *dir = enter_scratch(), big[10000] = {0};
    struct ws_error err;

    ck_assert_int_eq(ws_write_file("f", "old", 3, 0600, &err), 0);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){5000, 5000}), 0);
    ck_assert_int_eq(ws_write_file("f", big, sizeof big, 0600, &err), -1);
    ck_assert_int_eq(errno, EFBIG);
    ck_assert_int_eq(ws_create_file("g", big, sizeof big, 0600, &err), -1);
    assert_content("f", "old");
    ck_assert_uint_eq(entries_here(), 1);
    leave_scratch(dir);
}
END_TEST

START_TEST(what_a_killed_writer_left_is_swept)
{
    char *dir = enter_scratch();

    ck_assert_int_eq(ws_create_file(".wsfsm-0123456789abcdef.tmp", "x", 1, 0600, NULL), 0);
    ck_assert_int_eq(ws_create_file(".wsfsm-kept", "x", 1, 0600, NULL), 0);
    ck_assert_int_eq(ws_create_file("kept.tmp", "x", 1, 0600, NULL), 0);
    ws_sweep_unwritten(".");
    ck_assert_uint_eq(entries_here(), 2);
    ws_sweep_unwritten("no such folder");
    leave_scratch(dir);
}
END_TEST

START_TEST(a_file_is_created_once)
{
    char *dir = enter_scratch();
    struct ws_error err;

    ck_assert_int_eq(ws_create_file("f", "one", 3, 0600, &err), 0);
    ck_assert_int_eq(ws_create_file("f", "two", 3, 0600, &err), -1);
    ck_assert_int_eq(errno, EEXIST);
    assert_content("f", "one");
    ck_assert_int_eq(symlink("elsewhere", "link"), 0);
    ck_assert_int_eq(ws_create_file("link", "x", 1, 0600, &err), -1);
    ck_assert_int_eq(errno, EEXIST);
    ck_assert(!ws_path_exists("elsewhere"));
    leave_scratch(dir);
}
END_TEST

static void ignore_signal(int number)
{
    (void)number;
}

struct drain {
    int fd;
    pthread_t writer;
    size_t total;
};

/* Reads slowly enough that the writer sleeps in write(), and interrupts it there. */
static void *drain(void *payload)
{
    struct drain *d = payload;
    char chunk[30000];

    for (ssize_t n; (n = read(d->fd, chunk, sizeof chunk)) > 0;) {
        d->total += (size_t)n;
        if (d->total < 500000) {
            pthread_kill(d->writer, SIGUSR1);
            usleep(1000);
        }
    }
    return NULL;
}

START_TEST(short_writes_are_completed)
{
    struct sigaction action = {.sa_handler = ignore_signal}; /* no SA_RESTART */
    struct drain d = {.writer = pthread_self()};
    enum { SIZE = 1000000 };
    char *data = calloc(1, SIZE);
    pthread_t reader;
    int ends[2];

    ck_assert_ptr_nonnull(data);
    ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
    ck_assert_int_eq(pipe(ends), 0);
    d.fd = ends[0];
    ck_assert_int_eq(pthread_create(&reader, NULL, drain, &d), 0);
    ck_assert_int_eq(ws_write_all(ends[1], data, SIZE), 0);
    close(ends[1]);
    pthread_join(reader, NULL);
    ck_assert_uint_eq(d.total, SIZE);
    ck_assert_int_eq(ws_write_all(-1, "x", 1), -1);
    ck_assert_int_eq(errno, EBADF);
    ck_assert_int_eq(ws_write_all(-1, NULL, 0), 0);
    close(ends[0]);
    free(data);
}
END_TEST

RUN_TESTS("path", joining, taking_apart, being_under, existing, folders_are_made_with_their_parents,
          below_a_folder_of_ours_no_link_is_followed, a_file_in_the_way_is_named,
          a_file_is_read_up_to_its_limit, what_is_no_file_is_named_and_never_waited_for,
          a_file_is_replaced_whole, a_write_that_fails_changes_nothing,
          what_a_killed_writer_left_is_swept, a_file_is_created_once, short_writes_are_completed)
