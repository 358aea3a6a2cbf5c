#include "wsfsm/steps/confine.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"
#include "wsfsm/steps/toolrun.h"

/* Private to each tool, and gone with it. */
static const char TMP[] = "/tmp", RUN[] = "/run", HOME[] = "/tmp/home";

static void add(struct ws_strv *out, const char *option, const char *from, const char *to)
{
    ws_strv_add(out, option);
    ws_strv_add(out, from);
    if (to)
        ws_strv_add(out, to);
}

static void bind_same(struct ws_strv *out, const char *option, const char *path)
{
    add(out, option, path, path);
}

static void bind_in(struct ws_strv *out, const char *option, const char *dir, const char *name)
{
    char *path = ws_path_join(dir, name);
    bind_same(out, option, path);
    free(path);
}

/* Namespaces first; no capability is left, also not to root. */
static void add_namespaces(struct ws_strv *out, const struct ws_sandbox *sandbox)
{
    static const char *const options[] = {"--die-with-parent",
                                          "--unshare-pid",
                                          "--unshare-ipc",
                                          "--unshare-uts",
                                          "--new-session",
                                          "--cap-drop",
                                          "ALL"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        ws_strv_add(out, options[i]);
    if (sandbox->offline)
        ws_strv_add(out, "--unshare-net");
}

static void add_system(struct ws_strv *out)
{
    add(out, "--ro-bind", "/", "/");
    add(out, "--dev", "/dev", NULL);
    add(out, "--proc", "/proc", NULL);
    /* Root may write there without any capability, and bubblewrap 0.8 thinks that it may not. */
    bind_same(out, "--ro-bind", "/proc/sys");
    add(out, "--tmpfs", TMP, NULL);
    add(out, "--tmpfs", RUN, NULL);
    add(out, "--dir", HOME, NULL);
}

/* What `git add` and `git commit` on the branch write: the worktree's own folder, without what says
 * where it belongs; objects, without packs and alternates; the folder of the branch and of its log.
 * Not config, hooks, info, packed-refs, nor any other ref. */
static void add_git(struct ws_strv *out, const struct ws_confine_places *p)
{
    char *refs = ws_path_dir(p->branch);
    char *logs = ws_path_join("logs", refs);
    bind_same(out, "--bind", p->admin_dir);
    bind_in(out, "--ro-bind", p->admin_dir, "gitdir");
    bind_in(out, "--ro-bind", p->admin_dir, "commondir");
    bind_in(out, "--bind", p->git_dir, "objects");
    bind_in(out, "--ro-bind", p->git_dir, "objects/info");
    bind_in(out, "--ro-bind", p->git_dir, "objects/pack");
    bind_in(out, "--bind", p->git_dir, refs);
    bind_in(out, "--bind", p->git_dir, logs);
    free(logs);
    free(refs);
}

static bool is_hidden(const struct ws_confine_places *p, const char *path)
{
    return ws_path_under(path, TMP) || ws_path_under(path, RUN) ||
           ws_path_under(path, p->state_dir);
}

static void add_paths(struct ws_strv *out, const struct ws_strv *paths, const char *home)
{
    for (size_t i = 0; i < paths->len; i++) {
        const char *path = paths->items[i];
        if (!ws_starts_with(path, "~/")) {
            bind_same(out, "--bind-try", path);
            continue;
        }
        char *from = ws_path_join(home, path + 2), *to = ws_path_join(HOME, path + 2);
        add(out, "--bind-try", from, to);
        free(from);
        free(to);
    }
}

void ws_confine_args(struct ws_strv *out, const char *bwrap, const struct ws_confine_places *places,
                     const struct ws_sandbox *sandbox, const struct ws_strv *shown,
                     const char *home)
{
    ws_strv_add(out, bwrap);
    add_namespaces(out, sandbox);
    add_system(out);
    for (size_t i = 0; i < shown->len; i++)
        if (is_hidden(places, shown->items[i]))
            bind_same(out, "--ro-bind", shown->items[i]);
    add_paths(out, &sandbox->paths, home);
    bind_same(out, "--ro-bind", places->root);
    bind_same(out, "--bind", places->worktree);
    bind_same(out, "--ro-bind", places->git_dir);
    if (places->admin_dir) {
        bind_in(out, "--ro-bind", places->worktree, ".git");
        add_git(out, places);
    } else {
        bind_in(out, "--ro-bind-try", places->root, ".worktrees");
    }
    add(out, "--tmpfs", places->state_dir, NULL);
    bind_same(out, "--bind", places->log_dir);
    if (places->patch)
        bind_same(out, "--ro-bind", places->patch);
    add(out, "--remount-ro", places->state_dir, NULL);
    add(out, "--chdir", "/", NULL);
}

/* Git makes these when it needs them, in folders that will be read-only. */
static int make_folders(const struct ws_confine_places *p, struct ws_error *err)
{
    if (!p->admin_dir)
        return 0;
    char *refs = ws_path_dir(p->branch);
    char *logs = ws_path_join("logs", refs);
    const char *const names[] = {refs, logs, "objects/info", "objects/pack"};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof names / sizeof *names; i++) {
        char *path = ws_path_join(p->git_dir, names[i]);
        rc = ws_mkdirs(path, 0777, err);
        free(path);
    }
    free(logs);
    free(refs);
    return rc;
}

static const char *variable(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value && value[0] == '/' ? value : otherwise;
}

static int find_bwrap(char **out, struct ws_repo *repo, struct ws_error *err)
{
    const char *path = getenv("PATH");
    return ws_tool_find(out, "bwrap", path ? path : "/usr/local/bin:/usr/bin:/bin", repo, err);
}

/* Where names are resolved by a service, its file lies below /run. */
static void add_resolver(struct ws_strv *shown)
{
    char real[PATH_MAX];
    if (realpath("/etc/resolv.conf", real))
        ws_strv_add(shown, real);
}

static void move_home(struct ws_strv *env)
{
    static const char *const moved[] = {"HOME=", "TMPDIR=", "XDG_RUNTIME_DIR="};
    struct ws_strv kept = {0};
    for (size_t i = 0; i < env->len; i++) {
        bool drop = false;
        for (size_t k = 0; k < sizeof moved / sizeof *moved; k++)
            drop |= ws_starts_with(env->items[i], moved[k]);
        if (!drop)
            ws_strv_add(&kept, env->items[i]);
    }
    ws_strv_addf(&kept, "HOME=%s", HOME);
    ws_strv_addf(&kept, "TMPDIR=%s", TMP);
    ws_strv_release(env);
    *env = kept;
}

int ws_confine_command(struct ws_command *c, const struct ws_confine_places *places,
                       const struct ws_sandbox *sandbox, struct ws_repo *repo, struct ws_error *err)
{
    struct ws_strv shown = {0};
    char *bwrap = NULL;
    if (find_bwrap(&bwrap, repo, err) < 0)
        return -1;
    int rc = make_folders(places, err);
    if (rc == 0) {
        ws_strv_add(&shown, c->program);
        add_resolver(&shown);
        ws_confine_args(&c->confine, bwrap, places, sandbox, &shown, variable("HOME", "/"));
        move_home(&c->env);
    }
    ws_strv_release(&shown);
    free(bwrap);
    return rc;
}

int ws_confine_try(char **bwrap, struct ws_repo *repo, struct ws_error *err)
{
    static const struct ws_sandbox strictest = {.mode = WS_SANDBOX_ON, .offline = true};
    /* Nothing is written: logs that cannot be created are not kept. */
    struct ws_command c = {.program = "/bin/sh",
                           .cwd = "/",
                           .stdout_log = "/dev/null/none",
                           .stderr_log = "/dev/null/none"};
    struct ws_exit e = {0};
    *bwrap = NULL;
    if (find_bwrap(bwrap, repo, err) < 0)
        return -1;
    ws_strv_add(&c.argv, "sh");
    ws_strv_add(&c.argv, "-c");
    ws_strv_add(&c.argv, ":");
    ws_strv_add(&c.confine, *bwrap);
    add_namespaces(&c.confine, &strictest);
    add_system(&c.confine);
    add(&c.confine, "--chdir", "/", NULL);
    int rc = ws_proc_run(&e, &c, NULL, err);
    if (rc == 0 && (!e.started || e.exit_code != 0))
        rc = ws_fail(err, WS_E_IO, *bwrap, "%s", e.start_error);
    ws_exit_release(&e);
    ws_command_release(&c);
    return rc;
}
