#include "guard.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "message.h"

enum {
    NEWS_MS = 100,   /* at most ten times a second */
    QUIET_MS = 1000, /* when nothing is printed, to say that */
};

static void take_frames(struct ws_guard *g)
{
    enum ws_frame type;
    struct ws_cursor frame;
    while (ws_inbox_next(&g->inbox, &type, &frame) == 1)
        if (type == WS_FRAME_STOP)
            g->stop_asked = true;
}

int ws_guard_receive(struct ws_guard *g)
{
    enum ws_frame type;
    struct ws_cursor frame;
    int have;

    while ((have = ws_inbox_next(&g->inbox, &type, &frame)) == 0) {
        ssize_t n = ws_inbox_fill(&g->inbox, g->sock);
        if (n == 0 || (n < 0 && errno != EINTR))
            return -1;
    }
    if (have < 0 || type != WS_FRAME_REQUEST || ws_get_command(&frame, &g->command) < 0)
        return -1;
    take_frames(g); /* a stop that came with it: the socket will not speak of it again */
    return 0;
}

void ws_guard_hear(struct ws_guard *g)
{
    ssize_t n = ws_inbox_fill(&g->inbox, g->sock);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) {
        g->orphaned = true;
        return;
    }
    take_frames(g);
}

void ws_guard_flush(struct ws_guard *g)
{
    struct ws_buf *b = &g->outbox;
    while (b->len > 0 && !g->orphaned) {
        ssize_t n = send(g->sock, b->data, b->len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0) {
            g->orphaned = true;
            return;
        }
        memmove(b->data, b->data + n, b->len - (size_t)n);
        b->len -= (size_t)n;
    }
}

int64_t ws_guard_progress_due(const struct ws_guard *g)
{
    return g->last_progress + (g->news ? NEWS_MS : QUIET_MS);
}

void ws_guard_progress(struct ws_guard *g, int64_t now)
{
    if (g->orphaned || now < ws_guard_progress_due(g))
        return;
    g->last_progress = now;
    g->news = false;
    if (g->outbox.len > 0)
        return; /* the orchestrator is slow or stopped: it need not hear everything */
    size_t len = 0;
    const char *line = g->spoke_last == NULL ? "" : ws_live_line_text(&g->spoke_last->live, &len);
    char *text = ws_printed_text(line, len);
    struct ws_progress p = {
        .elapsed_ms = now - g->started,
        .quiet_ms = now - g->last_output,
        .stdout_bytes = g->out.bytes,
        .stderr_bytes = g->err.bytes,
        .last_line = text,
    };
    size_t frame = ws_frame_begin(&g->outbox, WS_FRAME_PROGRESS);
    ws_put_progress(&g->outbox, &p);
    ws_frame_end(&g->outbox, frame);
    free(text);
    ws_guard_flush(g);
}

void ws_guard_answer(struct ws_guard *g)
{
    size_t frame = ws_frame_begin(&g->outbox, WS_FRAME_RESULT);
    ws_put_exit(&g->outbox, &g->exit, g->remaining);
    ws_put_int(&g->outbox, g->trouble);
    ws_frame_end(&g->outbox, frame);
    ws_guard_flush(g);
    while (g->outbox.len > 0 && !g->orphaned) {
        struct pollfd p = {.fd = g->sock, .events = POLLOUT};
        if (poll(&p, 1, -1) < 0 && errno != EINTR)
            return;
        ws_guard_flush(g);
    }
}
