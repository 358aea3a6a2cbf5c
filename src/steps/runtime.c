#include <stdlib.h>

#include "calls.h"
#include "change.h"
#include "enter.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/steps/binding.h"
#include "wsfsm/steps/environment.h"

/* A test that was written with a secret in it is not recorded with it. */
static void tell_evidence(struct ws_work *w, const char *command, enum ws_verdict verdict,
                          const char *tree)
{
    char *shown = ws_redacted(command, &w->secrets);
    ws_report_evidence(w->report, "acceptance", shown, verdict, tree);
    free(shown);
}

static void not_run(struct ws_work *w, size_t from)
{
    const struct ws_strv *tests = &w->context->plan->workstream.acceptance_tests;
    for (size_t i = from; i < tests->len; i++)
        tell_evidence(w, tests->items[i], WS_NOT_RUN, NULL);
}

static int run_test(enum ws_judgement *verdict, struct ws_work *w, size_t number,
                    const char *command, struct ws_error *err)
{
    struct ws_called called;
    char *id = ws_format("acceptance-%zu", number);
    int rc = ws_call_test(&called, w, id, command, err);
    free(id);
    if (rc < 0)
        return -1;
    *verdict = called.verdict;
    tell_evidence(w, command, ws_judgement_verdict(called.verdict), w->start.tree);
    if (called.verdict != WS_JUDGED_PASSED)
        ws_report_reason(w->report, ws_judgement_code(called.verdict, called.limit),
                         "acceptance test %zu: %s", number, called.why);
    ws_called_release(&called);
    return 0;
}

/* In order, up to the first that does not pass. */
static int run_tests(enum ws_judgement *verdict, struct ws_work *w, struct ws_error *err)
{
    const struct ws_strv *tests = &w->context->plan->workstream.acceptance_tests;
    size_t done = 0;
    *verdict = WS_JUDGED_PASSED;
    while (done < tests->len && *verdict == WS_JUDGED_PASSED) {
        if (run_test(verdict, w, done + 1, tests->items[done], err) < 0)
            return -1;
        done++;
    }
    not_run(w, done);
    return 0;
}

static int prove(struct ws_work *w, struct ws_error *err)
{
    enum ws_judgement verdict = WS_JUDGED_PASSED;
    int rc = ws_work_enter(w, err);
    if (rc == 0)
        rc = ws_work_take_start(w, err);
    if (rc == 0)
        rc = run_tests(&verdict, w, err);
    if (rc == 0)
        rc = ws_work_take_end(w, err);
    if (rc != 0 || (verdict == WS_JUDGED_STOPPED && ws_work_stopped(w)))
        return rc;
    w->report->event = ws_judgement_event(verdict);
    if (!w->context->plan->workstream.acceptance_tests.len) {
        w->report->event = "skipped";
        w->note = "no acceptance test is declared";
    }
    return ws_change_check_scope(w, err);
}

int ws_step_runtime(struct ws_report *report, struct ws_context *context,
                    const struct ws_attempt *attempt, struct ws_error *err)
{
    return ws_work_carry_out(report, context, attempt, prove, err);
}
