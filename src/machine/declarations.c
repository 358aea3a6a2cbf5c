#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "checks.h"
#include "statement.h"
#include "wsfsm/base/mem.h"

static void not_a_keyword(struct ws_def_report *r, struct ws_word word, const char *what)
{
    if (word.text != NULL && ws_is_c_keyword(word.text)) {
        ws_def_report_error(r, "E003", word, "%s name '%s' is a C keyword", what, word.text);
    }
}

static int compare_words(const void *a, const void *b)
{
    const struct ws_word *one = a, *two = b;
    int order = strcasecmp(one->text, two->text);

    if (order == 0) {
        order = (one->line > two->line) - (one->line < two->line);
    }
    return order != 0 ? order : (one->col > two->col) - (one->col < two->col);
}

/* E011, E012 in a list of words. */
static void check_list(struct ws_def_report *r, const struct ws_words *words, const char *what)
{
    struct ws_word *sorted = ws_calloc(words->len + 1, sizeof *sorted);

    if (words->len > 0) {
        memcpy(sorted, words->items, words->len * sizeof *sorted);
    }
    qsort(sorted, words->len, sizeof *sorted, compare_words);
    for (size_t i = 1; i < words->len; i++) {
        const char *one = sorted[i - 1].text, *two = sorted[i].text;

        if (strcasecmp(one, two) != 0) {
            continue;
        }
        if (strcmp(one, two) == 0) {
            ws_def_report_error(r, "E011", sorted[i], "%s '%s' stands here twice", what, two);
        } else {
            ws_def_report_error(r, "E012", sorted[i], "%ss '%s' and '%s' differ only in case", what,
                                one, two);
        }
        ws_def_report_note(r, sorted[i - 1], "the first one is here");
    }
    free(sorted);
}

static int compare_folded(const void *a, const void *b, void *payload)
{
    const struct ws_def *d = payload;
    size_t i = *(const size_t *)a, j = *(const size_t *)b;
    int order = strcasecmp(d->states[i].name.text, d->states[j].name.text);

    return order != 0 ? order : (i > j) - (i < j);
}

static void check_states_differ(struct ws_def *d, struct ws_def_report *r)
{
    size_t *sorted = ws_calloc(d->by_name_count + 1, sizeof *sorted);

    memcpy(sorted, d->by_name, d->by_name_count * sizeof *sorted);
    qsort_r(sorted, d->by_name_count, sizeof *sorted, compare_folded, d);
    for (size_t i = 1; i < d->by_name_count; i++) {
        struct ws_word one = d->states[sorted[i - 1]].name, two = d->states[sorted[i]].name;

        if (strcasecmp(one.text, two.text) != 0) {
            continue;
        }
        if (strcmp(one.text, two.text) == 0) {
            ws_def_report_error(r, "E011", two, "state '%s' is declared twice", two.text);
        } else {
            ws_def_report_error(r, "E012", two, "states '%s' and '%s' differ only in case",
                                one.text, two.text);
        }
        ws_def_report_note(r, one, "the first one is here");
        d->states[sorted[i]].broken = d->states[sorted[i - 1]].broken = true;
    }
    free(sorted);
}

static void check_event_is_ours(struct ws_def_report *r, struct ws_word event)
{
    const char *of_engine = ws_engine_event(event.text);

    if (of_engine == NULL) {
        return;
    }
    if (strcmp(of_engine, event.text) == 0) {
        ws_def_report_error(r, "E024", event,
                            "event '%s' belongs to the engine; it is not declared", event.text);
    } else {
        ws_def_report_error(r, "E012", event,
                            "event '%s' and the engine's '%s' differ only in case", event.text,
                            of_engine);
    }
}

void ws_check_declarations(struct ws_def *d, struct ws_def_report *r)
{
    not_a_keyword(r, d->machine, "machine");
    check_list(r, &d->outcomes, "outcome");
    check_list(r, &d->events, "event");
    for (size_t i = 0; i < d->events.len; i++) {
        check_event_is_ours(r, d->events.items[i]);
    }
    check_states_differ(d, r);
    for (size_t i = 0; i < d->state_count; i++) {
        not_a_keyword(r, d->states[i].name, "state");
        check_list(r, &d->states[i].tools, "tool");
    }
    for (size_t i = 0; i < d->from_count; i++) {
        check_list(r, &d->froms[i].except, "state");
    }
}
