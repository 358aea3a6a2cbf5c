/* What wsfsm cannot honour in a repository, named before anything is made there. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "admin.h"
#include "filters.h"
#include "index_file.h"
#include "internal.h"
#include "prepare.h"
#include "record.h"
#include "tracked.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"
#include "wsfsm/repo/worktree.h"

static int refuse(struct ws_repo *r, struct ws_error *err, const char *text)
{
    return ws_fail(err, WS_E_REPOSITORY, r->root, "%s", text);
}

static bool is_true(const git_config_entry *entry)
{
    int value = 0;

    return git_config_parse_bool(&value, entry->value != NULL ? entry->value : "true") == 0 &&
           value != 0;
}

/* One setting. Names come in lower case but for the middle part. */
static int judge_setting(struct ws_repo *r, const git_config_entry *entry, struct ws_error *err)
{
    const char *name = entry->name;

    if (ws_starts_with(name, "remote.") && ((ws_ends_with(name, ".promisor") && is_true(entry)) ||
                                            ws_ends_with(name, ".partialclonefilter"))) {
        return refuse(
            r, err,
            "the repository is a partial clone, whose missing objects wsfsm cannot fetch; "
            "make a full one: git clone without --filter");
    }
    if (strcmp(name, "core.sparsecheckout") == 0 && is_true(entry)) {
        return refuse(
            r, err,
            "the checkout is sparse, which wsfsm cannot honour; undo it (git sparse-checkout "
            "disable) or use another clone");
    }
    if (strcmp(name, "index.skiphash") == 0 && is_true(entry)) {
        return refuse(r, err,
                      "the index is written without its checksum; undo it: git config --unset "
                      "index.skipHash, then git update-index --force-write-index");
    }
    if (!ws_starts_with(name, "extensions.") || strcmp(name, "extensions.noop") == 0) {
        return 0;
    }
    if (strcmp(name, "extensions.objectformat") == 0 && entry->value != NULL &&
        strcasecmp(entry->value, "sha1") == 0) {
        return 0;
    }
    if (strcmp(name, "extensions.partialclone") == 0) {
        return refuse(
            r, err,
            "the repository is a partial clone, whose missing objects wsfsm cannot fetch; "
            "make a full one: git clone without --filter");
    }
    if (strcmp(name, "extensions.worktreeconfig") == 0 && !is_true(entry)) {
        return 0;
    }
    return ws_fail(
        err, WS_E_REPOSITORY, r->root,
        "the repository uses %s, which wsfsm does not know; undo it (git config --unset %s) or "
        "use another clone",
        name, name);
}

static int check_settings(struct ws_repo *r, struct ws_error *err)
{
    git_config_iterator *it = NULL;
    git_config *config = NULL;
    git_config_entry *entry;
    int git = git_repository_config_snapshot(&config, r->git), rc = 0;

    if (git == 0) {
        git = git_config_iterator_new(&it, config);
    }
    while (rc == 0 && git == 0 && (git = git_config_next(&entry, it)) == 0) {
        rc = judge_setting(r, entry, err);
    }
    if (rc == 0 && git != GIT_ITEROVER) {
        rc = ws_fail_git(err, WS_E_REPOSITORY, git, r->root,
                         "the repository's settings cannot be read");
    }
    git_config_iterator_free(it);
    git_config_free(config);
    return rc;
}

/* The settings of the main worktree alone, which libgit2 does not read. */
static int check_worktree_settings(struct ws_repo *r, struct ws_error *err)
{
    char *path = ws_path_join(r->git_dir, "config.worktree");
    git_config *config = NULL;
    int sparse = 0, rc = 0;

    if (ws_path_exists(path) && git_config_open_ondisk(&config, path) == 0 &&
        git_config_get_bool(&sparse, config, "core.sparsecheckout") == 0 && sparse != 0) {
        rc = refuse(
            r, err,
            "the checkout is sparse, which wsfsm cannot honour; undo it (git sparse-checkout "
            "disable) or use another clone");
    }
    git_config_free(config);
    free(path);
    return rc;
}

static int check_index(struct ws_repo *r, const struct ws_index_look *look, struct ws_error *err)
{
    if (look->problem != NULL) {
        return ws_fail(err, WS_E_REPOSITORY, r->root,
                       "the index cannot be read: %s; after git config --unset index.skipHash, "
                       "make it anew: rm .git/index && git reset",
                       look->problem);
    }
    if (strcmp(look->required, "link") == 0) {
        return refuse(r, err,
                      "the index is split, which wsfsm cannot read; undo it: git update-index "
                      "--no-split-index");
    }
    if (strcmp(look->required, "sdir") == 0) {
        return refuse(r, err,
                      "the index is sparse, which wsfsm cannot read; undo it: git sparse-checkout "
                      "disable");
    }
    return look->required[0] == '\0'
               ? 0
               : refuse(r, err,
                        "the index has an extension that wsfsm does not know; make it anew: rm "
                        ".git/index && git reset");
}

static int check_branches(struct ws_repo *r, struct ws_error *err)
{
    char oid[WS_OID_HEX];

    if (ws_repo_ref(oid, r, "refs/heads/ws", err) < 0) {
        return -1;
    }
    return oid[0] != '\0' ? refuse(r, err,
                                   "there is a branch named 'ws', and wsfsm's branches are named "
                                   "ws/RUN/WORKSTREAM; rename it: git branch -m ws OTHER")
                          : 0;
}

static int check_place(const char *path, struct ws_error *err)
{
    struct stat st;

    if (lstat(path, &st) == 0 && !S_ISDIR(st.st_mode)) {
        return ws_fail(err, WS_E_REPOSITORY, path,
                       "a folder of wsfsm's must be here, and something else is; move it away");
    }
    return 0;
}

static int check_base(struct ws_repo *r, const char *base_oid, struct ws_error *err)
{
    git_commit *commit = NULL;
    git_oid oid;
    int rc;

    if (ws_git_oid(&oid, base_oid, err) < 0) {
        return -1;
    }
    rc = git_commit_lookup(&commit, r->git, &oid);
    git_commit_free(commit);
    return rc < 0
               ? ws_fail_git(err, WS_E_REPOSITORY, rc, base_oid, "the base commit cannot be read")
               : ws_tracked_check_commit(r, &oid, err);
}

int ws_repo_preflight(struct ws_repo *r, const char *base_oid, bool ignore_filters,
                      struct ws_error *err)
{
    struct ws_index_look look;
    int rc = 0;

    ws_index_look(&look, r);
    if (check_worktree_settings(r, err) < 0 || check_settings(r, err) < 0 ||
        check_index(r, &look, err) < 0 || check_branches(r, err) < 0 ||
        ws_repo_check_own(r, NULL, err) < 0 || check_place(r->state_dir, err) < 0 ||
        check_place(r->worktrees, err) < 0 || check_base(r, base_oid, err) < 0 ||
        (!ignore_filters && ws_filters_check(r, base_oid, &look, err) < 0)) {
        rc = -1;
    }
    ws_index_look_release(&look);
    return rc;
}

/* A ref that stands where another needs a folder, or the other way round, cannot be beside it. */
static int check_branch(struct ws_repo *r, const char *run_id, const char *ws_id,
                        struct ws_error *err)
{
    char *run = ws_format("refs/heads/ws/%s", run_id), *branch = ws_format("%s/%s", run, ws_id);
    char *below = ws_format("%s/", branch),
         *mark = ws_format("refs/wsfsm/%s/%s/base", run_id, ws_id);
    char of_run[WS_OID_HEX], of_branch[WS_OID_HEX], ours[WS_OID_HEX];
    struct ws_strv deeper = {0};
    int rc = 0;

    if (ws_repo_ref(of_run, r, run, err) < 0 || ws_repo_ref(of_branch, r, branch, err) < 0 ||
        ws_repo_ref(ours, r, mark, err) < 0 || ws_repo_refs(&deeper, r, below, err) < 0) {
        rc = -1;
    } else if (of_run[0] != '\0' || deeper.len > 0 || (of_branch[0] != '\0' && ours[0] == '\0')) {
        const char *taken = of_run[0] != '\0' ? run : deeper.len > 0 ? deeper.items[0] : branch;

        rc = ws_fail(err, WS_E_REPOSITORY, taken,
                     "this branch is not wsfsm's and stands where the run's must go; rename it, or "
                     "give the run another id");
    }
    ws_strv_release(&deeper);
    free(run);
    free(branch);
    free(below);
    free(mark);
    return rc;
}

/* The folder that the record speaks of, and no other: a copy of the repository has one of its own
 * that wsfsm did not make. */
static bool is_free_or_ours(const struct ws_record *rec, bool recorded, const char *path)
{
    struct stat st;

    if (lstat(path, &st) < 0) {
        return true;
    }
    return recorded &&
           (rec->state != WS_RECORD_MADE || (st.st_dev == rec->dev && st.st_ino == rec->ino));
}

/* What prepare finds: nothing, or what it may put in order. */
static int check_worktree(struct ws_repo *r, const char *ws_id, struct ws_error *err)
{
    struct ws_record rec;
    char *path = ws_path_join(r->worktrees, ws_id);
    int known = ws_record_read(&rec, r, ws_id, err), rc = known < 0 ? -1 : 0;

    if (rc == 0 && !is_free_or_ours(&rec, known == 0, path)) {
        rc = ws_fail(err, WS_E_REPOSITORY, path,
                     "something is where the worktree must go, and wsfsm did not make it; move it "
                     "away");
    }
    if (known == 0) {
        struct ws_worktree *w = ws_admin_worktree(r, &rec);

        if (rc == 0) {
            rc = ws_admin_check_unlocked(w, err);
        }
        ws_worktree_close(w);
    }
    free(path);
    return rc;
}

int ws_worktree_admit(struct ws_repo *r, const char *run_id, const char *ws_id,
                      struct ws_error *err)
{
    int rc = check_worktree(r, ws_id, err);

    return rc == 0 && run_id != NULL ? check_branch(r, run_id, ws_id, err) : rc;
}

/* This run's worktree is there, and is gone on with as it is. */
static bool is_at_hand(const struct ws_worktree *w, const char *run_id)
{
    return w->rec.state == WS_RECORD_MADE && strcmp(w->rec.run_id, run_id) == 0 &&
           ws_path_exists(w->path);
}

int ws_worktree_admit_again(struct ws_repo *r, const char *run_id, const char *ws_id,
                            struct ws_error *err)
{
    struct ws_record rec;
    int known = ws_record_read(&rec, r, ws_id, err), rc = known < 0 ? -1 : 0;

    if (known == 0) {
        struct ws_worktree *w = ws_admin_worktree(r, &rec);

        rc = is_at_hand(w, run_id) ? 0 : ws_admin_check_unlocked(w, err);
        ws_worktree_close(w);
    }
    return rc == 0 ? ws_worktree_check_branch(r, run_id, ws_id, err) : rc;
}
