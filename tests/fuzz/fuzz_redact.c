/* Secrets in a stream: lines with the secrets, a blank line, the stream. However it is cut, the
 * same comes out, and no secret. */
#include "fuzz.h"
#include "redact.h"

enum { SECRET_MIN = 8 }; /* shorter values are no secrets: who hands them over leaves them out */

/* The values that count. */
static void take_values(struct ws_strv *values, const char **at)
{
    struct ws_strv lines = {0};

    fuzz_lines(&lines, at);
    for (size_t i = 0; i < lines.len; i++) {
        if (strlen(lines.items[i]) >= SECRET_MIN) {
            ws_strv_add(values, lines.items[i]);
        }
    }
    ws_strv_release(&lines);
}

static void collect(void *payload, const char *data, size_t len)
{
    ws_buf_add(payload, data, len);
}

static void feed_in_pieces(struct ws_buf *out, const struct ws_secrets *secrets, const char *data,
                           size_t len, size_t piece)
{
    struct ws_redact r = {.secrets = secrets};

    for (size_t at = 0; at < len; at += piece) {
        ws_redact_feed(&r, data + at, len - at < piece ? len - at : piece, collect, out);
    }
    ws_redact_end(&r, collect, out);
    ws_redact_release(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    const char *stream = text;
    struct ws_strv values = {0};
    struct ws_secrets secrets = {0};
    struct ws_buf whole = {0};

    take_values(&values, &stream);
    size_t at = (size_t)(stream - text);

    ws_secrets_init(&secrets, &values);
    feed_in_pieces(&whole, &secrets, (const char *)data + at, size - at, size + 1);
    for (size_t piece = 1; piece < 10; piece += 1 + piece / 3) {
        struct ws_buf cut = {0};

        feed_in_pieces(&cut, &secrets, (const char *)data + at, size - at, piece);
        fuzz_require(cut.len == whole.len);
        fuzz_require(memcmp(ws_buf_str(&cut), ws_buf_str(&whole), cut.len) == 0);
        ws_buf_release(&cut);
    }
    for (size_t i = 0; i < secrets.len && whole.len > 0; i++) {
        const struct ws_secret *s = &secrets.items[i];

        fuzz_require(memchr(s->text, '*', s->len) != NULL ||
                     memmem(whole.data, whole.len, s->text, s->len) == NULL);
    }
    ws_buf_release(&whole);
    ws_secrets_release(&secrets);
    ws_strv_release(&values);
    free(text);
    return 0;
}
