/* Diagnostics: located findings about a text somebody wrote (a .def, a bundle, wsfsm.yaml, a
 * profile). A checker adds as many as there are and goes on; the caller sorts and prints them. */
#ifndef WSFSM_BASE_DIAG_H
#define WSFSM_BASE_DIAG_H

#include <stddef.h>

#include "wsfsm/base/buf.h"
#include "wsfsm/base/error.h"

enum ws_severity { WS_NOTE, WS_WARNING, WS_ERROR };

struct ws_diag {
    enum ws_severity severity;
    char code[8];   /* "E020", or empty */
    char *file;     /* as the user named it */
    unsigned line;  /* from 1; 0 when there is no place in the file */
    unsigned col;   /* from 1, in bytes; 0 as above */
    char *text;     /* one line, escaped */
    size_t follows; /* for a note: 1 + index of the finding it explains; 0: stands alone */
};

struct ws_diags {
    struct ws_diag *items;
    size_t len;
    size_t cap;
    struct ws_error unread; /* of the first file that could not be read; WS_E_OK: none */
};

void ws_diags_release(struct ws_diags *d);

/* `code` and `file` may be NULL. A note added right after a finding with the same call order stays
 * with it when the list is sorted: pass WS_NOTE and it is bound to the last finding that is not a
 * note. */
void ws_diag_add(struct ws_diags *d, enum ws_severity severity, const char *code, const char *file,
                 unsigned line, unsigned col, const char *format, ...)
    __attribute__((format(printf, 7, 8)));

/* Puts "SUBJECT: " in front of what a finding says. */
void ws_diag_name(struct ws_diag *d, const char *subject);

/* A file could not be read for a reason that is not its own (ws_errno_is_trouble). That is no
 * finding: whoever asked for the file fails with this error. Returns -1. */
int ws_diags_unread(struct ws_diags *d, const char *file, const struct ws_error *why);
/* 0: every file was read; -1: *err tells which one was not. */
int ws_diags_all_read(const struct ws_diags *d, struct ws_error *err);

size_t ws_diags_count(const struct ws_diags *d, enum ws_severity severity);

/* Under -Werror: every warning becomes an error. */
void ws_diags_promote(struct ws_diags *d);

/* By file, line and column (stable); notes stay behind the finding they explain. */
void ws_diags_sort(struct ws_diags *d);

/* "FILE:LINE:COL: error: TEXT [E020]", without a newline; parts that are absent are left out. */
void ws_diag_format(struct ws_buf *out, const struct ws_diag *d);

#endif
