#include "chain.h"

#include <stdbool.h>
#include <string.h>

static void optional_int(struct ws_hash *h, int64_t n, bool null)
{
    if (null) {
        ws_hash_field(h, NULL);
    } else {
        ws_hash_int(h, n);
    }
}

void ws_chain_transition(char out[WS_HASH_HEX], const struct ws_chain_transition *t)
{
    struct ws_hash h;

    ws_hash_init(&h);
    ws_hash_field(&h, "transition");
    ws_hash_field(&h, t->prev_hash);
    ws_hash_field(&h, t->run_id);
    ws_hash_field(&h, t->ws_id);
    ws_hash_int(&h, t->seq);
    ws_hash_field(&h, t->digest);
    ws_hash_int(&h, t->arm);
    ws_hash_field(&h, t->from_state);
    ws_hash_field(&h, t->event);
    ws_hash_field(&h, t->to_state);
    ws_hash_field(&h, t->guard);
    optional_int(&h, t->guard_answer, t->guard_answer < 0);
    ws_hash_field(&h, t->at);
    ws_hash_field(&h, t->deadline);
    ws_hash_field(&h, t->tree_oid);
    ws_hash_field(&h, t->facts_json);
    optional_int(&h, t->attempt_id, t->attempt_id == 0);
    ws_hash_int(&h, t->fence);
    ws_hash_field(&h, t->evidence_hash);
    ws_hash_final(&h, out);
}

void ws_chain_evidence(char out[WS_HASH_HEX], const struct ws_chain_evidence *e)
{
    struct ws_hash h;

    ws_hash_init(&h);
    ws_hash_field(&h, "evidence");
    ws_hash_field(&h, e->prev_hash);
    ws_hash_field(&h, e->run_id);
    ws_hash_field(&h, e->ws_id);
    ws_hash_int(&h, e->attempt_id);
    ws_hash_int(&h, e->ordinal);
    ws_hash_field(&h, e->kind);
    ws_hash_field(&h, e->command);
    ws_hash_field(&h, e->verdict);
    ws_hash_field(&h, e->tree_oid);
    ws_hash_final(&h, out);
}

void ws_chain_ledger(char out[WS_HASH_HEX], const struct ws_chain_ledger *l)
{
    struct ws_hash h;

    ws_hash_init(&h);
    ws_hash_field(&h, "ledger");
    ws_hash_field(&h, l->prev_hash);
    ws_hash_int(&h, l->n);
    ws_hash_field(&h, l->run_id);
    ws_hash_field(&h, l->ws_id);
    ws_hash_field(&h, l->final_state);
    ws_hash_field(&h, l->outcome);
    ws_hash_int(&h, l->last_seq);
    ws_hash_field(&h, l->chain_head);
    ws_hash_field(&h, l->commit_oid);
    ws_hash_final(&h, out);
}

const char *ws_verdict_name(enum ws_verdict v)
{
    static const char *const names[] = {
        [WS_PASS] = "pass",
        [WS_FAIL] = "fail",
        [WS_NOT_RUN] = "not_run",
        [WS_COULD_NOT_RUN] = "could_not_run",
    };
    return names[v];
}

void ws_chain_move_evidence(char last[WS_HASH_HEX], char (*each)[WS_HASH_HEX],
                            const struct ws_move *move)
{
    last[0] = '\0';
    for (size_t i = 0; i < move->evidence_count; i++) {
        const struct ws_evidence *e = &move->evidence[i];
        char next[WS_HASH_HEX];

        ws_chain_evidence(next, &(struct ws_chain_evidence){
                                    .prev_hash = last[0] != '\0' ? last : NULL,
                                    .run_id = move->run_id,
                                    .ws_id = move->ws_id,
                                    .attempt_id = move->attempt_id,
                                    .ordinal = (int64_t)i + 1,
                                    .kind = e->kind,
                                    .command = e->command,
                                    .verdict = ws_verdict_name(e->verdict),
                                    .tree_oid = e->tree_oid,
                                });
        memcpy(last, next, WS_HASH_HEX);
        if (each != NULL) {
            memcpy(each[i], next, WS_HASH_HEX);
        }
    }
}

/* False: there is no memory for the text. */
static bool hash_value(struct ws_hash *h, sqlite3_value *value)
{
    switch (sqlite3_value_type(value)) {
    case SQLITE_NULL:
        ws_hash_field(h, NULL);
        return true;
    case SQLITE_INTEGER:
        ws_hash_int(h, sqlite3_value_int64(value));
        return true;
    default: {
        const unsigned char *text = sqlite3_value_text(value);

        if (text != NULL) {
            ws_hash_field_n(h, text, (size_t)sqlite3_value_bytes(value));
        }
        return text != NULL;
    }
    }
}

static void chain_function(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    struct ws_hash h;
    char out[WS_HASH_HEX];

    ws_hash_init(&h);
    for (int i = 0; i < argc; i++) {
        if (!hash_value(&h, argv[i])) {
            sqlite3_result_error_nomem(context);
            return;
        }
    }
    ws_hash_final(&h, out);
    sqlite3_result_text(context, out, -1, SQLITE_TRANSIENT);
}

int ws_chain_register(sqlite3 *db)
{
    /* INNOCUOUS: it only computes, and triggers must call it with trusted_schema off */
    return sqlite3_create_function_v2(db, WS_CHAIN_FUNCTION, -1,
                                      SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL,
                                      chain_function, NULL, NULL, NULL);
}
