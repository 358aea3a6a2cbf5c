/* Real repositories, made with git's command line in a temporary folder, for the tests of this
 * layer. */
#ifndef WSFSM_TESTS_REPO_FIXTURE_H
#define WSFSM_TESTS_REPO_FIXTURE_H

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run_suite.h"
#include "wsfsm/base/buf.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/repo/repo.h"
#include "wsfsm/repo/worktree.h"

struct fixture {
    char *dir;  /* removed at the end */
    char *root; /* the repository: <dir>/repo */
    struct ws_repo *repo;
    char base[WS_OID_HEX];
    char *state; /* the user's checkout as it was at the start */
};

static struct fixture fx;

/* A shell script in the repository's folder; its output when `out` is given. Fails the test when it
 * fails. */
static inline void sh_out(struct ws_buf *out, const char *script)
{
    char chunk[4096];
    int fds[2], status;
    ssize_t n;
    pid_t pid;

    ck_assert_int_eq(pipe(fds), 0);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        dup2(fds[1], 1);
        close(fds[0]);
        close(fds[1]);
        if (chdir(fx.root) == 0) {
            execl("/bin/sh", "sh", "-e", "-c", script, (char *)NULL);
        }
        _exit(127);
    }
    close(fds[1]);
    while ((n = read(fds[0], chunk, sizeof chunk)) > 0) {
        if (out != NULL) {
            ws_buf_add(out, chunk, (size_t)n);
        }
    }
    close(fds[0]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "failed: %s", script);
}

static inline void sh(const char *script)
{
    sh_out(NULL, script);
}

/* The output without its last newline; malloc'ed. */
static inline char *sh_line(const char *script)
{
    struct ws_buf out = {0};

    sh_out(&out, script);
    while (out.len > 0 && out.data[out.len - 1] == '\n') {
        out.data[--out.len] = '\0';
    }
    return ws_buf_steal(&out);
}

static inline void ok(int rc, const struct ws_error *err)
{
    ck_assert_msg(rc == 0, "%s: %s", err->where, err->message);
}

/* Everything of the user's that nothing here may change. */
static inline char *user_state(void)
{
    return sh_line(
        "git status --porcelain -uall; git rev-parse HEAD; git symbolic-ref -q HEAD || true; "
        "git ls-files -s; git config --local --list | sort; ls .git/hooks; "
        "git for-each-ref | grep -v -e refs/wsfsm -e refs/heads/ws/ || true");
}

static inline void open_repo(void)
{
    struct ws_error err = {0};
    char *name = NULL;

    ok(ws_repo_open(&fx.repo, fx.root, &err), &err);
    ok(ws_repo_resolve_base(fx.base, &name, fx.repo, NULL, &err), &err);
    free(name);
    free(fx.state);
    fx.state = user_state();
}

/* An empty folder <dir>/repo; nothing is opened. */
static inline void fixture_begin(void)
{
    char template[] = "/tmp/wsfsm-repo-XXXXXX";

    ck_assert_ptr_nonnull(mkdtemp(template));
    memset(&fx, 0, sizeof fx);
    fx.dir = realpath(template, NULL);
    fx.root = ws_path_join(fx.dir, "repo");
    ck_assert_int_eq(mkdir(fx.root, 0755), 0);
    setenv("HOME", fx.dir, 1);
    setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
    setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    unsetenv("XDG_CONFIG_HOME");
}

static inline void fixture_init(void)
{
    fixture_begin();
    sh("git init -q -b main . && git config user.name Ann && git config user.email "
       "ann@example.org\n"
       "mkdir -p src/sub docs && printf 'a\\n' > a.txt && printf 'b\\n' > b.txt\n"
       "printf 'int x;\\n' > src/x.c && printf 'deep\\n' > src/sub/deep.c && printf 'doc\\n' > "
       "docs/d.md\n"
       "printf '#!/bin/sh\\n' > run.sh && chmod +x run.sh && ln -s a.txt link\n"
       "printf '*.o\\nbuild/\\n' > .gitignore && git add -A && git commit -q -m base");
}

static inline void setup(void)
{
    fixture_init();
    open_repo();
}

static inline void teardown(void)
{
    char *now = user_state();

    ck_assert_str_eq(now, fx.state);
    free(now);
    sh("git fsck --strict --no-dangling >/dev/null 2>../fsck || { cat ../fsck >&2; false; }");
    ws_repo_close(fx.repo);
    sh("cd / && chmod -R u+rwX \"$OLDPWD/..\" && rm -rf \"$OLDPWD/..\"/*");
    rmdir(fx.dir);
    free(fx.dir);
    free(fx.root);
    free(fx.state);
    memset(&fx, 0, sizeof fx);
}

static inline enum ws_entry look(const char *tree, const char *path)
{
    struct ws_error err = {0};
    enum ws_entry found;

    ok(ws_repo_look(&found, fx.repo, tree, path, &err), &err);
    return found;
}

/* --- a worktree --- */

static inline struct ws_worktree *prepared(const char *run_id)
{
    const struct ws_worktree_spec spec = {.run_id = run_id, .ws_id = "ws-one", .base_oid = fx.base};
    struct ws_prepared how;
    struct ws_worktree *w = NULL;
    struct ws_error err = {0};

    ok(ws_worktree_prepare(&w, &how, fx.repo, &spec, &err), &err);
    free(how.snapshot_ref);
    return w;
}

static inline void content_of(struct ws_content *c, struct ws_worktree *w)
{
    struct ws_error err = {0};

    ok(ws_worktree_content(c, w, &err), &err);
}

/* The content against the base as "M a.txt|A new" and so on. */
static inline char *changes_of(struct ws_worktree *w)
{
    struct ws_changes changes = {0};
    struct ws_content content;
    struct ws_error err = {0};
    struct ws_buf out = {0};

    content_of(&content, w);
    ok(ws_repo_diff(&changes, fx.repo, fx.base, content.tree, &err), &err);
    for (size_t i = 0; i < changes.len; i++) {
        const struct ws_change *c = &changes.items[i];

        ws_buf_printf(&out, "%s%c %s%s%s", i > 0 ? "|" : "", c->status,
                      c->old_path ? c->old_path : "", c->old_path ? ">" : "", c->path);
    }
    ws_changes_release(&changes);
    ws_content_release(&content);
    return ws_buf_steal(&out);
}

static inline void assert_changes(struct ws_worktree *w, const char *expected)
{
    char *found = changes_of(w);

    ck_assert_str_eq(found, expected);
    free(found);
    found = changes_of(w); /* and again, from the cache */
    ck_assert_str_eq(found, expected);
    free(found);
}

#endif
