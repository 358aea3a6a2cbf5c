/* Choosing an arm of the shipped machine by its table, beside a switch written by hand.
 *
 *     bench_engine [ROUNDS]        default: 15
 *
 * Both take the same walk of legal events over the machine, ask the same guard and count the same
 * bounds. Events are names, as steps report them and the history keeps them. For reference the
 * switch is timed a second time with events that were numbered before. One line each: name,
 * nanoseconds a step of ours and of the opponent, the least and the median ratio of the rounds, and
 * the goal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "wsfsm/machine/machine.h"

enum { STEPS = 20000, ROUNDS_MAX = 101, ARMS_MAX = 64 };

enum state { PENDING, EDITING, STATIC_CHECK, RUNTIME_CHECK, DONE, FAILED };
enum event {
    PASSED,
    SKIPPED,
    START,
    FAILING,
    NO_CHANGE,
    COULD_NOT_RUN,
    INTERRUPTED,
    TIMEOUT,
    CANCEL
};

/* The usual ones first: number_of looks from the left. */
static const char *const event_names[] = {"passed",      "skipped",   "start",
                                          "failed",      "no_change", "could_not_run",
                                          "interrupted", "timeout",   "cancel"};

/* What a walk goes by: one guard, and how often bounded arms were taken since the start. */
struct walk {
    const char *names[STEPS];
    enum event numbers[STEPS];
    bool in_scope[STEPS];
    int taken[ARMS_MAX];
    int interrupted[FAILED];
    bool scope;
};
static struct walk walk;

static __attribute__((noinline)) bool ask_scope(const struct walk *w)
{
    return w->scope;
}

static int answer(void *payload, const char *guard, bool *truth)
{
    (void)guard;
    *truth = ask_scope(payload);
    return 0;
}

static int count_taken(void *payload, int arm, int *count)
{
    const struct walk *w = payload;
    *count = w->taken[arm];
    return 0;
}

/* --- three ways to take a step -----------------------------------------------------------------
 */

static __attribute__((noinline)) int by_table(struct walk *w, int state, size_t i)
{
    const struct ws_machine *m = &ws_machine_shipped;
    const struct ws_facts_view view = {.answer = answer, .taken = count_taken, .payload = w};
    struct ws_choice choice;
    if (ws_machine_choose(&choice, m, state, w->names[i], &view) != 0 || choice.arm == WS_NONE)
        return WS_NONE;
    const struct ws_arm *arm = &m->arms[choice.arm];
    if (arm->max)
        w->taken[choice.arm]++;
    return arm->to;
}

static int again(struct walk *w, int state)
{
    return w->interrupted[state]++ < 3 ? state : FAILED;
}

static int move(struct walk *w, int state, enum event event)
{
    switch ((enum state)state) {
    case PENDING:
        return event == START ? EDITING : event == CANCEL ? FAILED : WS_NONE;
    case EDITING:
        switch (event) {
        case PASSED:
            return STATIC_CHECK;
        case TIMEOUT:
        case NO_CHANGE:
        case FAILING:
        case COULD_NOT_RUN:
        case CANCEL:
            return FAILED;
        case INTERRUPTED:
            return again(w, state);
        default:
            return WS_NONE;
        }
    case STATIC_CHECK:
        switch (event) {
        case PASSED:
        case SKIPPED:
            return RUNTIME_CHECK;
        case TIMEOUT:
        case FAILING:
        case COULD_NOT_RUN:
        case CANCEL:
            return FAILED;
        case INTERRUPTED:
            return again(w, state);
        default:
            return WS_NONE;
        }
    case RUNTIME_CHECK:
        switch (event) {
        case PASSED:
        case SKIPPED:
            return ask_scope(w) ? DONE : FAILED;
        case TIMEOUT:
        case FAILING:
        case COULD_NOT_RUN:
        case CANCEL:
            return FAILED;
        case INTERRUPTED:
            return again(w, state);
        default:
            return WS_NONE;
        }
    default:
        return WS_NONE;
    }
}

static int number_of(const char *name)
{
    for (int e = 0; e < (int)(sizeof event_names / sizeof *event_names); e++)
        if (!strcmp(event_names[e], name))
            return e;
    return WS_NONE;
}

static __attribute__((noinline)) int by_switch(struct walk *w, int state, size_t i)
{
    int event = number_of(w->names[i]);
    return event == WS_NONE ? WS_NONE : move(w, state, (enum event)event);
}

static __attribute__((noinline)) int by_numbers(struct walk *w, int state, size_t i)
{
    return move(w, state, w->numbers[i]);
}

/* --- the walk, and the clock -------------------------------------------------------------------
 */

static bool is_final(int state)
{
    return ws_machine_shipped.states[state].kind == WS_STATE_FINAL;
}

static void rewind_walk(struct walk *w)
{
    memset(w->taken, 0, sizeof w->taken);
    memset(w->interrupted, 0, sizeof w->interrupted);
}

typedef int step_fn(struct walk *w, int state, size_t i);

/* The sum of all states entered: the same for every way, or one of them is wrong. */
static long go(step_fn *step, struct walk *w)
{
    int state = ws_machine_shipped.initial;
    long sum = 0;
    rewind_walk(w);
    for (size_t i = 0; i < STEPS; i++) {
        w->scope = w->in_scope[i];
        state = step(w, state, i);
        sum = sum * 7 % 1000003 + state;
        if (is_final(state)) {
            state = ws_machine_shipped.initial;
            rewind_walk(w);
        }
    }
    return sum;
}

/* Events that are legal where they come, picked at random; the successful ones more often. */
static void make_walk(struct walk *w)
{
    const struct ws_machine *m = &ws_machine_shipped;
    int state = m->initial;
    unsigned seed = 1;
    for (size_t i = 0; i < STEPS; i++) {
        const struct ws_state *s = &m->states[state];
        int pick = s->first_arm + rand_r(&seed) % s->arm_count;
        bool usual = rand_r(&seed) % 3 > 0;
        const char *name = m->arms[pick].event;
        if (usual)
            name = state == m->initial ? WS_EVENT_START : "passed";
        int number = number_of(name);
        if (number == WS_NONE) {
            fprintf(stderr, "bench_engine: the switch does not know '%s'\n", name);
            exit(1);
        }
        w->names[i] = event_names[number];
        w->numbers[i] = (enum event)number;
        w->scope = w->in_scope[i] = rand_r(&seed) % 4 > 0;
        state = by_table(w, state, i);
        if (is_final(state)) {
            state = m->initial;
            rewind_walk(w);
        }
    }
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double time_of(step_fn *step, long expected)
{
    double begin = now();
    if (go(step, &walk) != expected) {
        fprintf(stderr, "bench_engine: table and switch disagree\n");
        exit(1);
    }
    return (now() - begin) / STEPS * 1e9;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double least(const double *values, int count)
{
    double least = values[0];
    for (int i = 1; i < count; i++)
        least = values[i] < least ? values[i] : least;
    return least;
}

static void compare(const char *name, step_fn *opponent, int rounds, const char *goal)
{
    static double ours[ROUNDS_MAX], theirs[ROUNDS_MAX], ratios[ROUNDS_MAX];
    long expected = go(by_table, &walk);
    for (int i = 0; i < rounds; i++) {
        if (i % 2)
            ours[i] = time_of(by_table, expected);
        theirs[i] = time_of(opponent, expected);
        if (!(i % 2))
            ours[i] = time_of(by_table, expected);
        ratios[i] = ours[i] / theirs[i];
    }
    qsort(ratios, (size_t)rounds, sizeof *ratios, by_value);
    double a = least(ours, rounds), b = least(theirs, rounds);
    printf("%s %.1f %.1f %.2f %.2f %s\n", name, a, b, a / b, ratios[rounds / 2], goal);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 15;
    if (rounds < 1 || rounds > ROUNDS_MAX)
        return 2;
    make_walk(&walk);
    printf("# name ours-ns opponent-ns ratio-of-least median-ratio goal\n");
    compare("engine-step", by_switch, rounds, "1.5");
    compare("engine-step-numbered", by_numbers, rounds, "-");
    return 0;
}
