#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"

enum { LARGE = 64 << 10 };

static void failed(struct ws_out *o)
{
    o->closed = true;
    if (errno != EPIPE && o->failure.code == WS_E_OK) {
        ws_fail_errno(&o->failure, WS_E_IO, "standard output", "cannot be written");
    }
}

void ws_out_flush(struct ws_out *o)
{
    if (!o->closed && o->text.len > 0 && ws_write_all(o->fd, o->text.data, o->text.len) != 0) {
        failed(o);
    }
    ws_buf_clear(&o->text);
}

void ws_out_flush_when_large(struct ws_out *o)
{
    if (o->text.len >= LARGE) {
        ws_out_flush(o);
    }
}

int ws_out_end(struct ws_out *o, struct ws_error *err)
{
    ws_out_flush(o);
    if (close(o->fd) != 0 && !o->closed && errno != EINTR) {
        failed(o);
    }
    ws_buf_release(&o->text);
    if (o->failure.code == WS_E_OK) {
        return 0;
    }
    *err = o->failure;
    return -1;
}

void ws_out_escaped(struct ws_out *o, const char *text)
{
    ws_escape_line(&o->text, text, strlen(text));
}

void ws_out_path(struct ws_out *o, const char *path)
{
    bool encoded = ws_escape_path(&o->text, path);

    ws_buf_puts(&o->text, encoded ? " (encoded)\n" : "\n");
}

bool ws_path_is_encoded(const char *path)
{
    struct ws_buf scratch = {0};
    bool encoded = path != NULL && ws_escape_path(&scratch, path);

    ws_buf_release(&scratch);
    return encoded;
}

int ws_out_secure_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) != -1) {
            continue;
        }
        if (open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY) != fd) {
            return -1;
        }
    }
    return 0;
}
