/* Refs: read, list, and moved by compare-and-swap. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"
#include "lock.h"
#include "mend_ref.h"
#include "own.h"
#include "plain.h"
#include "wsfsm/base/clock.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"

enum { NAP_NS = 10 * 1000 * 1000, PATIENCE_MS = 1500 };

/* A ref of ours leads nowhere but to the object that its file names: *nothing, where it is
 * something else. */
static int check_way(bool *nothing, struct ws_repo *r, const char *ref, struct ws_error *err)
{
    if (!ws_own_is(ref)) {
        return ws_plain_ref(r, ref, err);
    }
    enum ws_own is = ws_own_look(r, ref, err);
    *nothing = is == WS_OWN_ODD;
    return is == WS_OWN_FAILED ? -1 : 0;
}

int ws_repo_ref(char oid[WS_OID_HEX], struct ws_repo *r, const char *ref, struct ws_error *err)
{
    git_oid target;
    bool nothing = false;
    int rc;

    oid[0] = '\0';
    if (ws_plain_git_dir(r->git_dir, WS_E_REPOSITORY, err) < 0 ||
        check_way(&nothing, r, ref, err) < 0) {
        return -1;
    }
    if (nothing) {
        return 0;
    }
    rc = git_reference_name_to_id(&target, r->git, ref);
    if (rc == GIT_ENOTFOUND) {
        return 0;
    }
    if (rc < 0) {
        return ws_fail_git(err, WS_E_REPOSITORY, rc, ref, "the ref cannot be read");
    }
    ws_git_hex(oid, &target);
    return 0;
}

/* Did libgit2 fail because the machine did? It clears errno once it has put it in words. */
static bool machine_failed(void)
{
    enum { LAST_ERROR = 133 };
    const char *said = ws_git_message();
    bool is = ws_errno_is_trouble(errno) ||
              (git_error_last() != NULL && git_error_last()->klass == GIT_ERROR_NOMEMORY);

    for (int error = 1; !is && error <= LAST_ERROR; error++) {
        is = ws_errno_is_trouble(error) && ws_ends_with(said, strerror(error));
    }
    return is;
}

/* 0: it is one; 1: it is none. What a failing disk hides is neither. */
static int is_no_commit(struct ws_repo *r, const git_oid *oid, const char *ref,
                        struct ws_error *err)
{
    git_commit *commit = NULL;
    int rc;

    errno = 0;
    git_error_clear();
    rc = git_commit_lookup(&commit, r->git, oid);
    if (rc < 0 && machine_failed()) {
        return ws_fail_git(err, WS_E_IO, rc, ref, "the ref's commit cannot be read");
    }
    git_commit_free(commit);
    return rc < 0;
}

int ws_repo_ref_commit(char oid[WS_OID_HEX], const char **odd, struct ws_repo *r, const char *ref,
                       struct ws_error *err)
{
    git_oid target;
    int rc;

    oid[0] = '\0';
    *odd = NULL;
    if (ws_plain_git_dir(r->git_dir, WS_E_REPOSITORY, err) < 0) {
        return -1;
    }
    if (ws_plain_ref(r, ref, NULL) < 0) {
        *odd = "it is no plain file";
        return 0;
    }
    errno = 0;
    git_error_clear();
    rc = git_reference_name_to_id(&target, r->git, ref);
    if (rc < 0 && rc != GIT_ENOTFOUND && machine_failed()) {
        return ws_fail_git(err, WS_E_IO, rc, ref, "the ref cannot be read");
    }
    if (rc < 0) {
        *odd = rc == GIT_ENOTFOUND ? NULL : "it is no ref that git can read";
        return 0;
    }
    ws_git_hex(oid, &target);
    rc = is_no_commit(r, &target, ref, err);
    *odd = rc == 1 ? "it is no commit, or none that can be read" : NULL;
    return rc < 0 ? -1 : 0;
}

int ws_repo_refs(struct ws_strv *out, struct ws_repo *r, const char *prefix, struct ws_error *err)
{
    git_reference_iterator *it = NULL;
    const char *name;
    int rc;

    if (ws_plain_git_dir(r->git_dir, WS_E_REPOSITORY, err) < 0 ||
        ws_plain_refs(r, WS_E_REPOSITORY, err) < 0) {
        return -1;
    }
    rc = git_reference_iterator_new(&it, r->git);
    while (rc == 0 && (rc = git_reference_next_name(&name, it)) == 0) {
        if (ws_starts_with(name, prefix)) {
            ws_strv_add(out, name);
        }
    }
    git_reference_iterator_free(it);
    if (rc != GIT_ITEROVER) {
        return ws_fail_git(err, WS_E_REPOSITORY, rc, r->git_dir, "the refs cannot be listed");
    }
    ws_strv_sort(out);
    return 0;
}

static bool is_below(const char *name, const char *folder)
{
    size_t len = strlen(folder);

    return strncmp(name, folder, len) == 0 && name[len] == '/';
}

/* A name that is a ref cannot be a folder of refs, too. Which ref keeps this one from being made?
 * malloc'ed; NULL: none that git knows. */
static char *in_the_way(struct ws_repo *r, const char *ref)
{
    struct ws_strv refs = {0};
    char *found = NULL;

    if (ws_repo_refs(&refs, r, "refs/", NULL) == 0) {
        for (size_t i = 0; found == NULL && i < refs.len; i++) {
            if (is_below(refs.items[i], ref) || is_below(ref, refs.items[i])) {
                found = ws_strdup(refs.items[i]);
            }
        }
    }
    ws_strv_release(&refs);
    return found;
}

/* libgit2 made nothing of it: because of what others have put there or taken away, or for a reason
 * of its own. */
static int cannot_move(struct ws_repo *r, const char *ref, const git_oid *to, int rc,
                       struct ws_error *err)
{
    struct ws_error why;
    char *other;

    ws_fail_git(&why, WS_E_IO, rc, ref, "the ref cannot be moved");
    other = in_the_way(r, ref);
    if (other != NULL) {
        ws_fail(err, WS_E_LEASE_LOST, ref,
                "%s is in its way, which somebody else made: delete that first", other);
    } else if (rc == GIT_EDIRECTORY) {
        ws_fail(err, WS_E_LEASE_LOST, ref,
                "a folder of this name is in its way, into which somebody else put a file: delete "
                "that first");
    } else if (rc == GIT_EINVALIDSPEC || git_odb_exists(r->odb, to) == 0) {
        ws_fail(err, WS_E_REPOSITORY, ref, "%s", why.message); /* the disk is not to blame */
    } else {
        ws_fail(err, why.code, ref, "%s", why.message);
    }
    free(other);
    return -1;
}

/* One try. 1: the ref's lock file is there. */
static int try_move(struct ws_repo *r, const char *ref, const char *expect, const git_oid *to,
                    struct ws_error *err)
{
    git_reference *made = NULL;
    char now[WS_OID_HEX];
    git_oid from;
    int rc;

    if (expect != NULL && expect[0] != '\0') {
        if (ws_git_oid(&from, expect, err) < 0) {
            return -1;
        }
        rc = git_reference_create_matching(&made, r->git, ref, to, 1, &from, "wsfsm");
    } else {
        rc = git_reference_create(&made, r->git, ref, to, 0, "wsfsm");
    }
    git_reference_free(made);
    if (rc == 0) {
        return 0;
    }
    if (rc == GIT_ELOCKED) {
        return 1;
    }
    if (rc != GIT_EMODIFIED && rc != GIT_EEXISTS && rc != GIT_ENOTFOUND) {
        return cannot_move(r, ref, to, rc, err);
    }
    if (ws_repo_ref(now, r, ref, err) < 0) {
        return -1;
    }
    /* libgit2 takes an empty name for the beginning of every other. */
    if (now[0] != '\0' && git_oid_streq(to, now) == 0) {
        return 0;
    }
    if (now[0] == '\0' && rc == GIT_EEXISTS) {
        return ws_fail(err, WS_E_LEASE_LOST, ref, "the ref leads nowhere: somebody else made it");
    }
    return ws_fail(
        err, WS_E_LEASE_LOST, ref, "the ref stands at %s, not at %s: somebody else moved it",
        now[0] != '\0' ? now : "nothing", expect != NULL && expect[0] != '\0' ? expect : "nothing");
}

/* Our refs are moved by one process at a time, so a lock file that outlasts our patience was left
 * by a dead one. It goes only when it has not changed in the meantime: git itself may be at work
 * there. */
static int clear_stale_lock(struct ws_repo *r, const char *ref, const struct stat *seen)
{
    char *path = ws_path_join(r->git_dir, ref);
    struct ws_buf lock = {0};
    struct stat st;
    int rc = 0;

    ws_buf_printf(&lock, "%s.lock", path);
    if (lstat(lock.data, &st) == 0 && S_ISREG(st.st_mode) && st.st_ino == seen->st_ino &&
        st.st_mtim.tv_sec == seen->st_mtim.tv_sec && st.st_mtim.tv_nsec == seen->st_mtim.tv_nsec) {
        rc = unlink(lock.data);
    }
    ws_buf_release(&lock);
    free(path);
    return rc;
}

static void look_at_lock(struct stat *seen, struct ws_repo *r, const char *ref)
{
    char *path = ws_path_join(r->git_dir, ref);
    struct ws_buf lock = {0};

    ws_buf_printf(&lock, "%s.lock", path);
    if (lstat(lock.data, seen) < 0) {
        memset(seen, 0, sizeof *seen);
    }
    ws_buf_release(&lock);
    free(path);
}

static int move_patiently(struct ws_repo *r, const char *ref, const char *expect, const git_oid *to,
                          struct ws_error *err)
{
    const struct timespec nap = {.tv_nsec = NAP_NS};
    struct stat seen = {0};
    int rc;

    for (int round = 0; round < 3; round++) {
        int64_t until = ws_boot_ms() + PATIENCE_MS;

        while ((rc = try_move(r, ref, expect, to, err)) == 1 && ws_boot_ms() < until) {
            if (seen.st_ino == 0) {
                look_at_lock(&seen, r, ref);
            }
            nanosleep(&nap, NULL);
        }
        if (rc != 1) {
            return rc;
        }
        if (clear_stale_lock(r, ref, &seen) < 0) {
            break;
        }
        memset(&seen, 0, sizeof seen);
    }
    return ws_fail(err, WS_E_REPOSITORY, ref,
                   "git holds this ref (%s.lock); remove that file when no git is running", ref);
}

/* Whoever expects a commit there has seen a ref, and somebody has put something else in its place
 * since; who expects none may have seen that. */
static int clear_way(struct ws_repo *r, const char *ref, const char *expect, struct ws_error *err)
{
    enum ws_own is = ws_own_look(r, ref, err);

    if (is == WS_OWN_FAILED) {
        return -1;
    }
    if (is == WS_OWN_ODD && expect != NULL && expect[0] != '\0') {
        return ws_fail(err, WS_E_LEASE_LOST, ref,
                       "something that is no ref of wsfsm's stands there, not %s: somebody else "
                       "put it there",
                       expect);
    }
    return ws_own_clear(r, ref, err);
}

/* Refs that can only be packed by now: below the name of one of ours, or a folder of it. Where
 * nobody but wsfsm has anything they go. True: something went. */
static bool make_room(struct ws_repo *r, const char *ref)
{
    char *below = ws_format("%s/", ref);
    struct ws_strv refs = {0};
    bool went = false;

    if (ws_starts_with(ref, "refs/wsfsm/") && ws_repo_refs(&refs, r, "refs/wsfsm", NULL) == 0) {
        for (size_t i = 0; i < refs.len; i++) {
            const char *name = refs.items[i];
            size_t len = strlen(name);
            bool above = strncmp(ref, name, len) == 0 && ref[len] == '/';

            if (above || ws_starts_with(name, below)) {
                went = git_reference_remove(r->git, name) == 0 || went;
            }
        }
    }
    ws_strv_release(&refs);
    free(below);
    return went;
}

static int move(struct ws_repo *r, const char *ref, const char *expect, const git_oid *to,
                struct ws_error *err)
{
    struct ws_error why = {0};

    if (clear_way(r, ref, expect, err) < 0) {
        return -1;
    }
    ws_mend_ref(r, ref);
    int rc = move_patiently(r, ref, expect, to, &why);
    if (rc < 0 && (why.code == WS_E_IO || why.code == WS_E_LEASE_LOST) && make_room(r, ref)) {
        rc = move_patiently(r, ref, expect, to, &why);
    }
    ws_mend_ref(r, ref); /* a lock that a failing disk did not let go of at once */
    if (rc < 0 && err != NULL) {
        *err = why;
    }
    return rc;
}

int ws_repo_move_ref(struct ws_repo *r, const char *ref, const char *expect, const char *oid,
                     struct ws_error *err)
{
    char *lock_path;
    git_oid to;
    int lock, rc;

    if (!ws_own_is(ref)) {
        return ws_fail(err, WS_E_INTERNAL, ref, "this ref is not wsfsm's to move");
    }
    if (ws_plain_git_dir(r->git_dir, WS_E_REPOSITORY, err) < 0 ||
        ws_plain_ref(r, "HEAD", err) < 0 || ws_plain_head_log(r, ref, err) < 0 ||
        ws_git_oid(&to, oid, err) < 0 || ws_repo_make_dirs(r, err) < 0) {
        return -1;
    }
    lock_path = ws_path_join(r->state_dir, "refs.lock");
    rc = ws_lock_take(&lock, lock_path, err);
    free(lock_path);
    if (rc < 0) {
        return -1;
    }
    ws_fault_point("repo.before_move_ref");
    rc = move(r, ref, expect, &to, err);
    ws_fault_point("repo.after_move_ref");
    ws_lock_drop(lock);
    return rc;
}
