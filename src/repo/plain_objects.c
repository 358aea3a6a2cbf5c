/* Loose objects, asked one by one as libgit2 comes to read them: a backend before all others, which
 * holds nothing and only says no. */
#include <git2/sys/odb_backend.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* GIT_ENOTFOUND sends libgit2 on to the next backend. */
static int ask(const struct asker *a, const char *name)
{
    struct stat st;

    if (fstatat(a->objects, name, &st, 0) < 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) {
        return GIT_ENOTFOUND;
    }
    char *text = ws_format("objects/%s is no plain file", name);

    git_error_set_str(GIT_ERROR_ODB, text);
    free(text);
    return GIT_ERROR;
}

static int ask_for(git_odb_backend *backend, const git_oid *oid)
{
    char name[WS_OID_HEX + 1];

    loose_name(name, oid);
    return ask((const struct asker *)backend, name);
}

static int on_read(void **data, size_t *len, git_object_t *type, git_odb_backend *backend,
                   const git_oid *oid)
{
    (void)data;
    (void)len;
    (void)type;
    return ask_for(backend, oid);
}

static int on_read_header(size_t *len, git_object_t *type, git_odb_backend *backend,
                          const git_oid *oid)
{
    (void)len;
    (void)type;
    return ask_for(backend, oid);
}

/* The first digits only: every loose object that begins so may be meant. */
static int on_read_prefix(git_oid *out, void **data, size_t *len, git_object_t *type,
                          git_odb_backend *backend, const git_oid *oid, size_t digits)
{
    const struct asker *a = (const struct asker *)backend;
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
