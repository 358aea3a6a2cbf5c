#include "wsfsm/steps/environment.h"

#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/clock.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"

extern char **environ;

enum { SECRET_MIN = 8 };

static const char *const always[] = {"PATH", "HOME", "USER", "LOGNAME", "SHELL",
                                     "LANG", "LC_*", "TZ",   "TERM",    "TMPDIR"};

static bool name_matches(const char *pattern, const char *name, size_t len)
{
    size_t n = strlen(pattern);
    if (n && pattern[n - 1] == '*')
        return len >= n - 1 && !strncmp(pattern, name, n - 1);
    return n == len && !strncmp(pattern, name, n);
}

static bool any_matches(const char *const *patterns, size_t count, const char *name, size_t len)
{
    for (size_t i = 0; i < count; i++)
        if (name_matches(patterns[i], name, len))
            return true;
    return false;
}

static bool listed(const struct ws_strv *patterns, const char *name, size_t len)
{
    return patterns && any_matches((const char *const *)patterns->items, patterns->len, name, len);
}

static size_t name_len(const char *entry)
{
    return strcspn(entry, "=");
}

/* Sets NAME=value, over an entry of that name when there is one. */
static void set(struct ws_strv *env, const char *entry)
{
    size_t len = name_len(entry);
    for (size_t i = 0; i < env->len; i++) {
        if (name_len(env->items[i]) == len && !strncmp(env->items[i], entry, len)) {
            free(env->items[i]);
            env->items[i] = ws_strdup(entry);
            return;
        }
    }
    ws_strv_add(env, entry);
}

static void setf(struct ws_strv *env, const char *name, const char *value)
{
    char *entry = ws_format("%s=%s", name, value);
    set(env, entry);
    free(entry);
}

static void set_int(struct ws_strv *env, const char *name, int64_t value)
{
    char *text = ws_format("%lld", (long long)value);
    setf(env, name, text);
    free(text);
}

static bool is_ours(const char *name)
{
    return ws_starts_with(name, "WSFSM_");
}

static void hand_through(struct ws_strv *out, const struct ws_environment_spec *spec)
{
    for (char **e = environ; e && *e; e++) {
        size_t len = name_len(*e);
        if (!(*e)[len] || is_ours(*e) || ws_starts_with(*e, "GIT_"))
            continue;
        bool wanted = any_matches(always, sizeof always / sizeof *always, *e, len) ||
                      listed(spec->pass_env, *e, len);
        if (wanted && !listed(spec->withhold, *e, len))
            set(out, *e);
    }
}

static void tell_run(struct ws_strv *out, const struct ws_environment_spec *spec)
{
    setf(out, "WSFSM_RUN_ID", spec->run_id);
    setf(out, "WSFSM_WS_ID", spec->ws_id);
    setf(out, "WSFSM_STEP", spec->step);
    set_int(out, "WSFSM_ATTEMPT", spec->attempt);
    char *key = ws_format("%s/%lld", spec->run_id, (long long)spec->seq);
    setf(out, "WSFSM_KEY", key);
    free(key);
    if (spec->deadline_ms) {
        char at[WS_TIME_SIZE];
        ws_time_format(at, spec->deadline_ms);
        setf(out, "WSFSM_DEADLINE", at);
    }
}

static void give_identity(struct ws_strv *out, const struct ws_environment_spec *spec)
{
    setf(out, "GIT_CONFIG_COUNT", "2");
    setf(out, "GIT_CONFIG_KEY_0", "user.name");
    setf(out, "GIT_CONFIG_VALUE_0", spec->git_name);
    setf(out, "GIT_CONFIG_KEY_1", "user.email");
    setf(out, "GIT_CONFIG_VALUE_1", spec->git_email);
}

void ws_environment(struct ws_strv *out, const struct ws_environment_spec *spec)
{
    hand_through(out, spec);
    for (size_t i = 0; spec->env && i < spec->env->len; i++)
        set(out, spec->env->items[i]);
    if (spec->run_id)
        tell_run(out, spec);
    if (spec->worktree)
        setf(out, "WSFSM_WORKTREE", spec->worktree);
    if (spec->repo)
        setf(out, "WSFSM_REPO", spec->repo);
    if (spec->git_name && spec->git_email)
        give_identity(out, spec);
}

static bool names_secret(const char *entry)
{
    static const char *const marks[] = {"KEY", "TOKEN", "SECRET", "PASS", "CRED"};
    if (is_ours(entry) || ws_starts_with(entry, "GIT_CONFIG_"))
        return false;
    char *name = ws_strndup(entry, name_len(entry));
    bool secret = false;
    for (size_t i = 0; i < sizeof marks / sizeof *marks && !secret; i++)
        secret = strcasestr(name, marks[i]) != NULL;
    free(name);
    return secret;
}

void ws_environment_secrets(struct ws_strv *out, const struct ws_strv *env)
{
    for (size_t i = 0; i < env->len; i++) {
        const char *value = strchr(env->items[i], '=');
        if (value && strlen(value + 1) >= SECRET_MIN && names_secret(env->items[i]) &&
            !ws_strv_has(out, value + 1))
            ws_strv_add(out, value + 1);
    }
}

void ws_environment_secret_names(struct ws_strv *out, const struct ws_strv *pass_env)
{
    for (char **e = environ; e && *e; e++) {
        size_t len = name_len(*e);
        if (listed(pass_env, *e, len) && names_secret(*e))
            ws_strv_take(out, ws_strndup(*e, len));
    }
}

char *ws_redacted(const char *text, const struct ws_strv *secrets)
{
    struct ws_buf out = {0};
    while (*text) {
        size_t longest = 0;
        for (size_t i = 0; i < secrets->len; i++) {
            size_t len = strlen(secrets->items[i]);
            if (len > longest && !strncmp(text, secrets->items[i], len))
                longest = len;
        }
        if (longest)
            ws_buf_puts(&out, WS_MASK);
        else
            ws_buf_putc(&out, *text);
        text += longest ? longest : 1;
    }
    return ws_buf_steal(&out);
}

void ws_redact_each(struct ws_strv *texts, const struct ws_strv *secrets)
{
    for (size_t i = 0; i < texts->len && secrets->len; i++) {
        char *shown = ws_redacted(texts->items[i], secrets);
        free(texts->items[i]);
        texts->items[i] = shown;
    }
}
