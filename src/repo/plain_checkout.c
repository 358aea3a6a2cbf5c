/* The ignore rules and attributes of the user's checkout, looked at in every folder that a status
 * reads them in: those with tracked files, and those that no rule hides. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plain.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

/* Each folder on the way down takes a descriptor. */
enum { MAX_DEPTH = 400 };

struct walk {
    struct ws_repo *r;
    git_index *index;
    struct ws_buf path; /* below the root, with a '/' at the end */
    struct ws_error *err;
};

static int check_rules(const struct walk *w)
{
    static const char *const names[] = {".gitignore", ".gitattributes"};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < sizeof names / sizeof *names; i++) {
        char *file = ws_format("%s/%s%s", w->r->root, ws_buf_str(&w->path), names[i]);

        rc = ws_plain_file(file, WS_E_REPOSITORY, w->err);
        free(file);
    }
    return rc;
}

/* The rules above were looked at. A repository of its own is looked into like any other folder. */
static bool is_looked_into(const struct walk *w)
{
    const char *path = ws_buf_str(&w->path);
    size_t at;
    int ignored = 0;

    return git_index_find_prefix(&at, w->index, path) == 0 ||
           git_ignore_path_is_ignored(&ignored, w->r->git, path) < 0 || ignored == 0;
}

static bool is_folder(int dir, const struct dirent *e)
{
    struct stat st;

    if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
        strcmp(e->d_name, ".git") == 0) {
        return false;
    }
    if (e->d_type != DT_UNKNOWN) {
        return e->d_type == DT_DIR;
    }
    return fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static int look_into(struct walk *w, int fd, unsigned depth);

static int look_below(struct walk *w, int dir, const char *name, unsigned depth)
{
    size_t len = w->path.len;
    int rc = 0;

    ws_buf_printf(&w->path, "%s/", name);
    if (is_looked_into(w)) {
        int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        rc = look_into(w, fd, depth + 1);
    }
    w->path.len = len;
    w->path.data[len] = '\0';
    return rc;
}

/* Takes the descriptor. What cannot be read here, libgit2 cannot read either. */
static int look_into(struct walk *w, int fd, unsigned depth)
{
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *e;
    int rc;

    if (d == NULL) {
        if (fd >= 0) {
            close(fd);
        }
        return 0;
    }
    rc = depth < MAX_DEPTH ? check_rules(w)
                           : ws_fail(w->err, WS_E_REPOSITORY, ws_buf_str(&w->path),
                                     "the folders of the checkout are too deep");
    while (rc == 0 && (e = readdir(d)) != NULL) {
        if (is_folder(dirfd(d), e)) {
            rc = look_below(w, dirfd(d), e->d_name, depth);
        }
    }
    closedir(d);
    return rc;
}

int ws_plain_checkout(struct ws_repo *r, struct ws_error *err)
{
    struct walk w = {.r = r, .err = err};
    int rc = ws_plain_named_rules(r->git, err), git = 0;

    if (rc == 0) {
        git = git_repository_index(&w.index, r->git);
    }
    if (rc == 0 && git == 0) {
        git = git_index_read(w.index, 0);
    }
    if (git < 0) {
        rc = ws_fail_git(err, WS_E_REPOSITORY, git, r->root, "the index cannot be read");
    } else if (rc == 0) {
        rc = look_into(&w, open(r->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0);
    }
    git_index_free(w.index);
    ws_buf_release(&w.path);
    return rc;
}
