#include "log_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"
#include "wsfsm/doc/doc.h"
#include "wsfsm/project/bundle.h"

static struct ws_log_file *add(struct ws_log_files *f, const char *tool)
{
    f->items = ws_grow(f->items, &f->cap, f->len, sizeof *f->items);
    f->items[f->len].tool = ws_strdup(tool);
    return &f->items[f->len++];
}

/* --- an attempt that has ended --- */

char *ws_log_file_now(const char *state_dir, const char *recorded)
{
    static const char ours[] = "/.wsfsm/";
    const char *found = NULL;

    for (const char *at = strstr(recorded, ours); at != NULL; at = strstr(at + 1, ours)) {
        found = at + strlen(ours);
    }
    for (const char *part = found; part != NULL; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0')) {
            return NULL;
        }
    }
    return found != NULL ? ws_path_join(state_dir, found) : NULL;
}

static int add_tool(struct ws_log_files *out, const char *state_dir, const struct ws_node *tool,
                    const char *stream, struct ws_error *err)
{
    char *key = ws_format("%s_log", stream);
    const char *path = ws_node_str(tool, key, NULL);
    char *now = path != NULL ? ws_log_file_now(state_dir, path) : NULL;
    int status = 0;

    free(key);
    if (path != NULL && now == NULL) {
        status = ws_fail(err, WS_E_INTEGRITY, path, "the database names a log outside of .wsfsm");
    } else {
        struct ws_log_file *file = add(out, ws_node_str(tool, "id", "?"));

        file->path = now;
        file->reason =
            now != NULL ? NULL : ws_strdup(ws_node_str(tool, "error", "it was not started"));
    }
    return status;
}

static int from_result(struct ws_log_files *out, const char *state_dir, const char *result_json,
                       const char *stream, struct ws_error *err)
{
    struct ws_doc *doc = ws_doc_parse_stored(result_json, err);
    int status = 0;

    if (doc == NULL) {
        return -1;
    }
    const struct ws_node *tools = ws_node_get(ws_node_get(ws_doc_root(doc), "details"), "tools");
    if (tools != NULL && tools->kind == WS_NODE_SEQ) {
        for (size_t i = 0; status == 0 && i < tools->len; i++) {
            status = add_tool(out, state_dir, tools->items[i], stream, err);
        }
    }
    ws_doc_free(doc);
    return status;
}

/* --- an attempt whose result names no tool: in progress, or interrupted --- */

static int by_number(const void *a, const void *b)
{
    long x = strtol(ws_path_base(((const struct ws_log_file *)a)->path), NULL, 10);
    long y = strtol(ws_path_base(((const struct ws_log_file *)b)->path), NULL, 10);

    return (x > y) - (x < y);
}

/* Files are named NUMBER-TOOL.STREAM.log. -1: errno says why it cannot be read. */
static int add_entries(struct ws_log_files *out, DIR *dir, const char *folder, const char *stream)
{
    char *suffix = ws_format(".%s.log", stream);
    struct dirent *entry;

    while ((errno = 0, entry = readdir(dir)) != NULL) {
        const char *tool = strchr(entry->d_name, '-');

        if (tool != NULL && ws_ends_with(entry->d_name, suffix)) {
            char *id = ws_strndup(tool + 1, strlen(tool + 1) - strlen(suffix));

            add(out, id)->path = ws_path_join(folder, entry->d_name);
            free(id);
        }
    }
    int why = errno;

    free(suffix);
    errno = why;
    return why != 0 ? -1 : 0;
}

static int unreadable(const char *path, struct ws_error *err)
{
    return ws_errno_is_trouble(errno) ? ws_fail_errno(err, WS_E_IO, path, "cannot be read") : 0;
}

/* One that is not there is empty: the attempt ended before it was made, or somebody removed it. */
static int from_folder(struct ws_log_files *out, const char *folder, const char *stream,
                       struct ws_error *err)
{
    DIR *dir = opendir(folder);

    if (dir == NULL) {
        return unreadable(folder, err);
    }
    int status = add_entries(out, dir, folder, stream) != 0
                     ? ws_fail_errno(err, WS_E_IO, folder, "cannot be read")
                     : 0;
    closedir(dir);
    if (out->len > 1) {
        qsort(out->items, out->len, sizeof *out->items, by_number);
    }
    return status;
}

/* The ids stand in the database, where somebody may have put a path in their place. */
static char *folder_of(struct ws_session *s, const char *run_id, const char *ws_id, int64_t seq,
                       const char *step)
{
    if (!ws_valid_run_id(run_id) || !ws_valid_ws_id(ws_id) || strchr(step, '/') != NULL) {
        return NULL;
    }
    return ws_format("%s/runs/%s/%s/%lld-%s", ws_repo_state_dir(s->repo), run_id, ws_id,
                     (long long)seq, step);
}

/* Who ends an attempt that a dead process left does not know what that one had started. */
static int unnamed(struct ws_log_files *out, struct ws_session *s,
                   const struct ws_attempt_row *attempt, const char *stream, struct ws_error *err)
{
    int64_t seq;

    if (ws_store_attempt_begun_by(&seq, s->store, attempt, err) != 0) {
        return -1;
    }
    char *folder =
        seq > 0 ? folder_of(s, attempt->run_id, attempt->ws_id, seq, attempt->step_name) : NULL;
    int status = folder != NULL ? from_folder(out, folder, stream, err) : 0;

    free(folder);
    return status;
}

int ws_log_files_of(struct ws_log_files *out, struct ws_session *s,
                    const struct ws_attempt_row *attempt, const char *stream, struct ws_error *err)
{
    bool ended = attempt->result_json != NULL;
    int status =
        ended ? from_result(out, ws_repo_state_dir(s->repo), attempt->result_json, stream, err) : 0;

    if (status == 0 && out->len == 0 && (!ended || strcmp(attempt->status, "interrupted") == 0)) {
        status = unnamed(out, s, attempt, stream, err);
    }
    return status;
}

static int take_newest(int64_t *ms, const char *path, struct ws_error *err)
{
    struct stat st;

    if (lstat(path, &st) != 0) {
        return unreadable(path, err);
    }
    if (S_ISREG(st.st_mode)) {
        int64_t at = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;

        *ms = at > *ms ? at : *ms;
    }
    return 0;
}

int ws_log_last_written(int64_t *ms, struct ws_session *s, const struct ws_run_row *run,
                        struct ws_error *err)
{
    struct ws_position position;
    struct ws_log_files files = {0};
    int status = 0;

    *ms = 0;
    if (ws_store_position(&position, s->store, run->run_id, run->ws_id, err) != 0) {
        return -1;
    }
    char *folder = position.attempt_id > 0
                       ? folder_of(s, run->run_id, run->ws_id, position.seq, position.step_name)
                       : NULL;
    if (folder != NULL && (from_folder(&files, folder, "stdout", err) != 0 ||
                           from_folder(&files, folder, "stderr", err) != 0)) {
        status = -1;
    }
    for (size_t i = 0; status == 0 && i < files.len; i++) {
        status = take_newest(ms, files.items[i].path, err);
    }
    free(folder);
    ws_log_files_release(&files);
    ws_position_release(&position);
    return status;
}

void ws_log_files_release(struct ws_log_files *f)
{
    for (size_t i = 0; i < f->len; i++) {
        free(f->items[i].tool);
        free(f->items[i].path);
        free(f->items[i].reason);
    }
    free(f->items);
    *f = (struct ws_log_files){0};
}
