#include "durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <git2/sys/odb_backend.h>

#include "own.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

int ws_durable_write(git_oid *oid, struct ws_repo *r, const void *data, size_t len,
                     git_object_t type)
{
    int rc = git_odb_hash(oid, data, len, type);

    if (rc == 0) {
        rc = ws_own_object_folder(r, oid);
    }
    git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 0);
    if (rc == 0 && git_odb_exists_ext(r->odb, oid, GIT_ODB_LOOKUP_NO_REFRESH) == 1) {
        rc = git_odb_write(oid, r->odb, data, len, type); /* its time anew, for git gc */
    } else if (rc == 0) {
        rc = r->loose->write(r->loose, oid, data, len, type);
    }
    git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
    if (rc == 0 && r->pending_len < WS_PENDING_MAX) {
        r->pending[r->pending_len] = *oid;
    }
    if (rc == 0) {
        r->pending_len++;
    }
    ws_fault_point("repo.object_written");
    return rc;
}

void ws_durable_suspect(struct ws_repo *r)
{
    r->pending_len = WS_PENDING_MAX + 1;
}

bool ws_durable_pending(const struct ws_repo *r)
{
    return r->pending_len > 0;
}

/* The file, when the object is loose; packed ones were synced with their pack. */
static int sync_path(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), rc;

    if (fd < 0) {
        return errno == ENOENT ? 0 : -1;
    }
    rc = fsync(fd);
    close(fd);
    return rc;
}

static int sync_each(struct ws_repo *r)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < r->pending_len; i++) {
        char hex[WS_OID_HEX], *folder, *file;

        ws_git_hex(hex, &r->pending[i]);
        folder = ws_format("%s/objects/%.2s", r->git_dir, hex);
        file = ws_format("%s/%s", folder, hex + 2);
        rc = sync_path(file) < 0 || sync_path(folder) < 0 ? -1 : 0;
        free(folder);
        free(file);
    }
    return rc;
}

static int sync_all(struct ws_repo *r)
{
    char *objects = ws_path_join(r->git_dir, "objects");
    int fd = open(objects, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = -1;

    if (fd >= 0) {
#ifdef __linux__
        rc = syncfs(fd);
#else
        sync();
        rc = 0;
#endif
        close(fd);
    }
    free(objects);
    return rc;
}

int ws_durable_flush(struct ws_repo *r, struct ws_error *err)
{
    int rc = r->pending_len <= WS_PENDING_MAX ? sync_each(r) : sync_all(r);

    if (rc < 0) {
        return ws_fail_errno(err, WS_E_IO, r->git_dir, "the objects cannot be made durable");
    }
    r->pending_len = 0;
    ws_fault_point("repo.objects_durable");
    return 0;
}
