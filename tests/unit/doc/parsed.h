/* A text, parsed, with its findings as lines. */
#ifndef WSFSM_TESTS_UNIT_DOC_PARSED_H
#define WSFSM_TESTS_UNIT_DOC_PARSED_H

#include <check.h>
#include <string.h>

#include "wsfsm/doc/doc.h"

struct parsed {
    struct ws_doc *doc;
    const struct ws_node *root; /* NULL when there is no document */
    struct ws_diags diags;
    struct ws_buf said; /* the findings, each with a newline */
};

static inline void parse_bytes(struct parsed *p, enum ws_doc_format format, const char *text,
                               size_t len)
{
    memset(p, 0, sizeof *p);
    p->doc = ws_doc_parse(text, len, "f", format, &p->diags);
    p->root = p->doc != NULL ? ws_doc_root(p->doc) : NULL;
    for (size_t i = 0; i < p->diags.len; i++) {
        ws_diag_format(&p->said, &p->diags.items[i]);
        ws_buf_putc(&p->said, '\n');
    }
    /* Without a document there is a reason, and with one there is none. */
    ck_assert_msg((p->doc == NULL) == (ws_diags_count(&p->diags, WS_ERROR) > 0), "%s",
                  ws_buf_str(&p->said));
}

static inline void parsed_release(struct parsed *p)
{
    ws_doc_free(p->doc);
    ws_diags_release(&p->diags);
    ws_buf_release(&p->said);
}

/* The findings are exactly these lines. */
static inline void assert_says(enum ws_doc_format format, const char *text, const char *expected)
{
    struct parsed p;

    parse_bytes(&p, format, text, strlen(text));
    ck_assert_str_eq(ws_buf_str(&p.said), expected);
    parsed_release(&p);
}

/* The tree, written as JSON. */
static inline void assert_json(enum ws_doc_format format, const char *text, const char *expected)
{
    struct parsed p;
    struct ws_buf json = {0};

    parse_bytes(&p, format, text, strlen(text));
    ck_assert_msg(p.root != NULL, "%s: %s", text, ws_buf_str(&p.said));
    ws_node_json(&json, p.root);
    ck_assert_str_eq(ws_buf_str(&json), expected);
    ws_buf_release(&json);
    parsed_release(&p);
}

#endif
