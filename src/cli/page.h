/* The page of `wsfsm report`: everything there is to know of a run, for somebody who was not there.
 * A page is read from the store first (ws_page_read) and then written part by part. It needs
 * nothing but itself: no script, no font, no picture from elsewhere. Long lists are cut, and say
 * so, so that a page is small whatever happened; what was left out, the other commands print.
 */
#ifndef WSFSM_CLI_PAGE_H
#define WSFSM_CLI_PAGE_H

#include "session.h"
#include "wsfsm/base/buf.h"
#include "wsfsm/steps/context.h"
#include "wsfsm/store/read.h"

enum {
    WS_PAGE_FIRST = 200, /* transitions shown of the beginning of a long history ... */
    WS_PAGE_LAST = 800,  /* ... and of its end */
    WS_PAGE_ATTEMPTS = 100,
    WS_PAGE_ROWS = 200,         /* of any other list */
    WS_PAGE_LOG_BYTES = 4 << 20 /* of output of tools, in all */
};

struct ws_page {
    struct ws_buf out;
    struct ws_session *session;
    const struct ws_run_row *run;
    const char *liveness; /* "finished", "alive", "interrupted" */
    char last_seen[WS_TIME_SIZE];
    struct ws_summary summary;
    struct ws_plan plan; /* what it was started with */
    bool has_plan;
    struct ws_machine *machine;        /* NULL: its rows cannot be read */
    struct ws_transition_rows history; /* the first ones, and the last ones */
    int64_t left_out;                  /* transitions between them */
    struct ws_position position;
    struct ws_facts facts;      /* the last ones recorded */
    struct ws_strv refs;        /* of the run, in git: snapshots, base, end */
    char branch_at[WS_OID_HEX]; /* "": there is no such branch */
    char *message;              /* what the last attempt said went wrong; NULL: nothing */
    size_t log_left;            /* bytes of output that may still be shown */
};

int ws_page_read(struct ws_page *p, struct ws_session *s, const struct ws_run_row *run,
                 struct ws_error *err);
void ws_page_release(struct ws_page *p);

void ws_page_begin(struct ws_page *p);
void ws_page_verdict(struct ws_page *p); /* outcome, reason, facts, how to go on */
void ws_page_change(struct ws_page *p);
void ws_page_snapshots(struct ws_page *p); /* and how to get one back */
void ws_page_task(struct ws_page *p);      /* what was asked for */
void ws_page_machine(struct ws_page *p);
void ws_page_timeline(struct ws_page *p);
int ws_page_attempts(struct ws_page *p, struct ws_error *err);
int ws_page_errors(struct ws_page *p, struct ws_error *err);
void ws_page_proof(struct ws_page *p, bool *sound); /* what verify says */
int ws_page_events(struct ws_page *p, struct ws_error *err);
void ws_page_end(struct ws_page *p);

/* --- what the parts share --- */

void ws_page_section(struct ws_page *p, const char *id, const char *title);
void ws_page_section_end(struct ws_page *p);

/* A word in a frame, coloured by what it says. */
void ws_page_badge(struct ws_page *p, const char *word);

/* "took 3m07s": the time between two stored times; "" when one is unknown. */
void ws_page_span(struct ws_buf *out, const char *from, const char *to);

/* A list of paths or words, as they are kept (paths escaped): cut, and said so. */
void ws_page_list(struct ws_page *p, const char *class_name, const struct ws_strv *items);

/* page_tool.c: a tool of an attempt's result, with the end of what it printed. */
struct ws_node;
void ws_page_tool(struct ws_page *p, const struct ws_attempt_row *attempt,
                  const struct ws_node *tool);

/* page_log.c: the end of an output. `whole`: its length before it was cut. */
void ws_page_output(struct ws_page *p, const char *stream, const char *text, size_t len,
                    uint64_t whole, bool open);
/* The logs of an attempt that has not ended or was interrupted: its result names none. */
int ws_page_unnamed_logs(struct ws_page *p, const struct ws_attempt_row *attempt,
                         struct ws_error *err);

/* The build's: report.css. */
extern const unsigned char ws_report_css[];
extern const unsigned long ws_report_css_len;

#endif
