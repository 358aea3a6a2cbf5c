/* What we know of a worktree, in .wsfsm/worktrees/<ws_id>.record. */
#ifndef WSFSM_REPO_RECORD_H
#define WSFSM_REPO_RECORD_H

#include <stdint.h>

#include "internal.h"

enum ws_record_state { WS_RECORD_MAKING, WS_RECORD_MADE, WS_RECORD_REMOVING };

struct ws_record {
    enum ws_record_state state;
    char *run_id, *ws_id;
    char *admin;           /* name of the folder below <git dir>/worktrees */
    char *root;            /* where the repository stood when it was written, as read; else NULL */
    char base[WS_OID_HEX]; /* commit */
    uint64_t dev, ino;     /* of the worktree's folder; 0: not made yet */
    bool set_up;           /* what a new worktree is given is there */
};

void ws_record_release(struct ws_record *rec);

/* 0: read; 1: there is none; -1: failure (an unreadable record is never guessed at). */
int ws_record_read(struct ws_record *rec, struct ws_repo *r, const char *ws_id,
                   struct ws_error *err);
int ws_record_write(const struct ws_record *rec, struct ws_repo *r,
                    struct ws_error *err); /* durable */
int ws_record_delete(struct ws_repo *r, const char *ws_id, struct ws_error *err);

/* .wsfsm/worktrees/<ws_id><suffix>; the caller frees it. */
char *ws_record_path(struct ws_repo *r, const char *ws_id, const char *suffix);

/* The ids of all records, sorted. */
int ws_record_list(struct ws_strv *ids, struct ws_repo *r, struct ws_error *err);

#endif
