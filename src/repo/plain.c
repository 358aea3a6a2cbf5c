#include "plain.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"

/* git follows five symbolic refs and makes no name of a ref longer than a path. */
enum { MAX_HOPS = 6, MAX_REF = 4096, MAX_DEPTH = 128 };

static const int FOLDER = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

struct look {
    bool below; /* folders in it, too */
    enum ws_code code;
    struct ws_error *err;
};

static bool is_null_device(const struct stat *st)
{
    struct stat null;

    return S_ISCHR(st->st_mode) && stat("/dev/null", &null) == 0 && null.st_rdev == st->st_rdev;
}

bool ws_plain_waits(const struct stat *st)
{
    return S_ISFIFO(st->st_mode) || S_ISBLK(st->st_mode) ||
           (S_ISCHR(st->st_mode) && !is_null_device(st));
}

static int refuse(const char *path, enum ws_code code, struct ws_error *err)
{
    return ws_fail(err, code, path, "this is no plain file");
}

static int look_below(const struct look *l, int fd, const char *path, unsigned depth);

static int look_at(const struct look *l, int dir, const struct dirent *e, const char *folder,
                   unsigned depth)
{
    struct stat st;
    char *path;
    int rc = 0;

    if (e->d_type == DT_REG || e->d_type == DT_SOCK || (e->d_type == DT_DIR && !l->below)) {
        return 0;
    }
    if (fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return 0;
    }
    path = ws_path_join(folder, e->d_name);
    if (S_ISDIR(st.st_mode) && l->below) {
        rc = look_below(l, openat(dir, e->d_name, FOLDER | O_NOFOLLOW), path, depth + 1);
    } else if (ws_plain_waits(&st) ||
               (S_ISLNK(st.st_mode) && stat(path, &st) == 0 && ws_plain_waits(&st))) {
        rc = refuse(path, l->code, l->err);
    }
    free(path);
    return rc;
}

/* Takes the descriptor. A folder that is not there, or not to be read, holds nothing that libgit2
 * could open. */
static int look_below(const struct look *l, int fd, const char *path, unsigned depth)
{
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *e;
    int rc = 0;

    if (d == NULL) {
        if (fd >= 0) {
            close(fd);
        }
        return 0;
    }
    if (depth > MAX_DEPTH) {
        rc = ws_fail(l->err, l->code, path, "the folders of refs are too deep");
    }
    while (rc == 0 && (e = readdir(d)) != NULL) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            rc = look_at(l, dirfd(d), e, path, depth);
        }
    }
    closedir(d);
    return rc;
}

static int look_into(const char *git_dir, const char *folder, const struct look *l)
{
    char *path = folder[0] != '\0' ? ws_path_join(git_dir, folder) : ws_strdup(git_dir);
    int rc = look_below(l, open(path, FOLDER), path, 0);

    free(path);
    return rc;
}

static int check_file(const char *folder, const char *name, bool any, enum ws_code code,
                      struct ws_error *err)
{
    char *path = ws_path_join(folder, name);
    struct stat st;
    int rc = 0;

    if (stat(path, &st) == 0 && (any ? ws_plain_waits(&st) : !S_ISREG(st.st_mode))) {
        rc = refuse(path, code, err);
    }
    free(path);
    return rc;
}

int ws_plain_file(const char *path, enum ws_code code, struct ws_error *err)
{
    struct stat st;

    return stat(path, &st) == 0 && ws_plain_waits(&st) ? refuse(path, code, err) : 0;
}

/* Packs and what else lies beside the objects, here and where they are borrowed from. */
static int check_objects(const char *git_dir, const struct look *l)
{
    static const char *const folders[] = {"pack", "info", "info/commit-graphs"};
    struct ws_strv objects = {0};
    int rc = 0;

    ws_plain_object_folders(&objects, git_dir);
    for (size_t i = 0; rc == 0 && i < objects.len; i++) {
        for (size_t k = 0; rc == 0 && k < sizeof folders / sizeof *folders; k++) {
            rc = look_into(objects.items[i], folders[k], l);
        }
    }
    ws_strv_release(&objects);
    return rc;
}

int ws_plain_git_dir(const char *git_dir, enum ws_code code, struct ws_error *err)
{
    static const char *const files[] = {
        "HEAD",         "config",          "packed-refs",
        "index",        "shallow",         "info/grafts",
        "info/exclude", "info/attributes", "objects/info/alternates",
    };
    const struct look l = {.code = code, .err = err};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < sizeof files / sizeof *files; i++) {
        rc = check_file(git_dir, files[i], false, code, err);
    }
    if (rc == 0) {
        rc = look_into(git_dir, "", &l);
    }
    if (rc == 0) {
        rc = check_objects(git_dir, &l);
    }
    return rc == 0 ? ws_plain_settings(git_dir, code, err) : rc;
}

int ws_plain_refs(struct ws_repo *r, enum ws_code code, struct ws_error *err)
{
    const struct look l = {.below = true, .code = code, .err = err};

    return look_into(r->git_dir, "refs", &l);
}

/* The name that a symbolic ref leads to; NULL: it is none. */
static char *leads_to(const char *git_dir, const char *ref)
{
    char *path = ws_path_join(git_dir, ref), *name = NULL;
    struct ws_buf text = {0};

    if (ws_read_file(&text, path, MAX_REF, NULL) == 0 &&
        ws_starts_with(ws_buf_str(&text), "ref:")) {
        const char *rest = ws_buf_str(&text) + strlen("ref:");

        rest += strspn(rest, " \t");
        name = ws_strndup(rest, strcspn(rest, " \t\r\n"));
    }
    ws_buf_release(&text);
    free(path);
    return name;
}

int ws_plain_ref(struct ws_repo *r, const char *ref, struct ws_error *err)
{
    char *name = ws_strdup(ref);
    int rc = 0;

    for (int hop = 0; rc == 0 && name != NULL && hop < MAX_HOPS; hop++) {
        char *next = NULL;

        rc = check_file(r->git_dir, name, true, WS_E_REPOSITORY, err);
        if (rc == 0) {
            next = leads_to(r->git_dir, name);
        }
        free(name);
        name = next;
    }
    free(name);
    return rc;
}

static bool head_leads_to(struct ws_repo *r, const char *ref)
{
    char *name = leads_to(r->git_dir, "HEAD");

    for (int hop = 0; name != NULL && strcmp(name, ref) != 0 && hop < MAX_HOPS; hop++) {
        char *next = leads_to(r->git_dir, name);

        free(name);
        name = next;
    }
    bool is = name != NULL && strcmp(name, ref) == 0;
    free(name);
    return is;
}

/* Where it is written it is the user's own file, and no other by another name. */
int ws_plain_head_log(struct ws_repo *r, const char *ref, struct ws_error *err)
{
    char *log = ws_path_join(r->git_dir, "logs/HEAD");
    struct stat st;
    int rc = check_file(r->git_dir, "logs/HEAD", true, WS_E_REPOSITORY, err);

    if (rc == 0 && lstat(log, &st) == 0 && (!S_ISREG(st.st_mode) || st.st_nlink > 1) &&
        head_leads_to(r, ref)) {
        rc = refuse(log, WS_E_REPOSITORY, err);
    }
    free(log);
    return rc;
}
