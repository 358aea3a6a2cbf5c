/* A worktree that is there: opened, put back, settled. */
#include "wsfsm/repo/worktree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "content.h"
#include "prepare.h"
#include "remove_tree.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

int ws_worktree_open(struct ws_worktree **out, struct ws_repo *r,
                     const struct ws_worktree_spec *spec, struct ws_error *err)
{
    struct ws_record rec;
    struct ws_worktree *w;
    int rc = ws_record_read(&rec, r, spec->ws_id, err);

    *out = NULL;
    if (rc < 0) {
        return -1;
    }
    if (rc == 1 || rec.state != WS_RECORD_MADE || strcmp(rec.run_id, spec->run_id) != 0) {
        ws_record_release(&rec);
        return ws_fail(err, WS_E_UNKNOWN_ID, spec->ws_id, "run %s has no worktree", spec->run_id);
    }
    w = ws_admin_worktree(r, &rec);
    if (!ws_path_exists(w->path)) {
        ws_worktree_close(w);
        return ws_fail(err, WS_E_UNKNOWN_ID, spec->ws_id, "the worktree of run %s is gone",
                       spec->run_id);
    }
    if (ws_admin_follow_move(w, err) < 0 || ws_worktree_check(w, err) < 0) {
        ws_worktree_close(w);
        return -1;
    }
    *out = w;
    return 0;
}

/* Removes what stands at a path of the worktree, walking there without following links; `below`: a
 * name in that folder. A way that is no longer there is fine. */
static int remove_path(int top, const char *path, const char *below, struct ws_error *err)
{
    char *copy = below != NULL ? ws_path_join(path, below) : ws_strdup(path);
    int dir = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
    char *at = copy, *slash;

    while (dir >= 0 && (slash = strchr(at, '/')) != NULL) {
        int next;

        *slash = '\0';
        next = openat(dir, at, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        close(dir);
        dir = next;
        at = slash + 1;
    }
    if (dir >= 0) {
        rc = ws_remove_at(dir, at, path, err);
        close(dir);
    }
    free(copy);
    return rc;
}

/* What no tree can hold goes too: the next attempt starts from what this one found. */
static int remove_oddities(struct ws_worktree *w, const struct ws_content *content,
                           struct ws_error *err)
{
    const struct ws_strv *const whole[] = {&content->special, &content->closed,
                                           &content->too_large};
    int fd, rc = 0;

    if (ws_admin_open_folder(&fd, w, err) < 0) {
        return -1;
    }
    for (size_t i = 0; rc == 0 && i < content->nested.len; i++) {
        rc = remove_path(fd, content->nested.items[i], ".git", err);
    }
    for (size_t list = 0; list < sizeof whole / sizeof *whole; list++) {
        for (size_t i = 0; rc == 0 && i < whole[list]->len; i++) {
            rc = remove_path(fd, whole[list]->items[i], NULL, err);
        }
    }
    close(fd);
    return rc;
}

static int move_branch(struct ws_worktree *w, const char *from, const char *commit,
                       struct ws_error *err)
{
    return strcmp(from, commit) == 0 ? 0 : ws_repo_move_ref(w->r, w->branch, from, commit, err);
}

/* May the branch, as it stands, go to this commit, and all the rest with it? Whoever moves it after
 * that is not overruled. */
static int look_and_ask(char branch[WS_OID_HEX], struct ws_worktree *w, const char *commit,
                        const struct ws_consent *consent, struct ws_error *err)
{
    if (ws_repo_ref(branch, w->r, w->branch, err) < 0 ||
        (strcmp(branch, commit) != 0 &&
         ws_worktree_check_branch(w->r, w->rec.run_id, w->rec.ws_id, err) < 0)) {
        return -1;
    }
    return consent != NULL ? consent->ask(consent->payload, err) : 0;
}

int ws_worktree_restore(struct ws_worktree *w, const char *tree, const char *commit,
                        const struct ws_consent *consent, struct ws_error *err)
{
    char commit_tree[WS_OID_HEX], branch[WS_OID_HEX];
    struct ws_content content;
    struct ws_node root;
    git_oid want, index;
    int rc = -1;

    if (ws_git_oid(&want, tree, err) < 0 || ws_repo_tree_of(commit_tree, w->r, commit, err) < 0 ||
        ws_git_oid(&index, commit_tree, err) < 0 || ws_content_look(&content, &root, w, err) < 0) {
        return -1;
    }
    if (look_and_ask(branch, w, commit, consent, err) < 0 ||
        remove_oddities(w, &content, err) < 0) {
        goto out;
    }
    /* A file too large to be stored was removed above: let it be written again. */
    if (content.too_large.len + content.special.len + content.closed.len + content.nested.len > 0) {
        ws_content_release(&content);
        ws_node_release(&root);
        if (ws_content_look(&content, &root, w, err) < 0) {
            return -1;
        }
    }
    ws_fault_point("repo.before_restore");
    if (ws_content_put(&root, w, &want, false, err) < 0 ||
        move_branch(w, branch, commit, err) < 0) {
        goto out;
    }
    ws_fault_point("repo.restored");
    if (ws_admin_reset(w, &root, &index, err) == 0) {
        rc = ws_content_keep(&root, w, err);
    }
out:
    ws_content_release(&content);
    ws_node_release(&root);
    return rc;
}

int ws_worktree_settle(struct ws_worktree *w, const char *commit, struct ws_error *err)
{
    struct ws_content content;
    struct ws_node root;
    git_tree *tree = NULL;
    int rc;

    if (ws_git_tree(&tree, w->r, commit, err) < 0) {
        return -1;
    }
    rc = ws_content_look(&content, &root, w, err);
    if (rc == 0) {
        rc = ws_admin_write_index(w, &root, git_tree_id(tree), err);
        ws_content_release(&content);
        ws_node_release(&root);
    }
    git_tree_free(tree);
    return rc;
}
