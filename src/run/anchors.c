#include "wsfsm/run/anchors.h"

#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"
#include "wsfsm/repo/repo.h"
#include "wsfsm/store/read.h"

static const char prefix[] = "refs/wsfsm/";
static const char suffix[] = "/end";

/* "refs/wsfsm/RUN/WS/end" -> RUN, WS; both malloc'ed. */
static bool split(char **run_id, char **ws_id, const char *ref)
{
    if (!ws_starts_with(ref, prefix) || !ws_ends_with(ref, suffix)) {
        return false;
    }
    const char *run = ref + sizeof prefix - 1;
    size_t run_len = strcspn(run, "/");
    const char *ws = run + run_len + (run[run_len] == '/');
    size_t ws_len = strcspn(ws, "/");

    if (run_len == 0 || ws_len == 0 || strcmp(ws + ws_len, suffix) != 0) {
        return false;
    }
    *run_id = ws_strndup(run, run_len);
    *ws_id = ws_strndup(ws, ws_len);
    return true;
}

static const struct ws_ledger_row *in_ledger(const struct ws_ledger_rows *ledger,
                                             const char *run_id, const char *ws_id)
{
    for (size_t i = 0; i < ledger->len; i++) {
        if (strcmp(ledger->items[i].run_id, run_id) == 0 &&
            strcmp(ledger->items[i].ws_id, ws_id) == 0) {
            return &ledger->items[i];
        }
    }
    return NULL;
}

/* *same: does the trailer of the anchor, to which `ref` leads, say `expected`? */
static int compare(bool *same, struct ws_session *s, const char *ref, const char *anchor,
                   const char *key, const char *expected, struct ws_error *err)
{
    struct ws_buf value = {0};
    struct ws_error why = {0};
    int status = ws_repo_trailer(&value, s->repo, anchor, key, &why);

    if (status != 0) {
        ws_fail(err, why.code, ref, "%s: %s", why.where, why.message);
    }
    *same = status == 0 && strcmp(ws_buf_str(&value), expected) == 0;
    ws_buf_release(&value);
    return status;
}

static int check_entry(struct ws_findings *out, struct ws_strv *notes, struct ws_session *s,
                       const struct ws_ledger_row *row, struct ws_error *err)
{
    const struct {
        const char *key, *expected;
    } trailers[] = {
        {"Wsfsm-Database", ws_store_id(s->store)},
        {"Wsfsm-Run", row->run_id},
        {"Wsfsm-Workstream", row->ws_id},
        {"Wsfsm-History", row->chain_head},
    };
    char *ref = ws_format("%s%s/%s%s", prefix, row->run_id, row->ws_id, suffix);
    char anchor[WS_OID_HEX];
    bool same = true;
    const char *odd;
    int status = ws_repo_ref_commit(anchor, &odd, s->repo, ref, err);

    if (status == 0 && odd != NULL) {
        ws_findings_add(out, row->run_id, row->ws_id, row->last_seq, "the anchor %s differs: %s",
                        ref, odd);
    } else if (status == 0 && anchor[0] == '\0') {
        ws_strv_addf(notes, "the anchor %s is gone", ref);
    } else if (status == 0) {
        for (size_t i = 0; status == 0 && same && i < sizeof trailers / sizeof *trailers; i++) {
            status = compare(&same, s, ref, anchor, trailers[i].key, trailers[i].expected, err);
            if (status == 0 && !same) {
                ws_findings_add(out, row->run_id, row->ws_id, row->last_seq,
                                "the anchor %s differs from the database in %s", ref,
                                trailers[i].key);
            }
        }
    }
    free(ref);
    return status;
}

/* An anchor without an entry in the ledger. What is no commit names no database: nobody knows whose
 * it was. */
static int check_ref(struct ws_findings *out, struct ws_strv *notes, struct ws_session *s,
                     const char *ref, const char *run_id, const char *ws_id, struct ws_error *err)
{
    char anchor[WS_OID_HEX];
    const char *odd;
    bool ours = false;
    int status = ws_repo_ref_commit(anchor, &odd, s->repo, ref, err);

    if (status == 0 && odd != NULL) {
        ws_strv_addf(notes, "the ref %s is of no run of this database: %s", ref, odd);
    } else if (status == 0 && anchor[0] != '\0') {
        status = compare(&ours, s, ref, anchor, "Wsfsm-Database", ws_store_id(s->store), err);
    }
    if (ours) {
        ws_findings_add(out, run_id, ws_id, 0,
                        "the anchor %s is of a run that this database has lost", ref);
    }
    return status;
}

static int check_refs(struct ws_findings *out, struct ws_strv *notes, struct ws_session *s,
                      const struct ws_ledger_rows *ledger, const char *only_run,
                      struct ws_error *err)
{
    struct ws_strv refs = {0};
    int status = ws_repo_refs(&refs, s->repo, prefix, err);

    for (size_t i = 0; status == 0 && i < refs.len; i++) {
        char *run_id = NULL, *ws_id = NULL;

        if (split(&run_id, &ws_id, refs.items[i]) &&
            (only_run == NULL || strcmp(run_id, only_run) == 0) &&
            in_ledger(ledger, run_id, ws_id) == NULL) {
            status = check_ref(out, notes, s, refs.items[i], run_id, ws_id, err);
        }
        free(run_id);
        free(ws_id);
    }
    ws_strv_release(&refs);
    return status;
}

int ws_anchors_verify(struct ws_findings *out, struct ws_strv *notes, struct ws_session *s,
                      const char *run_id, struct ws_error *err)
{
    struct ws_ledger_rows ledger = {0};
    int status = ws_store_ledger(&ledger, s->store, run_id, err);

    for (size_t i = 0; status == 0 && i < ledger.len; i++) {
        status = check_entry(out, notes, s, &ledger.items[i], err);
    }
    if (status == 0) {
        status = check_refs(out, notes, s, &ledger, run_id, err);
    }
    ws_ledger_rows_release(&ledger);
    return status;
}
