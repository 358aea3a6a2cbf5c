/* What an earlier run left in a worktree and on its branch, kept before either is used again. */
#include "prepare.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "content.h"
#include "mend_ref.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

/* --- keeping what an earlier run left --- */

/* Is the head, if there is one, the commit or before it? */
static bool continues(struct ws_repo *r, const char *commit, const char *head)
{
    git_oid a, b;

    return head[0] == '\0' || strcmp(head, commit) == 0 ||
           (git_oid_fromstr(&a, commit) == 0 && git_oid_fromstr(&b, head) == 0 &&
            git_graph_descendant_of(r->git, &a, &b) == 1);
}

/* 1: the snapshot holds this tree on this head, and its ref is in order; 0: it does not. */
static int is_snapshot_of(struct ws_worktree *w, const struct ws_content *content, const char *ref,
                          struct ws_error *err)
{
    char commit[WS_OID_HEX], tree[WS_OID_HEX];
    struct ws_error why;

    if (ws_repo_ref(commit, w->r, ref, err) < 0) {
        return -1;
    }
    int rc = commit[0] != '\0' ? ws_git_snapshot_tree(tree, w->r, commit, &why) : 1;
    if (rc < 0) {
        return ws_fail(err, why.code, ref, "%s: %s", why.where, why.message);
    }
    if (rc == 1) {
        return 0; /* a tool has made a ref there that leads nowhere, or to what is no snapshot */
    }
    if (strcmp(tree, content->tree) != 0 || !continues(w->r, commit, content->head)) {
        return 0;
    }
    /* Moved again: whoever was killed making it may have left git's lock beside it. */
    return ws_repo_move_ref(w->r, ref, commit, commit, err) < 0 ? -1 : 1;
}

/* A free name .../left-N; *known: a snapshot of this worktree's holds this tree on this head. */
static int left_name(char **ref, bool *known, struct ws_worktree *w,
                     const struct ws_content *content, struct ws_error *err)
{
    char *prefix = ws_format("refs/wsfsm/%s/%s/", w->rec.run_id, w->rec.ws_id);
    struct ws_strv refs = {0};
    int rc, is = 0;
    unsigned n = 1;

    ws_mend_refs(w->r); /* a name that is not listed would count as free */
    rc = ws_repo_refs(&refs, w->r, prefix, err);
    *ref = NULL;
    for (size_t i = 0; rc == 0 && i < refs.len && is == 0; i++) {
        is = is_snapshot_of(w, content, refs.items[i], err);
        rc = is < 0 ? -1 : 0;
    }
    *known = is == 1;
    while (rc == 0) {
        free(*ref);
        *ref = ws_format("%sleft-%u", prefix, n++);
        if (!ws_strv_has(&refs, *ref)) {
            break;
        }
    }
    ws_strv_release(&refs);
    free(prefix);
    return rc;
}

/* The branch itself keeps a content that is its tip's. */
static bool is_branch_tip(struct ws_worktree *w, const struct ws_content *content)
{
    char tip[WS_OID_HEX], tree[WS_OID_HEX];

    return ws_repo_ref(tip, w->r, w->branch, NULL) == 0 && strcmp(tip, content->head) == 0 &&
           tip[0] != '\0' && ws_repo_tree_of(tree, w->r, tip, NULL) == 0 &&
           strcmp(tree, content->tree) == 0;
}

/* Among what is special stand files that cannot be read, and names that git forbids. */
static bool has_content(const struct ws_worktree *w, const char *name)
{
    char *path = ws_path_join(w->path, name);
    struct stat st;
    bool has = lstat(path, &st) == 0 &&
               (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode));

    free(path);
    return has;
}

void ws_content_lost(struct ws_strv *out, const struct ws_worktree *w,
                     const struct ws_content *content)
{
    ws_strv_copy(out, &content->too_large);
    ws_strv_copy(out, &content->closed);
    for (size_t i = 0; i < content->nested.len; i++) {
        ws_strv_take(out, ws_path_join(content->nested.items[i], ".git"));
    }
    for (size_t i = 0; i < content->special.len; i++) {
        if (has_content(w, content->special.items[i])) {
            ws_strv_add(out, content->special.items[i]);
        }
    }
    ws_strv_sort(out);
}

/* Under a free name, unless a snapshot holds it already. */
static int keep_left(char **ref, struct ws_worktree *w, const struct ws_content *content,
                     struct ws_error *err)
{
    bool known = false;
    int rc = left_name(ref, &known, w, content, err);

    if (rc == 0 && !known) {
        rc = ws_worktree_snapshot(w, *ref, content, "wsfsm: what was left in the worktree\n", err);
    }
    if (rc < 0 || known) {
        free(*ref);
        *ref = NULL;
    }
    return rc;
}

int ws_worktree_keep(char **ref, struct ws_strv *lost, struct ws_worktree *w, struct ws_error *err)
{
    struct ws_content content;
    int rc = 0;

    *ref = NULL;
    if (ws_worktree_content(&content, w, err) < 0) {
        return -1;
    }
    if (lost != NULL) {
        ws_content_lost(lost, w, &content);
    }
    if (!is_branch_tip(w, &content)) {
        rc = keep_left(ref, w, &content, err);
    }
    ws_content_release(&content);
    return rc;
}

int ws_worktree_keep_since(char **ref, struct ws_worktree *w, const struct ws_content *content,
                           const char *snapshot, const char *start, struct ws_error *err)
{
    char kept[WS_OID_HEX];
    bool mixed = false;

    *ref = NULL;
    if (ws_repo_tree_of(kept, w->r, snapshot, err) < 0 ||
        ws_tree_is_mixed(&mixed, w->r, content->tree, kept, start, err) < 0) {
        return -1;
    }
    bool known = mixed && (strcmp(content->head, w->rec.base) == 0 ||
                           continues(w->r, snapshot, content->head));
    return known ? 0 : keep_left(ref, w, content, err);
}

/* --- the branch --- */

/* The branch at the base, whoever was there before: ours is known by the mark
 * refs/wsfsm/RUN/WS/base; commits that only it held are kept under left-N. A branch without the
 * mark is somebody else's. */
static int keep_branch(struct ws_worktree *w, const char *tip, const char *mark,
                       struct ws_error *err)
{
    struct ws_content content = {0};
    char *name = NULL;
    bool known = false;
    int rc;

    if (mark[0] == '\0') {
        return ws_fail(err, WS_E_REPOSITORY, w->branch,
                       "a branch of this name exists and is not wsfsm's; rename or delete it");
    }
    memcpy(content.head, tip, WS_OID_HEX);
    rc = ws_repo_tree_of(content.tree, w->r, tip, err);
    if (rc == 0) {
        rc = left_name(&name, &known, w, &content, err);
    }
    if (rc == 0 && !known) {
        rc = ws_repo_move_ref(w->r, name, NULL, tip, err);
    }
    free(name);
    return rc;
}

int ws_worktree_make_branch(struct ws_worktree *w, struct ws_error *err)
{
    char *mark_name = ws_format("refs/wsfsm/%s/%s/base", w->rec.run_id, w->rec.ws_id);
    char mark[WS_OID_HEX], tip[WS_OID_HEX];
    int rc = -1;

    if (ws_repo_ref(mark, w->r, mark_name, err) < 0 || ws_repo_ref(tip, w->r, w->branch, err) < 0) {
        goto out;
    }
    if (tip[0] != '\0' && strcmp(tip, w->rec.base) != 0 && keep_branch(w, tip, mark, err) < 0) {
        goto out;
    }
    if (strcmp(mark, w->rec.base) != 0 &&
        ws_repo_move_ref(w->r, mark_name, mark, w->rec.base, err) < 0) {
        goto out;
    }
    ws_fault_point("repo.mark_made");
    rc = strcmp(tip, w->rec.base) == 0 ? 0
                                       : ws_repo_move_ref(w->r, w->branch, tip, w->rec.base, err);
    ws_fault_point("repo.branch_made");
out:
    free(mark_name);
    return rc;
}
