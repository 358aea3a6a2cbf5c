#include "progress.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "columns.h"
#include "status_line.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"

enum { DEFAULT_COLUMNS = 80 };

static const char wipe_line[] = "\r\033[K";

static void put(const struct ws_buf *text)
{
    (void)ws_write_all(STDERR_FILENO, text->data, text->len);
}

static void wipe(struct ws_progress_view *v)
{
    if (v->drawn) {
        (void)ws_write_all(STDERR_FILENO, wipe_line, sizeof wipe_line - 1);
        v->drawn = false;
    }
}

static size_t terminal_columns(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        return DEFAULT_COLUMNS;
    }
    return size.ws_col;
}

static void draw(struct ws_progress_view *v, const struct ws_progress *p)
{
    struct ws_status_line line = {.state = v->state, .tool = v->tool};
    struct ws_buf text = {0};

    if (!v->live) {
        return;
    }
    if (p != NULL) {
        line.elapsed_ms = p->elapsed_ms;
        line.quiet_ms = p->quiet_ms;
        line.last_line = p->last_line;
    }
    ws_buf_puts(&text, wipe_line);
    ws_status_line_format(&text, &line, terminal_columns() - 1);
    put(&text);
    v->drawn = true;
    ws_buf_release(&text);
}

/* A line that stays. */
static void say(struct ws_progress_view *v, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void say(struct ws_progress_view *v, const char *format, ...)
{
    struct ws_buf text = {0}, line = {0};
    va_list ap;

    va_start(ap, format);
    ws_buf_vprintf(&text, format, ap);
    va_end(ap);
    ws_buf_puts(&line, "wsfsm: ");
    ws_escape_line(&line, ws_buf_str(&text), text.len);
    ws_buf_putc(&line, '\n');
    wipe(v);
    put(&line);
    ws_buf_release(&text);
    ws_buf_release(&line);
}

static void entered(void *payload, const char *from, const char *event, const char *to)
{
    struct ws_progress_view *v = payload;

    free(v->state);
    v->state = ws_strdup(to);
    if (v->plain) {
        say(v, "%s -%s-> %s", from, event, to);
    }
    draw(v, NULL);
}

static void tool_started(void *payload, const char *step, const char *tool)
{
    struct ws_progress_view *v = payload;

    free(v->tool);
    v->tool = ws_strdup(tool);
    if (v->plain) {
        say(v, "%s: %s started", step, tool);
    }
    draw(v, NULL);
}

static void tool_progress(void *payload, const struct ws_progress *progress)
{
    draw(payload, progress);
}

static void how_it_ended(struct ws_buf *out, const struct ws_exit *e)
{
    if (!e->started) {
        ws_buf_printf(out, "could not start: %s", e->start_error);
    } else if (e->timed_out != WS_LIMIT_NONE) {
        ws_buf_printf(out, "stopped at its %s limit", ws_limit_name(e->timed_out));
    } else if (e->stopped) {
        ws_buf_puts(out, "stopped");
    } else if (e->signal != 0) {
        ws_buf_printf(out, "ended by signal %d", e->signal);
    } else {
        ws_buf_printf(out, "exit code %d", e->exit_code);
    }
    if (e->started) {
        ws_buf_puts(out, " after ");
        ws_format_duration(out, e->duration_ms);
    }
}

static void tool_finished(void *payload, const char *step, const char *tool,
                          const struct ws_exit *e)
{
    struct ws_progress_view *v = payload;
    struct ws_buf text = {0};

    free(v->tool);
    v->tool = NULL;
    if (v->plain) {
        how_it_ended(&text, e);
        say(v, "%s: %s: %s", step, tool, ws_buf_str(&text));
        ws_buf_release(&text);
    }
    draw(v, NULL);
}

static void step_finished(void *payload, const char *step, const char *status, const char *message)
{
    struct ws_progress_view *v = payload;

    if (v->plain) {
        say(v, "%s: %s%s%s", step, status, message != NULL ? ": " : "",
            message != NULL ? message : "");
    }
    draw(v, NULL);
}

static void note(void *payload, const char *text)
{
    struct ws_progress_view *v = payload;

    wipe(v);
    ws_cli_note(v->cli, "%s", text);
}

static void warning(void *payload, const char *text)
{
    struct ws_progress_view *v = payload;

    wipe(v);
    ws_cli_warning(v->cli, "%s", text);
}

void ws_progress_init(struct ws_progress_view *view, const struct ws_cli *cli)
{
    const char *term = getenv("TERM");
    bool terminal = isatty(STDERR_FILENO) && term != NULL && strcmp(term, "dumb") != 0;
    bool wanted = !cli->quiet && !cli->json;

    *view = (struct ws_progress_view){.cli = cli, .live = wanted && terminal};
    view->plain = wanted && (!terminal || cli->verbose);
}

void ws_progress_init_still(struct ws_progress_view *view, const struct ws_cli *cli)
{
    *view = (struct ws_progress_view){.cli = cli};
}

struct ws_observer ws_progress_observer(struct ws_progress_view *view)
{
    return (struct ws_observer){
        .entered = entered,
        .tool_started = tool_started,
        .tool_progress = tool_progress,
        .tool_finished = tool_finished,
        .step_finished = step_finished,
        .note = note,
        .warning = warning,
        .payload = view,
    };
}

void ws_progress_end(struct ws_progress_view *view)
{
    wipe(view);
    free(view->state);
    free(view->tool);
    *view = (struct ws_progress_view){.cli = view->cli};
}
