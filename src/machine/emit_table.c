#include <stdlib.h>
#include <string.h>

#include "emit_text.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/machine/emit.h"

enum { COLUMN_MAX = 5 };

/* Cells of text, row by row, padded to the width of their column when printed. */
struct grid {
    char **cells;
    size_t len, cap;
    size_t columns;
};

static void put_cell(struct grid *g, struct ws_buf *text)
{
    g->cells = ws_grow(g->cells, &g->cap, g->len, sizeof *g->cells);
    g->cells[g->len++] = ws_buf_steal(text);
}

/* Is there anything to print behind cell i of its row? */
static bool more_in_row(const struct grid *g, size_t i)
{
    for (size_t j = i + 1; j < g->len && j % g->columns != 0; j++) {
        if (g->cells[j][0] != '\0') {
            return true;
        }
    }
    return false;
}

static void print_grid(struct ws_buf *out, const struct grid *g)
{
    int width[COLUMN_MAX] = {0};

    for (size_t i = 0; i < g->len; i++) {
        int len = (int)strlen(g->cells[i]);

        width[i % g->columns] = len > width[i % g->columns] ? len : width[i % g->columns];
    }
    for (size_t i = 0; i < g->len; i++) {
        if (more_in_row(g, i)) {
            ws_buf_printf(out, "%-*s  ", width[i % g->columns], g->cells[i]);
        } else {
            ws_buf_puts(out, g->cells[i]);
        }
        if (i % g->columns == g->columns - 1) {
            ws_buf_putc(out, '\n');
        }
    }
}

static void grid_release(struct grid *g)
{
    for (size_t i = 0; i < g->len; i++) {
        free(g->cells[i]);
    }
    free(g->cells);
}

static void put_text(struct grid *g, const char *text)
{
    struct ws_buf cell = {0};

    ws_buf_puts(&cell, text);
    put_cell(g, &cell);
}

static void put_row(struct grid *g, const char *const *titles)
{
    for (size_t i = 0; i < g->columns; i++) {
        put_text(g, titles[i]);
    }
}

static void put_state(struct grid *g, const struct ws_state *s)
{
    struct ws_buf action = {0}, limit = {0};

    put_text(g, s->name);
    if (s->kind == WS_STATE_FINAL) {
        ws_buf_printf(&action, "final %s", s->outcome);
    } else if (s->kind == WS_STATE_INITIAL) {
        ws_buf_puts(&action, "initial");
    } else {
        ws_put_action(&action, s);
        if (s->timeout_sec > 0) {
            ws_put_duration(&limit, s->timeout_sec);
        } else {
            ws_buf_puts(&limit, "none");
        }
    }
    put_cell(g, &action);
    put_cell(g, &limit);
    put_text(g, s->doc != NULL ? s->doc : "");
}

static void put_arm(struct grid *g, const struct ws_machine *m, const struct ws_arm *a)
{
    struct ws_buf guard = {0}, bound = {0};

    put_text(g, m->states[a->from].name);
    put_text(g, a->event);
    ws_put_guard(&guard, a);
    put_cell(g, &guard);
    put_text(g, m->states[a->to].name);
    ws_put_bound(&bound, m, a);
    put_cell(g, &bound);
}

void ws_emit_table(struct ws_buf *out, const struct ws_machine *m)
{
    static const char *const state_titles[] = {"STATE", "DOES", "TIMEOUT", "DESCRIPTION"};
    static const char *const arm_titles[] = {"FROM", "EVENT", "GUARD", "TO", "BOUND"};
    struct grid states = {.columns = 4}, arms = {.columns = 5};

    ws_buf_printf(out, "machine %s\ndigest  %s\nlongest run: %llu transitions\n\n", m->name,
                  m->digest, ws_machine_longest_run(m));
    put_row(&states, state_titles);
    for (int i = 0; i < m->state_count; i++) {
        put_state(&states, &m->states[i]);
    }
    put_row(&arms, arm_titles);
    for (int i = 0; i < m->arm_count; i++) {
        put_arm(&arms, m, &m->arms[i]);
    }
    print_grid(out, &states);
    ws_buf_putc(out, '\n');
    print_grid(out, &arms);
    grid_release(&states);
    grid_release(&arms);
}

void ws_emit_summary(struct ws_buf *out, const struct ws_machine *m)
{
    ws_buf_printf(out,
                  "machine %s: %d states, %d arms, at most %llu transitions a run, digest %.12s",
                  m->name, m->state_count, m->arm_count, ws_machine_longest_run(m), m->digest);
}
