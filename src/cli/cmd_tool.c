#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "commands.h"
#include "copy_log.h"
#include "progress.h"
#include "session.h"
#include "wsfsm/base/hash.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/proc/proc.h"
#include "wsfsm/steps/toolrun.h"

/* --- list --- */

static void list_json(struct ws_buf *out, struct ws_session *s)
{
    ws_json_open(out, '[');
    for (size_t i = 0; i < s->config.profiles.len; i++) {
        const struct ws_profile *p = ws_profiles_get(&s->config.profiles, i);
        struct ws_buf profile = {0};
        char *file = ws_cli_find_tool(s, p, NULL);

        ws_profile_json(&profile, p);
        ws_json_open(out, '{');
        ws_json_kstr(out, "id", p->id);
        ws_json_kstr(out, "type", ws_tool_type_name(p->type));
        ws_json_kstr(out, "command", p->command);
        ws_json_kstr(out, "found", file);
        ws_json_kstr(out, "source", p->source);
        ws_json_kraw(out, "profile", ws_buf_str(&profile));
        ws_json_close(out, '}');
        ws_buf_release(&profile);
        free(file);
    }
    ws_json_close(out, ']');
    ws_buf_putc(out, '\n');
}

static void list_text(struct ws_buf *out, struct ws_session *s)
{
    static const char *const titles[] = {"TOOL", "TYPE", "COMMAND", "FOUND", "PROFILE"};
    struct ws_columns table = {.count = sizeof titles / sizeof *titles};

    for (size_t i = 0; i < table.count; i++) {
        ws_columns_add(&table, titles[i]);
    }
    for (size_t i = 0; i < s->config.profiles.len; i++) {
        const struct ws_profile *p = ws_profiles_get(&s->config.profiles, i);
        char *file = ws_cli_find_tool(s, p, NULL);

        ws_columns_add(&table, p->id);
        ws_columns_add(&table, ws_tool_type_name(p->type));
        ws_columns_add(&table, p->command);
        ws_columns_add(&table, file != NULL ? file : "missing");
        ws_columns_add(&table, p->source);
        free(file);
    }
    ws_columns_print(out, &table);
    ws_columns_release(&table);
}

static int run_list(struct ws_cli *cli, struct ws_error *err)
{
    struct ws_session session = {0};

    if (ws_cli_open(&session, cli, err) != 0) {
        return -1;
    }
    if (cli->json) {
        list_json(&cli->out.text, &session);
    } else {
        list_text(&cli->out.text, &session);
    }
    ws_session_close(&session);
    return 0;
}

static const struct ws_cmd cmd_list = {
    .name = "list",
    .summary = "List the tool profiles, and which of the programs are there",
    .run = run_list,
};

/* --- run --- */

static const struct ws_option run_options[] = {
    {.name = "model",
     .argument = "NAME",
     .help = "The model a coding agent is to use. Default: AIDER_MODEL."},
    {0},
};

static const struct ws_positional run_positionals[] = {
    {.name = "TOOL", .complete = WS_COMPLETE_TOOL, .help = "Id of the profile."},
    {.name = "FILE",
     .optional = true,
     .repeated = true,
     .complete = WS_COMPLETE_FILE,
     .help = "The files, of this repository, that the profile's lists of paths ({scope_files}, "
             "{changed_files}, ...) stand for."},
    {0},
};

static const struct ws_exit_note run_exits[] = {
    {0, "the tool passed, as its profile judges it"},
    {1, "it failed, or went over a limit"},
    {3, "there is no such profile"},
    {4, "the tool could not be started"},
    {128, "plus N: ended by signal N"},
    {0, NULL},
};

static void collect_secrets(struct ws_strv *out, const struct ws_profile *p)
{
    const struct ws_environment_spec spec = {.pass_env = &p->pass_env, .env = &p->env};
    struct ws_strv env = {0};

    ws_environment(&env, &spec);
    ws_environment_secrets(out, &env);
    ws_strv_release(&env);
}

static const struct ws_profile *chosen(const struct ws_profiles *profiles, const char *id,
                                       struct ws_error *err)
{
    const struct ws_profile *p = ws_profiles_find(profiles, id);

    if (p == NULL) {
        const char **ids = ws_calloc(profiles->len + 1, sizeof *ids);

        for (size_t i = 0; i < profiles->len; i++) {
            ids[i] = profiles->items[i].id;
        }
        ws_cli_unknown(err, id, ids, profiles->len, "no such tool", "'wsfsm tool list' lists them");
        free(ids);
    }
    return p;
}

/* Where the logs of this call go: .wsfsm/by-hand/TIME-RANDOM-TOOL. */
static char *log_stem(struct ws_session *s, const char *id, struct ws_error *err)
{
    char *dir = ws_path_join(ws_repo_state_dir(s->repo), "by-hand");
    char *now = ws_new_run_id();
    char *stem = NULL;

    if (ws_repo_make_dirs(s->repo, err) == 0 &&
        ws_mkdirs_below(ws_repo_state_dir(s->repo), dir, 0700, err) == 0) {
        stem = ws_format("%s/%s-%s", dir, now, id);
    }
    free(dir);
    free(now);
    return stem;
}

static bool passed(const struct ws_profile *p, const struct ws_exit *e)
{
    return e->signal == 0 && e->timed_out == WS_LIMIT_NONE && !e->stopped && !e->pattern_matched &&
           ws_profile_success(p, e->exit_code);
}

static int print_logs(struct ws_cli *cli, const char *stem, struct ws_error *err)
{
    char *path = ws_format("%s.stdout.log", stem);
    int status = ws_copy_log(&cli->out, path, err);

    free(path);
    if (status == 0) {
        struct ws_out to_stderr = {.fd = 2};

        path = ws_format("%s.stderr.log", stem);
        status = ws_copy_log(&to_stderr, path, err);
        ws_out_flush(&to_stderr);
        ws_buf_release(&to_stderr.text);
        free(path);
    }
    return status;
}

static int report(struct ws_cli *cli, const struct ws_tool_call *call,
                  const struct ws_tool_run *run, struct ws_error *err)
{
    const struct ws_exit *e = &run->exit;
    bool good = e->started && passed(call->profile, e);

    if (!e->started) {
        return ws_fail(err, WS_E_IO, call->id, "could not start: %s", e->start_error);
    }
    if (cli->json) {
        ws_tool_record(&cli->out.text, call, run, good ? "passed" : "failed");
        ws_buf_putc(&cli->out.text, '\n');
    } else if (print_logs(cli, call->log_stem, err) != 0) {
        return -1;
    }
    return good ? 0 : 1;
}

/* Tools run in the root of the repository: a file that is named from elsewhere is named from there.
 */
static char *from_root(const char *root, const char *file)
{
    char *real = realpath(file, NULL);
    char *name;

    if (real == NULL || !ws_path_under(real, root) || strcmp(real, root) == 0) {
        free(real);
        return ws_strdup(file);
    }
    name = ws_strdup(real + strlen(root) + 1);
    free(real);
    return name;
}

/* A call in the user's checkout; what it points to has to outlive it. */
static struct ws_tool_call call_here(struct ws_cli *cli, struct ws_session *s,
                                     const struct ws_profile *profile, const struct ws_strv *files)
{
    const char *root = ws_repo_root(s->repo), *state_dir = ws_repo_state_dir(s->repo);
    const char *model = ws_args_value(cli->args, "model");

    return (struct ws_tool_call){
        .id = profile->id,
        .profile = profile,
        .values = {.cwd = root,
                   .repo_root = root,
                   .worktree_path = root,
                   .run_id = "by-hand",
                   .ws_id = "by-hand",
                   .step = "by-hand",
                   .model_name = model != NULL ? model : s->config.model,
                   .files_scope = files,
                   .changed_files = files,
                   .scope_files = files},
        .environment = {.worktree = root,
                        .repo = root,
                        .git_name = ws_repo_user_name(s->repo),
                        .git_email = ws_repo_user_email(s->repo)},
        .default_dir = root,
        .repo = s->repo,
        .places = {.root = root,
                   .git_dir = ws_repo_git_dir(s->repo),
                   .state_dir = state_dir,
                   .worktree = root},
    };
}

/* Runs it with progress shown. */
static int carry_out(struct ws_tool_run *run, struct ws_cli *cli, struct ws_tool_call *call,
                     struct ws_stop *stop, struct ws_error *err)
{
    struct ws_progress_view view;

    ws_progress_init(&view, cli);
    const struct ws_observer show = ws_progress_observer(&view);
    const struct ws_watch watch = {
        .progress = show.tool_progress, .payload = show.payload, .stop = stop};

    call->watch = &watch;
    show.tool_started(show.payload, "by hand", call->id);
    int status = ws_tool_call(run, call, err);
    if (status == 0) {
        show.tool_finished(show.payload, "by hand", call->id, &run->exit);
    }
    call->watch = NULL;
    ws_progress_end(&view);
    return status;
}

static int call_tool(struct ws_cli *cli, struct ws_session *s, const struct ws_profile *profile,
                     struct ws_stop *stop, struct ws_error *err)
{
    struct ws_strv files = {0}, secrets = {0};
    struct ws_tool_run run = {0};
    struct ws_tool_call call = call_here(cli, s, profile, &files);
    char *stem = log_stem(s, profile->id, err);
    char *log_dir = stem != NULL ? ws_path_dir(stem) : NULL;
    int status = -1;

    for (size_t i = 1; i < cli->args->word_count; i++) {
        ws_strv_take(&files, from_root(ws_repo_root(s->repo), cli->args->words[i]));
    }
    collect_secrets(&secrets, profile);
    call.log_stem = stem;
    call.values.log_dir = call.places.log_dir = log_dir;
    call.secrets = &secrets;
    if (stem != NULL) {
        status = carry_out(&run, cli, &call, stop, err);
    }
    if (status == 0) {
        status = report(cli, &call, &run, err);
        status = ws_stop_signal(stop) != 0 ? 128 + ws_stop_signal(stop) : status;
    }
    ws_tool_run_release(&run);
    ws_strv_release(&files);
    ws_strv_release(&secrets);
    free(log_dir);
    free(stem);
    return status;
}

static int run_run(struct ws_cli *cli, struct ws_error *err)
{
    struct ws_session session = {0};
    struct ws_stop stop;
    int status = -1;

    if (ws_cli_open(&session, cli, err) != 0) {
        return -1;
    }
    const struct ws_profile *profile =
        chosen(&session.config.profiles, ws_args_word(cli->args, 0), err);
    if (profile != NULL && ws_stop_init(&stop, err) == 0) {
        if (ws_stop_on_signals(&stop, err) == 0) {
            status = call_tool(cli, &session, profile, &stop, err);
        }
        ws_stop_release(&stop);
    }
    ws_session_close(&session);
    return status;
}

static const struct ws_cmd cmd_run = {
    .name = "run",
    .summary = "Run one tool by hand, in your checkout",
    .description =
        "Calls the tool as its profile says, under the same supervisor, limits and environment as "
        "in a run, but in your own checkout; nothing is recorded but its logs, under "
        ".wsfsm/by-hand. A profile that needs a prompt cannot be called this way.",
    .options = run_options,
    .positionals = run_positionals,
    .exits = run_exits,
    .run = run_run,
};

static const struct ws_cmd *const commands[] = {&cmd_list, &cmd_run, NULL};

const struct ws_cmd ws_cmd_tool = {
    .name = "tool",
    .summary = "List the tools; run one by hand",
    .description =
        "A tool is an external program with a profile: how it is called, and how it is judged. "
        "Profiles ship with wsfsm; 'tools' in wsfsm.yaml, and then the file that "
        "PIPELINE_TOOL_PROFILES_PATH names, add to them or replace them. 'wsfsm tool list --json' "
        "shows all they say.\n\n"
        "How a tool is confined is a part of its profile: 'sandbox: on' lets it run under "
        "bubblewrap only, 'auto' where that works, 'off' (the default) never; 'network: off' takes "
        "the network away; 'sandbox_paths' lists what it may write beside its worktree, its log "
        "folder and a private /tmp and home. 'wsfsm doctor' tells whether it works here.",
    .commands = commands,
};
