#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fingerprint.h"
#include "internal.h"
#include "line.h"
#include "mend_ref.h"
#include "own.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/text.h"
#include "wsfsm/repo/worktree.h"

/* A fingerprint as sorted facts: the subject (a path, "ref NAME", "at BRANCH") and what was seen of
 * it. */
struct fact {
    char *subject, *value;
};

struct facts {
    struct fact *items;
    size_t len, cap;
};

static void release(struct facts *f)
{
    for (size_t i = 0; i < f->len; i++) {
        free(f->items[i].subject);
        free(f->items[i].value);
    }
    free(f->items);
}

static int by_subject(const void *a, const void *b)
{
    const struct fact *x = a, *y = b;

    return strcmp(x->subject, y->subject);
}

static bool add_line(struct facts *f, const char *line)
{
    char *kind = ws_line_take(&line), *value = ws_line_take(&line), *name = ws_line_take(&line);
    bool good = name != NULL;

    if (good) {
        bool whole = strcmp(kind, "ref") == 0 || strcmp(kind, "at") == 0;
        struct fact fact = {.subject =
                                whole ? ws_format("%s %s", kind, name) : ws_format("path %s", name),
                            .value = ws_format("%s %s", kind, value)};

        f->items = ws_grow(f->items, &f->cap, f->len, sizeof *f->items);
        f->items[f->len++] = fact;
    }
    free(kind);
    free(value);
    free(name);
    return good;
}

static int parse(struct facts *f, const char *text, struct ws_error *err)
{
    const char *line = strchr(text, '\n');

    if (!ws_starts_with(text, "wsfsm-fingerprint 1\n")) {
        return ws_fail(err, WS_E_INTEGRITY, NULL, "the stored fingerprint is not one of ours");
    }
    for (line++; *line != '\0'; line = strchr(line, '\n') + 1) {
        if (strchr(line, '\n') == NULL || !add_line(f, line)) {
            return ws_fail(err, WS_E_INTEGRITY, NULL, "the stored fingerprint is damaged");
        }
    }
    if (f->len > 1) {
        qsort(f->items, f->len, sizeof *f->items, by_subject);
    }
    return 0;
}

static const char *value_of(const struct facts *f, const char *subject)
{
    struct fact key = {.subject = (char *)(uintptr_t)subject};
    const struct fact *found =
        f->len > 0 ? bsearch(&key, f->items, f->len, sizeof key, by_subject) : NULL;

    return found != NULL ? found->value : NULL;
}

struct comparison {
    struct facts then, now;
    struct ws_strv *violations, *moved;
    const char *own_branch;
};

static bool is_checked_out(const struct comparison *c, const char *ref)
{
    char *subject = ws_format("at %s", ref);
    bool is = value_of(&c->then, subject) != NULL || value_of(&c->now, subject) != NULL;

    free(subject);
    return is;
}

enum { SHOWN_SIZE = 11 };

/* "ref OID" shortened for people. */
static const char *shown(char out[SHOWN_SIZE], const char *value)
{
    snprintf(out, SHOWN_SIZE, "%.10s", value + strlen("ref "));
    return out;
}

static void judge_ref(struct comparison *c, const char *ref, const char *then, const char *now)
{
    char was[SHOWN_SIZE], is[SHOWN_SIZE], *text;
    bool user = is_checked_out(c, ref) && now != NULL;

    if (c->own_branch != NULL && strcmp(ref, c->own_branch) == 0) {
        return;
    }
    if (then == NULL) {
        user = user || ws_starts_with(ref, "refs/tags/");
        text = ws_format("%s was created at %s", ref, shown(is, now));
    } else if (now == NULL) {
        text = ws_format("%s was deleted (it stood at %s)", ref, shown(was, then));
    } else {
        text = ws_format("%s was moved from %s to %s", ref, shown(was, then), shown(is, now));
    }
    ws_strv_take(user ? c->moved : c->violations, text);
}

static void judge(struct comparison *c, const char *subject, const char *then, const char *now)
{
    if (ws_starts_with(subject, "ref ")) {
        judge_ref(c, subject + strlen("ref "), then, now);
    } else if (ws_starts_with(subject, "path ")) {
        ws_strv_addf(c->violations, "the repository's %s was %s", subject + strlen("path "),
                     then == NULL  ? "created"
                     : now == NULL ? "deleted"
                                   : "changed");
    }
}

static void compare(struct comparison *c)
{
    for (size_t i = 0; i < c->then.len; i++) {
        const struct fact *f = &c->then.items[i];
        const char *now = value_of(&c->now, f->subject);

        if (now == NULL || strcmp(now, f->value) != 0) {
            judge(c, f->subject, f->value, now);
        }
    }
    for (size_t i = 0; i < c->now.len; i++) {
        const struct fact *f = &c->now.items[i];

        if (value_of(&c->then, f->subject) == NULL) {
            judge(c, f->subject, NULL, f->value);
        }
    }
}

/* libgit2 takes a folder of refs that a failing disk does not list for an empty one. A ref that is
 * not listed is asked for by its name before it counts as deleted. */
static int confirm_deleted(const struct comparison *c, struct ws_repo *r, struct ws_error *err)
{
    for (size_t i = 0; i < c->then.len; i++) {
        const char *subject = c->then.items[i].subject, *ref = subject + strlen("ref ");
        char oid[WS_OID_HEX];

        if (!ws_starts_with(subject, "ref ") || value_of(&c->now, subject) != NULL) {
            continue;
        }
        if (ws_repo_ref(oid, r, ref, err) < 0) {
            if (git_error_last()->klass == GIT_ERROR_REFERENCE) {
                continue; /* no failure of the disk: somebody wrote something else there */
            }
            return -1;
        }
        if (oid[0] != '\0') {
            return ws_fail(err, WS_E_IO, r->git_dir,
                           "the refs cannot be listed: %s is there and was not named", ref);
        }
    }
    return 0;
}

int ws_repo_fingerprint_compare(struct ws_strv *violations, struct ws_strv *moved,
                                struct ws_repo *r, const char *then, const char *own_branch,
                                struct ws_error *err)
{
    struct comparison c = {.violations = violations, .moved = moved, .own_branch = own_branch};
    struct ws_buf now = {0};
    int rc = -1;

    if (own_branch != NULL) {
        if (ws_own_violations(violations, r, own_branch, err) < 0) {
            return -1;
        }
        ws_mend_refs(r); /* it has been told, and would be in the way of what comes next */
    }
    if (ws_repo_fingerprint(&now, r, err) == 0 && parse(&c.then, then, err) == 0 &&
        parse(&c.now, ws_buf_str(&now), err) == 0 && confirm_deleted(&c, r, err) == 0) {
        compare(&c);
        rc = 0;
    }
    release(&c.then);
    release(&c.now);
    ws_buf_release(&now);
    return rc;
}
