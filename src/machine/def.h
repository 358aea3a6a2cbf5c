/* A .def as it is written: every word with its place. The parser fills it, the checks read it,
 * ws_lower() turns it into a table. */
#ifndef WS_MACHINE_DEF_H
#define WS_MACHINE_DEF_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

struct ws_word {
    const char *text; /* NULL: not there */
    unsigned line, col;
};

struct ws_words {
    struct ws_word *items;
    size_t len, cap;
};

struct ws_def_arm {
    struct ws_word on; /* the keyword: where the arm stands */
    struct ws_word event, guard, target;
    struct ws_word max, then; /* the keyword `max`, and the state behind `then` */
    bool negated;
    int bound; /* 0 without `max` */
};

struct ws_def_state {
    struct ws_word name; /* no text when the line could not be read */
    const char *doc;
    bool final;
    struct ws_word outcome;
    struct ws_word action; /* the keyword `do` or `tool` */
    struct ws_word handler;
    struct ws_words tools;
    struct ws_word timeout; /* the keyword */
    struct ws_word timeout_target;
    long timeout_sec; /* 0: none */
    struct ws_def_arm *arms;
    size_t arm_count, arm_cap;
    bool broken; /* has an error: conclude nothing from what it lacks */
    bool lost;   /* where it ends is not sure: conclude nothing from what it has twice, either */
};

struct ws_def_from {
    struct ws_word keyword;
    struct ws_words except;
    struct ws_def_arm arm;
};

struct ws_def {
    struct ws_arena *arena; /* of all the text */
    struct ws_word machine;
    struct ws_word initial;
    struct ws_words outcomes, events;
    struct ws_def_state *states;
    size_t state_count, state_cap;
    struct ws_def_from *froms;
    size_t from_count, from_cap;
    struct ws_words spoilt; /* words of lines that could not be read: what they declared is known */
    struct ws_words
        misdeclared;  /* those of declarations: what looks like one of them is known, too */
    bool nameless;    /* a state's name could not be read: any unknown name may be its */
    bool unread;      /* there was a line that could not be read */
    bool from_unread; /* ... which may have been a `from *` */
    size_t *by_name;  /* states with a name, sorted by it and then by place; see ws_def_index() */
    size_t by_name_count;
    int initial_state; /* index, or WS_NONE when it is not known; set by ws_check_names() */
};

void ws_def_release(struct ws_def *d); /* not the arena */

void ws_words_add(struct ws_words *v, struct ws_word word);
const struct ws_word *ws_words_find(const struct ws_words *v, const char *text);

void ws_def_index(struct ws_def *d); /* call it once all states are there */

/* Index of the first state of that name, or WS_NONE. */
int ws_def_state(const struct ws_def *d, const char *name);

/* Does this `from *` speak of that state? Whether it adds its arm depends on those there are. */
bool ws_def_from_covers(const struct ws_def_from *from, const struct ws_def_state *state);

/* An own arm of the state for the event, or NULL. */
const struct ws_def_arm *ws_def_own_arm(const struct ws_def_state *state, const char *event);

/* The `from *` that gives this state its arm for the event: the first that covers it, if it has
 * none of its own. */
const struct ws_def_from *ws_def_from_for(const struct ws_def *d, const struct ws_def_state *state,
                                          const char *event);

bool ws_def_handles(const struct ws_def *d, const struct ws_def_state *state, const char *event);

#endif
