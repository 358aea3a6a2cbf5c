#include "wsfsm/engine/journal.h"

static int position(struct ws_position *out, void *self, struct ws_error *err)
{
    const struct ws_store_journal *j = self;
    return ws_store_position(out, j->store, j->run_id, j->ws_id, err);
}

static int taken(int *count, void *self, int arm, struct ws_error *err)
{
    const struct ws_store_journal *j = self;
    return ws_store_taken(count, j->store, j->run_id, j->ws_id, arm, err);
}

static struct ws_move addressed(const struct ws_store_journal *j, const struct ws_move *move)
{
    struct ws_move full = *move;
    full.run_id = j->run_id;
    full.ws_id = j->ws_id;
    full.fence = j->fence;
    full.machine = j->machine;
    return full;
}

static int seal(struct ws_sealed *out, void *self, const struct ws_move *move, struct ws_error *err)
{
    const struct ws_store_journal *j = self;
    struct ws_move full = addressed(j, move);
    return ws_store_seal(out, j->store, &full, err);
}

static int append(int64_t *attempt, void *self, const struct ws_move *move,
                  const struct ws_sealed *sealed, struct ws_error *err)
{
    const struct ws_store_journal *j = self;
    struct ws_move full = addressed(j, move);
    return ws_store_append(attempt, j->store, &full, sealed, err);
}

struct ws_journal ws_journal_of_store(struct ws_store_journal *self)
{
    return (struct ws_journal){
        .position = position,
        .taken = taken,
        .seal = seal,
        .append = append,
        .self = self,
    };
}
