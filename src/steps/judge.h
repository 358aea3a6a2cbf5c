/* From the end of one tool to the event of a step. Internal to the steps. */
#ifndef WS_STEPS_JUDGE_H
#define WS_STEPS_JUDGE_H

#include "wsfsm/engine/report.h"
#include "wsfsm/proc/proc.h"
#include "wsfsm/project/profile.h"

/* From best to worst: a step that runs several tools reports the worst. */
enum ws_judgement {
    WS_JUDGED_PASSED,
    WS_JUDGED_FAILED,
    WS_JUDGED_TIMEOUT,
    WS_JUDGED_COULD_NOT_RUN,
    WS_JUDGED_STOPPED
};

enum ws_judgement ws_judge_exit(const struct ws_profile *profile, const struct ws_exit *exit);
const char *ws_judgement_event(enum ws_judgement j);
const char *ws_judgement_name(enum ws_judgement j);
enum ws_verdict ws_judgement_verdict(enum ws_judgement j);

/* "timeout" or "idle_timeout"; for the rest the event's own name. */
const char *ws_judgement_code(enum ws_judgement j, enum ws_limit limit);

#endif
