#include "def.h"

#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/machine/machine.h"

void ws_def_release(struct ws_def *d)
{
    for (size_t i = 0; i < d->state_count; i++) {
        free(d->states[i].tools.items);
        free(d->states[i].arms);
    }
    for (size_t i = 0; i < d->from_count; i++) {
        free(d->froms[i].except.items);
    }
    free(d->states);
    free(d->froms);
    free(d->outcomes.items);
    free(d->events.items);
    free(d->spoilt.items);
    free(d->misdeclared.items);
    free(d->by_name);
    *d = (struct ws_def){0};
}

void ws_words_add(struct ws_words *v, struct ws_word word)
{
    v->items = ws_grow(v->items, &v->cap, v->len, sizeof *v->items);
    v->items[v->len++] = word;
}

const struct ws_word *ws_words_find(const struct ws_words *v, const char *text)
{
    for (size_t i = 0; i < v->len; i++) {
        if (strcmp(v->items[i].text, text) == 0) {
            return &v->items[i];
        }
    }
    return NULL;
}

static int compare_states(const void *a, const void *b, void *payload)
{
    const struct ws_def *d = payload;
    size_t i = *(const size_t *)a, j = *(const size_t *)b;
    int order = strcmp(d->states[i].name.text, d->states[j].name.text);

    return order != 0 ? order : (i > j) - (i < j);
}

void ws_def_index(struct ws_def *d)
{
    d->by_name = ws_calloc(d->state_count + 1, sizeof *d->by_name);
    for (size_t i = 0; i < d->state_count; i++) {
        if (d->states[i].name.text != NULL) {
            d->by_name[d->by_name_count++] = i;
        }
    }
    qsort_r(d->by_name, d->by_name_count, sizeof *d->by_name, compare_states, d);
}

int ws_def_state(const struct ws_def *d, const char *name)
{
    size_t low = 0, high = d->by_name_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(d->states[d->by_name[middle]].name.text, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < d->by_name_count && strcmp(d->states[d->by_name[low]].name.text, name) == 0) {
        return (int)d->by_name[low];
    }
    return WS_NONE;
}

bool ws_def_from_covers(const struct ws_def_from *from, const struct ws_def_state *state)
{
    return !state->final &&
           (state->name.text == NULL || ws_words_find(&from->except, state->name.text) == NULL);
}

const struct ws_def_arm *ws_def_own_arm(const struct ws_def_state *state, const char *event)
{
    for (size_t i = 0; i < state->arm_count; i++) {
        if (strcmp(state->arms[i].event.text, event) == 0) {
            return &state->arms[i];
        }
    }
    return NULL;
}

const struct ws_def_from *ws_def_from_for(const struct ws_def *d, const struct ws_def_state *state,
                                          const char *event)
{
    if (state->final || ws_def_own_arm(state, event) != NULL) {
        return NULL;
    }
    for (size_t i = 0; i < d->from_count; i++) {
        if (strcmp(d->froms[i].arm.event.text, event) == 0 &&
            ws_def_from_covers(&d->froms[i], state)) {
            return &d->froms[i];
        }
    }
    return NULL;
}

bool ws_def_handles(const struct ws_def *d, const struct ws_def_state *state, const char *event)
{
    return ws_def_own_arm(state, event) != NULL || ws_def_from_for(d, state, event) != NULL;
}
