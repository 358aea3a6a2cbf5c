/* The folders that loose objects go to. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "own.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

static bool is_fan_out(const char *name)
{
    return strlen(name) == 2 && strspn(name, "0123456789abcdef") == 2;
}

static bool is_folder(int dir, const struct dirent *e)
{
    struct stat st;

    return e->d_type == DT_DIR || fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
           S_ISDIR(st.st_mode);
}

static int refuse(enum ws_code code, const char *path, struct ws_error *err)
{
    return ws_fail(err, code, path,
                   "this is no longer the folder that git's objects go to; put it back");
}

/* Takes the descriptor. */
static int look_into(int fd, const char *objects, enum ws_code code, struct ws_error *err)
{
    DIR *d = fdopendir(fd);
    struct dirent *e;
    int rc = 0;

    if (d == NULL) {
        close(fd);
        return ws_fail_errno(err, WS_E_IO, objects, "cannot read the folder");
    }
    while (rc == 0 && (errno = 0, e = readdir(d)) != NULL) {
        if (is_fan_out(e->d_name) && !is_folder(dirfd(d), e)) {
            char *path = ws_path_join(objects, e->d_name);

            rc = refuse(code, path, err);
            free(path);
        }
    }
    if (rc == 0 && errno != 0) {
        rc = ws_fail_errno(err, WS_E_IO, objects, "cannot read the folder");
    }
    closedir(d);
    return rc;
}

/* The folder itself may be a link of the user's: then it leads where it led. */
int ws_own_objects(struct ws_repo *r, enum ws_code code, struct ws_error *err)
{
    char *objects = ws_path_join(r->git_dir, "objects");
    int fd = open(objects, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;
    struct stat st;

    if (fd < 0) {
        rc = ws_errno_is_trouble(errno)
                 ? ws_fail_errno(err, WS_E_IO, objects, "cannot open the folder")
                 : refuse(code, objects, err);
    } else if (fstat(fd, &st) < 0) {
        rc = ws_fail_errno(err, WS_E_IO, objects, "cannot look at the folder");
        close(fd);
    } else if (st.st_dev != r->objects_dev || st.st_ino != r->objects_ino) {
        rc = refuse(code, objects, err);
        close(fd);
    } else {
        rc = look_into(fd, objects, code, err);
    }
    free(objects);
    return rc;
}

int ws_own_object_folder(struct ws_repo *r, const git_oid *oid)
{
    char hex[WS_OID_HEX], *path, *text;
    struct stat st = {0};
    int rc = 0;

    ws_git_hex(hex, oid);
    path = ws_format("%s/objects/%.2s", r->git_dir, hex);
    if (lstat(path, &st) < 0 ? errno != ENOENT : !S_ISDIR(st.st_mode)) {
        text = st.st_mode != 0 ? ws_format("objects/%.2s is no folder", hex)
                               : ws_format("objects/%.2s: %s", hex, strerror(errno));
        git_error_set_str(GIT_ERROR_ODB, text);
        free(text);
        rc = GIT_ERROR;
    }
    free(path);
    return rc;
}
