/* What the tests of this layer share: commands made in one line, a folder of their own, a look at
 * the processes. */
#ifndef TEST_PROC_SUPPORT_H
#define TEST_PROC_SUPPORT_H

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run_suite.h"
#include "wsfsm/base/buf.h"
#include "wsfsm/base/clock.h"
#include "wsfsm/base/hash.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/proc/proc.h"

static char folder[64];
static char marker[80]; /* WSFSM_KEY=..., in the environment of all that a test starts */
static struct ws_error error;

static inline void folder_setup(void)
{
    snprintf(folder, sizeof folder, "/tmp/wsfsm-proc-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    char random[17];
    ws_random_hex(random, 16);
    snprintf(marker, sizeof marker, "WSFSM_KEY=test-%s", random);
}

static inline void folder_teardown(void)
{
    char *command = ws_format("rm -rf -- '%s'", folder);
    ck_assert_int_eq(system(command), 0);
    free(command);
}

static inline const char *in_folder(const char *name)
{
    static char paths[8][128];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline void write_file(const char *path, const char *text, mode_t mode)
{
    ck_assert_msg(ws_write_file(path, text, strlen(text), mode, &error) == 0, "%s", error.message);
    ck_assert_int_eq(chmod(path, mode), 0);
}

static inline char *file_text(const char *path)
{
    struct ws_buf b = {0};
    ck_assert_msg(ws_read_file(&b, path, 1 << 26, &error) == 0, "%s", error.message);
    return ws_buf_steal(&b);
}

static inline void command_init(struct ws_command *c, const char *program)
{
    static char out[128], err[128];
    snprintf(out, sizeof out, "%s/out", folder);
    snprintf(err, sizeof err, "%s/err", folder);
    *c = (struct ws_command){
        .program = program, .cwd = folder, .stdout_log = out, .stderr_log = err};
    ws_strv_add(&c->argv, program);
    ws_strv_add(&c->env, "PATH=/usr/local/bin:/usr/bin:/bin");
    ws_strv_add(&c->env, marker);
}

static inline void shell_init(struct ws_command *c, const char *script)
{
    command_init(c, "/bin/sh");
    ws_strv_add(&c->argv, "-c");
    ws_strv_add(&c->argv, script);
}

static inline void run_watched(struct ws_exit *e, struct ws_command *c,
                               const struct ws_watch *watch)
{
    ck_assert_msg(ws_proc_run(e, c, watch, &error) == 0, "%s", error.message);
    ws_command_release(c);
}

static inline void run_command(struct ws_exit *e, struct ws_command *c)
{
    run_watched(e, c, NULL);
}

static inline bool has_marker(const char *path)
{
    char text[16384];
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return false;
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    return memmem(text, n, marker, strlen(marker)) != NULL;
}

/* Looks at every thread: the first one may have ended. */
static inline bool is_marked(const char *pid)
{
    char path[600];
    bool marked = false;
    snprintf(path, sizeof path, "/proc/%s/task", pid);
    DIR *dir = opendir(path);
    if (dir == NULL)
        return false;
    for (struct dirent *entry = readdir(dir); entry != NULL && !marked; entry = readdir(dir)) {
        snprintf(path, sizeof path, "/proc/%s/task/%s/environ", pid, entry->d_name);
        marked = entry->d_name[0] != '.' && has_marker(path);
    }
    closedir(dir);
    return marked;
}

/* Processes that a test's program started and that still live. */
static inline int count_marked(void)
{
    int n = 0;
    DIR *dir = opendir("/proc");
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
        n += entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && is_marked(entry->d_name);
    closedir(dir);
    return n;
}

/* Waits, with a generous end, until a condition holds. */
#define AWAIT(condition)                                                                           \
    do {                                                                                           \
        int64_t await_end = ws_boot_ms() + 20000;                                                  \
        while (!(condition)) {                                                                     \
            ck_assert_msg(ws_boot_ms() < await_end, "never: %s", #condition);                      \
            usleep(2000);                                                                          \
        }                                                                                          \
    } while (0)

/* Every test program is its own supervisor. */
static inline int test_main(int argc, char **argv, Suite *(*suite)(void))
{
    int status = ws_proc_main(argc, argv);
    if (status >= 0)
        return status;
    return run_whole_suite(suite());
}

#endif
