/* From what is written to the table, and back from an arm to the words it came from. */
#ifndef WS_MACHINE_LOWER_H
#define WS_MACHINE_LOWER_H

#include "def.h"
#include "wsfsm/machine/machine.h"

struct ws_origin {
    struct ws_word target; /* the word that names where the arm goes */
    struct ws_word max;    /* the keyword of a bounded arm, else without text */
};

struct ws_table {
    struct ws_machine *machine;
    const struct ws_def *def;  /* states have the same indexes in both */
    struct ws_origin *origins; /* one an arm; free() */
};

/* Takes the arena over. The def must be without errors. */
void ws_lower(struct ws_table *out, struct ws_def *d);

#endif
