/* .wsfsm, .worktrees and the database are believed: a stored plan is carried out without a look at
 * the checkout, and what is written there follows names that are there. So none of it may come with
 * the repository, where somebody else could have made it. */
#include "tracked.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "index_file.h"
#include "plain.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

struct own {
    const char *path; /* from the root on */
    size_t len;
    bool database; /* SQLite's files beside it count, too */
};

struct search {
    struct own own[3];
    size_t count;
    bool ignore_case;
    bool dots_only;          /* all of them begin with a dot */
    char *found;             /* what is tracked, malloc'ed; NULL: nothing */
    const struct own *which; /* of these */
};

static bool same(const struct search *s, const char *a, const char *b, size_t len)
{
    return (s->ignore_case ? strncasecmp(a, b, len) : strncmp(a, b, len)) == 0;
}

static bool is_sidecar(const struct search *s, const char *rest)
{
    static const char *const suffixes[] = {"-journal", "-wal", "-shm"};

    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        if (same(s, rest, suffixes[i], strlen(suffixes[i]) + 1)) {
            return true;
        }
    }
    return false;
}

/* At one of ours, or below it; or a submodule around it, which brings what it holds. */
static bool is_at(const struct search *s, const struct own *own, const char *path, uint32_t mode)
{
    size_t len = strlen(path);

    if (len >= own->len) {
        const char *rest = path + own->len;

        return same(s, path, own->path, own->len) &&
               (rest[0] == '\0' || rest[0] == '/' || (own->database && is_sidecar(s, rest)));
    }
    return mode == GIT_FILEMODE_COMMIT && own->path[len] == '/' && same(s, path, own->path, len);
}

static bool note(struct search *s, const char *path, uint32_t mode)
{
    for (size_t i = 0; s->found == NULL && i < s->count; i++) {
        if (is_at(s, &s->own[i], path, mode)) {
            s->which = &s->own[i];
            s->found = ws_strdup(path);
        }
    }
    return s->found != NULL;
}

/* The entries are in the order of their bytes. */
static bool visit(void *payload, const char *path, uint32_t mode)
{
    struct search *s = payload;

    return (s->dots_only && (unsigned char)path[0] > '.') || note(s, path, mode);
}

/* Down the folders that lead to one of ours; -1: a tree cannot be read. */
static int look_in_tree(struct search *s, struct ws_repo *r, const git_oid *oid, const char *folder)
{
    git_tree *tree = NULL;
    int rc = git_tree_lookup(&tree, r->git, oid);

    for (size_t i = 0; rc == 0 && s->found == NULL && i < git_tree_entrycount(tree); i++) {
        const git_tree_entry *e = git_tree_entry_byindex(tree, i);
        char *path = ws_format("%s%s", folder, git_tree_entry_name(e));
        size_t len = strlen(path);
        bool on_the_way = false;

        for (size_t k = 0; k < s->count; k++) {
            const struct own *own = &s->own[k];

            on_the_way = on_the_way ||
                         (len < own->len && own->path[len] == '/' && same(s, path, own->path, len));
        }
        if (!note(s, path, git_tree_entry_filemode(e)) && on_the_way &&
            git_tree_entry_type(e) == GIT_OBJECT_TREE) {
            char *below = ws_format("%s/", path);

            rc = look_in_tree(s, r, git_tree_entry_id(e), below);
            free(below);
        }
        free(path);
    }
    git_tree_free(tree);
    return rc;
}

/* A HEAD that cannot be read says nothing: what the checkout has from it stands in the index. */
static void look_in_head(struct search *s, struct ws_repo *r)
{
    git_object *tree = NULL;
    git_reference *head = NULL;

    if (ws_plain_ref(r, "HEAD", NULL) == 0 && git_repository_head(&head, r->git) == 0 &&
        git_reference_peel(&tree, head, GIT_OBJECT_TREE) == 0) {
        (void)look_in_tree(s, r, git_object_id(tree), "");
    }
    git_object_free(tree);
    git_reference_free(head);
}

static bool ignores_case(struct ws_repo *r)
{
    git_config *config = NULL;
    int yes = 0;

    if (git_repository_config_snapshot(&config, r->git) < 0 ||
        git_config_get_bool(&yes, config, "core.ignorecase") < 0) {
        yes = 0;
    }
    git_config_free(config);
    return yes != 0;
}

static void add(struct search *s, const char *path, bool database)
{
    s->own[s->count++] = (struct own){.path = path, .len = strlen(path), .database = database};
    s->dots_only = s->dots_only && path[0] == '.';
}

static void begin(struct search *s, struct ws_repo *r)
{
    *s = (struct search){.ignore_case = ignores_case(r), .dots_only = true};
    add(s, ".wsfsm", false);
    add(s, ".worktrees", false);
}

/* Where the database is, or would be, behind links on its way; malloc'ed. NULL: outside, or in
 * .wsfsm. */
static char *in_checkout(const struct ws_repo *r, const char *database)
{
    char *dir = ws_path_dir(database), *real = realpath(dir, NULL);
    char *path = ws_path_join(real != NULL ? real : dir, ws_path_base(database));
    bool other = ws_path_under(path, r->root) && strcmp(path, r->root) != 0 &&
                 !ws_path_under(path, r->state_dir);
    char *below = other ? ws_strdup(path + strlen(r->root) + 1) : NULL;

    free(path);
    free(real);
    free(dir);
    return below;
}

static int refuse(const struct search *s, struct ws_error *err)
{
    size_t top = s->which->database ? strlen(s->found) : strcspn(s->found, "/");
    char *name = ws_strndup(s->found, top);

    ws_fail(err, WS_E_REPOSITORY, s->found,
            "git tracks what must be wsfsm's own, so somebody else may have made it: `git rm -r "
            "--cached %s`, commit that, and delete it unless it is yours",
            name);
    free(name);
    return -1;
}

int ws_repo_check_own(struct ws_repo *r, const char *database, struct ws_error *err)
{
    char *below = database != NULL ? in_checkout(r, database) : NULL;
    struct search s;
    int rc;

    if (below == NULL && r->own_checked) {
        return 0;
    }
    begin(&s, r);
    if (below != NULL) {
        add(&s, below, true);
    }
    rc = ws_index_each(r, visit, &s, err);
    if (rc == 0 && s.found == NULL) {
        look_in_head(&s, r);
    }
    if (rc == 0 && s.found != NULL) {
        rc = refuse(&s, err);
    }
    r->own_checked = rc == 0;
    free(s.found);
    free(below);
    return rc;
}

int ws_tracked_check_commit(struct ws_repo *r, const git_oid *commit, struct ws_error *err)
{
    char hex[WS_OID_HEX];
    git_tree *tree = NULL;
    struct search s;
    int rc;

    ws_git_hex(hex, commit);
    if (ws_git_tree(&tree, r, hex, err) < 0) {
        return -1;
    }
    begin(&s, r);
    rc = look_in_tree(&s, r, git_tree_id(tree), "");
    git_tree_free(tree);
    if (rc < 0) {
        return ws_fail_git(err, WS_E_REPOSITORY, rc, hex, "this tree cannot be read");
    }
    rc = s.found != NULL ? ws_fail(err, WS_E_REPOSITORY, s.found,
                                   "the base holds what must be wsfsm's own; take it out with `git "
                                   "rm -r --cached %s` and commit that, or name another base",
                                   s.found)
                         : 0;
    free(s.found);
    return rc;
}

void ws_changes_to_own(struct ws_strv *out, const struct ws_changes *changes)
{
    struct search s = {.ignore_case = true};

    add(&s, ".wsfsm", false);
    add(&s, ".worktrees", false);
    for (size_t i = 0; i < changes->len; i++) {
        const struct ws_change *c = &changes->items[i];

        if (note(&s, c->path, c->new_mode)) {
            ws_strv_add(out, c->path);
        }
        free(s.found);
        s.found = NULL;
    }
}
