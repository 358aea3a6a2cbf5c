/* The repository around a worktree, in lines:
 *     file MODE:SHA256 PATH | link TARGET PATH | odd MODE PATH      below the git directory
 *     ref VALUE NAME | at - BRANCH                                  a ref; a branch somebody has
 * checked out Values are escaped, so that a line is a line.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checked_out.h"
#include "config_text.h"
#include "fingerprint.h"
#include "line.h"
#include "plain.h"
#include "wsfsm/base/hash.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"
#include "wsfsm/repo/worktree.h"

enum { MAX_CONFIG = 4 << 20, MAX_DEPTH = 32 };

struct printer {
    struct ws_buf *out;
    struct ws_repo *r;
    struct ws_error *err;
};

static void put_line(struct printer *p, const char *kind, const char *value, const char *path)
{
    ws_buf_printf(p->out, "%s ", kind);
    ws_line_put(p->out, value);
    ws_buf_putc(p->out, ' ');
    ws_line_put(p->out, path);
    ws_buf_putc(p->out, '\n');
}

/* A failing disk must not read as a change. */
static int unreadable(struct printer *p, const char *path)
{
    char *whole = ws_path_join(p->r->git_dir, path);

    ws_fail_errno(p->err, WS_E_IO, whole, "cannot be read");
    free(whole);
    return -1;
}

static int put_file(struct printer *p, int fd, const struct stat *st, const char *path)
{
    char chunk[65536], hex[WS_HASH_HEX], *value;
    struct ws_hash hash;
    ssize_t n;

    ws_hash_init(&hash);
    while ((n = read(fd, chunk, sizeof chunk)) != 0) {
        if (n > 0) {
            ws_hash_add(&hash, chunk, (size_t)n);
        } else if (errno != EINTR) {
            return unreadable(p, path);
        }
    }
    ws_hash_final(&hash, hex);
    value = ws_format("%o:%s", (unsigned)st->st_mode & 07777u, hex);
    put_line(p, "file", value, path);
    free(value);
    return 0;
}

static int put_folder(struct printer *p, int fd, const char *path, unsigned depth);

static int put_entry(struct printer *p, int dir, const char *name, const char *path, unsigned depth)
{
    char target[PATH_MAX], mode[32];
    struct stat st;
    int fd, rc;

    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return ws_errno_is_trouble(errno) ? unreadable(p, path) : 0;
    }
    if (S_ISLNK(st.st_mode)) {
        ssize_t n = readlinkat(dir, name, target, sizeof target - 1);

        if (n < 0 && ws_errno_is_trouble(errno)) {
            return unreadable(p, path);
        }
        target[n > 0 ? n : 0] = '\0';
        put_line(p, "link", target, path);
        return 0;
    }
    errno = 0;
    fd = S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)
             ? openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
             : -1;
    if (fd < 0 && ws_errno_is_trouble(errno)) {
        return unreadable(p, path);
    }
    if (fd < 0) {
        snprintf(mode, sizeof mode, "%o", (unsigned)st.st_mode);
        put_line(p, "odd", mode, path);
        return 0;
    }
    if (S_ISDIR(st.st_mode)) {
        return put_folder(p, fd, path, depth + 1);
    }
    rc = put_file(p, fd, &st, path);
    close(fd);
    return rc;
}

/* Takes the descriptor. */
static int put_folder(struct printer *p, int fd, const char *path, unsigned depth)
{
    struct ws_strv names = {0};

    errno = 0;
    DIR *d = depth < MAX_DEPTH ? fdopendir(fd) : NULL;
    struct dirent *e;
    int rc = 0;

    if (d == NULL) {
        close(fd);
        if (ws_errno_is_trouble(errno)) {
            return unreadable(p, path);
        }
        put_line(p, "odd", "deep", path);
        return 0;
    }
    while (errno = 0, (e = readdir(d)) != NULL) {
        bool self = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
        /* git gc rewrites info/refs. */
        bool refs = depth == 1 && strcmp(path, "info") == 0 && strcmp(e->d_name, "refs") == 0;

        if (!self && !refs) {
            ws_strv_add(&names, e->d_name);
        }
    }
    if (errno != 0) {
        rc = unreadable(p, path);
    }
    ws_strv_sort(&names);
    for (size_t i = 0; rc == 0 && i < names.len; i++) {
        char *inner = ws_path_join(path, names.items[i]);

        rc = put_entry(p, dirfd(d), names.items[i], inner, depth);
        free(inner);
    }
    ws_strv_release(&names);
    closedir(d);
    return rc;
}

static int put_config(struct printer *p, int git_dir)
{
    char *path = ws_path_join(p->r->git_dir, "config"), *value;
    struct ws_buf text = {0}, kept = {0};
    char hex[WS_HASH_HEX];
    struct stat st;
    int rc = 0;

    if (fstatat(git_dir, "config", &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
        st.st_size > MAX_CONFIG) {
        rc = put_entry(p, git_dir, "config", "config", 0);
    } else {
        rc = ws_read_file(&text, path, MAX_CONFIG, p->err);
        if (rc == 0) {
            ws_config_without_branches(&kept, ws_buf_str(&text), text.len);
            ws_hash_bytes(hex, ws_buf_str(&kept), kept.len);
            value = ws_format("%o:%s", (unsigned)st.st_mode & 07777u, hex);
            put_line(p, "file", value, "config");
            free(value);
        }
    }
    ws_buf_release(&text);
    ws_buf_release(&kept);
    free(path);
    return rc;
}

static int put_refs(struct printer *p)
{
    git_reference_iterator *it = NULL;
    git_reference *ref = NULL;
    struct ws_strv lines = {0};
    int rc;

    if (ws_plain_refs(p->r, WS_E_REPOSITORY, p->err) < 0) {
        return -1;
    }
    rc = git_reference_iterator_new(&it, p->r->git);
    while (rc == 0 && (rc = git_reference_next(&ref, it)) == 0) {
        const char *name = git_reference_name(ref);
        char hex[WS_OID_HEX] = "";

        if (git_reference_type(ref) == GIT_REFERENCE_DIRECT) {
            ws_git_hex(hex, git_reference_target(ref));
        }
        if (ws_fingerprint_covers(name)) {
            struct ws_buf line = {0};

            ws_buf_puts(&line, "ref ");
            ws_line_put(&line, hex[0] != '\0' ? hex : git_reference_symbolic_target(ref));
            ws_buf_putc(&line, ' ');
            ws_line_put(&line, name);
            ws_strv_take(&lines, ws_buf_steal(&line));
        }
        git_reference_free(ref);
    }
    git_reference_iterator_free(it);
    ws_strv_sort(&lines);
    for (size_t i = 0; i < lines.len; i++) {
        ws_buf_puts(p->out, lines.items[i]);
        ws_buf_putc(p->out, '\n');
    }
    ws_strv_release(&lines);
    return rc == GIT_ITEROVER ? 0
                              : ws_fail_git(p->err, WS_E_REPOSITORY, rc, p->r->git_dir,
                                            "the refs cannot be listed");
}

bool ws_fingerprint_covers(const char *ref)
{
    if (ws_starts_with(ref, "refs/heads/ws/")) {
        return false;
    }
    return ws_starts_with(ref, "refs/heads/") || ws_starts_with(ref, "refs/tags/") ||
           strcmp(ref, "refs/stash") == 0;
}

static int put_checked_out(struct printer *p)
{
    struct ws_strv branches = {0};
    int rc = ws_checked_out(&branches, p->r, p->err);

    for (size_t i = 0; rc == 0 && i < branches.len; i++) {
        put_line(p, "at", "-", branches.items[i]);
    }
    ws_strv_release(&branches);
    return rc;
}

int ws_repo_fingerprint(struct ws_buf *out, struct ws_repo *r, struct ws_error *err)
{
    static const char *const names[] = {"config.worktree", "hooks", "info"};
    struct printer p = {.out = out, .r = r, .err = err};
    int dir = open(r->git_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat st;
    int rc;

    ws_buf_clear(out);
    if (dir < 0) {
        return ws_fail_errno(err, WS_E_REPOSITORY, r->git_dir, "cannot open the git directory");
    }
    ws_buf_puts(out, "wsfsm-fingerprint 1\n");
    rc = put_config(&p, dir);
    for (size_t i = 0; rc == 0 && i < sizeof names / sizeof *names; i++) {
        rc = put_entry(&p, dir, names[i], names[i], 0);
    }
    /* Objects elsewhere are the user's, where they were before. */
    if (rc == 0 && fstatat(dir, "objects", &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode)) {
        rc = put_entry(&p, dir, "objects", "objects", 0);
    }
    close(dir);
    if (rc == 0) {
        rc = put_refs(&p);
    }
    return rc == 0 ? put_checked_out(&p) : rc;
}
