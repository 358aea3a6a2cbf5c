/* JSON that this program kept itself and reads back: facts, plans, profiles, bundles. The database
 * is a file that others can write. */
#include "fuzz.h"
#include "wsfsm/project/bundle.h"
#include "wsfsm/project/profile.h"
#include "wsfsm/steps/context.h"
#include "wsfsm/steps/facts.h"

static void read_facts(const char *json)
{
    struct ws_facts facts, again;
    struct ws_buf kept = {0}, second = {0};

    if (ws_facts_parse(&facts, json, NULL) == 0) {
        ws_facts_json(&kept, &facts);
        fuzz_require(ws_facts_parse(&again, ws_buf_str(&kept), NULL) == 0);
        ws_facts_json(&second, &again);
        fuzz_require(strcmp(ws_buf_str(&kept), ws_buf_str(&second)) == 0);
        ws_facts_release(&again);
    }
    ws_facts_release(&facts);
    ws_buf_release(&kept);
    ws_buf_release(&second);
}

static void read_plan(const char *json)
{
    struct ws_plan plan, again;
    struct ws_buf kept = {0}, second = {0};

    if (ws_plan_parse(&plan, json, NULL) == 0) {
        ws_plan_json(&kept, &plan);
        fuzz_require(ws_plan_parse(&again, ws_buf_str(&kept), NULL) == 0);
        ws_plan_json(&second, &again);
        fuzz_require(strcmp(ws_buf_str(&kept), ws_buf_str(&second)) == 0);
        ws_plan_release(&again);
    }
    ws_plan_release(&plan);
    ws_buf_release(&kept);
    ws_buf_release(&second);
}

static void read_profile(const char *json)
{
    struct ws_profile profile, again;
    struct ws_buf kept = {0}, second = {0};

    if (ws_profile_from_json(&profile, json, NULL) == 0) {
        ws_profile_json(&kept, &profile);
        fuzz_require(ws_profile_from_json(&again, ws_buf_str(&kept), NULL) == 0);
        ws_profile_json(&second, &again);
        fuzz_require(strcmp(ws_buf_str(&kept), ws_buf_str(&second)) == 0);
        ws_profile_release(&again);
    }
    ws_profile_release(&profile);
    ws_buf_release(&kept);
    ws_buf_release(&second);
}

static void read_bundle(const char *json)
{
    struct ws_workstream w;

    if (ws_bundle_from_json(&w, json, NULL) == 0) {
        fuzz_require(w.sound && ws_valid_ws_id(w.id));
    }
    ws_workstream_release(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *json = fuzz_text(data, size);

    read_facts(json);
    read_plan(json);
    read_profile(json);
    read_bundle(json);
    free(json);
    return 0;
}
