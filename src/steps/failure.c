#include "failure.h"

#include <string.h>

#include "wsfsm/base/strv.h"
#include "wsfsm/base/text.h"
#include "wsfsm/doc/doc.h"

enum {
    TAIL_MAX = 4 << 10,  /* of one stream of one tool */
    COMMAND_MAX = 500,   /* of a command line; one argument may go beyond */
    TOLD_MAX = 32 << 10, /* no further tool is told of behind that */
};

/* --- which failure --- */

static bool has_items(const struct ws_node *map, const char *key)
{
    const struct ws_node *list = ws_node_get(map, key);
    return list && list->kind == WS_NODE_SEQ && list->len > 0;
}

/* The attempt's own tools were content, and what it found of the change was not. */
static bool left_scope(const struct ws_node *details)
{
    return has_items(details, "out_of_scope_files") || has_items(details, "violations");
}

/* 1: the attempt came out badly, 0: it did not. */
static int came_out_badly(const struct ws_attempt_row *row, struct ws_error *err)
{
    if (strcmp(row->status, "success") != 0 && strcmp(row->status, "skipped") != 0)
        return 1;
    struct ws_doc *doc = ws_doc_parse_stored(row->result_json, err);
    if (!doc)
        return -1;
    int rc = left_scope(ws_node_get(ws_doc_root(doc), "details"));
    ws_doc_free(doc);
    return rc;
}

/* An attempt that was cut short, or goes on, says nothing of its step. */
static bool is_finished(const struct ws_attempt_row *row)
{
    return row->result_json && strcmp(row->status, "interrupted") != 0 &&
           strcmp(row->status, "in_progress") != 0;
}

/* *found is NULL when nothing stands. Newest first, so that the first attempt of a step is the one
 * that counts. */
static int find_standing(const struct ws_attempt_row **found, const struct ws_attempt_rows *rows,
                         const char *own, struct ws_error *err)
{
    struct ws_strv seen = {0};
    int rc = 0;
    *found = NULL;
    for (size_t i = rows->len; rc >= 0 && i-- > 0;) {
        const struct ws_attempt_row *row = &rows->items[i];
        if (!is_finished(row) || ws_strv_has(&seen, row->step_name))
            continue;
        ws_strv_add(&seen, row->step_name);
        rc = came_out_badly(row, err);
        if (rc != 1)
            continue;
        bool other = strcmp(row->step_name, own) != 0;
        if (!*found || other)
            *found = row;
        if (other)
            break;
    }
    ws_strv_release(&seen);
    return rc < 0 ? -1 : 0;
}

/* --- what is said of it --- */

static void put_lines(struct ws_buf *out, const char *text)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        ws_buf_puts(out, "    ");
        ws_escape_line(out, text, len - (len > 0 && text[len - 1] == '\r'));
        ws_buf_putc(out, '\n');
        text += len + (text[len] == '\n');
    }
}

static void put_tail(struct ws_buf *out, const char *stream, const char *text)
{
    size_t len = strlen(text);
    if (len > TAIL_MAX) {
        text += len - TAIL_MAX;
        const char *newline = strchr(text, '\n');
        if (newline && newline[1])
            text = newline + 1;
    }
    if (*text) {
        ws_buf_printf(out, "  The end of its %s:\n", stream);
        put_lines(out, text);
    }
}

static void put_strings(struct ws_buf *out, const struct ws_node *map, const char *key)
{
    const struct ws_node *list = ws_node_get(map, key);
    for (size_t i = 0; has_items(map, key) && i < list->len && out->len < TOLD_MAX; i++)
        if (list->items[i]->kind == WS_NODE_STRING)
            put_lines(out, list->items[i]->text);
}

static void put_reason(struct ws_buf *out, const struct ws_node *call)
{
    const char *error = ws_node_str(call, "error", NULL);
    const char *limit = ws_node_str(call, "timed_out", NULL);
    const char *line = ws_node_str(call, "matched_line", NULL);
    int64_t number = ws_node_int(call, "signal", 0);
    if (error) {
        ws_buf_puts(out, "could not start: ");
        ws_escape_line(out, error, strlen(error));
    } else if (limit) {
        ws_buf_printf(out, "ran into a limit of time (%s)", limit);
    } else if (number > 0) {
        ws_buf_printf(out, "ended by signal %lld", (long long)number);
    } else if (line) {
        ws_buf_puts(out, "printed what means failure: ");
        ws_escape_line(out, line, strlen(line));
    } else {
        ws_buf_printf(out, "exit code %lld", (long long)ws_node_int(call, "exit_code", -1));
    }
    ws_buf_putc(out, '\n');
}

/* As it was called; a long list of files is cut. */
static void put_command(struct ws_buf *out, const struct ws_node *argv)
{
    size_t end = out->len + COMMAND_MAX;
    if (!argv || argv->len == 0)
        return;
    ws_buf_puts(out, "  Command:");
    for (size_t i = 0; i < argv->len; i++) {
        if (out->len > end) {
            ws_buf_puts(out, " ...");
            break;
        }
        ws_buf_putc(out, ' ');
        ws_escape_line(out, argv->items[i]->text, strlen(argv->items[i]->text));
    }
    ws_buf_putc(out, '\n');
}

static void put_call(struct ws_buf *out, const struct ws_node *call)
{
    const char *id = ws_node_str(call, "id", "");
    ws_buf_puts(out, "- ");
    ws_escape_line(out, id, strlen(id));
    ws_buf_puts(out, ": ");
    put_reason(out, call);
    put_command(out, ws_node_get(call, "argv"));
    put_tail(out, "output", ws_node_str(call, "stdout_tail", ""));
    put_tail(out, "errors", ws_node_str(call, "stderr_tail", ""));
}

static void put_calls(struct ws_buf *out, const struct ws_node *details)
{
    const struct ws_node *calls = ws_node_get(details, "tools");
    size_t untold = 0;
    for (size_t i = 0; has_items(details, "tools") && i < calls->len; i++) {
        if (!strcmp(ws_node_str(calls->items[i], "verdict", ""), "passed"))
            continue;
        if (out->len < TOLD_MAX)
            put_call(out, calls->items[i]);
        else
            untold++;
    }
    if (untold > 0)
        ws_buf_printf(out, "- %zu more\n", untold);
}

static int tell(struct ws_buf *out, const struct ws_attempt_row *row, struct ws_error *err)
{
    struct ws_doc *doc = ws_doc_parse_stored(row->result_json, err);
    if (!doc)
        return -1;
    const struct ws_node *details = ws_node_get(ws_doc_root(doc), "details");
    const char *message = ws_node_str(ws_doc_root(doc), "error_message", NULL);
    ws_buf_printf(out, "Step %s, attempt %d", row->step_name, row->number);
    if (message) {
        ws_buf_puts(out, ": ");
        ws_escape_line(out, message, strlen(message));
    }
    ws_buf_putc(out, '\n');
    put_calls(out, details);
    if (left_scope(details)) {
        ws_buf_puts(out, "- changed what the workstream may not change:\n");
        put_strings(out, details, "out_of_scope_files");
        put_strings(out, details, "violations");
    }
    ws_doc_free(doc);
    return 0;
}

int ws_failure_tell(struct ws_buf *out, const struct ws_attempt_rows *attempts,
                    const char *step_name, struct ws_error *err)
{
    const struct ws_attempt_row *standing;
    if (find_standing(&standing, attempts, step_name, err) < 0)
        return -1;
    return standing ? tell(out, standing, err) : 0;
}
