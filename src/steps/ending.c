#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/fault.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"
#include "wsfsm/doc/doc.h"
#include "wsfsm/steps/environment.h"
#include "wsfsm/steps/lifecycle.h"

enum { SUBJECT_MAX = 72 };

static void add_trailers(struct ws_buf *out, const struct ws_context *c,
                         const struct ws_sealed *sealed)
{
    ws_buf_printf(out, "Wsfsm-Run: %s\nWsfsm-Workstream: %s\nWsfsm-History: %s\n", c->run_id,
                  c->ws_id, sealed->hash);
}

/* A line of a bundle inside a commit message: no control characters, and no line of its own to fake
 * a trailer with. */
static void add_line(struct ws_buf *out, const char *text, size_t max)
{
    struct ws_buf line = {0};
    size_t len = strcspn(text, "\r\n");
    ws_escape_line(&line, text, len);
    size_t end = line.len;
    if (end > max) {
        end = max;
        while (end && ((unsigned char)line.data[end] & 0xC0) == 0x80)
            end--;
    }
    if (end)
        ws_buf_add(out, line.data, end);
    ws_buf_release(&line);
}

/* It goes out with the branch, so that a secret in a task must not stand in it. */
static void write_message(struct ws_buf *out, const struct ws_context *c,
                          const struct ws_sealed *sealed)
{
    const struct ws_workstream *ws = &c->plan->workstream;
    struct ws_strv tasks = {0}, secrets = {0};
    const char *what = ws->title ? ws->title : ws->tasks.len ? ws->tasks.items[0] : "done";
    ws_plan_secrets(&secrets, c->plan);
    ws_strv_copy(&tasks, &ws->tasks);
    ws_redact_each(&tasks, &secrets);
    char *subject = ws_redacted(what, &secrets);
    ws_buf_printf(out, "%s: ", c->ws_id);
    add_line(out, subject, SUBJECT_MAX);
    ws_buf_puts(out, "\n\n");
    for (size_t i = 0; i < tasks.len; i++) {
        ws_buf_puts(out, "- ");
        add_line(out, tasks.items[i], 1000);
        ws_buf_putc(out, '\n');
    }
    if (tasks.len)
        ws_buf_putc(out, '\n');
    add_trailers(out, c, sealed);
    free(subject);
    ws_strv_release(&tasks);
    ws_strv_release(&secrets);
}

static int make_commit(char oid[WS_OID_HEX], const struct ws_context *c,
                       const struct ws_sealed *sealed, struct ws_error *err)
{
    struct ws_buf message = {0};
    write_message(&message, c, sealed);
    const struct ws_commit commit = {
        .tree = c->facts.change,
        .parents = {c->plan->base_oid},
        .message = ws_buf_str(&message),
    };
    int rc = ws_repo_check_stored(c->repo, c->facts.change, c->plan->base_oid, err);
    if (rc == 0)
        rc = ws_repo_commit(oid, c->repo, &commit, err);
    ws_buf_release(&message);
    return rc;
}

static int make_anchor(char oid[WS_OID_HEX], const struct ws_context *c, const char *commit,
                       const struct ws_state *final, const struct ws_sealed *sealed,
                       struct ws_error *err)
{
    struct ws_buf message = {0};
    char tree[WS_OID_HEX];
    const char *parent = commit[0] ? commit : c->plan->base_oid;
    ws_buf_printf(&message, "wsfsm: %s ended in %s\n\n", c->ws_id, final->name);
    add_trailers(&message, c, sealed);
    ws_buf_printf(&message, "Wsfsm-Database: %s\n", ws_store_id(c->store));
    int rc = ws_repo_tree_of(tree, c->repo, parent, err);
    if (rc == 0) {
        const struct ws_commit anchor = {
            .tree = tree, .parents = {parent}, .message = ws_buf_str(&message)};
        rc = ws_repo_commit(oid, c->repo, &anchor, err);
    }
    ws_buf_release(&message);
    return rc;
}

/* No ref leads to these objects before the effect is carried out, and git's housekeeping may come
 * before that: their bytes are kept, so that they can be written again. */
static int add_text(struct ws_buf *out, const struct ws_context *c, const char *key,
                    const char *oid, struct ws_error *err)
{
    struct ws_buf text = {0};
    int rc = ws_repo_commit_text(&text, c->repo, oid, err);
    ws_json_key(out, key);
    ws_json_path(out, ws_buf_str(&text)); /* an author's name may be no UTF-8 */
    ws_buf_release(&text);
    return rc;
}

static char *describe(const struct ws_context *c, const char *branch, const char *expect,
                      const char *commit, const char *anchor, struct ws_error *err)
{
    struct ws_buf out = {0};
    int rc = 0;
    ws_json_open(&out, '{');
    ws_json_kstr(&out, "kind", "end");
    ws_json_kstr(&out, "base", c->plan->base_oid);
    ws_json_kstr(&out, "branch", branch);
    ws_json_kstr(&out, "expect", expect);
    ws_json_kstr(&out, "commit", commit[0] ? commit : NULL);
    ws_json_kstr(&out, "anchor", anchor);
    if (commit[0])
        rc = add_text(&out, c, "commit_text", commit, err);
    if (rc == 0)
        rc = add_text(&out, c, "anchor_text", anchor, err);
    ws_json_close(&out, '}');
    if (rc == 0)
        return ws_buf_steal(&out);
    ws_buf_release(&out);
    return NULL;
}

int ws_step_ending(struct ws_ending *out, struct ws_context *context, const struct ws_state *final,
                   const struct ws_sealed *sealed, struct ws_error *err)
{
    const struct ws_context *c = context;
    char commit[WS_OID_HEX] = "", anchor[WS_OID_HEX], expect[WS_OID_HEX] = "";
    if (c->plan->dry_run)
        return 0;
    char *branch = ws_format("refs/heads/ws/%s/%s", c->run_id, c->ws_id);
    bool commits = !strcmp(final->outcome, WS_OUTCOME_SUCCESS) && c->facts.change[0];
    int rc = 0;
    if (commits)
        rc = make_commit(commit, c, sealed, err);
    if (rc == 0 && commits)
        rc = ws_repo_ref(expect, c->repo, branch, err);
    ws_fault_point("steps.ending.committed");
    if (rc == 0)
        rc = make_anchor(anchor, c, commit, final, sealed, err);
    if (rc == 0) {
        out->commit_oid = commit[0] ? ws_strdup(commit) : NULL;
        out->effect_json = describe(c, branch, expect, commit, anchor, err);
        rc = out->effect_json ? 0 : -1;
    }
    ws_fault_point("steps.ending");
    free(branch);
    return rc;
}

/* --- after the row stands --- */

/* The worktree's index follows the branch. A worktree that is gone or unsound is left as it is: the
 * branch counts. A disk that fails is another matter; the effect stays pending then. */
static int settle(struct ws_repo *repo, const struct ws_effect_row *effect, const char *base,
                  const char *commit, struct ws_error *err)
{
    const struct ws_worktree_spec spec = {
        .run_id = effect->run_id, .ws_id = effect->ws_id, .base_oid = base};
    struct ws_worktree *worktree = NULL;
    struct ws_error why = {0};
    if (ws_worktree_open(&worktree, repo, &spec, &why) < 0) {
        if (why.code == WS_E_UNKNOWN_ID || why.code == WS_E_SCOPE_VIOLATION)
            return 0;
        *err = why;
        return -1;
    }
    int rc = ws_worktree_settle(worktree, commit, err);
    ws_worktree_close(worktree);
    return rc;
}

/* An effect that an earlier wsfsm wrote has no text. */
static int put_commit(struct ws_repo *repo, const struct ws_node *root, const char *oid_key,
                      const char *text_key, struct ws_error *err)
{
    const char *oid = ws_node_str(root, oid_key, NULL);
    const char *kept = ws_node_str(root, text_key, NULL);
    if (!oid || !kept)
        return 0;
    char *text = ws_unescape_path(kept);
    int rc = ws_repo_put_commit(repo, oid, text, err);
    free(text);
    return rc;
}

/* A branch that has the change already, as after a crash right there, shows nothing new. */
static bool has_change(struct ws_repo *repo, const char *branch, const char *commit)
{
    char now[WS_OID_HEX];
    return ws_repo_ref(now, repo, branch, NULL) == 0 && !strcmp(now, commit);
}

static int move_branch(struct ws_strv *notes, struct ws_repo *repo,
                       const struct ws_effect_row *effect, const struct ws_node *root,
                       struct ws_error *err)
{
    const char *branch = ws_node_str(root, "branch", "");
    const char *commit = ws_node_str(root, "commit", NULL);
    struct ws_error why = {0};
    char *place;
    if (!commit)
        return 0;
    /* Who stands on the branch would see the change undone by what they have checked out. */
    if (ws_worktree_branch_place(&place, repo, effect->run_id, effect->ws_id, err) < 0)
        return -1;
    if (place && !has_change(repo, branch, commit)) {
        ws_strv_addf(notes,
                     "%s is checked out in %s and stays where it is; the result is commit %s",
                     branch, place, commit);
        free(place);
        return 0;
    }
    free(place);
    if (ws_repo_move_ref(repo, branch, ws_node_str(root, "expect", ""), commit, &why) < 0) {
        if (why.code != WS_E_LEASE_LOST) {
            *err = why;
            return -1;
        }
        ws_strv_addf(notes,
                     "%s was moved or deleted by somebody else and stays as it is; the result is "
                     "commit %s",
                     branch, commit);
        return 0;
    }
    ws_fault_point("effect.branch");
    return settle(repo, effect, ws_node_str(root, "base", ""), commit, err);
}

/* What somebody else put there may tell of another end of this run, as after an older copy of the
 * database was put in its place: it stays for `verify` to find. Only the user knows. */
static int place_anchor(struct ws_strv *notes, struct ws_repo *repo,
                        const struct ws_effect_row *effect, const struct ws_node *root,
                        struct ws_error *err)
{
    const char *anchor = ws_node_str(root, "anchor", "");
    char *ref = ws_format("refs/wsfsm/%s/%s/end", effect->run_id, effect->ws_id);
    struct ws_error why = {0};
    int rc = ws_repo_move_ref(repo, ref, NULL, anchor, &why);
    if (rc < 0 && why.code == WS_E_LEASE_LOST) {
        ws_strv_addf(notes,
                     "the anchor %s could not be set: %s. What is there stays, and `wsfsm verify` "
                     "tells of it. The run's own anchor is commit %s: when you know how the other "
                     "came there, `git update-ref --no-deref %s %s` sets it",
                     ref, why.message, anchor, ref, anchor);
        rc = 0;
    } else if (rc < 0) {
        *err = why;
    }
    free(ref);
    return rc;
}

static int carry_out(struct ws_strv *notes, struct ws_repo *repo,
                     const struct ws_effect_row *effect, const struct ws_node *root,
                     struct ws_error *err)
{
    if (strcmp(ws_node_str(root, "kind", ""), "end") != 0 || !effect->run_id || !effect->ws_id)
        return ws_fail(err, WS_E_INTEGRITY, effect->run_id,
                       "the database holds an effect this wsfsm does not know");
    if (put_commit(repo, root, "commit", "commit_text", err) < 0 ||
        put_commit(repo, root, "anchor", "anchor_text", err) < 0 ||
        move_branch(notes, repo, effect, root, err) < 0)
        return -1;
    int rc = place_anchor(notes, repo, effect, root, err);
    ws_fault_point("effect.anchor");
    return rc;
}

int ws_effect_carry_out(struct ws_strv *notes, struct ws_repo *repo, struct ws_store *store,
                        const struct ws_effect_row *effect, struct ws_error *err)
{
    struct ws_doc *doc = ws_doc_parse_stored(effect->effect_json, err);
    int rc = doc ? carry_out(notes, repo, effect, ws_doc_root(doc), err) : -1;
    if (rc == 0)
        rc = ws_store_effect_done(store, effect->id, err);
    ws_doc_free(doc);
    return rc;
}
