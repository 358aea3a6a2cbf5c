#include "wsfsm/steps/toolrun.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

void ws_tool_run_release(struct ws_tool_run *r)
{
    if (!r)
        return;
    ws_exit_release(&r->exit);
    ws_strv_release(&r->argv);
    free(r->program);
    free(r->unconfined_why);
    *r = (struct ws_tool_run){0};
}

/* What a tool edits must never become what wsfsm executes. */
static const char *refuse(void *payload, const char *file)
{
    return ws_repo_owns_file(payload, file) ? "it is a tracked file or lies in a worktree" : NULL;
}

int ws_tool_find(char **out, const char *command, const char *path, struct ws_repo *repo,
                 struct ws_error *err)
{
    bool relative = command[0] != '/' && strchr(command, '/');
    char *file = relative ? ws_path_join(ws_repo_root(repo), command) : ws_strdup(command);
    int rc = ws_find_program(out, file, path, refuse, repo, err);
    free(file);
    return rc;
}

static const char *path_of(const struct ws_strv *env)
{
    for (size_t i = 0; i < env->len; i++)
        if (!strncmp(env->items[i], "PATH=", 5))
            return env->items[i] + 5;
    return "/usr/local/bin:/usr/bin:/bin";
}

static void could_not_start(struct ws_tool_run *out, const struct ws_error *why)
{
    out->exit.started = false;
    out->exit.exit_code = -1;
    if (why->where[0])
        snprintf(out->exit.start_error, sizeof out->exit.start_error, "%.100s: %.150s", why->where,
                 why->message);
    else
        snprintf(out->exit.start_error, sizeof out->exit.start_error, "%.250s", why->message);
}

/* -1: what kept the tool from starting is the machine's, and gone when there is room again. That is
 * no verdict about the tool. */
static int no_verdict(struct ws_error *err, const struct ws_error *why)
{
    if (why->code != WS_E_IO && why->code != WS_E_DISK_FULL)
        return 0;
    *err = *why;
    return -1;
}

static void command_of_shell(struct ws_command *c, const struct ws_tool_call *call)
{
    static const char *const argv[] = {"/bin/sh", "-c"};
    for (size_t i = 0; i < sizeof argv / sizeof *argv; i++)
        ws_strv_add(&c->argv, argv[i]);
    ws_strv_add(&c->argv, call->shell);
    ws_environment(&c->env, &call->environment);
    c->wall_ms = call->timeout_sec * 1000;
    c->idle_ms = call->idle_timeout_sec * 1000;
}

static int command_of_profile(struct ws_command *c, char **dir, const struct ws_tool_call *call,
                              struct ws_error *err)
{
    const struct ws_profile *p = call->profile;
    struct ws_strv args = {0}, env = {0};
    int rc = ws_profile_render(&args, &env, dir, p, &call->values, err);
    if (rc == 0) {
        struct ws_environment_spec spec = call->environment;
        spec.pass_env = &p->pass_env;
        spec.env = &env;
        ws_environment(&c->env, &spec);
        ws_strv_add(&c->argv, p->command);
        ws_strv_copy(&c->argv, &args);
        ws_strv_copy(&c->failure_patterns, &p->failure_patterns);
        c->wall_ms = p->timeout_sec * 1000;
        c->idle_ms = p->idle_timeout_sec * 1000;
        if (p->stdin_prompt)
            c->stdin_file = call->values.prompt_file;
    }
    ws_strv_release(&args);
    ws_strv_release(&env);
    return rc;
}

/* Everything that can be wrong with a call before a process exists. */
static int prepare(struct ws_tool_run *out, struct ws_command *c, char **dir,
                   const struct ws_tool_call *call, struct ws_error *err)
{
    if (call->shell) {
        command_of_shell(c, call);
        out->program = ws_strdup("/bin/sh");
    } else if (command_of_profile(c, dir, call, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < c->argv.len; i++)
        ws_strv_take(&out->argv, ws_redacted(c->argv.items[i], call->secrets));
    if (!out->program &&
        ws_tool_find(&out->program, call->profile->command, path_of(&c->env), call->repo, err) < 0)
        return -1;
    c->program = out->program;
    c->cwd = *dir ? *dir : call->default_dir;
    c->deadline_ms = call->left_ms;
    c->lock_file = call->lock_file;
    ws_strv_copy(&c->secrets, call->secrets);
    return 0;
}

static const struct ws_sandbox *sandbox_of(const struct ws_tool_call *call)
{
    static const struct ws_sandbox off = {.mode = WS_SANDBOX_OFF};
    const struct ws_sandbox *s = call->profile ? &call->profile->sandbox : call->sandbox;
    return s && call->places.root ? s : &off;
}

/* As it is, confined as far as its profile wants it and it can be. What kept bubblewrap from
 * starting happened before anything of the tool ran. */
static int run_command(struct ws_tool_run *out, struct ws_command *c,
                       const struct ws_tool_call *call, struct ws_error *err)
{
    const struct ws_sandbox *sandbox = sandbox_of(call);
    struct ws_strv plain_env = {0};
    struct ws_error why = {0};
    int rc = 0;
    ws_strv_copy(&plain_env, &c->env);
    if (sandbox->mode != WS_SANDBOX_OFF &&
        ws_confine_command(c, &call->places, sandbox, call->repo, &why) < 0) {
        could_not_start(out, &why);
        out->exit.confine_failed = true;
        rc = no_verdict(err, &why);
    } else {
        rc = ws_proc_run(&out->exit, c, call->watch, err);
    }
    if (rc == 0 && out->exit.confine_failed) {
        out->unconfined_why = ws_strdup(out->exit.start_error);
        if (sandbox->mode == WS_SANDBOX_AUTO) {
            ws_strv_clear(&c->confine);
            ws_strv_release(&c->env);
            c->env = plain_env;
            plain_env = (struct ws_strv){0};
            ws_exit_release(&out->exit);
            rc = ws_proc_run(&out->exit, c, call->watch, err);
        }
    }
    out->confined = c->confine.len && !out->exit.confine_failed;
    ws_strv_release(&plain_env);
    return rc;
}

int ws_tool_call(struct ws_tool_run *out, const struct ws_tool_call *call, struct ws_error *err)
{
    struct ws_command c = {0};
    struct ws_error why = {0};
    char *dir = NULL;
    char *stdout_log = ws_format("%s.stdout.log", call->log_stem);
    char *stderr_log = ws_format("%s.stderr.log", call->log_stem);
    int rc = 0;

    *out = (struct ws_tool_run){0};
    if (prepare(out, &c, &dir, call, &why) < 0) {
        could_not_start(out, &why);
        rc = no_verdict(err, &why);
        goto out;
    }
    c.stdout_log = stdout_log;
    c.stderr_log = stderr_log;
    rc = run_command(out, &c, call, err);
out:
    ws_command_release(&c);
    free(dir);
    free(stdout_log);
    free(stderr_log);
    return rc;
}

static void record_log(struct ws_buf *out, const struct ws_tool_call *call, const char *stream,
                       uint64_t bytes, bool cut, const char *tail)
{
    char *file = ws_format("%s.%s.log", call->log_stem, stream);
    char *key = ws_format("%s_log", stream);
    ws_json_kstr(out, key, file);
    free(key);
    key = ws_format("%s_bytes", stream);
    ws_json_kint(out, key, (int64_t)bytes);
    free(key);
    key = ws_format("%s_cut", stream);
    ws_json_kbool(out, key, cut);
    free(key);
    key = ws_format("%s_tail", stream);
    ws_json_kstr(out, key, tail ? tail : "");
    free(key);
    free(file);
}

void ws_tool_record(struct ws_buf *out, const struct ws_tool_call *call,
                    const struct ws_tool_run *run, const char *verdict)
{
    const struct ws_exit *e = &run->exit;
    bool tail = !call->profile || call->profile->capture_output;
    ws_json_open(out, '{');
    ws_json_kstr(out, "id", call->id);
    ws_json_kstrv(out, "argv", &run->argv);
    ws_json_kstr(out, "program", run->program);
    ws_json_kstr(out, "verdict", verdict);
    ws_json_kstr(out, "confined", run->confined ? "bubblewrap" : "none");
    ws_json_kstr(out, "network", run->confined && sandbox_of(call)->offline ? "off" : "on");
    ws_json_kstr(out, "unconfined_why", run->unconfined_why);
    ws_json_key(out, "exit_code");
    if (e->started && !e->signal && e->exit_code >= 0)
        ws_json_int(out, e->exit_code);
    else
        ws_json_null(out);
    ws_json_key(out, "signal");
    if (e->signal)
        ws_json_int(out, e->signal);
    else
        ws_json_null(out);
    ws_json_kstr(out, "timed_out", ws_limit_name(e->timed_out));
    ws_json_kint(out, "duration_ms", e->duration_ms);
    ws_json_kstr(out, "error", e->started ? NULL : e->start_error);
    ws_json_kstr(out, "matched_line", e->matched_line);
    ws_json_kint(out, "leftovers", e->leftovers);
    if (e->started) {
        record_log(out, call, "stdout", e->stdout_bytes, e->stdout_cut,
                   tail ? e->stdout_tail : NULL);
        record_log(out, call, "stderr", e->stderr_bytes, e->stderr_cut,
                   tail ? e->stderr_tail : NULL);
        ws_json_kbool(out, "log_failed", e->log_failed);
    }
    ws_json_close(out, '}');
}
