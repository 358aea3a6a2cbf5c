#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "commands.h"
#include "help.h"
#include "session.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/machine/emit.h"
#include "wsfsm/machine/parse.h"
#include "wsfsm/steps/binding.h"

enum { DEF_BYTES = 16 << 20 };

/* --- a .def of the user --- */

static bool has_tool(void *payload, const char *tool)
{
    return ws_profiles_find(payload, tool) != NULL;
}

/* Tools are looked up when there is a repository around, with its profiles. */
static int parse_file(struct ws_machine **out, const struct ws_cli *cli, const char *path,
                      struct ws_diags *diags, struct ws_error *err)
{
    struct ws_bindings bindings = *ws_program_bindings();
    struct ws_session session = {0};
    struct ws_diags quiet = {0};
    struct ws_session_options options = {.directory = cli->directory, .database = cli->database};
    struct ws_buf text = {0};
    int status = ws_read_file(&text, path, DEF_BYTES, err);

    if (status == 0) {
        bool around = ws_session_open(&session, &options, &quiet, NULL) == 0;

        if (around) {
            bindings.has_tool = has_tool;
            bindings.payload = &session.config.profiles;
        }
        *out = ws_machine_parse(ws_buf_str(&text), text.len, path, &bindings, diags);
        if (around) {
            ws_session_close(&session);
        }
    } else {
        err->code = WS_E_MACHINE;
    }
    ws_diags_release(&quiet);
    ws_buf_release(&text);
    return status;
}

/* The machine of --file, else the one that ships. *owned is to be freed. */
static int chosen(const struct ws_machine **out, struct ws_machine **owned, struct ws_cli *cli,
                  struct ws_error *err)
{
    const char *path = ws_args_value(cli->args, "file");
    struct ws_diags diags = {0};
    int status = 0;

    *owned = NULL;
    *out = &ws_machine_shipped;
    if (path != NULL) {
        status = parse_file(owned, cli, path, &diags, err);
        ws_cli_diags(cli, &diags);
        *out = *owned;
        if (status == 0 && *owned == NULL) {
            status = ws_fail(err, WS_E_MACHINE, path, "the machine has errors: %zu",
                             ws_diags_count(&diags, WS_ERROR));
            if (cli->json) {
                ws_cli_name_first(err, &diags);
            }
        }
    }
    ws_diags_release(&diags);
    return status;
}

/* --- show, graph --- */

static const char *const formats[] = {"dot", "mermaid", "json", NULL};

static const struct ws_option show_options[] = {
    {.name = "file",
     .argument = "FILE",
     .complete = WS_COMPLETE_FILE,
     .help = "The machine of this .def instead of the one that ships."},
    {0},
};

static const struct ws_option graph_options[] = {
    {.name = "format",
     .argument = "FORMAT",
     .words = formats,
     .help = "dot (the default; for Graphviz), mermaid or json."},
    {.name = "file",
     .argument = "FILE",
     .complete = WS_COMPLETE_FILE,
     .help = "The machine of this .def instead of the one that ships."},
    {0},
};

static void emit(struct ws_buf *out, const struct ws_machine *m, const char *format)
{
    static const struct {
        const char *format;
        void (*emit)(struct ws_buf *out, const struct ws_machine *m);
    } emitters[] = {{"table", ws_emit_table},
                    {"dot", ws_emit_dot},
                    {"mermaid", ws_emit_mermaid},
                    {"json", ws_emit_json}};

    for (size_t i = 0; i < sizeof emitters / sizeof *emitters; i++) {
        if (strcmp(emitters[i].format, format) == 0) {
            emitters[i].emit(out, m);
        }
    }
    if (out->len > 0 && out->data[out->len - 1] != '\n') {
        ws_buf_putc(out, '\n');
    }
}

static int print_machine(struct ws_cli *cli, const char *format, struct ws_error *err)
{
    const struct ws_machine *m;
    struct ws_machine *owned;
    int status = chosen(&m, &owned, cli, err);

    if (status == 0) {
        emit(&cli->out.text, m, cli->json ? "json" : format);
    }
    ws_machine_free(owned);
    return status;
}

static int run_show(struct ws_cli *cli, struct ws_error *err)
{
    return print_machine(cli, "table", err);
}

static int run_graph(struct ws_cli *cli, struct ws_error *err)
{
    const char *format = ws_args_value(cli->args, "format");

    return print_machine(cli, format != NULL ? format : formats[0], err);
}

static const struct ws_cmd cmd_show = {
    .name = "show",
    .summary = "Print the machine as a table",
    .options = show_options,
    .run = run_show,
};

static const struct ws_cmd cmd_graph = {
    .name = "graph",
    .summary = "Print the machine as a graph",
    .options = graph_options,
    .run = run_graph,
};

/* --- check --- */

static const char *const error_only[] = {"error", NULL};

static const struct ws_option check_options[] = {
    {.name = "warnings",
     .letter = 'W',
     .argument = "error",
     .words = error_only,
     .help = "With error (-Werror): a warning counts as an error."},
    {0},
};

static const struct ws_positional check_positionals[] = {
    {.name = "FILE", .complete = WS_COMPLETE_FILE, .help = "The .def to check."},
    {0},
};

static const struct ws_exit_note check_exits[] = {
    {0, "sound; there may be warnings"},
    {3, "errors, or warnings with -Werror"},
    {0, NULL},
};

static void print_findings(struct ws_cli *cli, struct ws_diags *diags, const struct ws_machine *m)
{
    struct ws_buf *out = &cli->out.text;

    if (cli->json) {
        ws_json_open(out, '{');
        ws_json_kstr(out, "digest", m != NULL ? m->digest : NULL);
        ws_cli_json_diags(out, diags);
        ws_json_close(out, '}');
        ws_buf_putc(out, '\n');
        return;
    }
    ws_cli_print_diags(cli, diags);
    if (m != NULL && !cli->quiet) {
        ws_emit_summary(out, m);
        ws_buf_putc(out, '\n');
    }
}

static int run_check(struct ws_cli *cli, struct ws_error *err)
{
    struct ws_diags diags = {0};
    struct ws_machine *m = NULL;
    int status = parse_file(&m, cli, ws_args_word(cli->args, 0), &diags, err);
    bool sound;

    if (status == 0) {
        if (ws_args_has(cli->args, "warnings")) {
            ws_diags_promote(&diags);
        }
        sound = ws_diags_count(&diags, WS_ERROR) == 0;
        print_findings(cli, &diags, sound ? m : NULL);
        status = sound ? 0 : ws_code_exit(WS_E_MACHINE);
    }
    ws_machine_free(m);
    ws_diags_release(&diags);
    return status;
}

static const struct ws_cmd cmd_check = {
    .name = "check",
    .summary = "Check a machine without building it in",
    .description = "Gives the diagnostics that the build gives, for a .def: names, determinism, "
                   "completeness, and whether every run ends. 'wsfsm machine explain CODE' says "
                   "more on each.",
    .options = check_options,
    .positionals = check_positionals,
    .exits = check_exits,
    .run = run_check,
};

/* --- explain --- */

static const struct ws_positional explain_positionals[] = {
    {.name = "CODE",
     .optional = true,
     .complete = WS_COMPLETE_CODE,
     .help = "Such as E053. Default: list all."},
    {0},
};

static void explain_json(struct ws_buf *out, const struct ws_explanation *e)
{
    ws_json_open(out, '{');
    ws_json_kstr(out, "code", e->code);
    ws_json_kstr(out, "title", e->title);
    ws_json_kstr(out, "text", e->text);
    ws_json_kstr(out, "wrong", e->wrong);
    ws_json_kstr(out, "right", e->right);
    ws_json_close(out, '}');
}

/* Lines of an example, indented. */
static void example(struct ws_buf *out, const char *title, const char *text)
{
    ws_buf_printf(out, "\n%s:\n\n", title);
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");

        ws_buf_puts(out, len > 0 ? "    " : "");
        ws_buf_add(out, text, len);
        ws_buf_putc(out, '\n');
        text += len + (text[len] == '\n');
    }
}

static void explain_text(struct ws_buf *out, const struct ws_explanation *e)
{
    ws_buf_printf(out, "%s: %s\n\n", e->code, e->title);
    ws_help_wrap(out, e->text, 0, 0);
    example(out, "Wrong", e->wrong);
    example(out, "Right", e->right);
}

static int unknown_code(const char *code, struct ws_error *err)
{
    size_t count = 0;
    const struct ws_explanation *all = ws_machine_explanations(&count);
    const char **codes = ws_calloc(count + 1, sizeof *codes);

    for (size_t i = 0; i < count; i++) {
        codes[i] = all[i].code;
    }
    ws_cli_unknown(err, code, codes, count, "no such code", "'wsfsm machine explain' lists them");
    free(codes);
    return -1;
}

static void list_codes(struct ws_cli *cli)
{
    size_t count = 0;
    const struct ws_explanation *all = ws_machine_explanations(&count);

    if (cli->json) {
        ws_json_open(&cli->out.text, '[');
    }
    for (size_t i = 0; i < count; i++) {
        if (cli->json) {
            explain_json(&cli->out.text, &all[i]);
        } else {
            ws_buf_printf(&cli->out.text, "%s  %s\n", all[i].code, all[i].title);
        }
    }
    if (cli->json) {
        ws_json_close(&cli->out.text, ']');
        ws_buf_putc(&cli->out.text, '\n');
    }
}

static int run_explain(struct ws_cli *cli, struct ws_error *err)
{
    const char *code = ws_args_word(cli->args, 0);

    if (code == NULL) {
        list_codes(cli);
        return 0;
    }
    const struct ws_explanation *e = ws_machine_explain(code);
    if (e == NULL) {
        return unknown_code(code, err);
    }
    if (cli->json) {
        explain_json(&cli->out.text, e);
        ws_buf_putc(&cli->out.text, '\n');
    } else {
        explain_text(&cli->out.text, e);
    }
    return 0;
}

static const struct ws_cmd cmd_explain = {
    .name = "explain",
    .summary = "Explain a diagnostic of the machine language",
    .positionals = explain_positionals,
    .run = run_explain,
};

static const struct ws_cmd *const commands[] = {&cmd_show, &cmd_graph, &cmd_check, &cmd_explain,
                                                NULL};

const struct ws_cmd ws_cmd_machine = {
    .name = "machine",
    .summary = "Show, draw and check the state machine",
    .description = "The machine - states, arms, guards and bounds - is declared in fsm/states.def "
                   "and compiled in.",
    .commands = commands,
};
