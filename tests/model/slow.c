#include "slow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 32 };

struct line {
    char text[512];
    char *words[WORDS];
    int count;
};

/* Splits the n-th line (from 1) into words, without its comment and its doc string. false: there is
 * no such line. */
static bool read_line(struct line *out, const char *def, int n)
{
    while (--n && def)
        def = strchr(def, '\n') ? strchr(def, '\n') + 1 : NULL;
    if (!def || !*def)
        return false;
    snprintf(out->text, sizeof out->text, "%.*s", (int)strcspn(def, "\n"), def);
    out->text[strcspn(out->text, "#\"")] = '\0';
    out->count = 0;
    for (char *w = strtok(out->text, " \t"); w && out->count < WORDS; w = strtok(NULL, " \t"))
        out->words[out->count++] = w;
    return true;
}

static bool is(const struct line *l, int i, const char *word)
{
    return i < l->count && !strcmp(l->words[i], word);
}

static int times(const struct slow_question *q, int line)
{
    int n = 0;
    for (int i = 0; i < q->taken; i++)
        n += q->history[i].line == line && !strcmp(q->history[i].from, q->state) &&
             !q->history[i].spent;
    return n;
}

/* The words of an arm from `at`: EVENT [guard]? -> NAME (max N then NAME)?  A guard may be written
 * "[g]" or "[!g]". */
static bool try_arm(struct slow_step *out, const struct line *l, int at, int number,
                    const struct slow_question *q)
{
    if (!is(l, at, q->event))
        return false;
    int i = at + 1;
    if (l->words[i][0] == '[') {
        if ((l->words[i][1] == '!') == q->truth)
            return false;
        i++;
    }
    const char *to = l->words[i + 1];
    bool spent = is(l, i + 2, "max") && times(q, number) >= atoi(l->words[i + 3]);
    if (spent)
        to = l->words[i + 5];
    out->taking = (struct slow_taking){.line = number, .spent = spent};
    snprintf(out->taking.from, sizeof out->taking.from, "%s", q->state);
    snprintf(out->to, sizeof out->to, "%s", to);
    return true;
}

/* timeout DURATION -> NAME */
static bool try_timeout(struct slow_step *out, const struct line *l, int number,
                        const struct slow_question *q)
{
    if (!is(l, 0, "timeout") || strcmp(q->event, "timeout") || is(l, 1, "none"))
        return false;
    out->taking = (struct slow_taking){.line = number};
    snprintf(out->to, sizeof out->to, "%s", l->words[3]);
    return true;
}

/* An arm of the state's own block, or its timeout line. *spoken: the block has an arm for the event
 * at all. */
static bool in_block(struct slow_step *out, bool *spoken, const struct slow_question *q)
{
    struct line l;
    bool inside = false;
    *spoken = false;
    for (int n = 1; read_line(&l, q->def, n); n++) {
        if (is(&l, 0, "state") || is(&l, 0, "final") || is(&l, 0, "from"))
            inside = is(&l, 0, "state") && is(&l, 1, q->state);
        if (inside && try_timeout(out, &l, n, q))
            return true;
        if (!inside || !is(&l, 0, "on"))
            continue;
        *spoken |= is(&l, 1, q->event);
        if (try_arm(out, &l, 1, n, q))
            return true;
    }
    return false;
}

/* from * [except A B] on EVENT ... */
static bool from_all(struct slow_step *out, const struct slow_question *q)
{
    struct line l;
    for (int n = 1; read_line(&l, q->def, n); n++) {
        if (!is(&l, 0, "from"))
            continue;
        int on = 2;
        bool excepted = false;
        for (; !is(&l, on, "on"); on++)
            excepted |= is(&l, on, q->state);
        if (!excepted && try_arm(out, &l, on + 1, n, q))
            return true;
    }
    return false;
}

bool slow_next(struct slow_step *out, const struct slow_question *q)
{
    bool spoken;
    if (slow_is_final(q->def, q->state))
        return false;
    if (in_block(out, &spoken, q))
        return true;
    return !spoken && from_all(out, q);
}

bool slow_is_final(const char *def, const char *state)
{
    struct line l;
    for (int n = 1; read_line(&l, def, n); n++)
        if (is(&l, 0, "final") && is(&l, 1, state))
            return true;
    return false;
}

void slow_initial(char out[SLOW_NAME], const char *def)
{
    struct line l;
    for (int n = 1; read_line(&l, def, n); n++)
        if (is(&l, 0, "initial"))
            snprintf(out, SLOW_NAME, "%s", l.words[1]);
}
