#include "message.h"

#include <stdio.h>
#include <stdlib.h>

#include "wsfsm/base/mem.h"

void ws_put_command(struct ws_buf *b, const struct ws_command *c)
{
    ws_put_str(b, c->program);
    ws_put_strv(b, &c->argv);
    ws_put_strv(b, &c->env);
    ws_put_strv(b, &c->confine);
    ws_put_str(b, c->cwd);
    ws_put_str(b, c->stdin_file);
    ws_put_str(b, c->stdout_log);
    ws_put_str(b, c->stderr_log);
    ws_put_str(b, c->lock_file);
    ws_put_int(b, c->log_cap);
    ws_put_int(b, c->wall_ms);
    ws_put_int(b, c->idle_ms);
    ws_put_int(b, c->deadline_ms);
    ws_put_int(b, c->grace_ms);
    ws_put_strv(b, &c->secrets);
    ws_put_strv(b, &c->failure_patterns);
}

int ws_get_command(struct ws_cursor *c, struct ws_command *command)
{
    *command = (struct ws_command){0};
    command->program = ws_get_str(c);
    ws_get_strv(c, &command->argv);
    ws_get_strv(c, &command->env);
    ws_get_strv(c, &command->confine);
    command->cwd = ws_get_str(c);
    command->stdin_file = ws_get_str(c);
    command->stdout_log = ws_get_str(c);
    command->stderr_log = ws_get_str(c);
    command->lock_file = ws_get_str(c);
    command->log_cap = ws_get_int(c);
    command->wall_ms = ws_get_int(c);
    command->idle_ms = ws_get_int(c);
    command->deadline_ms = ws_get_int(c);
    command->grace_ms = ws_get_int(c);
    ws_get_strv(c, &command->secrets);
    ws_get_strv(c, &command->failure_patterns);
    bool whole = command->program && command->cwd && command->stdout_log && command->stderr_log &&
                 command->argv.len > 0;
    return c->bad || !whole ? -1 : 0;
}

void ws_received_command_release(struct ws_command *command)
{
    const char *owned[] = {command->program,    command->cwd,        command->stdin_file,
                           command->stdout_log, command->stderr_log, command->lock_file};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        free((void *)owned[i]);
    ws_command_release(command);
}

void ws_put_progress(struct ws_buf *b, const struct ws_progress *p)
{
    ws_put_int(b, p->elapsed_ms);
    ws_put_int(b, p->quiet_ms);
    ws_put_int(b, (int64_t)p->stdout_bytes);
    ws_put_int(b, (int64_t)p->stderr_bytes);
    ws_put_str(b, p->last_line);
}

int ws_get_progress(struct ws_cursor *c, struct ws_progress *p, char **line)
{
    p->elapsed_ms = ws_get_int(c);
    p->quiet_ms = ws_get_int(c);
    p->stdout_bytes = (uint64_t)ws_get_int(c);
    p->stderr_bytes = (uint64_t)ws_get_int(c);
    *line = ws_get_str(c);
    p->last_line = *line;
    return c->bad || *line == NULL ? -1 : 0;
}

void ws_put_exit(struct ws_buf *b, const struct ws_exit *e, int remaining)
{
    ws_put_int(b, e->started);
    ws_put_str(b, e->start_error);
    ws_put_int(b, e->confine_failed);
    ws_put_int(b, e->exit_code);
    ws_put_int(b, e->signal);
    ws_put_int(b, e->timed_out);
    ws_put_int(b, e->stopped);
    ws_put_int(b, e->pattern_matched);
    ws_put_str(b, e->matched_line);
    ws_put_int(b, e->duration_ms);
    ws_put_int(b, (int64_t)e->stdout_bytes);
    ws_put_int(b, (int64_t)e->stderr_bytes);
    ws_put_int(b, e->stdout_cut);
    ws_put_int(b, e->stderr_cut);
    ws_put_str(b, e->stdout_tail);
    ws_put_str(b, e->stderr_tail);
    ws_put_int(b, e->leftovers);
    ws_put_int(b, e->log_failed);
    ws_put_int(b, remaining);
}

static enum ws_limit get_limit(struct ws_cursor *c)
{
    int64_t n = ws_get_int(c);
    if (n >= WS_LIMIT_NONE && n <= WS_LIMIT_DEADLINE)
        return (enum ws_limit)n;
    c->bad = true;
    return WS_LIMIT_NONE;
}

int ws_get_exit(struct ws_cursor *c, struct ws_exit *e, int *remaining)
{
    *e = (struct ws_exit){0};
    e->started = ws_get_int(c) != 0;
    char *start_error = ws_get_str(c);
    snprintf(e->start_error, sizeof e->start_error, "%s", start_error ? start_error : "");
    free(start_error);
    e->confine_failed = ws_get_int(c) != 0;
    e->exit_code = (int)ws_get_int(c);
    e->signal = (int)ws_get_int(c);
    e->timed_out = get_limit(c);
    e->stopped = ws_get_int(c) != 0;
    e->pattern_matched = ws_get_int(c) != 0;
    e->matched_line = ws_get_str(c);
    e->duration_ms = ws_get_int(c);
    e->stdout_bytes = (uint64_t)ws_get_int(c);
    e->stderr_bytes = (uint64_t)ws_get_int(c);
    e->stdout_cut = ws_get_int(c) != 0;
    e->stderr_cut = ws_get_int(c) != 0;
    e->stdout_tail = ws_get_str(c);
    e->stderr_tail = ws_get_str(c);
    e->leftovers = (int)ws_get_int(c);
    e->log_failed = ws_get_int(c) != 0;
    *remaining = (int)ws_get_int(c);
    if (!c->bad)
        return 0;
    ws_exit_release(e);
    return -1;
}
