#include "graph.h"

#include <stdlib.h>
#include <string.h>

#include "html.h"
#include "wsfsm/base/mem.h"

/* All in units of the drawing, which is as wide and high as it says. */
enum {
    MARGIN = 4,
    NODE_MIN = 44, /* height of a state */
    NODE_PAD = 26, /* beside its name */
    SLOT = 20,     /* between two lines at the right of a state */
    GAP = 36,      /* between two states */
    LABEL = 158,   /* room for the text of an arm */
    LANE = 15,
    TURN = 6, /* radius of a corner */
    LETTER = 8,
    NAME_SHOWN = 24,
    TEXT_SHOWN = 25
};

struct edge {
    bool is;
    int taken;
    int y;                  /* where it leaves its state on the right */
    struct ws_buf events;   /* of all its arms */
    struct ws_buf numbers;  /* of the transitions that took it */
    const char *last_event; /* by which it was taken */
};

struct node {
    int y, height;
    int slots;   /* lines at its right */
    int used;    /* of them */
    int lane;    /* by which others reach it; WS_NONE: none do */
    int landing; /* y of the lane's end */
    bool visited;
};

struct graph {
    struct ws_buf *out;
    const struct ws_machine *m;
    struct node *nodes;
    struct edge *edges; /* from * states + to */
    int width;          /* of a state */
    int lanes;
    const char *state;
};

static struct edge *edge(const struct graph *g, int from, int to)
{
    return &g->edges[from * g->m->state_count + to];
}

/* --- what there is to draw --- */

static void add_word(struct ws_buf *words, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = ws_buf_str(words); (at = strstr(at, word)) != NULL; at += len) {
        if ((at == words->data || at[-1] == ' ') && (at[len] == ',' || at[len] == '\0')) {
            return;
        }
    }
    ws_buf_printf(words, "%s%s", words->len > 0 ? ", " : "", word);
}

static void read_arms(struct graph *g)
{
    for (int i = 0; i < g->m->arm_count; i++) {
        const struct ws_arm *arm = &g->m->arms[i];
        struct edge *e = edge(g, arm->from, arm->to);

        e->is = true;
        add_word(&e->events, arm->event);
    }
}

static void read_way(struct graph *g, const struct ws_transition_rows *way)
{
    enum { NUMBERS = 3 };

    for (size_t i = 0; i < way->len; i++) {
        int from = ws_machine_state(g->m, way->items[i].from_state);
        int to = ws_machine_state(g->m, way->items[i].to_state);

        if (from == WS_NONE || to == WS_NONE) {
            continue; /* verify says so */
        }
        struct edge *e = edge(g, from, to);
        e->taken++;
        if (e->taken <= NUMBERS) {
            ws_buf_printf(&e->numbers, "%s%lld", e->taken > 1 ? ", " : "",
                          (long long)way->items[i].seq);
        } else if (e->taken == NUMBERS + 1) {
            ws_buf_puts(&e->numbers, ", ...");
        }
        e->last_event = way->items[i].event;
        g->nodes[from].visited = g->nodes[to].visited = true;
    }
}

static bool beside(int from, int to)
{
    return to != from + 1;
}

/* --- where it stands --- */

static int span(const struct graph *g, int to)
{
    int first = to, last = to;

    for (int from = 0; from < g->m->state_count; from++) {
        if (from != to && beside(from, to) && edge(g, from, to)->is) {
            first = from < first ? from : first;
            last = from > last ? from : last;
        }
    }
    return last - first;
}

/* The shortest lane is the innermost. */
static void assign_lanes(struct graph *g)
{
    int states = g->m->state_count;

    for (int i = 0; i < states; i++) {
        g->nodes[i].lane = WS_NONE;
    }
    for (int length = 1; length < states; length++) {
        for (int to = 0; to < states; to++) {
            if (span(g, to) == length) {
                g->nodes[to].lane = g->lanes++;
            }
        }
    }
}

static void place(struct graph *g)
{
    int y = MARGIN;
    size_t longest = 0;

    for (int i = 0; i < g->m->state_count; i++) {
        struct node *n = &g->nodes[i];
        size_t len = strlen(g->m->states[i].name);

        n->slots = n->lane != WS_NONE;
        for (int to = 0; to < g->m->state_count; to++) {
            n->slots += beside(i, to) && edge(g, i, to)->is;
        }
        n->height = (n->slots + 1) * SLOT > NODE_MIN ? (n->slots + 1) * SLOT : NODE_MIN;
        n->y = y;
        y += n->height + GAP;
        longest = len > longest ? len : longest;
    }
    longest = longest > NAME_SHOWN ? NAME_SHOWN : longest;
    g->width = (int)longest * LETTER + NODE_PAD;
}

static int slot(struct node *n)
{
    n->used++;
    return n->y + n->height * n->used / (n->slots + 1) + 3;
}

static void assign_slots(struct graph *g)
{
    for (int i = 0; i < g->m->state_count; i++) {
        struct node *n = &g->nodes[i];

        for (int to = 0; to < g->m->state_count; to++) {
            if (beside(i, to) && edge(g, i, to)->is) {
                edge(g, i, to)->y = slot(n);
            }
        }
        if (n->lane != WS_NONE) {
            n->landing = slot(n);
        }
    }
}

/* --- drawing --- */

static void label(struct graph *g, const struct edge *e, int x, int y)
{
    struct ws_buf text = {0};

    if (e->taken > 0) {
        ws_buf_printf(&text, "%s %s", ws_buf_str(&e->numbers), e->last_event);
    } else {
        ws_buf_puts(&text, ws_buf_str(&e->events));
    }
    ws_html_add(g->out, "<text class=\"label%s\" x=\"%d\" y=\"%d\">", e->taken > 0 ? " taken" : "",
                x, y);
    ws_html_start(g->out, ws_buf_str(&text), TEXT_SHOWN);
    ws_buf_release(&text);
    ws_html_add(g->out, "<title>%s</title></text>\n", ws_buf_str(&e->events));
}

static void path(struct graph *g, const struct edge *e)
{
    ws_html_add(g->out, "<path class=\"arm%s\" d=\"", e->taken > 0 ? " taken" : "");
}

static void straight(struct graph *g, int from)
{
    const struct edge *e = edge(g, from, from + 1);
    int x = MARGIN + g->width / 2;
    int y = g->nodes[from].y + g->nodes[from].height, end = g->nodes[from + 1].y;

    path(g, e);
    ws_html_add(g->out, "M%d %dV%dm-4 0l4 6l4 -6\"/>\n", x, y, end - 7);
    label(g, e, x + 9, y + GAP / 2 + 4);
}

static void loop(struct graph *g, int state)
{
    const struct edge *e = edge(g, state, state);
    int x = MARGIN + g->width, y = e->y;

    path(g, e);
    ws_html_add(g->out, "M%d %dh12a4 4 0 0 1 0 8h-5m0 -4l-6 4l6 4\"/>\n", x, y - 5);
    label(g, e, x + 22, y + 3);
}

static void by_lane(struct graph *g, int from, int to)
{
    const struct edge *e = edge(g, from, to);
    const struct node *target = &g->nodes[to];
    int left = MARGIN + g->width, x = left + LABEL + target->lane * LANE;
    int y = e->y, end = target->landing, down = end > y ? TURN : -TURN;

    path(g, e);
    ws_html_add(g->out, "M%d %dH%dQ%d %d %d %dV%dQ%d %d %d %dH%dm0 -4l-6 4l6 4\"/>\n", left, y,
                x - TURN, x, y, x, y + down, end - down, x, end, x - TURN, end, left + 7);
    label(g, e, left + 8, y - 3);
}

/* Those that were taken come last, and lie above the others. */
static void draw_arms(struct graph *g, int from, bool taken)
{
    for (int to = 0; to < g->m->state_count; to++) {
        if (!edge(g, from, to)->is || (edge(g, from, to)->taken > 0) != taken) {
            continue;
        }
        if (to == from) {
            loop(g, from);
        } else if (beside(from, to)) {
            by_lane(g, from, to);
        } else {
            straight(g, from);
        }
    }
}

static const char *kind(const struct graph *g, int i)
{
    const struct ws_state *s = &g->m->states[i];

    if (!g->nodes[i].visited) {
        return "";
    }
    if (s->kind == WS_STATE_FINAL) {
        return strcmp(s->outcome, WS_OUTCOME_SUCCESS) == 0 ? " good" : " bad";
    }
    return strcmp(s->name, g->state) == 0 ? " here" : " visited";
}

static void draw_state(struct graph *g, int i)
{
    const struct ws_state *s = &g->m->states[i];
    const struct node *n = &g->nodes[i];
    int x = MARGIN + g->width / 2, y = n->y + n->height / 2;

    ws_html_add(g->out, "<g class=\"state%s\"><title>%s%s%s</title>", kind(g, i), s->name,
                s->doc != NULL ? ": " : "", s->doc);
    ws_html_add(g->out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\"/>", MARGIN,
                n->y, g->width, n->height, s->kind == WS_STATE_STEP ? 6 : n->height / 2);
    ws_html_add(g->out, "<text class=\"name\" x=\"%d\" y=\"%d\">", x, y - 1);
    ws_html_start(g->out, s->name, NAME_SHOWN);
    ws_html_add(g->out, "</text><text class=\"does\" x=\"%d\" y=\"%d\">", x, y + 13);
    if (s->kind == WS_STATE_FINAL) {
        ws_html_add(g->out, "%s", s->outcome);
    } else if (s->kind == WS_STATE_INITIAL) {
        ws_html_add(g->out, "initial");
    } else {
        ws_html_add(g->out, "%s %s", s->handler != NULL ? "do" : "tool",
                    s->handler != NULL ? s->handler : s->tools[0]);
    }
    ws_html_add(g->out, "</text></g>\n");
}

static void draw(struct graph *g)
{
    int states = g->m->state_count;
    const struct node *last = &g->nodes[states - 1];
    int width = MARGIN + g->width + LABEL + g->lanes * LANE + MARGIN;
    int height = last->y + last->height + MARGIN;

    ws_html_add(g->out,
                "<svg class=\"machine\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
                "role=\"img\" aria-label=\"The machine %s and the way taken through it\">\n",
                width, height, width, height, g->m->name);
    for (int i = 0; i < 2 * states; i++) {
        draw_arms(g, i % states, i >= states);
    }
    for (int i = 0; i < states; i++) {
        draw_state(g, i);
    }
    ws_html_add(g->out, "</svg>\n");
}

bool ws_graph(struct ws_buf *out, const struct ws_machine *m, const struct ws_transition_rows *way,
              const char *state)
{
    size_t states = (size_t)m->state_count;

    if (states == 0 || states > WS_GRAPH_STATES) {
        return false;
    }
    struct graph g = {.out = out,
                      .m = m,
                      .nodes = ws_calloc(states, sizeof *g.nodes),
                      .edges = ws_calloc(states * states, sizeof *g.edges),
                      .state = state};
    read_arms(&g);
    read_way(&g, way);
    assign_lanes(&g);
    place(&g);
    assign_slots(&g);
    draw(&g);
    for (size_t i = 0; i < states * states; i++) {
        ws_buf_release(&g.edges[i].events);
        ws_buf_release(&g.edges[i].numbers);
    }
    free(g.nodes);
    free(g.edges);
    return true;
}
