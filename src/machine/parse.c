#include "wsfsm/machine/parse.h"

#include <stdlib.h>

#include "checks.h"
#include "lex.h"
#include "statement.h"

static void read_lines(struct ws_def *d, struct ws_def_report *r, const char *text, size_t len)
{
    struct ws_lexer lexer = {.arena = d->arena, .report = r, .text = text, .len = len};
    struct ws_parser parser = {.def = d, .report = r};
    struct ws_line line = {0};

    while (ws_lex_line(&lexer, &line) && r->errors < WS_DIAGS_MAX) {
        if (line.len > 1) {
            ws_parse_statement(&parser, &line);
        }
        if (d->state_count > WS_STATES_MAX) {
            ws_def_report_error(r, "E007", line.items[0].word, "more than %d states",
                                WS_STATES_MAX);
            break;
        }
    }
    free(line.items);
}

static struct ws_machine *check_table(struct ws_def *d, const struct ws_bindings *b,
                                      struct ws_def_report *r)
{
    struct ws_table table;

    ws_lower(&table, d);
    ws_check_graph(&table, r);
    if (r->errors == 0) {
        ws_check_usage(d, b, r);
    }
    free(table.origins);
    if (r->errors > 0) {
        ws_machine_free(table.machine);
        return NULL;
    }
    return table.machine;
}

struct ws_machine *ws_machine_parse(const char *text, size_t len, const char *file,
                                    const struct ws_bindings *bindings, struct ws_diags *diags)
{
    struct ws_def def = {.arena = ws_arena_new(), .initial_state = WS_NONE};
    struct ws_def_report report = {.file = file};
    struct ws_machine *m = NULL;

    read_lines(&def, &report, text, len);
    if (report.errors < WS_DIAGS_MAX && def.state_count <= WS_STATES_MAX) {
        ws_def_index(&def);
        ws_check_declarations(&def, &report);
        ws_check_names(&def, bindings, &report);
        ws_check_states(&def, bindings, &report);
    }
    if (report.errors == 0) {
        m = check_table(&def, bindings, &report);
    } else {
        ws_arena_free(def.arena);
    }
    ws_def_report_finish(&report, diags);
    ws_def_release(&def);
    return m;
}
