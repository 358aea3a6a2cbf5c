/* What is written beside the history: events, errors, effects, the tree an attempt starts from. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "wsfsm/base/buf.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/mem.h"

enum { SIGNATURE_MAX = 240, HEX_WORD = 7 };

int ws_event_insert(struct ws_store *s, const char *run_id, const char *ws_id, const char *type,
                    const char *payload_json, const char *at, struct ws_error *err)
{
    return ws_sql_do(s, WS_STMT_EVENT_INSERT, "record an event", err, "ttttt", at, run_id, ws_id,
                     type, payload_json != NULL ? payload_json : "{}");
}

int ws_store_event(struct ws_store *s, const char *run_id, const char *ws_id, const char *type,
                   const char *payload_json, struct ws_error *err)
{
    char now[WS_TIME_SIZE];

    ws_time_format(now, ws_now_ms());
    if (ws_tx_begin(s, err) != 0) {
        return -1;
    }
    int rc = ws_event_insert(s, run_id, ws_id, type, payload_json, now, err);
    ws_fault_point("store.event.before");
    rc = ws_tx_end(s, rc, err);
    ws_fault_point("store.event.after");
    return rc;
}

/* A word of hex digits that is long enough, or has a digit in it: an address, an id, a number. */
static bool is_variable(const char *word, size_t len)
{
    bool digit = false, hex = true;

    for (size_t i = 0; i < len; i++) {
        digit = digit || isdigit((unsigned char)word[i]);
        hex = hex && isxdigit((unsigned char)word[i]);
    }
    return digit && (hex || (len > 2 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X')) ||
                     len < HEX_WORD);
}

/* "code: message" with what changes from one time to the next folded to '#', so that a repetition
 * is known as one. */
static char *fold_signature(const char *code, const char *message)
{
    struct ws_buf b = {0};

    ws_buf_printf(&b, "%s: ", code);
    while (*message != '\0' && b.len < SIGNATURE_MAX) {
        size_t word = 0;

        while (isalnum((unsigned char)message[word])) {
            word++;
        }
        if (word == 0) {
            ws_buf_putc(&b, *message++);
        } else if (is_variable(message, word)) {
            ws_buf_putc(&b, '#');
            message += word;
        } else {
            ws_buf_add(&b, message, word);
            message += word;
        }
    }
    return ws_buf_steal(&b);
}

int ws_failure_record(struct ws_store *s, const char *run_id, const char *ws_id,
                      const struct ws_failure *f, const char *at, struct ws_error *err)
{
    const char *step = f->step_name != NULL ? f->step_name : "";
    const char *context = f->context_json != NULL ? f->context_json : "{}";
    char *signature =
        f->signature != NULL ? ws_strdup(f->signature) : fold_signature(f->error_code, f->message);
    int rc = ws_sql_do(s, WS_STMT_ERROR_REPEAT, "record an error", err, "ttttttt", run_id, ws_id,
                       step, signature, f->message, context, at);

    if (rc == 0 && sqlite3_changes(s->db) == 0) {
        rc = ws_sql_do(s, WS_STMT_ERROR_INSERT, "record an error", err, "tttttttt", run_id, ws_id,
                       step, signature, f->message, context, at, f->error_code);
    }
    free(signature);
    return rc;
}

int ws_store_attempt_start(struct ws_store *s, int64_t attempt_id, int64_t fence,
                           const char *start_tree, struct ws_error *err)
{
    if (ws_tx_begin(s, err) != 0) {
        return -1;
    }
    int rc = ws_sql_do(s, WS_STMT_ATTEMPT_START, "record the tree an attempt starts from", err,
                       "iit", attempt_id, fence, start_tree);
    if (rc == 0 && sqlite3_changes(s->db) == 0) {
        rc = ws_fail(err, WS_E_INTEGRITY, s->path, "there is no attempt %lld",
                     (long long)attempt_id);
    }
    ws_fault_point("store.attempt_start.before");
    rc = ws_tx_end(s, rc, err);
    ws_fault_point("store.attempt_start.after");
    return rc;
}

/* --- effects --- */

int ws_effect_insert(struct ws_store *s, const char *run_id, const char *ws_id,
                     const char *effect_json, struct ws_error *err)
{
    char now[WS_TIME_SIZE];

    ws_time_format(now, ws_now_ms());
    return ws_sql_do(s, WS_STMT_EFFECT_INSERT, "record what is to be done in git", err, "tttt",
                     run_id, ws_id, effect_json, now);
}

int ws_store_effect_add(int64_t *id, struct ws_store *s, const char *run_id, const char *ws_id,
                        const char *effect_json, struct ws_error *err)
{
    if (ws_tx_begin(s, err) != 0) {
        return -1;
    }
    int rc = ws_effect_insert(s, run_id, ws_id, effect_json, err);
    *id = sqlite3_last_insert_rowid(s->db);
    ws_fault_point("store.effect_add.before");
    rc = ws_tx_end(s, rc, err);
    ws_fault_point("store.effect_add.after");
    return rc;
}

int ws_store_effect_done(struct ws_store *s, int64_t id, struct ws_error *err)
{
    if (ws_tx_begin(s, err) != 0) {
        return -1;
    }
    int rc = ws_sql_do(s, WS_STMT_EFFECT_DELETE, "record what was done in git", err, "i", id);
    ws_fault_point("store.effect_done.before");
    rc = ws_tx_end(s, rc, err);
    ws_fault_point("store.effect_done.after");
    return rc;
}

int ws_store_effects(struct ws_effect_rows *out, struct ws_store *s, struct ws_error *err)
{
    sqlite3_stmt *stmt = ws_sql_bind(s, WS_STMT_EFFECTS, err, "");
    int rc = -1;

    memset(out, 0, sizeof *out);
    while (stmt != NULL &&
           (rc = ws_sql_step(s, stmt, "read what is to be done in git", err)) == SQLITE_ROW) {
        out->items = ws_grow(out->items, &out->cap, out->len, sizeof *out->items);
        struct ws_effect_row *r = &out->items[out->len++];

        r->id = sqlite3_column_int64(stmt, 0);
        r->run_id = ws_sql_text(stmt, 1);
        r->ws_id = ws_sql_text(stmt, 2);
        r->effect_json = ws_sql_text(stmt, 3);
    }
    sqlite3_reset(stmt);
    if (rc != SQLITE_DONE) {
        ws_effect_rows_release(out);
        return -1;
    }
    return 0;
}

void ws_effect_rows_release(struct ws_effect_rows *r)
{
    for (size_t i = 0; r != NULL && i < r->len; i++) {
        free(r->items[i].run_id);
        free(r->items[i].ws_id);
        free(r->items[i].effect_json);
    }
    if (r != NULL) {
        free(r->items);
        memset(r, 0, sizeof *r);
    }
}
