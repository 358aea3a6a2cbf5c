/* The end of what tools printed. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "columns.h"
#include "html.h"
#include "log_files.h"
#include "page.h"
#include "wsfsm/base/mem.h"

/* What stands before the first line that is whole. */
static size_t begun_line(const char *text, size_t len)
{
    const char *end = memchr(text, '\n', len);

    return end != NULL && end + 1 < text + len ? (size_t)(end + 1 - text) : 0;
}

void ws_page_output(struct ws_page *p, const char *stream, const char *text, size_t len,
                    uint64_t whole, bool open)
{
    struct ws_buf size = {0};
    size_t from = whole > len ? begun_line(text, len) : 0;

    if (len == 0) {
        return;
    }
    if (len > p->log_left) {
        ws_html_add(&p->out, "<p class=\"note\">%s is left out: this page has enough output.</p>\n",
                    stream);
        return;
    }
    p->log_left -= len;
    ws_format_bytes(&size, (int64_t)whole);
    ws_html_add(&p->out,
                "<details class=\"log\"%s><summary>%s <small>%s%s</small></summary>\n"
                "<div class=\"end\"><pre>",
                open ? " open=\"open\"" : "", stream, whole > len ? "the end of " : "",
                ws_buf_str(&size));
    ws_html_lines(&p->out, text + from, len - from);
    ws_html_add(&p->out, "</pre></div></details>\n");
    ws_buf_release(&size);
}

/* The last bytes of a file that may still grow. False: it is not there, or no file. */
static bool read_end(struct ws_buf *out, uint64_t *whole, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;
    bool ok = fd != -1 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);

    if (ok) {
        char *text = ws_alloc(WS_TAIL_MAX);
        off_t from = st.st_size > WS_TAIL_MAX ? st.st_size - WS_TAIL_MAX : 0;
        ssize_t got = pread(fd, text, WS_TAIL_MAX, from);

        ok = got >= 0;
        ws_buf_add(out, text, got > 0 ? (size_t)got : 0);
        *whole = (uint64_t)st.st_size;
        free(text);
    }
    if (fd != -1) {
        close(fd);
    }
    return ok;
}

static int unnamed_stream(struct ws_page *p, const struct ws_attempt_row *a, const char *stream,
                          struct ws_error *err)
{
    struct ws_log_files files = {0};
    int status = ws_log_files_of(&files, p->session, a, stream, err);

    for (size_t i = 0; status == 0 && i < files.len; i++) {
        struct ws_buf text = {0};
        uint64_t whole = 0;

        if (files.items[i].path != NULL && read_end(&text, &whole, files.items[i].path)) {
            char *title = ws_format("%s of %s", stream, files.items[i].tool);

            ws_page_output(p, title, ws_buf_str(&text), text.len, whole, true);
            free(title);
        }
        ws_buf_release(&text);
    }
    ws_log_files_release(&files);
    return status;
}

int ws_page_unnamed_logs(struct ws_page *p, const struct ws_attempt_row *attempt,
                         struct ws_error *err)
{
    return unnamed_stream(p, attempt, "stdout", err) == 0
               ? unnamed_stream(p, attempt, "stderr", err)
               : -1;
}
