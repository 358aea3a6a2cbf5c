/* Where an engine keeps its history: the store in earnest, a list in a test. One journal is one workstream of one run;
 * it fills run, workstream, fence and machine into the moves it is given. */
#ifndef WSFSM_ENGINE_JOURNAL_H
#define WSFSM_ENGINE_JOURNAL_H

#include "wsfsm/base/error.h"
#include "wsfsm/store/store.h"

struct ws_journal {
    int (*position)(struct ws_position *out, void *self, struct ws_error *err);
    int (*taken)(int *count, void *self, int arm, struct ws_error *err);
    int (*seal)(struct ws_sealed *out, void *self, const struct ws_move *move, struct ws_error *err);
    int (*append)(int64_t *attempt, void *self, const struct ws_move *move, const struct ws_sealed *sealed,
                  struct ws_error *err);
    void *self;
};

/* The journal of the database. Everything is borrowed and must outlive it. */
struct ws_store_journal {
    struct ws_store *store;
    const char *run_id, *ws_id;
    int64_t fence;
    const struct ws_machine *machine;
};
struct ws_journal ws_journal_of_store(struct ws_store_journal *self);

#endif
