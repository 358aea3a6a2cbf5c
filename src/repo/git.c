#include "internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <git2/sys/repository.h>

#include "plain.h"
#include "wsfsm/base/buf.h"

int ws_git_begin(struct ws_error *err)
{
    int rc = git_libgit2_init();

    if (rc < 0) {
        return ws_fail_git(err, WS_E_INTERNAL, rc, NULL, "libgit2 does not start");
    }
    if (rc == 1) {
        git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
        git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 1);
    }
    return 0;
}

void ws_git_end(void)
{
    git_libgit2_shutdown();
}

const char *ws_git_message(void)
{
    const git_error *e = git_error_last();

    return e != NULL && e->message != NULL ? e->message : "no reason given";
}

int ws_fail_git(struct ws_error *err, enum ws_code code, int rc, const char *where,
                const char *format, ...)
{
    const char *said = ws_git_message();
    struct ws_buf text = {0};
    va_list ap;

    va_start(ap, format);
    ws_buf_vprintf(&text, format, ap);
    va_end(ap);
    if (strstr(said, "No space left on device") != NULL || strstr(said, "quota exceeded") != NULL) {
        code = WS_E_DISK_FULL;
    }
    ws_fail(err, code, where, "%s: %s (libgit2 %d)", ws_buf_str(&text), said, rc);
    ws_buf_release(&text);
    return -1;
}

int ws_git_oid(git_oid *out, const char *hex, struct ws_error *err)
{
    if (hex == NULL || strlen(hex) != GIT_OID_HEXSZ || git_oid_fromstr(out, hex) < 0) {
        return ws_fail(err, WS_E_INTERNAL, NULL, "'%s' is not an object id",
                       hex != NULL ? hex : "");
    }
    return 0;
}

void ws_git_hex(char out[WS_OID_HEX], const git_oid *oid)
{
    git_oid_tostr(out, WS_OID_HEX, oid);
}

int ws_git_tree(git_tree **out, struct ws_repo *r, const char *id, struct ws_error *err)
{
    git_object *object = NULL, *tree = NULL;
    git_oid oid;
    int rc;

    *out = NULL;
    if (ws_git_oid(&oid, id, err) < 0) {
        return -1;
    }
    rc = git_object_lookup(&object, r->git, &oid, GIT_OBJECT_ANY);
    if (rc == 0 && git_object_type(object) == GIT_OBJECT_COMMIT) { /* peeling hides why it fails */
        rc = git_commit_tree((git_tree **)&tree, (git_commit *)object);
    } else if (rc == 0) {
        rc = git_object_peel(&tree, object, GIT_OBJECT_TREE);
    }
    git_object_free(object);
    if (rc < 0) {
        return ws_fail_git(err, WS_E_REPOSITORY, rc, id, "this tree cannot be read");
    }
    *out = (git_tree *)tree;
    return 0;
}

int ws_git_entry(git_tree_entry **out, const git_tree *tree, const char *path, struct ws_error *err)
{
    int rc;

    *out = NULL;
    rc = git_tree_entry_bypath(out, tree, path);
    if (rc < 0 && rc != GIT_ENOTFOUND) { /* a name; a tree that is missing is another error */
        return ws_fail_git(err, WS_E_REPOSITORY, rc, path, "cannot be looked up in its tree");
    }
    return 0;
}

int ws_git_snapshot_tree(char tree[WS_OID_HEX], struct ws_repo *r, const char *id,
                         struct ws_error *err)
{
    git_commit *commit = NULL;
    git_tree *found = NULL;
    git_oid oid;

    if (ws_git_oid(&oid, id, err) < 0) {
        return -1;
    }
    int rc = git_commit_lookup(&commit, r->git, &oid);
    if (rc == 0) {
        rc = git_commit_tree(&found, commit);
    }
    if (rc == 0) {
        ws_git_hex(tree, git_tree_id(found));
    }
    git_tree_free(found);
    git_commit_free(commit);
    if (rc == GIT_ENOTFOUND) {
        return 1;
    }
    return rc < 0 ? ws_fail_git(err, WS_E_REPOSITORY, rc, id, "this commit cannot be read") : 0;
}

/* The same path, but for the '/' that libgit2 ends it with. */
static bool is_folder(const char *with_slash, const char *path)
{
    size_t len = strlen(path);

    return strncmp(with_slash, path, len) == 0 && strcmp(with_slash + len, "/") == 0;
}

int ws_git_view(git_repository **out, struct ws_repo *r, const char *workdir, struct ws_error *err)
{
    git_repository *view = NULL;
    git_index *index = NULL;
    int rc = git_repository_open_ext(&view, r->git_dir, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL);

    /* libgit2 1.5 leaks when it is told what it is set to already */
    if (rc == 0 && (git_repository_workdir(view) == NULL ||
                    !is_folder(git_repository_workdir(view), workdir))) {
        rc = git_repository_set_workdir(view, workdir, 0);
    }
    if (rc == 0) {
        rc = git_repository_set_odb(view, r->odb);
    }
    if (rc == 0) {
        rc = git_index_new(&index);
    }
    if (rc == 0) {
        rc = git_repository_set_index(view, index);
    }
    git_index_free(index);
    if (rc < 0) {
        ws_fail_git(err, WS_E_REPOSITORY, rc, workdir,
                    "the repository cannot be opened for this folder");
        git_repository_free(view);
        return -1;
    }
    if (ws_plain_named_rules(view, err) < 0) {
        git_repository_free(view);
        return -1;
    }
    *out = view;
    return 0;
}
