#include "wsfsm/repo/mend.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"
#include "lock.h"
#include "mend_ref.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"

enum { DEPTH_MAX = 16, OBJECT_NAME_LEN = 38 };

/* Is `name` (with ".lock" at its end) a second name of the ref in the same folder? */
static bool is_twin(int dir, const char *name)
{
    static const char suffix[] = ".lock";
    char *ref = ws_strndup(name, strlen(name) - (sizeof suffix - 1));
    struct stat lock, of_ref;
    bool is = fstatat(dir, name, &lock, AT_SYMLINK_NOFOLLOW) == 0 &&
              fstatat(dir, ref, &of_ref, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(lock.st_mode) &&
              lock.st_ino == of_ref.st_ino && lock.st_dev == of_ref.st_dev;

    free(ref);
    return is;
}

void ws_mend_ref(struct ws_repo *r, const char *ref)
{
    char *path = ws_path_join(r->git_dir, ref), *lock = ws_format("%s.lock", path);

    if (is_twin(AT_FDCWD, lock)) {
        unlink(lock);
    }
    free(lock);
    free(path);
}

static bool is_link(int dir, const struct dirent *e)
{
    struct stat st;

    return e->d_type == DT_LNK ||
           (e->d_type == DT_UNKNOWN && fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISLNK(st.st_mode));
}

/* A link was put there by a tool: nothing of ours is behind it, and libgit2 lists no ref that comes
 * after one that leads nowhere. Takes the descriptor. */
static void mend_refs(int fd, unsigned depth)
{
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *e;

    while (d != NULL && (e = readdir(d)) != NULL) {
        if (is_link(dirfd(d), e) ||
            (ws_ends_with(e->d_name, ".lock") && is_twin(dirfd(d), e->d_name))) {
            unlinkat(dirfd(d), e->d_name, 0);
        } else if (e->d_name[0] != '.' && e->d_type != DT_REG && depth < DEPTH_MAX) {
            mend_refs(openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
                      depth + 1);
        }
    }
    if (d != NULL) {
        closedir(d);
    } else if (fd >= 0) {
        close(fd);
    }
}

static int open_below(struct ws_repo *r, const char *name)
{
    char *path = ws_path_join(r->git_dir, name);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    free(path);
    return fd;
}

static void mend_objects(int dir)
{
    DIR *d = dir < 0 ? NULL : fdopendir(dir);
    struct dirent *e;
    struct stat st;

    while (d != NULL && (e = readdir(d)) != NULL) {
        if (strlen(e->d_name) == OBJECT_NAME_LEN &&
            fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
            st.st_size == 0) {
            unlinkat(dirfd(d), e->d_name, 0);
        }
    }
    if (d != NULL) {
        closedir(d);
    } else if (dir >= 0) {
        close(dir);
    }
}

static bool has(struct ws_repo *r, const char *name, mode_t kind)
{
    char *path = ws_path_join(r->git_dir, name);
    struct stat st;
    bool is = lstat(path, &st) == 0 && (st.st_mode & S_IFMT) == kind;

    free(path);
    return is;
}

static void mend_below(struct ws_repo *r, const char *name)
{
    if (has(r, name, S_IFLNK)) {
        char *path = ws_path_join(r->git_dir, name);

        unlink(path);
        free(path);
    }
    mend_refs(open_below(r, name), 0);
}

static void mend_all(struct ws_repo *r, bool objects)
{
    static const char *const ours[] = {"refs/wsfsm", "refs/heads/ws"};
    char *path = ws_path_join(r->state_dir, "refs.lock");
    int lock;

    if (ws_lock_take(&lock, path, NULL) == 0) {
        bool way = has(r, "refs", S_IFDIR) && has(r, "refs/heads", S_IFDIR);

        for (size_t i = 0; way && i < sizeof ours / sizeof *ours; i++) {
            mend_below(r, ours[i]);
        }
        for (unsigned i = 0; objects && i < 256; i++) {
            char *folder = ws_format("objects/%02x", i);

            mend_objects(open_below(r, folder));
            free(folder);
        }
        ws_lock_drop(lock);
    }
    free(path);
}

void ws_repo_mend(struct ws_repo *r)
{
    mend_all(r, true);
}

void ws_mend_refs(struct ws_repo *r)
{
    mend_all(r, false);
}
