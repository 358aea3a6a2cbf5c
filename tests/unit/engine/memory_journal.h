/* A journal in memory: a second, independent keeper of history for the engine's tests. It stores
 * what it is given and checks nothing; a crash is simulated by dropping the engine and keeping the
 * journal. */
#ifndef TESTS_MEMORY_JOURNAL_H
#define TESTS_MEMORY_JOURNAL_H

#include "wsfsm/engine/engine.h"

enum { MEMORY_ROWS = 4096 };

struct memory_row {
    int arm;
    char guard[WS_NAME_MAX + 1];
    bool guard_answer;
    char attempt_status[16];
};

struct memory_journal {
    const struct ws_machine *machine;
    struct memory_row rows[MEMORY_ROWS];
    int len;
    int state;
    int attempts;       /* ids given out */
    int64_t open;       /* attempt in progress */
    int fail_append_at; /* 1-based number of the append that fails; 0: none */
    int appends;
};

static int memory_position(struct ws_position *out, void *self, struct ws_error *err)
{
    const struct memory_journal *j = self;
    const struct ws_state *s = &j->machine->states[j->state];
    (void)err;
    *out = (struct ws_position){
        .seq = j->len, .attempt_id = j->open, .attempt_number = j->open ? 1 : 0};
    snprintf(out->state, sizeof out->state, "%s", s->name);
    if (j->open)
        snprintf(out->step_name, sizeof out->step_name, "%s", ws_step_name(s));
    if (s->timeout_sec)
        ws_time_format(out->deadline, ws_now_ms() + s->timeout_sec * 1000);
    return 0;
}

static int memory_taken(int *count, void *self, int arm, struct ws_error *err)
{
    const struct memory_journal *j = self;
    (void)err;
    *count = 0;
    for (int i = 0; i < j->len; i++)
        *count += j->rows[i].arm == arm;
    return 0;
}

static int memory_seal(struct ws_sealed *out, void *self, const struct ws_move *move,
                       struct ws_error *err)
{
    const struct memory_journal *j = self;
    (void)move;
    (void)err;
    *out = (struct ws_sealed){.seq = j->len + 1};
    return 0;
}

static int memory_append(int64_t *attempt, void *self, const struct ws_move *move,
                         const struct ws_sealed *sealed, struct ws_error *err)
{
    struct memory_journal *j = self;
    if (++j->appends == j->fail_append_at)
        return ws_fail(err, WS_E_STORE, "memory", "this append fails");
    ck_assert_int_eq(sealed->seq, j->len + 1);
    ck_assert_int_lt(j->len, MEMORY_ROWS);
    ck_assert_int_eq(move->machine->arms[move->arm].from, j->state);
    ck_assert_int_eq(move->attempt_id, j->open);
    struct memory_row *row = &j->rows[j->len++];
    *row = (struct memory_row){.arm = move->arm, .guard_answer = move->guard_answer};
    if (move->guard)
        snprintf(row->guard, sizeof row->guard, "%s", move->guard);
    if (move->attempt_status)
        snprintf(row->attempt_status, sizeof row->attempt_status, "%s", move->attempt_status);
    j->state = move->machine->arms[move->arm].to;
    j->open = move->opens_step ? ++j->attempts : 0;
    *attempt = j->open;
    return 0;
}

static inline struct ws_journal journal_in_memory(struct memory_journal *self)
{
    return (struct ws_journal){
        .position = memory_position,
        .taken = memory_taken,
        .seal = memory_seal,
        .append = memory_append,
        .self = self,
    };
}

#endif
