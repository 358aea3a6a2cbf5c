/* What the fuzz targets share. A target is one LLVMFuzzerTestOneInput; with clang and WSFSM_FUZZ
 * libFuzzer drives it, in every other build replay.c does, over the committed corpus. A promise
 * that does not hold ends the process by fuzz_require(), a bad access by the sanitizers.
 */
#ifndef WSFSM_TESTS_FUZZ_H
#define WSFSM_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/buf.h"
#include "wsfsm/base/diag.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/strv.h"
#include "wsfsm/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void fuzz_require_at(bool holds, const char *promise, const char *file, int line)
{
    if (!holds) {
        fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, promise);
        abort();
    }
}
#define fuzz_require(promise) fuzz_require_at((promise), #promise, __FILE__, __LINE__)

/* The input as a string; a NUL ends it. free() */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    return ws_strndup((const char *)data, strnlen((const char *)data, size));
}

/* The input's lines up to the next empty one, which is passed over. *at moves on. */
static inline void fuzz_lines(struct ws_strv *out, const char **at)
{
    while (**at != '\0') {
        size_t len = strcspn(*at, "\n");
        const char *line = *at;

        *at += len + ((*at)[len] == '\n');
        if (len == 0) {
            return;
        }
        ws_strv_take(out, ws_strndup(line, len));
    }
}

/* One line that a terminal obeys in nothing. */
static inline void fuzz_require_shown(const char *text)
{
    struct ws_buf again = {0};

    ws_escape_line(&again, text, strlen(text));
    fuzz_require(strcmp(ws_buf_str(&again), text) == 0);
    fuzz_require(strchr(text, '\n') == NULL);
    ws_buf_release(&again);
}

/* Every finding is one line, and about a place in the text; it is released. */
static inline void fuzz_diags(struct ws_diags *diags, const uint8_t *data, size_t size)
{
    size_t lines = 1;

    for (size_t i = 0; i < size; i++) {
        lines += data[i] == '\n' || data[i] == '\r';
    }
    ws_diags_sort(diags);
    for (size_t i = 0; i < diags->len; i++) {
        struct ws_buf line = {0};

        ws_diag_format(&line, &diags->items[i]);
        fuzz_require_shown(ws_buf_str(&line));
        fuzz_require(diags->items[i].line <= lines);
        fuzz_require(diags->items[i].col <= size + 1);
        ws_buf_release(&line);
    }
    ws_diags_release(diags);
}

#endif
