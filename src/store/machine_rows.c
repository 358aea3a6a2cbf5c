/* Machines as rows, and back. Everything of struct ws_machine is kept but the pointer to its owner.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "wsfsm/base/buf.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/strv.h"

enum { ARMS_MAX = 64 * WS_STATES_MAX };

static const char *const kind_names[] = {
    [WS_STATE_INITIAL] = "initial",
    [WS_STATE_STEP] = "step",
    [WS_STATE_FINAL] = "final",
};

/* --- out --- */

static char *join_words(const char *const *words, size_t count)
{
    struct ws_buf b = {0};

    for (size_t i = 0; i < count; i++) {
        ws_buf_printf(&b, "%s%s", i > 0 ? " " : "", words[i]);
    }
    return ws_buf_steal(&b);
}

static int store_state(struct ws_store *s, const struct ws_machine *m, int i, struct ws_error *err)
{
    const struct ws_state *st = &m->states[i];
    char *tools = st->tools != NULL ? join_words(st->tools, st->tool_count) : NULL;
    int rc = ws_sql_do(s, WS_STMT_STATE_INSERT, "store the machine", err, "titttttiiiti", m->digest,
                       (int64_t)i, st->name, kind_names[st->kind], st->outcome, st->handler, tools,
                       (int64_t)st->timeout_sec, (int64_t)st->first_arm, (int64_t)st->arm_count,
                       st->doc, (int64_t)st->line);

    free(tools);
    return rc;
}

static int store_arm(struct ws_store *s, const struct ws_machine *m, int i, struct ws_error *err)
{
    const struct ws_arm *a = &m->arms[i];
    sqlite3_stmt *stmt = ws_sql_bind(s, WS_STMT_ARM_INSERT, err, "tittttinii", m->digest,
                                     (int64_t)i, m->states[a->from].name, a->event,
                                     m->states[a->to].name, a->guard, (int64_t)a->guard_negated,
                                     (int64_t)a->max, (int64_t)a->spent_of, (int64_t)a->line);

    if (stmt == NULL) {
        return -1;
    }
    if (a->spent_of == WS_NONE) {
        sqlite3_bind_null(stmt, 9);
    }
    int rc = ws_sql_step(s, stmt, "store the machine", err);
    sqlite3_reset(stmt);
    return rc == SQLITE_DONE ? 0 : -1;
}

static int store_all(struct ws_store *s, const struct ws_machine *m, struct ws_error *err)
{
    char now[WS_TIME_SIZE];
    char *outcomes = join_words(m->outcomes, m->outcome_count);
    char *events = join_words(m->events, m->event_count);

    ws_time_format(now, ws_now_ms());
    int rc = ws_sql_do(s, WS_STMT_MACHINE_INSERT, "store the machine", err, "tttttiit", m->digest,
                       m->name, m->states[m->initial].name, outcomes, events,
                       (int64_t)m->state_count, (int64_t)m->arm_count, now);
    for (int i = 0; rc == 0 && i < m->state_count; i++) {
        rc = store_state(s, m, i, err);
    }
    for (int i = 0; rc == 0 && i < m->arm_count; i++) {
        rc = store_arm(s, m, i, err);
    }
    free(outcomes);
    free(events);
    return rc;
}

int ws_machine_store(struct ws_store *s, const struct ws_machine *m, struct ws_error *err)
{
    sqlite3_stmt *stmt = ws_sql_bind(s, WS_STMT_MACHINE, err, "t", m->digest);

    if (stmt == NULL) {
        return -1;
    }
    int rc = ws_sql_step(s, stmt, "read the stored machines", err);
    sqlite3_reset(stmt);
    if (rc == SQLITE_DONE) {
        return store_all(s, m, err);
    }
    if (rc != SQLITE_ROW) {
        return -1;
    }
    struct ws_machine *there =
        NULL; /* is what is there really this machine? Loading proves it by the digest. */
    rc = ws_store_load_machine(&there, s, m->digest, err);
    ws_machine_free(there);
    return rc;
}

/* --- in --- */

/* A machine being read: its texts are collected in `texts`, and at the end all of it is copied into
 * one that owns itself. */
struct loader {
    struct ws_machine m;
    struct ws_state *states;
    struct ws_arm *arms;
    struct ws_strv texts;
    struct ws_strv *lists; /* words of outcomes, events, then of each state's tools */
};

static const char *keep(struct loader *l, sqlite3_stmt *stmt, int column)
{
    char *text = ws_sql_text(stmt, column);

    if (text != NULL) {
        ws_strv_take(&l->texts, text);
    }
    return text;
}

static void split_words(struct ws_strv *out, sqlite3_stmt *stmt, int column)
{
    char *text = ws_sql_text(stmt, column), *rest = NULL;

    for (char *word = text != NULL ? strtok_r(text, " ", &rest) : NULL; word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        ws_strv_add(out, word);
    }
    free(text);
}

static const char *const *words_of(const struct ws_strv *v)
{
    return (const char *const *)v->items;
}

static int damaged(struct ws_store *s, const char *digest, struct ws_error *err)
{
    return ws_fail(err, WS_E_INTEGRITY, s->path, "the stored machine %.12s is damaged", digest);
}

/* Counts come from a row that somebody may have edited; they bound what is allocated. */
static bool take_head(struct loader *l, sqlite3_stmt *stmt)
{
    sqlite3_int64 states = sqlite3_column_int64(stmt, 4), arms = sqlite3_column_int64(stmt, 5);

    l->m.name = keep(l, stmt, 0);
    keep(l, stmt, 1);
    if (l->texts.len != 2 || states < 1 || states > WS_STATES_MAX || arms < 0 || arms > ARMS_MAX) {
        return false;
    }
    l->m.state_count = (int)states;
    l->m.arm_count = (int)arms;
    l->states = ws_calloc((size_t)states, sizeof *l->states);
    l->arms = ws_calloc((size_t)arms + 1, sizeof *l->arms);
    l->lists = ws_calloc((size_t)states + 2, sizeof *l->lists);
    split_words(&l->lists[0], stmt, 2);
    split_words(&l->lists[1], stmt, 3);
    return true;
}

static int read_head(struct loader *l, struct ws_store *s, const char *digest, struct ws_error *err)
{
    sqlite3_stmt *stmt = ws_sql_bind(s, WS_STMT_MACHINE, err, "t", digest);
    int rc = stmt != NULL ? ws_sql_step(s, stmt, "read a machine", err) : -1;
    bool sound = rc == SQLITE_ROW && take_head(l, stmt);

    rc = ws_sql_end(s, stmt, rc, "read a machine", err);
    if (rc == SQLITE_ROW && sound) {
        return 0;
    }
    if (rc == SQLITE_DONE) {
        ws_fail(err, WS_E_INTEGRITY, s->path, "the machine %.12s is not stored", digest);
    } else if (rc == SQLITE_ROW) {
        damaged(s, digest, err);
    }
    return -1;
}

static bool read_kind(enum ws_state_kind *out, sqlite3_stmt *stmt, int column)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);

    for (size_t i = 0; text != NULL && i < sizeof kind_names / sizeof *kind_names; i++) {
        if (strcmp(text, kind_names[i]) == 0) {
            *out = (enum ws_state_kind)i;
            return true;
        }
    }
    return false;
}

/* What everybody takes for granted of a state: a step does something, an end has an outcome. The
 * digest proves only that nobody changed a machine, not that it is one. */
static bool is_whole(const struct ws_state *st)
{
    switch (st->kind) {
    case WS_STATE_STEP:
        return st->handler != NULL || st->tool_count > 0;
    case WS_STATE_FINAL:
        return st->outcome != NULL;
    case WS_STATE_INITIAL:
        break;
    }
    return true;
}

static bool read_state(struct loader *l, sqlite3_stmt *stmt, int i)
{
    struct ws_state *st = &l->states[i];
    struct ws_strv *tools = &l->lists[i + 2];

    st->name = keep(l, stmt, 0);
    st->outcome = keep(l, stmt, 2);
    st->handler = keep(l, stmt, 3);
    split_words(tools, stmt, 4);
    st->tools = words_of(tools);
    st->tool_count = tools->len;
    st->timeout_sec = (long)sqlite3_column_int64(stmt, 5);
    st->first_arm = sqlite3_column_int(stmt, 6);
    st->arm_count = sqlite3_column_int(stmt, 7);
    st->doc = keep(l, stmt, 8);
    st->line = (unsigned)sqlite3_column_int(stmt, 9);
    return st->name != NULL && strlen(st->name) <= WS_NAME_MAX && read_kind(&st->kind, stmt, 1) &&
           is_whole(st) && st->first_arm >= 0 && st->arm_count >= 0 &&
           st->first_arm <= l->m.arm_count - st->arm_count;
}

static int state_index(const struct loader *l, sqlite3_stmt *stmt, int column)
{
    const char *name = (const char *)sqlite3_column_text(stmt, column);

    return name != NULL ? ws_machine_state(&l->m, name) : WS_NONE;
}

static bool read_arm(struct loader *l, sqlite3_stmt *stmt, int i)
{
    struct ws_arm *a = &l->arms[i];

    a->from = state_index(l, stmt, 0);
    a->event = keep(l, stmt, 1);
    a->to = state_index(l, stmt, 2);
    a->guard = keep(l, stmt, 3);
    a->guard_negated = sqlite3_column_int(stmt, 4) != 0;
    a->max = sqlite3_column_int(stmt, 5);
    a->spent_of =
        sqlite3_column_type(stmt, 6) == SQLITE_NULL ? WS_NONE : sqlite3_column_int(stmt, 6);
    a->line = (unsigned)sqlite3_column_int(stmt, 7);
    return a->from != WS_NONE && a->to != WS_NONE && a->event != NULL && a->max >= 0 &&
           a->spent_of >= WS_NONE && a->spent_of < l->m.arm_count;
}

static int read_rows(struct loader *l, struct ws_store *s, enum ws_stmt id, const char *digest,
                     int count, bool (*read)(struct loader *l, sqlite3_stmt *stmt, int i),
                     struct ws_error *err)
{
    sqlite3_stmt *stmt = ws_sql_bind(s, id, err, "t", digest);
    bool sound = true;
    int rc = -1, n = 0;

    while (stmt != NULL && sound &&
           (rc = ws_sql_step(s, stmt, "read a machine", err)) == SQLITE_ROW) {
        sound = n < count && read(l, stmt, n);
        n++;
    }
    rc = ws_sql_end(s, stmt, rc, "read a machine", err);
    if (rc < 0) {
        return -1;
    }
    return sound && n == count ? 0 : damaged(s, digest, err);
}

static void release(struct loader *l)
{
    for (int i = 0; l->lists != NULL && i < l->m.state_count + 2; i++) {
        ws_strv_release(&l->lists[i]);
    }
    free(l->lists);
    free(l->states);
    free(l->arms);
    ws_strv_release(&l->texts);
}

static int load(struct loader *l, struct ws_store *s, const char *digest, struct ws_error *err)
{
    if (read_head(l, s, digest, err) != 0) {
        return -1;
    }
    l->m.states = l->states;
    l->m.arms = l->arms;
    l->m.outcomes = words_of(&l->lists[0]);
    l->m.outcome_count = l->lists[0].len;
    l->m.events = words_of(&l->lists[1]);
    l->m.event_count = l->lists[1].len;
    if (read_rows(l, s, WS_STMT_STATES, digest, l->m.state_count, read_state, err) != 0 ||
        read_rows(l, s, WS_STMT_ARMS, digest, l->m.arm_count, read_arm, err) != 0) {
        return -1;
    }
    l->m.initial = ws_machine_state(&l->m, l->texts.items[1]);
    ws_machine_digest(l->m.digest, &l->m);
    if (l->m.initial == WS_NONE || strcmp(l->m.digest, digest) != 0) {
        return damaged(s, digest, err);
    }
    return 0;
}

int ws_store_load_machine(struct ws_machine **out, struct ws_store *s, const char *digest,
                          struct ws_error *err)
{
    struct loader l = {0};
    int rc = load(&l, s, digest, err);

    *out = rc == 0 ? ws_machine_copy(&l.m) : NULL;
    release(&l);
    return rc;
}
