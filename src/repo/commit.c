/* Writing commits and reading their trailers. */
#include <stdlib.h>
#include <string.h>

#include "durable.h"
#include "internal.h"
#include "own.h"
#include "plain.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/mem.h"

static int signature(git_signature **out, struct ws_repo *r)
{
    return git_signature_now(out, ws_repo_user_name(r), ws_repo_user_email(r));
}

static int lookup_parents(git_commit *found[2], size_t *count, struct ws_repo *r,
                          const struct ws_commit *c, struct ws_error *err)
{
    for (size_t i = 0; i < 2 && c->parents[i] != NULL; i++) {
        git_oid oid;
        int rc;

        if (ws_git_oid(&oid, c->parents[i], err) < 0) {
            return -1;
        }
        rc = git_commit_lookup(&found[i], r->git, &oid);
        if (rc < 0) {
            return ws_fail_git(err, WS_E_REPOSITORY, rc, c->parents[i],
                               "the parent cannot be read");
        }
        *count = i + 1;
    }
    return 0;
}

int ws_repo_commit(char oid[WS_OID_HEX], struct ws_repo *r, const struct ws_commit *c,
                   struct ws_error *err)
{
    git_commit *parents[2] = {NULL, NULL};
    const git_commit *list[2];
    git_signature *who = NULL;
    git_tree *tree = NULL;
    size_t count = 0;
    git_oid made;
    int git = 0, rc = -1;

    if (ws_plain_git_dir(r->git_dir, WS_E_REPOSITORY, err) < 0 ||
        ws_own_objects(r, WS_E_REPOSITORY, err) < 0 || ws_git_tree(&tree, r, c->tree, err) < 0 ||
        lookup_parents(parents, &count, r, c, err) < 0) {
        goto out;
    }
    if (ws_durable_flush(r, err) < 0) {
        goto out;
    }
    list[0] = parents[0];
    list[1] = parents[1];
    git = signature(&who, r);
    if (git == 0) {
        git = git_commit_create(&made, r->git, NULL, who, who, NULL, c->message, tree, count, list);
    }
    if (git < 0) {
        ws_fail_git(err, WS_E_IO, git, r->git_dir, "the commit cannot be written");
        goto out;
    }
    ws_git_hex(oid, &made);
    ws_fault_point("repo.commit_written");
    rc = 0;
out:
    git_signature_free(who);
    git_tree_free(tree);
    git_commit_free(parents[0]);
    git_commit_free(parents[1]);
    return rc;
}

int ws_repo_commit_text(struct ws_buf *out, struct ws_repo *r, const char *oid,
                        struct ws_error *err)
{
    git_odb_object *object = NULL;
    git_oid id;
    int rc;

    if (ws_git_oid(&id, oid, err) < 0) {
        return -1;
    }
    rc = git_odb_read(&object, r->odb, &id);
    if (rc < 0) {
        return ws_fail_git(err, WS_E_REPOSITORY, rc, oid, "this commit cannot be read");
    }
    ws_buf_clear(out);
    ws_buf_add(out, git_odb_object_data(object), git_odb_object_size(object));
    git_odb_object_free(object);
    return 0;
}

int ws_repo_put_commit(struct ws_repo *r, const char *oid, const char *text, struct ws_error *err)
{
    git_oid id, made;
    int rc;

    if (ws_git_oid(&id, oid, err) < 0 || ws_plain_git_dir(r->git_dir, WS_E_REPOSITORY, err) < 0) {
        return -1;
    }
    rc = git_odb_hash(&made, text, strlen(text), GIT_OBJECT_COMMIT);
    if (rc == 0 && !git_oid_equal(&made, &id)) {
        return ws_fail(err, WS_E_INTEGRITY, oid, "this is not the commit of that id");
    }
    if (rc == 0) {
        rc = git_odb_write(&made, r->odb, text, strlen(text), GIT_OBJECT_COMMIT);
    }
    return rc < 0 ? ws_fail_git(err, WS_E_IO, rc, oid, "the commit cannot be written") : 0;
}

int ws_repo_trailer(struct ws_buf *out, struct ws_repo *r, const char *commit, const char *key,
                    struct ws_error *err)
{
    git_message_trailer_array trailers = {0};
    git_commit *c = NULL;
    git_oid oid;
    int rc;

    ws_buf_clear(out);
    if (ws_git_oid(&oid, commit, err) < 0) {
        return -1;
    }
    rc = git_commit_lookup(&c, r->git, &oid);
    if (rc == 0) {
        rc = git_message_trailers(&trailers, git_commit_message_raw(c));
    }
    for (size_t i = 0; rc == 0 && i < trailers.count; i++) {
        if (strcmp(trailers.trailers[i].key, key) == 0) {
            ws_buf_clear(out);
            ws_buf_puts(out, trailers.trailers[i].value);
        }
    }
    git_message_trailer_array_free(&trailers);
    git_commit_free(c);
    return rc < 0 ? ws_fail_git(err, WS_E_REPOSITORY, rc, commit, "this commit cannot be read") : 0;
}
