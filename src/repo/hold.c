/* Trees of a run's that git's housekeeping must leave alone: is a ref there that holds one, and is
 * all of it there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "admin.h"
#include "plain.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"

/* --- held by a ref --- */

/* 1: it does. A ref that leads nowhere holds nothing. */
static int ref_holds(struct ws_repo *r, const char *ref, const char *tree, struct ws_error *err)
{
    char commit[WS_OID_HEX], held[WS_OID_HEX];

    if (ws_repo_ref(commit, r, ref, err) < 0) {
        return -1;
    }
    return commit[0] != '\0' && ws_repo_tree_of(held, r, commit, NULL) == 0 &&
           strcmp(held, tree) == 0;
}

/* By their names, from the newest on: a list of all refs would cost as much as the user has. */
int ws_worktree_holds(bool *held, struct ws_worktree *w, int64_t seq, const char *tree,
                      struct ws_error *err)
{
    static const char *const kinds[] = {"", WS_REF_START, WS_REF_CHANGE};
    char base[WS_OID_HEX];
    int is = 0;

    if (ws_repo_tree_of(base, w->r, w->rec.base, err) < 0) {
        return -1;
    }
    *held = strcmp(base, tree) == 0;
    for (; seq > 0 && !*held && is >= 0; seq--) {
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds && is == 0; i++) {
            char *ref = ws_format("refs/wsfsm/%s/%s/%lld%s", w->rec.run_id, w->rec.ws_id,
                                  (long long)seq, kinds[i]);

            is = ref_holds(w->r, ref, tree, err);
            free(ref);
        }
        *held = is == 1;
    }
    return is < 0 ? -1 : 0;
}

int ws_worktree_hold(struct ws_worktree *w, const char *ref, const char *tree, const char *message,
                     struct ws_error *err)
{
    struct ws_content content = {0};

    memcpy(content.tree, tree, WS_OID_HEX);
    memcpy(content.head, w->rec.base, WS_OID_HEX);
    return ws_worktree_snapshot(w, ref, &content, message, err);
}

bool ws_ref_is_snapshot(const char *ref)
{
    const char *name = ws_path_base(ref);

    return strcmp(name, "end") != 0 && strcmp(name, "base") != 0 &&
           !ws_ends_with(name, WS_REF_START) && !ws_ends_with(name, WS_REF_CHANGE);
}

/* --- there as a whole --- */

/* libgit2 remembers trees that it has read, and packs that it has opened. So this asks an object
 * database of its own, which knows nothing but what the disk has now. */
static int open_afresh(git_repository **out, struct ws_repo *r)
{
    char *objects = ws_path_join(r->git_dir, "objects");
    git_odb *odb = NULL;
    int rc = git_odb_open(&odb, objects);

    if (rc == 0) {
        rc = ws_plain_objects(odb, r->git_dir);
    }
    if (rc == 0) {
        rc = git_repository_wrap_odb(out, odb);
    }
    git_odb_free(odb);
    free(objects);
    return rc;
}

struct look {
    git_repository *git;
    git_odb *odb;
    git_oid missing;
    int error; /* errno: libgit2 takes what a failing disk hides for absent */
};

static int look_at_tree(struct look *l, const git_oid *id, const git_tree *known);

/* What the known tree has under the same name is there. */
static int look_at_entry(struct look *l, const git_tree_entry *e, const git_tree *known)
{
    const git_tree_entry *old =
        known != NULL ? git_tree_entry_byname(known, git_tree_entry_name(e)) : NULL;
    const git_oid *id = git_tree_entry_id(e);
    git_tree *below = NULL;
    int rc = 0;

    if ((old != NULL && git_oid_equal(git_tree_entry_id(old), id)) ||
        git_tree_entry_type(e) == GIT_OBJECT_COMMIT) {
        return 0;
    }
    if (git_tree_entry_type(e) != GIT_OBJECT_TREE) {
        l->missing = *id;
        errno = 0;
        rc = git_odb_exists(l->odb, id) == 1 ? 0 : GIT_ENOTFOUND;
        l->error = errno;
        return rc;
    }
    if (old != NULL && git_tree_entry_type(old) == GIT_OBJECT_TREE) {
        l->missing = *git_tree_entry_id(old);
        rc = git_tree_lookup(&below, l->git, git_tree_entry_id(old));
    }
    if (rc == 0) {
        rc = look_at_tree(l, id, below);
    }
    git_tree_free(below);
    return rc;
}

static int look_at_tree(struct look *l, const git_oid *id, const git_tree *known)
{
    git_tree *tree = NULL;
    int rc;

    l->missing = *id;
    errno = 0;
    rc = git_tree_lookup(&tree, l->git, id);
    l->error = errno;
    for (size_t i = 0; rc == 0 && i < git_tree_entrycount(tree); i++) {
        rc = look_at_entry(l, git_tree_entry_byindex(tree, i), known);
    }
    git_tree_free(tree);
    return rc;
}

static int peel(git_tree **out, struct look *l, const git_oid *id)
{
    git_object *object = NULL, *tree = NULL;
    int rc;

    l->missing = *id;
    errno = 0;
    rc = git_object_lookup(&object, l->git, id, GIT_OBJECT_ANY);
    if (rc == 0) {
        rc = git_object_peel(&tree, object, GIT_OBJECT_TREE);
    }
    l->error = errno;
    *out = (git_tree *)tree;
    git_object_free(object);
    return rc;
}

static int look_at_all(struct look *l, const git_oid *id, const git_oid *base)
{
    git_tree *known = NULL, *tree = NULL;
    int rc = git_repository_odb(&l->odb, l->git);

    if (rc == 0) {
        rc = peel(&known, l, base);
    }
    if (rc == 0) {
        rc = peel(&tree, l, id);
    }
    if (rc == 0 && !git_oid_equal(git_tree_id(tree), git_tree_id(known))) {
        rc = look_at_tree(l, git_tree_id(tree), known);
    }
    git_tree_free(tree);
    git_tree_free(known);
    git_odb_free(l->odb);
    return rc;
}

int ws_repo_check_stored(struct ws_repo *r, const char *tree, const char *base,
                         struct ws_error *err)
{
    char missing[WS_OID_HEX];
    struct look l = {0};
    git_oid id, base_id;
    int rc;

    if (ws_git_oid(&id, tree, err) < 0 || ws_git_oid(&base_id, base, err) < 0 ||
        ws_plain_git_dir(r->git_dir, WS_E_REPOSITORY, err) < 0) {
        return -1;
    }
    rc = open_afresh(&l.git, r);
    if (rc < 0) {
        ws_fail_git(err, WS_E_REPOSITORY, rc, r->git_dir, "the object database cannot be opened");
        return -1;
    }
    rc = look_at_all(&l, &id, &base_id);
    ws_git_hex(missing, &l.missing);
    if (rc == GIT_ENOTFOUND && ws_errno_is_trouble(l.error)) {
        errno = l.error;
        ws_fail_errno(err, WS_E_IO, r->git_dir, "object %s cannot be read", missing);
    } else if (rc == GIT_ENOTFOUND) {
        ws_fail(err, WS_E_REPOSITORY, tree,
                "object %s of this tree is not in the repository any more: was a ref below "
                "refs/wsfsm deleted, and git gc or git prune called?",
                missing);
    } else if (rc < 0) {
        ws_fail_git(err, WS_E_REPOSITORY, rc, missing, "this object cannot be read");
    }
    git_repository_free(l.git);
    return rc < 0 ? -1 : 0;
}
