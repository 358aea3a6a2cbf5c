/* Reading trees: what is at a path, every path, a file's bytes; and the base that a name stands
 * for. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "own.h"
#include "plain.h"
#include "wsfsm/base/mem.h"

int ws_repo_tree_of(char tree[WS_OID_HEX], struct ws_repo *r, const char *commit,
                    struct ws_error *err)
{
    git_tree *t = NULL;

    if (ws_git_tree(&t, r, commit, err) < 0) {
        return -1;
    }
    ws_git_hex(tree, git_tree_id(t));
    git_tree_free(t);
    return 0;
}

int ws_repo_look(enum ws_entry *out, struct ws_repo *r, const char *tree, const char *path,
                 struct ws_error *err)
{
    git_tree_entry *entry = NULL;
    git_tree *t = NULL;
    int rc = ws_git_tree(&t, r, tree, err);

    *out = WS_ENTRY_ABSENT;
    if (rc == 0) {
        rc = ws_git_entry(&entry, t, path, err);
    }
    if (entry != NULL) {
        *out = git_tree_entry_type(entry) == GIT_OBJECT_TREE ? WS_ENTRY_DIR : WS_ENTRY_FILE;
    }
    git_tree_entry_free(entry);
    git_tree_free(t);
    return rc;
}

int ws_repo_tree_without(char out[WS_OID_HEX], struct ws_repo *r, const char *tree,
                         const struct ws_strv *paths, struct ws_error *err)
{
    git_index *index = NULL;
    git_tree *t = NULL;
    git_oid oid;

    if (ws_own_objects(r, WS_E_REPOSITORY, err) < 0 || ws_git_tree(&t, r, tree, err) < 0) {
        return -1;
    }
    int rc = git_index_new(&index);
    if (rc == 0) {
        rc = git_index_read_tree(index, t);
    }
    for (size_t i = 0; rc == 0 && i < paths->len; i++) {
        rc = git_index_remove(index, paths->items[i], 0);
        if (rc == GIT_ENOTFOUND) {
            rc = 0;
        }
    }
    if (rc == 0) {
        rc = git_index_write_tree_to(&oid, index, r->git);
    }
    git_index_free(index);
    git_tree_free(t);
    if (rc < 0) {
        return ws_fail_git(err, WS_E_REPOSITORY, rc, tree, "a tree cannot be written");
    }
    ws_git_hex(out, &oid);
    return 0;
}

int ws_repo_paths_in(struct ws_strv *out, struct ws_repo *r, const char *tree,
                     const struct ws_strv *paths, struct ws_error *err)
{
    git_tree *t = NULL;
    int rc = 0;

    if (paths->len == 0) {
        return 0;
    }
    if (ws_git_tree(&t, r, tree, err) < 0) {
        return -1;
    }
    for (size_t i = 0; rc == 0 && i < paths->len; i++) {
        git_tree_entry *entry;

        rc = ws_git_entry(&entry, t, paths->items[i], err);
        if (entry != NULL) {
            ws_strv_add(out, paths->items[i]);
        }
        git_tree_entry_free(entry);
    }
    git_tree_free(t);
    return rc;
}

struct walk {
    int (*each)(void *payload, const char *path);
    void *payload;
    struct ws_buf path;
    int answer;
};

static int visit(const char *root, const git_tree_entry *entry, void *payload)
{
    struct walk *w = payload;

    if (git_tree_entry_type(entry) == GIT_OBJECT_TREE) {
        return 0;
    }
    ws_buf_clear(&w->path);
    ws_buf_puts(&w->path, root);
    ws_buf_puts(&w->path, git_tree_entry_name(entry));
    w->answer = w->each(w->payload, ws_buf_str(&w->path));
    return w->answer != 0 ? GIT_EUSER : 0;
}

int ws_repo_walk(struct ws_repo *r, const char *tree, int (*each)(void *payload, const char *path),
                 void *payload, struct ws_error *err)
{
    struct walk w = {.each = each, .payload = payload};
    git_tree *t = NULL;
    int rc;

    if (ws_git_tree(&t, r, tree, err) < 0) {
        return -1;
    }
    rc = git_tree_walk(t, GIT_TREEWALK_PRE, visit, &w);
    git_tree_free(t);
    ws_buf_release(&w.path);
    if (w.answer != 0) {
        return w.answer;
    }
    return rc < 0 ? ws_fail_git(err, WS_E_REPOSITORY, rc, tree, "this tree cannot be read") : 0;
}

static int read_blob(struct ws_buf *out, struct ws_repo *r, const git_oid *oid, const char *path,
                     size_t limit, struct ws_error *err)
{
    git_odb_object *object = NULL;
    git_object_t type;
    size_t len;
    int rc = git_odb_read_header(&len, &type, r->odb, oid);

    if (rc == 0 && len > limit) {
        return ws_fail(err, WS_E_REPOSITORY, path, "the file has %zu bytes; at most %zu are read",
                       len, limit);
    }
    if (rc == 0) {
        rc = git_odb_read(&object, r->odb, oid);
    }
    if (rc < 0) {
        return ws_fail_git(err, WS_E_REPOSITORY, rc, path, "the file's content cannot be read");
    }
    ws_buf_clear(out);
    ws_buf_add(out, git_odb_object_data(object), git_odb_object_size(object));
    git_odb_object_free(object);
    return 0;
}

int ws_repo_blob(struct ws_buf *out, struct ws_repo *r, const char *tree, const char *path,
                 size_t limit, struct ws_error *err)
{
    git_tree_entry *entry = NULL;
    git_tree *t = NULL;
    int rc = ws_git_tree(&t, r, tree, err);

    if (rc == 0) {
        rc = ws_git_entry(&entry, t, path, err);
    }
    if (rc == 0 && (entry == NULL || git_tree_entry_type(entry) != GIT_OBJECT_BLOB)) {
        rc = ws_fail(err, WS_E_UNKNOWN_ID, path, "the base has no such file");
    } else if (rc == 0) {
        rc = read_blob(out, r, git_tree_entry_id(entry), path, limit, err);
    }
    git_tree_entry_free(entry);
    git_tree_free(t);
    return rc;
}

static int unborn(struct ws_repo *r, struct ws_error *err)
{
    return ws_fail(err, WS_E_REPOSITORY, r->root,
                   "the repository has no commit yet; make a first one (git commit) and try again");
}

static int resolve_head(char oid[WS_OID_HEX], char **name, struct ws_repo *r, struct ws_error *err)
{
    git_reference *head = NULL;
    int rc;

    if (ws_plain_ref(r, "HEAD", err) < 0) {
        return -1;
    }
    rc = git_repository_head(&head, r->git);
    if (rc == GIT_EUNBORNBRANCH || rc == GIT_ENOTFOUND) {
        return unborn(r, err);
    }
    if (rc < 0) {
        return ws_fail_git(err, WS_E_REPOSITORY, rc, r->root, "HEAD cannot be read");
    }
    ws_git_hex(oid, git_reference_target(head));
    *name =
        git_reference_is_branch(head) ? ws_strdup(git_reference_shorthand(head)) : ws_strdup(oid);
    git_reference_free(head);
    return 0;
}

/* A branch before anything else of that name; then what revision syntax makes of it. */
static int lookup(git_object **out, struct ws_repo *r, const char *ref)
{
    git_reference *branch = NULL;
    int rc = git_branch_lookup(&branch, r->git, ref, GIT_BRANCH_LOCAL);

    if (rc == 0) {
        rc = git_reference_peel(out, branch, GIT_OBJECT_COMMIT);
        git_reference_free(branch);
        return rc;
    }
    return git_revparse_single(out, r->git, ref);
}

int ws_repo_resolve_base(char oid[WS_OID_HEX], char **name, struct ws_repo *r, const char *ref,
                         struct ws_error *err)
{
    git_object *object = NULL, *commit = NULL;
    int rc;

    *name = NULL;
    if (ref == NULL) {
        return resolve_head(oid, name, r, err);
    }
    if (ws_plain_refs(r, WS_E_REPOSITORY, err) < 0) {
        return -1;
    }
    rc = lookup(&object, r, ref);
    if (rc == 0) {
        rc = git_object_peel(&commit, object, GIT_OBJECT_COMMIT);
    }
    git_object_free(object);
    if (rc < 0) {
        if (git_repository_is_empty(r->git) == 1) {
            return unborn(r, err);
        }
        return ws_fail(err, WS_E_REPOSITORY, ref,
                       "the base is no branch, tag or commit of this repository");
    }
    ws_git_hex(oid, git_object_id(commit));
    git_object_free(commit);
    *name = ws_strdup(ref);
    return 0;
}
