#include "judge.h"

static const struct {
    const char *name, *event;
    enum ws_verdict verdict;
} judgements[] = {
    [WS_JUDGED_PASSED] = {"passed", "passed", WS_PASS},
    [WS_JUDGED_FAILED] = {"failed", "failed", WS_FAIL},
    [WS_JUDGED_TIMEOUT] = {"timeout", WS_EVENT_TIMEOUT, WS_FAIL},
    [WS_JUDGED_COULD_NOT_RUN] = {"could_not_run", "could_not_run", WS_COULD_NOT_RUN},
    [WS_JUDGED_STOPPED] = {"stopped", WS_EVENT_CANCEL, WS_NOT_RUN},
};

enum ws_judgement ws_judge_exit(const struct ws_profile *profile, const struct ws_exit *exit)
{
    if (!exit->started)
        return exit->stopped ? WS_JUDGED_STOPPED : WS_JUDGED_COULD_NOT_RUN;
    if (exit->stopped)
        return WS_JUDGED_STOPPED;
    if (exit->timed_out != WS_LIMIT_NONE)
        return WS_JUDGED_TIMEOUT;
    bool success = profile ? ws_profile_success(profile, exit->exit_code) : exit->exit_code == 0;
    if (exit->signal || !success || exit->pattern_matched)
        return WS_JUDGED_FAILED;
    return WS_JUDGED_PASSED;
}

const char *ws_judgement_name(enum ws_judgement j)
{
    return judgements[j].name;
}

const char *ws_judgement_event(enum ws_judgement j)
{
    return judgements[j].event;
}

enum ws_verdict ws_judgement_verdict(enum ws_judgement j)
{
    return judgements[j].verdict;
}

const char *ws_judgement_code(enum ws_judgement j, enum ws_limit limit)
{
    if (j == WS_JUDGED_TIMEOUT)
        return limit == WS_LIMIT_IDLE ? "idle_timeout" : "timeout";
    return judgements[j].name;
}
