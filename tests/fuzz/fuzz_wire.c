/* Frames between orchestrator and supervisor, as a process that is neither would send them. */
#include <fcntl.h>
#include <unistd.h>

#include "fuzz.h"
#include "message.h"

enum { PIPE_MAX = 60000 }; /* fits into a pipe at once */

static void require_same(const struct ws_buf *a, const struct ws_buf *b)
{
    fuzz_require(a->len == b->len && memcmp(ws_buf_str(a), ws_buf_str(b), a->len) == 0);
}

static void take_command(struct ws_cursor c)
{
    struct ws_command command, again;
    struct ws_buf first = {0}, second = {0};

    if (ws_get_command(&c, &command) == 0) {
        ws_put_command(&first, &command);
        struct ws_cursor back = {.at = first.data, .left = first.len};

        fuzz_require(ws_get_command(&back, &again) == 0 && back.left == 0);
        ws_put_command(&second, &again);
        require_same(&first, &second);
        ws_received_command_release(&again);
    }
    ws_received_command_release(&command);
    ws_buf_release(&first);
    ws_buf_release(&second);
}

static void take_progress(struct ws_cursor c)
{
    struct ws_progress progress;
    char *line = NULL;

    if (ws_get_progress(&c, &progress, &line) == 0) {
        fuzz_require(progress.last_line != NULL);
    }
    free(line);
}

static void take_exit(struct ws_cursor c)
{
    struct ws_exit e, again;
    struct ws_buf first = {0}, second = {0};
    int remaining, remaining_again;

    if (ws_get_exit(&c, &e, &remaining) == 0) {
        ws_limit_name(e.timed_out);
        ws_put_exit(&first, &e, remaining);
        struct ws_cursor back = {.at = first.data, .left = first.len};

        fuzz_require(ws_get_exit(&back, &again, &remaining_again) == 0 && back.left == 0);
        ws_put_exit(&second, &again, remaining_again);
        require_same(&first, &second);
        ws_exit_release(&again);
    }
    ws_exit_release(&e);
    ws_buf_release(&first);
    ws_buf_release(&second);
}

static void feed(const void *data, size_t size)
{
    struct ws_inbox in = {0};
    enum ws_frame type;
    struct ws_cursor c;
    int ends[2];

    fuzz_require(pipe2(ends, O_CLOEXEC) == 0);
    fuzz_require(write(ends[1], data, size) == (ssize_t)size);
    close(ends[1]);
    while (ws_inbox_fill(&in, ends[0]) > 0) {
        while (ws_inbox_next(&in, &type, &c) == 1) {
            take_command(c);
            take_progress(c);
            take_exit(c);
        }
    }
    close(ends[0]);
    ws_inbox_release(&in);
}

/* One frame of each kind, as this program writes them today. */
static void sound_frames(struct ws_buf *out)
{
    struct ws_command command = {
        .program = "/bin/sh", .cwd = "/", .stdout_log = "/o", .stderr_log = "/e", .wall_ms = 1000};
    struct ws_exit e = {.started = true, .timed_out = WS_LIMIT_WALL, .matched_line = (char *)"E1"};
    const struct ws_progress progress = {.last_line = "line"};

    ws_strv_add(&command.argv, "sh");
    ws_strv_add(&command.secrets, "secret-value");
    size_t at = ws_frame_begin(out, WS_FRAME_REQUEST);
    ws_put_command(out, &command);
    ws_frame_end(out, at);
    at = ws_frame_begin(out, WS_FRAME_PROGRESS);
    ws_put_progress(out, &progress);
    ws_frame_end(out, at);
    at = ws_frame_begin(out, WS_FRAME_RESULT);
    ws_put_exit(out, &e, 0);
    ws_frame_end(out, at);
    ws_command_release(&command);
}

/* Sound frames, damaged by the input: each two bytes of it say how far on, and by what. */
static void feed_damaged(const uint8_t *data, size_t size)
{
    struct ws_buf frames = {0};
    size_t at = 0;

    sound_frames(&frames);
    for (size_t i = 0; i + 1 < size; i += 2) {
        at = (at + data[i]) % frames.len;
        frames.data[at] = (char)(frames.data[at] ^ data[i + 1]);
    }
    feed(frames.data, frames.len);
    ws_buf_release(&frames);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size <= PIPE_MAX) {
        feed(data, size);
        feed_damaged(data, size);
    }
    return 0;
}
