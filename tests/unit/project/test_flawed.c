/* Bundles out of documents that have errors of their own, and numbers that are too big. */
#include "base/suite.h"
#include "reading.h"

static void says(const char *name, const char *text, const char *expected)
{
    struct ws_bundles b = {0};
    struct ws_diags diags = {0};

    read_text(&b, &diags, name, text);
    assert_said(&diags, expected);
    ws_bundles_release(&b);
}

/* The id is told, and no error of a value is followed by one of what it was taken for. */
START_TEST(flawed_documents_are_read_on)
{
    says("f.yaml",
         "- id: ws-a\n"
         "  openspec_change: !!str 5\n"
         "  ccpm_issue: *x\n"
         "  gate: 1\n"
         "  gate: 2\n"
         "  files_scope: [/abs]\n"
         "  tasks: [*x, '']\n"
         "  tool: !!int 'echo'\n"
         "- {id: ws-b, 7: x}\n"
         "- *x\n"
         "- {<<: {gate: 1}, openspec_change: 3}\n",
         "f.yaml:2:20: error: workstream ws-a: tags are not allowed ('tag:yaml.org,2002:str')\n"
         "f.yaml:3:15: error: workstream ws-a: aliases are not allowed ('*x')\n"
         "f.yaml:5:3: error: workstream ws-a: duplicate key 'gate'\n"
         "f.yaml:6:17: error: workstream ws-a: path '/abs' in 'files_scope' is absolute; paths are "
         "relative to the repository\n"
         "f.yaml:7:11: error: workstream ws-a: aliases are not allowed ('*x')\n"
         "f.yaml:7:15: error: workstream ws-a: an item of 'tasks' must not be empty\n"
         "f.yaml:8:9: error: workstream ws-a: tags are not allowed ('tag:yaml.org,2002:int')\n"
         "f.yaml:9:14: error: workstream ws-b: a key must be a string, this is an integer; put it "
         "in quotes\n"
         "f.yaml:10:3: error: aliases are not allowed ('*x')\n"
         "f.yaml:11:4: error: workstream no. 4 (without id): merge keys ('<<') are not allowed\n"
         "f.yaml:11:36: error: workstream no. 4 (without id): 'openspec_change' must be a string, "
         "not an integer\n");
    says("f.json",
         "{\"id\":\"ws-a\\u001b\",\"id\":\"ws-b\",\"openspec_change\":\"x\",\"ccpm_issue\":1,"
         "\"gate\":1,\"files_scope\":[\"a\"],\"tasks\":[],\"tool\":7}",
         "f.json:1:7: error: workstream ws-a\\x1b: 'ws-a\\x1b' is no workstream id: 'ws-' and "
         "lower-case letters, digits and '-', at most 100 bytes\n"
         "f.json:1:20: error: workstream ws-a\\x1b: duplicate key 'id'\n"
         "f.json:1:116: error: workstream ws-a\\x1b: 'tool' must be a string, not an integer\n");
}
END_TEST

START_TEST(nothing_of_a_flawed_document_is_sound)
{
    struct ws_bundles b = {0};
    struct ws_diags diags = {0};

    ck_assert_int_eq(
        read_text(&b, &diags, "f.yaml", ITEM("ws-a", "a.c", "") ITEM("ws-b", "b.c", ", gate: 1")),
        0);
    assert_said(&diags, "f.yaml:2:109: error: workstream ws-b: duplicate key 'gate'\n");
    ck_assert_uint_eq(b.len, 2);
    ck_assert_str_eq(b.items[0].id, "ws-a");
    ck_assert_str_eq(b.items[1].id, "ws-b");
    ck_assert(!b.items[0].sound && !b.items[1].sound);
    ws_bundles_release(&b);
}
END_TEST

START_TEST(numbers_of_fields_fit)
{
    static const struct {
        const char *field, *says;
    } cases[] = {
        {"max_cost_usd: .inf", "'max_cost_usd' must be a finite number"},
        {"max_cost_usd: -.INF", "'max_cost_usd' must be a finite number"},
        {"max_cost_usd: .nan", "'max_cost_usd' must be a finite number"},
        {"max_cost_usd: 1e400", "'max_cost_usd' must be a finite number"},
        {"max_cost_usd: 100000000000000000000000", "'max_cost_usd' is too large a number"},
        {"max_cost_usd: 1e300", NULL},
        {"estimated_context_tokens: 0xFFFFFFFFFFFFFFFFFF",
         "'estimated_context_tokens' is too large a number"},
        {"estimated_context_tokens: 1.5", "'estimated_context_tokens' must be an integer"},
        {"estimated_context_tokens: 9223372036854775807", NULL},
        {"circuit_breaker: {n: [1e400, .inf, 99999999999999999999, 0xFFFFFFFFFFFFFFFFFF]}", NULL},
        {"metadata: {n: [1e400, .inf, 99999999999999999999, 0xFFFFFFFFFFFFFFFFFF]}", NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = ws_format("{id: ws-a, files_scope: [a], " FIELDS ", %s}", cases[i].field);
        struct ws_bundles b = {0};
        struct ws_diags diags = {0};
        struct ws_workstream again = {0};

        read_text(&b, &diags, "f.yaml", text);
        ck_assert_msg(b.items[0].sound == (cases[i].says == NULL), "%s", cases[i].field);
        if (cases[i].says == NULL) {
            ck_assert_int_eq(ws_bundle_from_json(&again, b.items[0].json, NULL), 0);
            ck_assert_str_eq(again.json, b.items[0].json);
        } else {
            ck_assert_uint_eq(diags.len, 1);
            ck_assert_ptr_nonnull(strstr(diags.items[0].text, cases[i].says));
        }
        ws_workstream_release(&again);
        ws_diags_release(&diags);
        ws_bundles_release(&b);
        free(text);
    }
}
END_TEST

RUN_TESTS("flawed", flawed_documents_are_read_on, nothing_of_a_flawed_document_is_sound,
          numbers_of_fields_fit)
