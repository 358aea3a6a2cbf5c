#include "record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "line.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"

enum { MAX_RECORD = 64 * 1024 };

static const char SUFFIX[] = ".record";
static const char *const STATES[] = {"making", "made", "removing"};

void ws_record_release(struct ws_record *rec)
{
    free(rec->run_id);
    free(rec->ws_id);
    free(rec->admin);
    free(rec->root);
    memset(rec, 0, sizeof *rec);
}

char *ws_record_path(struct ws_repo *r, const char *ws_id, const char *suffix)
{
    return ws_format("%s/worktrees/%s%s", r->state_dir, ws_id, suffix);
}

/* The value of a line "key value"; NULL: no such line. */
static char *take(const char *text, const char *key)
{
    size_t len = strlen(key);

    for (const char *line = text; line != NULL && *line != '\0';) {
        const char *next = strchr(line, '\n');

        if (strncmp(line, key, len) == 0 && line[len] == ' ') {
            const char *at = line + len;

            return ws_line_take(&at);
        }
        line = next != NULL ? next + 1 : NULL;
    }
    return NULL;
}

static bool take_number(uint64_t *out, const char *text, const char *key)
{
    char *value = take(text, key), *end;
    bool good = value != NULL && value[0] >= '0' && value[0] <= '9';

    if (good) {
        errno = 0;
        *out = strtoull(value, &end, 10);
        good = errno == 0 && *end == '\0';
    }
    free(value);
    return good;
}

static bool take_state(enum ws_record_state *out, const char *text)
{
    char *value = take(text, "state");
    bool good = false;

    for (size_t i = 0; value != NULL && i < 3; i++) {
        if (strcmp(value, STATES[i]) == 0) {
            *out = (enum ws_record_state)i;
            good = true;
        }
    }
    free(value);
    return good;
}

/* A record of a version that knew of no setup does not say. */
static bool take_set_up(const char *text)
{
    char *value = take(text, "setup");
    bool done = value != NULL && strcmp(value, "done") == 0;

    free(value);
    return done;
}

static bool parse(struct ws_record *rec, const char *text, const char *ws_id)
{
    char *base = take(text, "base");
    bool good;

    rec->run_id = take(text, "run");
    rec->ws_id = take(text, "workstream");
    rec->admin = take(text, "admin");
    rec->root = take(text, "root");
    good = base != NULL && strlen(base) == WS_OID_HEX - 1 && rec->run_id != NULL &&
           rec->ws_id != NULL && strcmp(rec->ws_id, ws_id) == 0 && rec->admin != NULL &&
           strchr(rec->admin, '/') == NULL && rec->admin[0] != '.' && rec->admin[0] != '\0' &&
           take_state(&rec->state, text) && take_number(&rec->dev, text, "dev") &&
           take_number(&rec->ino, text, "ino") && strstr(text, "\nend\n") != NULL;
    if (good) {
        memcpy(rec->base, base, WS_OID_HEX);
        rec->set_up = take_set_up(text);
    }
    free(base);
    return good;
}

int ws_record_read(struct ws_record *rec, struct ws_repo *r, const char *ws_id,
                   struct ws_error *err)
{
    char *path = ws_record_path(r, ws_id, SUFFIX);
    struct ws_buf text = {0};
    int rc = 1;

    memset(rec, 0, sizeof *rec);
    if (ws_path_exists(path)) {
        rc = ws_read_file(&text, path, MAX_RECORD, err);
        if (rc == 0 && !parse(rec, ws_buf_str(&text), ws_id)) {
            ws_record_release(rec);
            rc = ws_fail(
                err, WS_E_INTEGRITY, path,
                "the worktree's record cannot be read; look at .worktrees/%s, move it away and "
                "delete the record",
                ws_id);
        }
    }
    ws_buf_release(&text);
    free(path);
    return rc;
}

static void put(struct ws_buf *out, const char *key, const char *value)
{
    ws_buf_printf(out, "%s ", key);
    ws_line_put(out, value);
    ws_buf_putc(out, '\n');
}

int ws_record_write(const struct ws_record *rec, struct ws_repo *r, struct ws_error *err)
{
    char *path = ws_record_path(r, rec->ws_id, SUFFIX);
    struct ws_buf text = {0};
    int rc;

    ws_buf_puts(&text, "wsfsm-worktree 1\n");
    put(&text, "state", STATES[rec->state]);
    put(&text, "run", rec->run_id);
    put(&text, "workstream", rec->ws_id);
    put(&text, "base", rec->base);
    put(&text, "admin", rec->admin);
    /* Of one that goes, git's paths are not brought up to date any more. */
    put(&text, "root", rec->state == WS_RECORD_REMOVING && rec->root != NULL ? rec->root : r->root);
    ws_buf_printf(&text, "dev %" PRIu64 "\nino %" PRIu64 "\n", rec->dev, rec->ino);
    if (rec->set_up) {
        put(&text, "setup", "done");
    }
    ws_buf_puts(&text, "end\n");
    ws_fault_point("repo.before_record");
    rc = ws_write_file(path, text.data, text.len, 0600, err);
    ws_fault_point("repo.after_record");
    ws_buf_release(&text);
    free(path);
    return rc;
}

int ws_record_delete(struct ws_repo *r, const char *ws_id, struct ws_error *err)
{
    char *path = ws_record_path(r, ws_id, SUFFIX), *folder = ws_path_dir(path);
    int fd, rc = 0;

    if (unlink(path) < 0 && errno != ENOENT) {
        rc = ws_fail_errno(err, WS_E_IO, path, "cannot delete the record");
    }
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    ws_fault_point("repo.record_deleted");
    free(folder);
    free(path);
    return rc;
}

int ws_record_list(struct ws_strv *ids, struct ws_repo *r, struct ws_error *err)
{
    char *folder = ws_path_join(r->state_dir, "worktrees");
    DIR *d = opendir(folder);
    struct dirent *e;
    int rc = 0;

    while (d != NULL && (errno = 0, e = readdir(d)) != NULL) {
        if (ws_ends_with(e->d_name, SUFFIX) && e->d_name[0] != '.') {
            char *id = ws_strndup(e->d_name, strlen(e->d_name) - strlen(SUFFIX));

            ws_strv_take(ids, id);
        }
    }
    if (d != NULL ? errno != 0 : errno != ENOENT) {
        rc = ws_fail_errno(err, WS_E_IO, folder, "cannot read the folder");
    }
    if (d != NULL) {
        closedir(d);
    }
    ws_strv_sort(ids);
    free(folder);
    return rc;
}
