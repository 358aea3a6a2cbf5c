/* For the tests of the machine layer: parsing a text with the bindings of a small program. */
#ifndef TESTS_MACHINE_TEXT_H
#define TESTS_MACHINE_TEXT_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run_suite.h"
#include "wsfsm/base/buf.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/machine/parse.h"

static inline bool text_has_tool(void *payload, const char *tool)
{
    (void)payload;
    return strcmp(tool, "ruff") == 0 || strcmp(tool, "mypy") == 0;
}

static inline const struct ws_bindings *text_bindings(void)
{
    static const char *const edit[] = {"passed", "failed", "no_change", "could_not_run", NULL};
    static const char *const check[] = {"passed", "failed", "skipped", "could_not_run", NULL};
    static const struct ws_handler_decl handlers[] = {{"edit", edit, "handlers.h", 1},
                                                      {"static", check, "handlers.h", 2},
                                                      {"runtime", check, "handlers.h", 3}};
    static const char *const guards[] = {"in_scope", "small"};
    static const struct ws_bindings bindings = {handlers, 3, guards, 2, text_has_tool, NULL};

    return &bindings;
}

/* The machine of a text without errors. */
static inline struct ws_machine *text_machine(const char *text)
{
    struct ws_diags diags = {0};
    struct ws_machine *m = ws_machine_parse(text, strlen(text), "t.def", text_bindings(), &diags);

    if (m == NULL) {
        struct ws_buf line = {0};

        ws_diag_format(&line, &diags.items[0]);
        ck_abort_msg("%s", ws_buf_str(&line));
    }
    ws_diags_release(&diags);
    return m;
}

/* All findings, one a line; free(). */
static inline char *text_findings_n(const char *text, size_t len,
                                    const struct ws_bindings *bindings)
{
    struct ws_diags diags = {0};
    struct ws_buf out = {0};
    struct ws_machine *m = ws_machine_parse(text, len, "t.def", bindings, &diags);

    ck_assert_int_eq(m == NULL, ws_diags_count(&diags, WS_ERROR) > 0);
    for (size_t i = 0; i < diags.len; i++) {
        if (diags.items[i].severity == WS_ERROR) {
            ck_assert_uint_ge(diags.items[i].line, 1);
        }
        ws_diag_format(&out, &diags.items[i]);
        ws_buf_putc(&out, '\n');
    }
    ws_diags_release(&diags);
    ws_machine_free(m);
    return ws_buf_steal(&out);
}

static inline char *text_findings(const char *text)
{
    return text_findings_n(text, strlen(text), text_bindings());
}

static inline char *shipped_text(void)
{
    struct ws_buf text = {0};
    struct ws_error err = {0};

    ck_assert_msg(ws_read_file(&text, WS_SOURCE_DIR "/fsm/states.def", 1 << 20, &err) == 0, "%s",
                  err.message);
    return ws_buf_steal(&text);
}

/* `text` with the first `from` replaced; free(). */
static inline char *with(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);

    ck_assert_msg(at != NULL, "no '%s' in the text", from);
    return ws_format("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

#endif
