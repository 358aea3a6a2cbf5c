/* Loose objects: a backend before all others, which reads them as files that anybody may have put
 * there. */
#include <git2/sys/odb_backend.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loose.h"
#include "plain.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"

/* libgit2's own have 1 and 2; the highest is asked first. */
enum { PRIORITY = 100 };

/* libgit2 follows five alternates in a row; a list that is longer than this is none of git's. */
enum { MAX_FOLDERS = 256, MAX_LIST = 1 << 20 };

struct asker {
    git_odb_backend backend; /* first: libgit2 knows this one */
    int objects;             /* the folder */
};

/* Where the object lies when it is loose: "ab/cdef...". */
static void loose_name(char out[WS_OID_HEX + 1], const git_oid *oid)
{
    char hex[WS_OID_HEX];

    ws_git_hex(hex, oid);
    snprintf(out, WS_OID_HEX + 1, "%.2s/%s", hex, hex + 2);
}

static int no_good(const char *name, const char *how, int kind)
{
    char *text = ws_format("objects/%s %s", name, how);

    git_error_set_str(kind, text);
    free(text);
    return GIT_ERROR;
}

/* Opens one; GIT_ENOTFOUND sends libgit2 on to the next backend. */
static int open_loose(int *fd, const struct asker *a, const char *name)
{
    struct stat st;

    *fd = openat(a->objects, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (*fd < 0 && ws_errno_is_trouble(errno)) {
        return no_good(name, strerror(errno), GIT_ERROR_OS);
    }
    if (*fd < 0) {
        return GIT_ENOTFOUND; /* or not to be opened, which libgit2 finds, too */
    }
    if (fstat(*fd, &st) == 0 && S_ISREG(st.st_mode)) {
        return 0;
    }
    close(*fd);
    if (S_ISDIR(st.st_mode)) {
        return GIT_ENOTFOUND;
    }
    return no_good(name, "is no plain file", GIT_ERROR_ODB);
}

static int read_loose(size_t *len, git_object_t *type, void **data, git_odb_backend *backend,
                      const char *name)
{
    struct ws_loose object;
    int fd, rc = open_loose(&fd, (const struct asker *)backend, name);

    if (rc == 0) {
        rc = ws_loose_read(&object, data, backend, fd, name);
        close(fd);
    }
    if (rc == 0) {
        *len = object.size;
        *type = object.type;
    }
    return rc;
}

static int on_read(void **data, size_t *len, git_object_t *type, git_odb_backend *backend,
                   const git_oid *oid)
{
    char name[WS_OID_HEX + 1];

    loose_name(name, oid);
    return read_loose(len, type, data, backend, name);
}

static int on_read_header(size_t *len, git_object_t *type, git_odb_backend *backend,
                          const git_oid *oid)
{
    char name[WS_OID_HEX + 1];

    loose_name(name, oid);
    return read_loose(len, type, NULL, backend, name);
}

/* Is it sound? GIT_ENOTFOUND: yes, or not there; libgit2 reads it. */
static int ask(struct asker *a, const char *name)
{
    git_object_t type;
    size_t len;
    void *data;
    int rc = read_loose(&len, &type, &data, &a->backend, name);

    if (rc == 0) {
        git_odb_backend_data_free(&a->backend, data);
        rc = GIT_ENOTFOUND;
    }
    return rc;
}

/* The first digits only: every loose object that begins so may be meant. */
static int on_read_prefix(git_oid *out, void **data, size_t *len, git_object_t *type,
                          git_odb_backend *backend, const git_oid *oid, size_t digits)
{
    struct asker *a = (struct asker *)backend;
    char name[WS_OID_HEX + 1], folder[3];
    struct dirent *e;
    int rc = GIT_ENOTFOUND;

    (void)out;
    (void)data;
    (void)len;
    (void)type;
    loose_name(name, oid);
    snprintf(folder, sizeof folder, "%.2s", name);
    name[digits + 1] = '\0';
    int fd = openat(a->objects, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    while (d != NULL && rc == GIT_ENOTFOUND && (e = readdir(d)) != NULL) {
        char *path = ws_path_join(folder, e->d_name);

        rc = ws_starts_with(path, name) ? ask(a, path) : rc;
        free(path);
    }
    if (d != NULL) {
        closedir(d);
    }
    return rc;
}

static void on_free(git_odb_backend *backend)
{
    struct asker *a = (struct asker *)backend;

    close(a->objects);
    free(a);
}

static int add_asker(git_odb *odb, const char *objects)
{
    int fd = open(objects, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;
    struct asker *a;

    if (fd < 0) {
        return 0; /* no folder: no loose object */
    }
    a = ws_alloc(sizeof *a);
    git_odb_init_backend(&a->backend, GIT_ODB_BACKEND_VERSION);
    a->objects = fd;
    a->backend.read = on_read;
    a->backend.read_header = on_read_header;
    a->backend.read_prefix = on_read_prefix;
    a->backend.free = on_free;
    rc = git_odb_add_backend(odb, &a->backend, PRIORITY);
    if (rc < 0) {
        on_free(&a->backend);
    }
    return rc;
}

int ws_plain_objects(git_odb *odb, const char *git_dir)
{
    struct ws_strv folders = {0};
    int rc = 0;

    ws_plain_object_folders(&folders, git_dir);
    for (size_t i = 0; rc == 0 && i < folders.len; i++) {
        rc = add_asker(odb, folders.items[i]);
    }
    ws_strv_release(&folders);
    return rc;
}

/* As libgit2 reads them: a name that begins with a dot is relative to the objects of the repository
 * itself, every other one stands as it is. */
static void add_alternate(struct ws_strv *out, const char *objects, const char *line, size_t len)
{
    char *name = ws_strndup(line, len), *folder;

    folder = name[0] == '.' ? ws_path_join(objects, name) : ws_strdup(name);
    if (name[0] != '\0' && name[0] != '#' && !ws_strv_has(out, folder)) {
        ws_strv_add(out, folder);
    }
    free(folder);
    free(name);
}

void ws_plain_object_folders(struct ws_strv *out, const char *git_dir)
{
    ws_strv_take(out, ws_path_join(git_dir, "objects"));
    for (size_t i = 0; i < out->len && out->len < MAX_FOLDERS; i++) {
        char *list = ws_path_join(out->items[i], "info/alternates");
        struct ws_buf text = {0};

        if (ws_path_exists(list) && ws_read_file(&text, list, MAX_LIST, NULL) == 0) {
            const char *line = ws_buf_str(&text);

            for (size_t len; *line != '\0'; line += len + (line[len] == '\n')) {
                len = strcspn(line, "\n");
                add_alternate(out, out->items[0], line, len);
            }
        }
        ws_buf_release(&text);
        free(list);
    }
}
