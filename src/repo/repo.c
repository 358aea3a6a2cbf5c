#include "wsfsm/repo/repo.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <git2/sys/odb_backend.h>

#include "internal.h"
#include "plain.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

static char *without_slash(const char *path)
{
    size_t len = strlen(path);

    while (len > 1 && path[len - 1] == '/') {
        len--;
    }
    return ws_strndup(path, len);
}

/* A folder below some <root>/.worktrees belongs to a workstream; its .git file may be anything by
 * now, so this is decided by names alone, before libgit2 looks at it. */
static int refuse_worktrees(const char *from, struct ws_error *err)
{
    char *at = ws_strdup(from);
    int rc = 0;

    while (rc == 0 && strcmp(at, "/") != 0) {
        char *parent = ws_path_dir(at);

        if (strcmp(ws_path_base(at), ".worktrees") == 0) {
            char *git = ws_path_join(parent, ".git");

            if (ws_path_exists(git)) {
                rc = ws_fail(err, WS_E_REPOSITORY, from,
                             "this is inside a workstream's worktree; call wsfsm from %s", parent);
            }
            free(git);
        }
        free(at);
        at = parent;
    }
    free(at);
    return rc;
}

static bool is_owner_refusal(int rc)
{
    const git_error *e = git_error_last();

    return rc == GIT_EOWNER || (rc == GIT_ENOTFOUND && e != NULL && e->klass == GIT_ERROR_CONFIG &&
                                e->message != NULL && strstr(e->message, "safe.directory") != NULL);
}

/* Why a repository that was found cannot be opened, in the user's words. */
static int open_failed(struct ws_error *err, int rc, const char *git_dir)
{
    char *root = ws_path_dir(git_dir);
    const char *said = ws_git_message();

    if (is_owner_refusal(rc)) {
        ws_fail(
            err, WS_E_REPOSITORY, root,
            "the repository belongs to another user; if you trust it: git config --global --add "
            "safe.directory '%s'",
            root);
    } else if (strstr(said, "unknown object format") != NULL ||
               strstr(said, "objectformat") != NULL || strstr(said, "objectFormat") != NULL) {
        ws_fail(
            err, WS_E_REPOSITORY, root,
            "the repository uses SHA-256 object names, which wsfsm cannot read; use a SHA-1 clone");
    } else if (strstr(said, "unsupported extension") != NULL) {
        ws_fail(err, WS_E_REPOSITORY, root,
                "the repository uses an extension wsfsm does not know (%s); see `git config "
                "--get-regexp "
                "^extensions`",
                said);
    } else {
        ws_fail_git(err, WS_E_REPOSITORY, rc, root, "the repository cannot be opened");
    }
    free(root);
    return -1;
}

/* The git directory that a linked worktree's refers to. libgit2 opens the two in one. */
static int check_common(const char *git_dir, struct ws_error *err)
{
    char *file = ws_path_join(git_dir, "commondir");
    struct ws_buf text = {0};
    int rc = 0;

    if (ws_read_file(&text, file, PATH_MAX, NULL) == 0) {
        const char *line = ws_buf_str(&text);
        char *name = ws_strndup(line, strcspn(line, "\n"));
        char *common = name[0] == '/' ? ws_strdup(name) : ws_path_join(git_dir, name);

        rc = ws_plain_git_dir(common, WS_E_REPOSITORY, err);
        free(common);
        free(name);
    }
    ws_buf_release(&text);
    free(file);
    return rc;
}

static int open_at(git_repository **out, const char *git_dir, struct ws_error *err)
{
    int rc;

    if (ws_plain_git_dir(git_dir, WS_E_REPOSITORY, err) < 0 || check_common(git_dir, err) < 0) {
        return -1;
    }
    rc = git_repository_open_ext(out, git_dir, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL);
    return rc < 0 ? open_failed(err, rc, git_dir) : 0;
}

/* From a linked worktree of the user's to the main one: the parent of the common git directory. */
static int main_of_linked(git_repository **git, struct ws_error *err)
{
    char *common = without_slash(git_repository_commondir(*git));
    int rc;

    git_repository_free(*git);
    *git = NULL;
    if (strcmp(ws_path_base(common), ".git") != 0) {
        rc = ws_fail(
            err, WS_E_REPOSITORY, common,
            "this worktree's repository is bare or kept apart; call wsfsm from its main worktree");
    } else {
        rc = open_at(git, common, err);
    }
    free(common);
    return rc;
}

static bool names_its_checkout(git_repository *git)
{
    git_config *config = NULL;
    const char *value;
    bool is = git_repository_config_snapshot(&config, git) == 0 &&
              git_config_get_string(&value, config, "core.worktree") == 0;

    git_config_free(config);
    return is;
}

/* The nearest folder that has a .git; NULL: none. */
static char *holder_of_git(const char *from, struct stat *st)
{
    char *at = ws_strdup(from), *git = ws_path_join(at, ".git");

    while (lstat(git, st) < 0) {
        char *parent = ws_path_dir(at);
        bool top = strcmp(at, "/") == 0;

        free(at);
        free(git);
        if (top) {
            free(parent);
            return NULL;
        }
        at = parent;
        git = ws_path_join(at, ".git");
    }
    free(git);
    return at;
}

/* Where .git is a file or a link, git's folder lies elsewhere. libgit2 was told of that folder only
 * and would take what is around it for the checkout. */
static int set_checkout(git_repository *git, const char *from, struct ws_error *err)
{
    struct stat st;
    char *root = holder_of_git(from, &st);
    int rc = 0;

    if (root != NULL && !S_ISDIR(st.st_mode) && !names_its_checkout(git)) {
        rc = git_repository_set_workdir(git, root, 0);
    }
    if (rc < 0) {
        ws_fail_git(err, WS_E_REPOSITORY, rc, root, "the checkout cannot be opened");
    }
    free(root);
    return rc < 0 ? -1 : 0;
}

static int discover(struct ws_repo *r, const char *from, struct ws_error *err)
{
    git_buf found = {0};
    int rc = git_repository_discover(&found, from, 0, getenv("GIT_CEILING_DIRECTORIES"));
    char *git_dir;

    if (rc < 0) {
        git_buf_dispose(&found);
        return ws_fail(
            err, WS_E_REPOSITORY, from,
            "no git repository here or above; make one with `git init`, or name one with -C");
    }
    git_dir = without_slash(found.ptr);
    git_buf_dispose(&found);
    rc = open_at(&r->git, git_dir, err);
    if (rc == 0) {
        r->from_linked = git_repository_is_worktree(r->git);
        rc = r->from_linked ? main_of_linked(&r->git, err) : set_checkout(r->git, from, err);
    }
    if (rc == 0 && (git_repository_is_bare(r->git) || git_repository_workdir(r->git) == NULL)) {
        rc = ws_fail(err, WS_E_REPOSITORY, git_dir,
                     "the repository is bare; wsfsm needs one with a checkout (`git clone` it)");
    }
    free(git_dir);
    return rc;
}

static int open_objects(struct ws_repo *r, const char *git_dir)
{
    char *objects = ws_path_join(git_dir, "objects");
    int rc = git_repository_odb(&r->odb, r->git);
    struct stat st;

    if (rc == 0 && stat(objects, &st) == 0) {
        r->objects_dev = st.st_dev;
        r->objects_ino = st.st_ino;
    }
    if (rc == 0) {
        rc = ws_plain_objects(r->odb, git_dir);
    }
    if (rc == 0) {
        rc = git_odb_backend_loose(&r->loose, objects, -1, 0, 0, 0);
    }
    free(objects);
    return rc;
}

static int fill(struct ws_repo *r, struct ws_error *err)
{
    char *root = realpath(git_repository_workdir(r->git), NULL);
    char *git_dir = realpath(git_repository_commondir(r->git), NULL);
    int rc = 0;

    if (root == NULL || git_dir == NULL) {
        rc = ws_fail_errno(err, WS_E_REPOSITORY, git_repository_workdir(r->git),
                           "the repository's folder cannot be resolved");
    } else if ((rc = open_objects(r, git_dir)) < 0) {
        rc = ws_fail_git(err, WS_E_REPOSITORY, rc, git_dir, "the object database cannot be opened");
    }
    if (rc < 0) {
        free(root);
        free(git_dir);
        return -1;
    }
    r->root = root;
    r->git_dir = git_dir;
    r->state_dir = ws_path_join(root, ".wsfsm");
    r->worktrees = ws_path_join(root, ".worktrees");
    return 0;
}

int ws_repo_open(struct ws_repo **out, const char *from, struct ws_error *err)
{
    struct ws_repo *r = NULL;
    char *real = realpath(from, NULL);
    int rc = -1;

    *out = NULL;
    if (real == NULL) {
        return ws_fail_errno(err, WS_E_REPOSITORY, from, "no such folder");
    }
    if (refuse_worktrees(real, err) < 0) {
        free(real);
        return -1;
    }
    if (ws_git_begin(err) < 0) {
        free(real);
        return -1;
    }
    r = ws_alloc(sizeof *r);
    r->state_lock = -1;
    if (discover(r, real, err) == 0 && fill(r, err) == 0) {
        *out = r;
        rc = 0;
    } else {
        ws_repo_close(r);
    }
    free(real);
    return rc;
}

void ws_repo_close(struct ws_repo *r)
{
    if (r == NULL) {
        return;
    }
    free(r->user_name);
    free(r->user_email);
    if (r->loose != NULL) {
        r->loose->free(r->loose);
    }
    git_odb_free(r->odb);
    git_repository_free(r->git);
    free(r->root);
    free(r->git_dir);
    free(r->state_dir);
    free(r->worktrees);
    free(r);
    ws_git_end();
}

const char *ws_repo_root(const struct ws_repo *r)
{
    return r->root;
}

const char *ws_repo_state_dir(const struct ws_repo *r)
{
    return r->state_dir;
}

bool ws_repo_from_linked(const struct ws_repo *r)
{
    return r->from_linked;
}

const char *ws_repo_git_dir(const struct ws_repo *r)
{
    return r->git_dir;
}
