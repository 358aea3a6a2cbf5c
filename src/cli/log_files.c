#include "log_files.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"
#include "wsfsm/doc/doc.h"

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

/* --- an attempt in progress --- */

static int by_number(const void *a, const void *b)
{
    long x = strtol(ws_path_base(((const struct ws_log_file *)a)->path), NULL, 10);
    long y = strtol(ws_path_base(((const struct ws_log_file *)b)->path), NULL, 10);

    return (x > y) - (x < y);
}

/* Files are named NUMBER-TOOL.STREAM.log. */
static void from_folder(struct ws_log_files *out, const char *folder, const char *stream)
{
    DIR *dir = opendir(folder);
    char *suffix = ws_format(".%s.log", stream);
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        const char *tool = strchr(entry->d_name, '-');

        if (tool != NULL && ws_ends_with(entry->d_name, suffix)) {
            char *id = ws_strndup(tool + 1, strlen(tool + 1) - strlen(suffix));

            add(out, id)->path = ws_path_join(folder, entry->d_name);
            free(id);
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    free(suffix);
    if (out->len > 1) {
        qsort(out->items, out->len, sizeof *out->items, by_number);
    }
}

static int in_progress(struct ws_log_files *out, struct ws_session *s,
                       const struct ws_attempt_row *attempt, const char *stream,
                       struct ws_error *err)
{
    struct ws_position position = {0};

    if (ws_store_position(&position, s->store, attempt->run_id, attempt->ws_id, err) != 0) {
        return -1;
    }
    if (position.attempt_id == attempt->id) {
        char *folder =
            ws_format("%s/runs/%s/%s/%lld-%s", ws_repo_state_dir(s->repo), attempt->run_id,
                      attempt->ws_id, (long long)position.seq, attempt->step_name);

        from_folder(out, folder, stream);
        free(folder);
    }
    ws_position_release(&position);
    return 0;
}

int ws_log_files_of(struct ws_log_files *out, struct ws_session *s,
                    const struct ws_attempt_row *attempt, const char *stream, struct ws_error *err)
{
    return attempt->result_json != NULL
               ? from_result(out, ws_repo_state_dir(s->repo), attempt->result_json, stream, err)
               : in_progress(out, s, attempt, stream, err);
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
