#include "cli.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"

static bool color_for(const char *when, int fd)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (when != NULL && strcmp(when, "auto") != 0) {
        return strcmp(when, "always") == 0;
    }
    if (no_color != NULL && no_color[0] != '\0') {
        return false;
    }
    return isatty(fd) && term != NULL && strcmp(term, "dumb") != 0;
}

void ws_cli_init(struct ws_cli *cli, const struct ws_args *args)
{
    const char *when = ws_args_value(args, "color");

    *cli = (struct ws_cli){
        .args = args,
        .out.fd = STDOUT_FILENO,
        .directory = ws_args_value(args, "directory"),
        .database = ws_args_value(args, "db"),
        .json = ws_args_has(args, "json"),
        .quiet = ws_args_has(args, "quiet"),
        .verbose = ws_args_has(args, "verbose"),
        .color = color_for(when, STDOUT_FILENO),
    };
}

/* Nobody is left to be told when this fails. */
static void say(struct ws_buf *line)
{
    ws_buf_putc(line, '\n');
    (void)ws_write_all(STDERR_FILENO, line->data, line->len);
    ws_buf_release(line);
}

void ws_cli_error(const struct ws_error *err, bool json)
{
    struct ws_buf line = {0};

    if (json) {
        ws_json_open(&line, '{');
        ws_json_key(&line, "error");
        ws_json_open(&line, '{');
        ws_json_kstr(&line, "code", ws_code_name(err->code));
        ws_json_kstr(&line, "message", err->message);
        ws_json_kstr(&line, "where", err->where);
        ws_json_close(&line, '}');
        ws_json_close(&line, '}');
    } else {
        ws_buf_printf(&line, "wsfsm: %s%s%s", err->where, err->where[0] != '\0' ? ": " : "",
                      err->message);
    }
    say(&line);
}

static bool shown(const struct ws_cli *cli)
{
    return cli->json ? cli->verbose : !cli->quiet;
}

static void message(const struct ws_cli *cli, const char *kind, const char *format, va_list ap)
    __attribute__((format(printf, 3, 0)));
static void message(const struct ws_cli *cli, const char *kind, const char *format, va_list ap)
{
    struct ws_buf line = {0}, text = {0};

    ws_buf_vprintf(&text, format, ap);
    if (cli->json) {
        ws_json_open(&line, '{');
        ws_json_kstr(&line, kind, ws_buf_str(&text));
        ws_json_close(&line, '}');
    } else {
        ws_buf_printf(&line, "wsfsm: %s: ", kind);
        ws_escape_line(&line, ws_buf_str(&text), text.len);
    }
    ws_buf_release(&text);
    say(&line);
}

void ws_cli_warning(const struct ws_cli *cli, const char *format, ...)
{
    va_list ap;

    if (shown(cli)) {
        va_start(ap, format);
        message(cli, "warning", format, ap);
        va_end(ap);
    }
}

void ws_cli_note(const struct ws_cli *cli, const char *format, ...)
{
    va_list ap;

    if (shown(cli)) {
        va_start(ap, format);
        message(cli, "note", format, ap);
        va_end(ap);
    }
}

int ws_cli_unknown(struct ws_error *err, const char *id, const char *const *candidates,
                   size_t count, const char *what, const char *hint)
{
    struct ws_buf help = {0};

    ws_suggest(&help, id, candidates, count, hint);
    ws_fail(err, WS_E_UNKNOWN_ID, id, "%s%s", what, ws_buf_str(&help));
    ws_buf_release(&help);
    return -1;
}

static void diag_json(struct ws_buf *out, const struct ws_diag *d)
{
    static const char *const severities[] = {
        [WS_NOTE] = "note", [WS_WARNING] = "warning", [WS_ERROR] = "error"};

    ws_json_open(out, '{');
    ws_json_kstr(out, "severity", severities[d->severity]);
    ws_json_kstr(out, "code", d->code[0] != '\0' ? d->code : NULL);
    ws_json_kstr(out, "file", d->file);
    ws_json_kint(out, "line", d->line);
    ws_json_kint(out, "col", d->col);
    ws_json_kstr(out, "message", d->text);
    ws_json_close(out, '}');
}

void ws_cli_diags(const struct ws_cli *cli, struct ws_diags *diags)
{
    ws_diags_sort(diags);
    for (size_t i = 0; i < diags->len; i++) {
        const struct ws_diag *d = &diags->items[i];
        struct ws_buf line = {0};

        if (!shown(cli) && (cli->json || d->severity != WS_ERROR)) {
            continue;
        }
        if (cli->json) {
            diag_json(&line, d);
        } else {
            ws_diag_format(&line, d);
        }
        say(&line);
    }
}

void ws_cli_print_diags(struct ws_cli *cli, struct ws_diags *diags)
{
    ws_diags_sort(diags);
    for (size_t i = 0; i < diags->len; i++) {
        ws_diag_format(&cli->out.text, &diags->items[i]);
        ws_buf_putc(&cli->out.text, '\n');
    }
}

void ws_cli_json_diags(struct ws_buf *out, struct ws_diags *diags)
{
    ws_diags_sort(diags);
    ws_json_kint(out, "errors", (int64_t)ws_diags_count(diags, WS_ERROR));
    ws_json_kint(out, "warnings", (int64_t)ws_diags_count(diags, WS_WARNING));
    ws_json_key(out, "problems");
    ws_json_open(out, '[');
    for (size_t i = 0; i < diags->len; i++) {
        diag_json(out, &diags->items[i]);
    }
    ws_json_close(out, ']');
}

void ws_cli_colored(struct ws_cli *cli, enum ws_color color, const char *text)
{
    static const char *const codes[] = {[WS_COLOR_GOOD] = "32",
                                        [WS_COLOR_BAD] = "31",
                                        [WS_COLOR_CAUTION] = "33",
                                        [WS_COLOR_STRONG] = "1"};

    if (cli->color) {
        ws_buf_printf(&cli->out.text, "\033[%sm%s\033[0m", codes[color], text);
    } else {
        ws_buf_puts(&cli->out.text, text);
    }
}

enum ws_color ws_color_of(const char *word)
{
    static const struct {
        const char *word;
        enum ws_color color;
    } words[] = {
        {"success", WS_COLOR_GOOD},
        {"PASS", WS_COLOR_GOOD},
        {"alive", WS_COLOR_GOOD},
        {"failure", WS_COLOR_BAD},
        {"FAIL", WS_COLOR_BAD},
        {"WARN", WS_COLOR_CAUTION},
        {"interrupted", WS_COLOR_CAUTION},
        {"missing", WS_COLOR_CAUTION},
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i].word, word) == 0) {
            return words[i].color;
        }
    }
    return WS_COLOR_STRONG;
}
