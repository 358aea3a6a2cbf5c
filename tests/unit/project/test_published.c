/* Bundles that others published (the folder WSFSM_PUBLISHED_BUNDLES names): each gives the exit
 * code that its name stands for below. */
#include <stdio.h>

#include "base/suite.h"
#include "reading.h"

enum verdict { SOUND = 0, BETWEEN = 1, UNSOUND = 3 };

static const struct {
    const char *name;
    enum verdict verdict;
    size_t workstreams;
} cases[] = {
    {"example_multi.json", UNSOUND, 0},
    {"examples__01_simple_task.json", UNSOUND, 1},
    {"examples__openspec-test-001.yaml", UNSOUND, 1},
    {"ph05_example_multi.json", BETWEEN, 3},
    {"ph05_example_single.json", SOUND, 1},
    {"ws-01-hardcoded-path-index.json", SOUND, 1},
    {"ws-02-section-mapping-config.json", SOUND, 1},
    {"ws-03-refactor-meta-section.json", SOUND, 1},
    {"ws-04-refactor-gui-section.json", SOUND, 1},
    {"ws-05-refactor-infra-ci.json", SOUND, 1},
    {"ws-06-refactor-aim-section.json", SOUND, 1},
    {"ws-07-refactor-pm-ccpm.json", SOUND, 1},
    {"ws-08-refactor-aider-section.json", SOUND, 1},
    {"ws-09-refactor-spec-tools.json", SOUND, 1},
    {"ws-10-openspec-integration.json", SOUND, 1},
    {"ws-abs-001-tool-adapter.json", UNSOUND, 0},
    {"ws-abs-002-state-store.json", UNSOUND, 0},
    {"ws-abs-003-process-executor.json", UNSOUND, 0},
    {"ws-next-001-github-project-integration.json", UNSOUND, 1},
};

START_TEST(each_gives_its_verdict)
{
    const char *dir = getenv("WSFSM_PUBLISHED_BUNDLES");
    static const struct ws_between alone = {.alone = true};

    if (dir == NULL || *dir == '\0') {
        printf("skipped: WSFSM_PUBLISHED_BUNDLES names no folder of published bundles\n");
        return;
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *path = ws_path_join(dir, cases[i].name);
        struct ws_bundles b = {0};
        struct ws_diags diags = {0};

        ws_bundle_read(&b, path, cases[i].name, &diags);
        size_t unsound = ws_diags_count(&diags, WS_ERROR);
        size_t between = ws_bundles_check(&b, &alone, &diags);
        enum verdict verdict = unsound > 0 ? UNSOUND : between > 0 ? BETWEEN : SOUND;

        ck_assert_msg(verdict == cases[i].verdict && b.len == cases[i].workstreams, "%s: %d, %zu",
                      cases[i].name, verdict, b.len);
        ws_diags_release(&diags);
        ws_bundles_release(&b);
        free(path);
    }
}
END_TEST

RUN_TESTS("published", each_gives_its_verdict)
