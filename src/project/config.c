#include "wsfsm/project/config.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fields.h"
#include "profile_read.h"
#include "provision_read.h"
#include "sandbox_read.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

static const char config_file[] = "wsfsm.yaml";

/* What wsfsm.yaml says, as it says it. */
struct said {
    char *base_branch;
    char *workstream_dir;
    char *database;
    struct ws_strv static_tools;
    struct ws_strv acceptance_env;
    struct ws_strv acceptance_pass_env;
    long acceptance_timeout_sec;
    long acceptance_idle_timeout_sec;
    struct ws_sandbox acceptance_sandbox;
    bool ignore_filters;
    struct ws_provision worktree;
    const struct ws_node *tools; /* in the document */
};

#define AT(member) offsetof(struct said, member)

static void read_acceptance(struct ws_reading *r, const struct ws_field *f,
                            const struct ws_node *value, void *at)
{
    static const struct ws_field fields[] = {
        {.name = "env", .read = ws_read_env, .offset = AT(acceptance_env)},
        {.name = "pass_env", .read = ws_read_env_names, .offset = AT(acceptance_pass_env)},
        {.name = "timeout_sec", .read = ws_read_seconds, .offset = AT(acceptance_timeout_sec)},
        {.name = "idle_timeout_sec",
         .read = ws_read_seconds,
         .offset = AT(acceptance_idle_timeout_sec)},
        {.name = "sandbox", .read = ws_read_sandbox, .offset = AT(acceptance_sandbox)},
        {.name = "network", .read = ws_read_network, .offset = AT(acceptance_sandbox)},
        {.name = "sandbox_paths", .read = ws_read_sandbox_paths, .offset = AT(acceptance_sandbox)},
    };
    struct ws_reading inner = *r;

    if (!ws_read_kind(r, value, WS_NODE_MAP, f->name)) {
        return;
    }
    inner.subject = (char *)f->name;
    ws_read_fields(&inner, value, fields, sizeof fields / sizeof *fields, at);
    ws_check_sandbox(&inner, value, &((struct said *)at)->acceptance_sandbox);
    r->errors = inner.errors;
}

static void read_filters(struct ws_reading *r, const struct ws_field *f,
                         const struct ws_node *value, void *at)
{
    const char *word = value->kind == WS_NODE_STRING ? value->text : "";

    if (strcmp(word, "refuse") != 0 && strcmp(word, "ignore") != 0) {
        ws_reading_error(r, value, "'%s' must be refuse or ignore", f->name);
        return;
    }
    *(bool *)at = strcmp(word, "ignore") == 0;
}

static void keep_tools(struct ws_reading *r, const struct ws_field *f, const struct ws_node *value,
                       void *at)
{
    (void)r;
    (void)f;
    *(const struct ws_node **)at = value;
}

static const struct ws_field file_fields[] = {
    {.name = "base_branch", .read = ws_read_text, .offset = AT(base_branch)},
    {.name = "workstream_dir", .read = ws_read_text, .offset = AT(workstream_dir)},
    {.name = "database", .read = ws_read_text, .offset = AT(database)},
    {.name = "static_tools", .read = ws_read_tool_ids, .offset = AT(static_tools)},
    {.name = "acceptance", .read = read_acceptance},
    {.name = "filters", .read = read_filters, .offset = AT(ignore_filters)},
    {.name = "worktree", .read = ws_read_provision, .offset = AT(worktree)},
    {.name = "tools", .read = keep_tools, .offset = AT(tools)},
};

static void said_release(struct said *s)
{
    free(s->base_branch);
    free(s->workstream_dir);
    free(s->database);
    ws_strv_release(&s->static_tools);
    ws_strv_release(&s->acceptance_env);
    ws_strv_release(&s->acceptance_pass_env);
    ws_sandbox_release(&s->acceptance_sandbox);
    ws_provision_release(&s->worktree);
}

/* *doc is NULL when there is no file. */
static int read_file(struct ws_doc **doc, struct said *said, const char *repo_root,
                     struct ws_diags *diags)
{
    struct ws_reading r = {.diags = diags, .null_is_absent = true};
    char *path = ws_path_join(repo_root, config_file);
    struct stat st;
    int rc = 0;

    *doc = NULL;
    if (lstat(path, &st) < 0 ? errno == ENOENT : S_ISREG(st.st_mode) && st.st_size == 0) {
        goto out; /* not there, or `touch`ed: it says nothing */
    }
    *doc = ws_doc_read(path, config_file, WS_DOC_YAML, diags);
    if (*doc == NULL) {
        rc = -1;
        goto out;
    }
    r.doc = *doc;
    /* Nothing but comments is a file that says nothing. */
    if (ws_doc_root(*doc)->kind != WS_NODE_NULL &&
        ws_read_kind(&r, ws_doc_root(*doc), WS_NODE_MAP, config_file)) {
        ws_read_fields(&r, ws_doc_root(*doc), file_fields, sizeof file_fields / sizeof *file_fields,
                       said);
    }
    rc = r.errors > 0 ? -1 : 0;
out:
    free(path);
    return rc;
}

static const char *process_env(void *payload, const char *name)
{
    (void)payload;
    return getenv(name);
}

struct environment {
    const char *(*get)(void *payload, const char *name);
    void *payload;
};

/* A variable that is set to nothing says nothing. */
static const char *lookup(const struct environment *env, const char *name)
{
    const char *value = env->get(env->payload, name);

    return value != NULL && *value != '\0' ? value : NULL;
}

static char *from_here(const char *path)
{
    char *here = getcwd(NULL, 0), *absolute = ws_path_join(here != NULL ? here : "/", path);

    free(here);
    return absolute;
}

/* The first that is said of: an option, a variable (both from here), the file, the default (from
 * the repository). */
static char *choose_path(const char *option, const char *variable, const char *in_file,
                         const char *fallback, const char *repo_root)
{
    if (option != NULL || variable != NULL) {
        return from_here(option != NULL ? option : variable);
    }
    return ws_path_join(repo_root, in_file != NULL ? in_file : fallback);
}

static void take_over(struct ws_config *out, struct said *said)
{
    out->static_tools = said->static_tools;
    out->acceptance_env = said->acceptance_env;
    out->acceptance_pass_env = said->acceptance_pass_env;
    out->acceptance_sandbox = said->acceptance_sandbox;
    out->worktree = said->worktree;
    said->acceptance_sandbox = (struct ws_sandbox){0};
    said->worktree = (struct ws_provision){0};
    said->static_tools = said->acceptance_env = said->acceptance_pass_env = (struct ws_strv){0};
}

static int read_dry_run(bool *dry_run, const struct environment *env, struct ws_diags *diags)
{
    const char *value = lookup(env, "PIPELINE_DRY_RUN");

    *dry_run = value != NULL && strcmp(value, "1") == 0;
    if (value != NULL && !*dry_run && strcmp(value, "0") != 0) {
        ws_diag_add(diags, WS_ERROR, NULL, NULL, 0, 0,
                    "PIPELINE_DRY_RUN must be 0 or 1, not '%.100s'", value);
        return -1;
    }
    return 0;
}

/* What ships, then wsfsm.yaml, then the file that the environment names: the later replaces the
 * earlier, as everywhere. */
static int load_profiles(struct ws_profiles *out, const struct environment *env,
                         const struct ws_doc *doc, const struct ws_node *tools,
                         struct ws_diags *diags)
{
    const char *file = lookup(env, "PIPELINE_TOOL_PROFILES_PATH");
    int rc = 0;

    ws_profiles_builtin(out);
    if (tools != NULL && ws_profiles_take(out, doc, tools, NULL, diags) > 0) {
        rc = -1;
    }
    if (file != NULL) {
        char *path = from_here(file);

        if (ws_profiles_read(out, path, file, diags) < 0) {
            rc = -1;
        }
        free(path);
    }
    return rc;
}

static void errors_to_warnings(struct ws_diags *diags, size_t from)
{
    for (size_t i = from; i < diags->len; i++) {
        if (diags->items[i].severity == WS_ERROR) {
            diags->items[i].severity = WS_WARNING;
        }
    }
}

int ws_config_load(struct ws_config *out, const char *repo_root,
                   const struct ws_config_options *options,
                   const char *(*env)(void *payload, const char *name), void *payload,
                   struct ws_diags *diags)
{
    struct environment e = {.get = env != NULL ? env : process_env, .payload = payload};
    struct said said = {0};
    size_t known = diags->len;
    struct ws_doc *doc;
    int rc = read_file(&doc, &said, repo_root, diags);
    const char *branch = lookup(&e, "PIPELINE_BASE_BRANCH");

    *out = (struct ws_config){.acceptance_timeout_sec = said.acceptance_timeout_sec,
                              .acceptance_idle_timeout_sec = said.acceptance_idle_timeout_sec,
                              .ignore_filters = said.ignore_filters};
    out->file = ws_strdup(doc != NULL ? config_file : NULL);
    out->base_branch = ws_strdup(branch != NULL ? branch : said.base_branch);
    out->model = ws_strdup(lookup(&e, "AIDER_MODEL"));
    out->workstream_dir = choose_path(NULL, lookup(&e, "PIPELINE_WORKSTREAM_DIR"),
                                      said.workstream_dir, "workstreams", repo_root);
    out->database =
        choose_path(options != NULL ? options->database : NULL, lookup(&e, "PIPELINE_DB_PATH"),
                    said.database, ".wsfsm/state.db", repo_root);
    take_over(out, &said);
    if (read_dry_run(&out->dry_run, &e, diags) < 0) {
        rc = -1;
    }
    if (load_profiles(&out->profiles, &e, doc, said.tools, diags) < 0) {
        rc = -1;
    }
    ws_doc_free(doc);
    said_release(&said);
    if (rc < 0 && options != NULL && options->lenient && ws_diags_all_read(diags, NULL) == 0) {
        errors_to_warnings(diags, known);
        rc = 0;
    }
    if (rc < 0) {
        ws_config_release(out);
    }
    return rc;
}

void ws_config_release(struct ws_config *c)
{
    if (c == NULL) {
        return;
    }
    free(c->base_branch);
    free(c->workstream_dir);
    free(c->database);
    free(c->model);
    free(c->file);
    ws_strv_release(&c->static_tools);
    ws_strv_release(&c->acceptance_env);
    ws_strv_release(&c->acceptance_pass_env);
    ws_sandbox_release(&c->acceptance_sandbox);
    ws_provision_release(&c->worktree);
    ws_profiles_release(&c->profiles);
    *c = (struct ws_config){0};
}
