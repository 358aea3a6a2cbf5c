/* Findings about a .def while it is checked. One typo is one finding: a line reports at most one
 * error of syntax, a name that nobody knows is reported where it stands first, and the same finding
 * at the same place is given once. */
#ifndef WS_MACHINE_REPORT_H
#define WS_MACHINE_REPORT_H

#include <stdarg.h>

#include "def.h"
#include "wsfsm/base/diag.h"

struct ws_def_report {
    struct ws_diags diags;
    const char *file;
    size_t errors;
    unsigned syntax_line; /* the last line with an error of syntax */
    bool dropped;         /* the last finding was a repetition: so are its notes */
};

void ws_def_report_error(struct ws_def_report *r, const char *code, struct ws_word at,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));
void ws_def_report_warning(struct ws_def_report *r, const char *code, struct ws_word at,
                           const char *format, ...) __attribute__((format(printf, 4, 5)));
void ws_def_report_note(struct ws_def_report *r, struct ws_word at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As ws_def_report_error, unless this line has its error of syntax already. Always -1. */
int ws_def_report_syntax(struct ws_def_report *r, const char *code, struct ws_word at,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));

/* So many findings that more of them would not be shown: a check may stop looking. */
bool ws_def_report_is_full(const struct ws_def_report *r);

/* "; did you mean 'x'?" or "", in `out`. */
enum { WS_HINT_SIZE = 96 };
const char *ws_hint(char out[WS_HINT_SIZE], const char *word, const char *const *candidates,
                    size_t count);

/* Moves the findings to *to: sorted, at most WS_DIAGS_MAX, errors kept before warnings when there
 * are more. */
void ws_def_report_finish(struct ws_def_report *r, struct ws_diags *to);

#endif
