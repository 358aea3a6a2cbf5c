#include "own.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "remove_tree.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"

static const char *const OURS[] = {"refs/wsfsm", "refs/heads/ws"};
static const int FOLDER = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

enum { HEX_LEN = WS_OID_HEX - 1 };

bool ws_own_is(const char *ref)
{
    for (size_t i = 0; i < sizeof OURS / sizeof *OURS; i++) {
        size_t len = strlen(OURS[i]);

        if (ws_starts_with(ref, OURS[i]) && ref[len] == '/') {
            return strstr(ref, "/.") == NULL; /* no name of a ref, but a way out */
        }
    }
    return false;
}

/* --- the way --- */

struct way {
    struct ws_repo *r;
    char *path;       /* below the git directory */
    size_t ours;      /* from this length on its folders are ours */
    bool only_refs;   /* nobody but wsfsm has anything there */
    bool clear;       /* what is in the way goes */
    const char *name; /* the last component */
    int folder;       /* that holds it; -1: there is none */
};

static void begin(struct way *w, struct ws_repo *r, const char *under, const char *ref, bool clear)
{
    bool of_runs = ws_starts_with(ref, "refs/wsfsm/");

    w->r = r;
    w->path = ws_format("%s%s", under, ref);
    w->ours = strlen(under) + strlen(OURS[of_runs ? 0 : 1]);
    w->only_refs = of_runs;
    w->clear = clear;
    w->name = ws_path_base(w->path);
    w->folder = -1;
}

static void end(struct way *w)
{
    if (w->folder >= 0) {
        close(w->folder);
    }
    free(w->path);
}

static int failed(const struct way *w, struct ws_error *err)
{
    char *path = ws_path_join(w->r->git_dir, w->path);

    ws_fail_errno(err, WS_E_IO, path, "cannot look at what is there");
    free(path);
    return -1;
}

static int take_away(const struct way *w, int dir, const char *name, struct ws_error *err)
{
    char *path = ws_path_join(w->r->git_dir, w->path);
    int rc = ws_remove_at(dir, name, path, err);

    free(path);
    return rc;
}

static int refuse(const struct way *w, const char *folder, struct ws_error *err)
{
    char *path = ws_path_join(w->r->git_dir, folder);

    ws_fail(err, WS_E_REPOSITORY, path,
            "a folder of git's must be here; wsfsm follows no link to its refs and their logs");
    free(path);
    return -1;
}

/* The folder `path` could not be opened. 0: there is none, w->folder stays -1; 1: something else is
 * there. */
static int blocked(const struct way *w, int dir, const char *path, struct ws_error *err)
{
    const char *name = ws_path_base(path);
    struct stat st;

    if (errno == ENOENT) {
        return 0;
    }
    if ((errno != ENOTDIR && errno != ELOOP) || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return failed(w, err);
    }
    if (!w->clear) {
        return 1;
    }
    if (strlen(path) < w->ours) {
        return refuse(w, path, err);
    }
    /* A branch named as our folder is: git says so by itself. */
    return S_ISREG(st.st_mode) && !w->only_refs ? 0 : take_away(w, dir, name, err);
}

/* To the folder that holds the last component. As blocked(). */
static int walk(struct way *w, struct ws_error *err)
{
    char *path = ws_strdup(w->path), *at = path, *slash;
    int dir = open(w->r->git_dir, FOLDER), rc = dir < 0 ? failed(w, err) : 0;

    while (rc == 0 && (slash = strchr(at, '/')) != NULL) {
        *slash = '\0';
        bool ours = strlen(path) >= w->ours;
        /* Who only looks may look where the user's own links lead. */
        int next = openat(dir, at, FOLDER | (ours || w->clear ? O_NOFOLLOW : 0));

        if (next < 0) {
            rc = blocked(w, dir, path, err);
            break;
        }
        close(dir);
        dir = next;
        *slash = '/';
        at = slash + 1;
    }
    if (rc == 0 && at - path == w->name - w->path) {
        w->folder = dir;
    } else if (dir >= 0) {
        close(dir);
    }
    free(path);
    return rc;
}

/* --- its end --- */

/* The file holds what libgit2 takes for the name of an object. */
static enum ws_own read_value(const struct way *w, struct ws_error *err)
{
    int fd = openat(w->folder, w->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    char text[HEX_LEN + 1];
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text), hex = 0;
    int saved = errno;

    if (fd >= 0) {
        close(fd);
    }
    if (n < 0) {
        errno = saved;
        return saved == ENOENT              ? WS_OWN_ABSENT
               : ws_errno_is_trouble(saved) ? (enum ws_own)failed(w, err)
                                            : WS_OWN_ODD;
    }
    while (hex < n && hex < HEX_LEN && isxdigit((unsigned char)text[hex])) {
        hex++;
    }
    bool ends = n == HEX_LEN || (n > HEX_LEN && isspace((unsigned char)text[HEX_LEN]));

    return hex == HEX_LEN && ends ? WS_OWN_PLAIN : WS_OWN_ODD;
}

static enum ws_own look(const struct way *w, struct ws_error *err)
{
    struct stat st;

    if (w->folder < 0) {
        return WS_OWN_ABSENT;
    }
    if (fstatat(w->folder, w->name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return errno == ENOENT ? WS_OWN_ABSENT : (enum ws_own)failed(w, err);
    }
    if (S_ISDIR(st.st_mode)) {
        return WS_OWN_ABSENT; /* of other refs, by its name */
    }
    return S_ISREG(st.st_mode) ? read_value(w, err) : WS_OWN_ODD;
}

enum ws_own ws_own_look(struct ws_repo *r, const char *ref, struct ws_error *err)
{
    enum ws_own is;
    struct way w;

    begin(&w, r, "", ref, false);
    int rc = walk(&w, err);
    is = rc < 0 ? WS_OWN_FAILED : rc > 0 ? WS_OWN_ODD : look(&w, err);
    end(&w);
    return is;
}

/* 1: it is there; 0: it is not. */
static int stat_at(struct stat *st, const struct way *w, const char *name, struct ws_error *err)
{
    if (fstatat(w->folder, name, st, AT_SYMLINK_NOFOLLOW) == 0) {
        return 1;
    }
    return errno == ENOENT ? 0 : failed(w, err);
}

static int clear_lock(const struct way *w, struct ws_error *err)
{
    char *lock = ws_format("%s.lock", w->name);
    struct stat st;
    int rc = stat_at(&st, w, lock, err);

    if (rc > 0) {
        rc = S_ISREG(st.st_mode) ? 0 : take_away(w, w->folder, lock, err);
    }
    free(lock);
    return rc;
}

static int clear_file(const struct way *w, struct ws_error *err)
{
    struct stat st;
    int there = stat_at(&st, w, w->name, err);
    enum ws_own is = there < 0 ? WS_OWN_FAILED : look(w, err);

    if (is == WS_OWN_FAILED) {
        return -1;
    }
    bool folder = there > 0 && S_ISDIR(st.st_mode) && w->only_refs;
    if ((is == WS_OWN_ODD || folder) && take_away(w, w->folder, w->name, err) < 0) {
        return -1;
    }
    return clear_lock(w, err);
}

/* A log is appended to where it lies: one with a second name is written to under that, too. */
static int clear_log(const struct way *w, struct ws_error *err)
{
    struct stat st;
    int there = stat_at(&st, w, w->name, err);

    if (there <= 0) {
        return there;
    }
    return S_ISREG(st.st_mode) && st.st_nlink == 1 ? 0 : take_away(w, w->folder, w->name, err);
}

static int clear(struct ws_repo *r, const char *under, const char *ref,
                 int (*what)(const struct way *w, struct ws_error *err), struct ws_error *err)
{
    struct way w;

    begin(&w, r, under, ref, true);
    int rc = walk(&w, err);
    if (rc == 0 && w.folder >= 0) {
        rc = what(&w, err);
    }
    end(&w);
    return rc;
}

int ws_own_clear(struct ws_repo *r, const char *ref, struct ws_error *err)
{
    return clear(r, "", ref, clear_file, err) < 0 ? -1 : clear(r, "logs/", ref, clear_log, err);
}

static int log_is_odd(bool *odd, struct ws_repo *r, const char *ref, struct ws_error *err)
{
    struct stat st;
    struct way w;

    begin(&w, r, "logs/", ref, false);
    int rc = walk(&w, err);
    *odd = rc > 0;
    if (rc == 0 && w.folder >= 0) {
        rc = stat_at(&st, &w, w.name, err);
        *odd = rc > 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
    }
    end(&w);
    return rc < 0 ? -1 : 0;
}

int ws_own_violations(struct ws_strv *out, struct ws_repo *r, const char *branch,
                      struct ws_error *err)
{
    enum ws_own is = ws_own_look(r, branch, err);
    bool odd = false;

    if (is == WS_OWN_FAILED || log_is_odd(&odd, r, branch, err) < 0) {
        return -1;
    }
    if (is == WS_OWN_ODD) {
        ws_strv_addf(out, "%s was replaced by a link, a symbolic ref or something else", branch);
    }
    if (odd) {
        ws_strv_addf(out, "the log of %s was replaced by a link or something else", branch);
    }
    return 0;
}
