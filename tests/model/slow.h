/* A slow interpreter of .def text, independent of the table: for every question it reads the lines
 * again. It knows only sound files. */
#ifndef TESTS_SLOW_H
#define TESTS_SLOW_H

#include <stdbool.h>

enum { SLOW_NAME = 64 };

/* One taking of an arm, as the model sees it: the line of the .def, the state it was taken in (a
 * `from *` line is an arm of each of its states), and whether its `then` was meant. */
struct slow_taking {
    int line;
    char from[SLOW_NAME];
    bool spent;
};

struct slow_step {
    struct slow_taking taking;
    char to[SLOW_NAME];
};

struct slow_question {
    const char *def, *state, *event;
    bool truth;                        /* what every guard answers */
    const struct slow_taking *history; /* what was taken so far */
    int taken;
};

/* Where the event leads. false: the state says nothing of it. */
bool slow_next(struct slow_step *out, const struct slow_question *q);

bool slow_is_final(const char *def, const char *state);
void slow_initial(char out[SLOW_NAME], const char *def);

#endif
