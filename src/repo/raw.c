/* Files that a filter of git's would have cleaned before they are committed, which wsfsm does not
 * run. */
#include "attributes.h"
#include "filters.h"
#include "internal.h"
#include "plain.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <git2/sys/repository.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"

/* --- the attributes that hold in a tree --- */

/* An index with the .gitattributes that count for some paths, and nothing else. */
struct rules {
    struct ws_repo *r;
    git_tree *tree;
    git_index *index;
    bool filters; /* one of them speaks of filters */
};

/* The folder's .gitattributes, if it is a file: git follows no link there. */
static int add_folder(struct rules *rules, const char *folder, struct ws_error *err)
{
    static const char *const words[] = {"filter", NULL};
    char *path = ws_path_join(folder, ".gitattributes");
    git_tree_entry *entry = NULL;
    int rc = ws_git_entry(&entry, rules->tree, path, err), git = 0;

    if (entry != NULL && (git_tree_entry_filemode(entry) == GIT_FILEMODE_BLOB ||
                          git_tree_entry_filemode(entry) == GIT_FILEMODE_BLOB_EXECUTABLE)) {
        git_index_entry e = {
            .mode = GIT_FILEMODE_BLOB, .id = *git_tree_entry_id(entry), .path = path};
        bool found = false;

        git = ws_attributes_blob_mentions(&found, rules->r, &e.id, words);
        rules->filters = rules->filters || found;
        if (git == 0) {
            git = git_index_add(rules->index, &e);
        }
    }
    if (git < 0) {
        rc = ws_fail_git(err, WS_E_REPOSITORY, git, path, "the attributes cannot be read");
    }
    git_tree_entry_free(entry);
    free(path);
    return rc;
}

/* The folders of a path that the path before it, of a sorted list, does not have. */
static int add_folders(struct rules *rules, const char *path, const char *before,
                       struct ws_error *err)
{
    int rc = 0;

    for (const char *slash = strchr(path, '/'); rc == 0 && slash != NULL;
         slash = strchr(slash + 1, '/')) {
        size_t len = (size_t)(slash - path);

        if (strncmp(path, before, len + 1) != 0) {
            char *folder = ws_strndup(path, len);

            rc = add_folder(rules, folder, err);
            free(folder);
        }
    }
    return rc;
}

static int read_rules(struct rules *rules, const struct ws_strv *paths, struct ws_error *err)
{
    int git = git_index_new(&rules->index), rc;

    if (git < 0) {
        return ws_fail_git(err, WS_E_REPOSITORY, git, rules->r->root,
                           "the attributes cannot be read");
    }
    rc = add_folder(rules, "", err);
    for (size_t i = 0; rc == 0 && i < paths->len; i++) {
        rc = add_folders(rules, paths->items[i], i > 0 ? paths->items[i - 1] : "", err);
    }
    return rc;
}

/* --- what is asked of a path --- */

struct search {
    struct ws_repo *r;
    git_tree *change;
    struct ws_strv drivers; /* those whose absence matters */
    struct ws_strv *out;
};

/* "KEY VALUE\n" at *at, which goes on behind it; malloc'ed value, NULL: something else is there. */
static char *take_line(const char **at, const char *key)
{
    const char *value = *at + strlen(key) + 1, *end = strchr(*at, '\n');

    if (end == NULL || !ws_starts_with(*at, key) || value > end || value[-1] != ' ') {
        return NULL;
    }
    *at = end + 1;
    return ws_strndup(value, (size_t)(end - value));
}

static bool is_oid(const char *value)
{
    static const char head[] = "sha256:";
    const char *hex = value + sizeof head - 1;

    return ws_starts_with(value, head) && strlen(hex) == 64 &&
           strspn(hex, "0123456789abcdef") == 64;
}

static bool is_number(const char *value)
{
    return value[0] != '\0' && strspn(value, "0123456789") == strlen(value);
}

/* Extensions stand before the id: "ext-0-NAME sha256:...". */
static bool skip_extensions(const char **at)
{
    while (ws_starts_with(*at, "ext-")) {
        const char *end = strchr(*at, '\n');

        if (end == NULL || !isdigit((unsigned char)(*at)[4]) || (*at)[5] != '-') {
            return false;
        }
        *at = end + 1;
    }
    return true;
}

/* All of the text. */
static bool reads_as_pointer(const char *text)
{
    const char *at = text;
    char *version = take_line(&at, "version"), *oid = NULL, *size = NULL;

    if (version != NULL && skip_extensions(&at)) {
        oid = take_line(&at, "oid");
        size = oid != NULL ? take_line(&at, "size") : NULL;
    }
    bool is = size != NULL && strcmp(version, "https://git-lfs.github.com/spec/v1") == 0 &&
              is_oid(oid) && is_number(size) && at[0] == '\0';

    free(version);
    free(oid);
    free(size);
    return is;
}

/* What Git LFS commits in the place of a file; an empty one stands for itself. */
static bool is_lfs_pointer(const void *data, size_t len)
{
    enum { TOO_LONG = 1024 };

    if (len == 0 || len >= TOO_LONG || memchr(data, '\0', len) != NULL) {
        return len == 0;
    }
    char *text = ws_strndup(data, len);
    bool is = reads_as_pointer(text);

    free(text);
    return is;
}

/* 1: it is; what is not to be read is told. */
static int is_pointer(struct search *s, const git_oid *oid, const char *path, struct ws_error *err)
{
    git_odb_object *object = NULL;
    int rc = git_odb_read(&object, s->r->odb, oid), is = 0;

    if (rc < 0) {
        return ws_fail_git(err, WS_E_REPOSITORY, rc, path, "the file's content cannot be read");
    }
    is = is_lfs_pointer(git_odb_object_data(object), git_odb_object_size(object)) ? 1 : 0;
    git_odb_object_free(object);
    return is;
}

/* The path is one of the filter's: it is a file of the change, and not what the filter makes? */
static int judge(struct search *s, const char *filter, const char *path, struct ws_error *err)
{
    bool lfs = strcmp(filter, "lfs") == 0;
    git_tree_entry *entry = NULL;
    int clean = 0;

    if (!lfs && !ws_strv_has(&s->drivers, filter)) {
        return 0;
    }
    if (ws_git_entry(&entry, s->change, path, err) < 0) {
        return -1;
    }
    if (entry == NULL || git_tree_entry_type(entry) != GIT_OBJECT_BLOB ||
        git_tree_entry_filemode(entry) == GIT_FILEMODE_LINK) {
        clean = 1;
    } else if (lfs) {
        clean = is_pointer(s, git_tree_entry_id(entry), path, err);
    }
    git_tree_entry_free(entry);
    if (clean == 0) {
        ws_strv_addf(s->out, "of filter %s, and would be committed raw: %s", filter, path);
    }
    return clean < 0 ? -1 : 0;
}

/* A bare view: no .gitattributes of any folder counts but those of the index. */
static int open_view(git_repository **view, struct rules *rules, struct ws_error *err)
{
    int rc = git_repository_open_bare(view, rules->r->git_dir);

    if (rc == 0) {
        rc = git_repository_set_odb(*view, rules->r->odb);
    }
    if (rc == 0) {
        rc = git_repository_set_index(*view, rules->index);
    }
    if (rc < 0) {
        return ws_fail_git(err, WS_E_REPOSITORY, rc, rules->r->root,
                           "the repository cannot be opened for its attributes");
    }
    return ws_plain_named_rules(*view, err);
}

static int ask_each(struct search *s, git_repository *view, const struct ws_strv *paths,
                    struct ws_error *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < paths->len; i++) {
        const char *value = NULL;
        int git = git_attr_get(&value, view, GIT_ATTR_CHECK_INDEX_ONLY, paths->items[i], "filter");

        if (git < 0) {
            rc = ws_fail_git(err, WS_E_REPOSITORY, git, paths->items[i],
                             "the path's attributes cannot be read");
        } else if (git_attr_value(value) == GIT_ATTR_VALUE_STRING) {
            rc = judge(s, value, paths->items[i], err);
        }
    }
    return rc;
}

/* By the attributes of one tree. */
static int ask_by(struct search *s, struct rules *rules, const struct ws_strv *paths,
                  struct ws_error *err)
{
    git_repository *view = NULL;
    int rc = open_view(&view, rules, err);

    if (rc == 0) {
        rc = ask_each(s, view, paths, err);
    }
    git_repository_free(view);
    return rc;
}

static bool same_rules(const struct rules *a, const struct rules *b)
{
    size_t len = git_index_entrycount(a->index);
    bool same = len == git_index_entrycount(b->index);

    for (size_t i = 0; same && i < len; i++) {
        const git_index_entry *x = git_index_get_byindex(a->index, i);
        const git_index_entry *y = git_index_get_byindex(b->index, i);

        same = strcmp(x->path, y->path) == 0 && git_oid_equal(&x->id, &y->id);
    }
    return same;
}

/* `outside`: files in no tree speak of filters. */
static int search(struct search *s, const char *base, const struct ws_strv *paths, bool outside,
                  struct ws_error *err)
{
    struct rules then = {.r = s->r}, now = {.r = s->r, .tree = s->change};
    int rc = ws_git_tree(&then.tree, s->r, base, err);

    if (rc == 0) {
        rc = read_rules(&then, paths, err);
    }
    if (rc == 0) {
        rc = read_rules(&now, paths, err);
    }
    if (rc == 0 && (outside || then.filters)) {
        rc = ask_by(s, &then, paths, err);
    }
    if (rc == 0 && (outside || now.filters) && !same_rules(&then, &now)) {
        rc = ask_by(s, &now, paths, err);
    }
    git_index_free(then.index);
    git_index_free(now.index);
    git_tree_free(then.tree);
    return rc;
}

int ws_repo_find_raw(struct ws_strv *out, struct ws_repo *r, const char *base, const char *change,
                     const struct ws_strv *paths, bool ignore_filters, struct ws_error *err)
{
    static const char *const words[] = {"filter", NULL};
    struct search s = {.r = r, .out = out};
    bool outside = false;
    int rc = 0, git = 0;

    if (paths->len == 0) {
        return 0;
    }
    if (ws_plain_git_dir(r->git_dir, WS_E_REPOSITORY, err) < 0 ||
        ws_plain_named_rules(r->git, err) < 0 || ws_git_tree(&s.change, r, change, err) < 0) {
        return -1;
    }
    git = ws_attributes_outside_mention(&outside, r, words);
    if (git == 0 && !ignore_filters) {
        git = ws_filters_drivers(&s.drivers, r);
    }
    if (git < 0) {
        rc = ws_fail_git(err, WS_E_REPOSITORY, git, r->root, "the filters cannot be looked up");
    }
    if (rc == 0) {
        rc = search(&s, base, paths, outside, err);
    }
    ws_strv_sort(out);
    ws_strv_unique(out);
    git_tree_free(s.change);
    ws_strv_release(&s.drivers);
    return rc;
}
