#include "attributes.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "blob.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

enum { MAX_ATTRIBUTES = 1 << 20 };

static bool mentions(const char *text, size_t len, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (memmem(text, len, *words, strlen(*words)) != NULL) {
            return true;
        }
    }
    return false;
}

/* A file that cannot be read may say anything. */
static bool file_mentions(const char *path, const char *const *words)
{
    struct ws_buf text = {0};
    bool found = ws_path_exists(path) && (ws_read_file(&text, path, MAX_ATTRIBUTES, NULL) < 0 ||
                                          mentions(ws_buf_str(&text), text.len, words));

    ws_buf_release(&text);
    return found;
}

/* core.attributesFile, or its default place. */
static char *user_file(git_config *config)
{
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    git_buf path = {0};
    char *file = NULL;

    if (git_config_get_path(&path, config, "core.attributesfile") == 0) {
        file = ws_strdup(path.ptr);
    } else if (xdg != NULL && xdg[0] != '\0') {
        file = ws_format("%s/git/attributes", xdg);
    } else if (home != NULL) {
        file = ws_format("%s/.config/git/attributes", home);
    }
    git_buf_dispose(&path);
    return file;
}

int ws_attributes_outside_mention(bool *found, struct ws_repo *r, const char *const *words)
{
    char *own = ws_path_join(r->git_dir, "info/attributes"), *user = NULL;
    git_config *config = NULL;
    int rc = git_repository_config_snapshot(&config, r->git);

    if (rc == 0) {
        user = user_file(config);
        *found = file_mentions(own, words) || file_mentions("/etc/gitattributes", words) ||
                 (user != NULL && file_mentions(user, words));
    }
    git_config_free(config);
    free(user);
    free(own);
    return rc;
}

struct search {
    git_odb *odb;
    const char *const *words;
    bool found;
};

static int look_at_blob(struct search *s, const git_oid *oid)
{
    git_odb_object *object = NULL;

    if (git_odb_read(&object, s->odb, oid) < 0) {
        return -1;
    }
    s->found = mentions(git_odb_object_data(object), git_odb_object_size(object), s->words);
    git_odb_object_free(object);
    return s->found ? GIT_EUSER : 0;
}

int ws_attributes_blob_mentions(bool *found, struct ws_repo *r, const git_oid *oid,
                                const char *const *words)
{
    struct search s = {.odb = r->odb, .words = words};
    int rc = look_at_blob(&s, oid);

    *found = s.found;
    return s.found ? 0 : rc;
}

static int look_at_entry(const char *root, const git_tree_entry *entry, void *payload)
{
    (void)root;
    if (strcmp(git_tree_entry_name(entry), ".gitattributes") != 0 ||
        git_tree_entry_type(entry) != GIT_OBJECT_BLOB) {
        return 0;
    }
    return look_at_blob(payload, git_tree_entry_id(entry));
}

static int look_at_listed(struct search *s, const struct ws_index_look *index)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < index->len; i++) {
        rc = look_at_blob(s, &index->attributes[i]);
    }
    return rc;
}

int ws_attributes_mention(bool *found, struct ws_repo *r, git_tree *tree,
                          const struct ws_index_look *index, const char *const *words)
{
    struct search s = {.odb = r->odb, .words = words};
    int rc;

    *found = false;
    rc = ws_attributes_outside_mention(found, r, words);
    if (rc < 0 || *found) {
        return rc;
    }
    if (index != NULL && index->whole && git_oid_equal(&index->tree, git_tree_id(tree))) {
        rc = look_at_listed(&s, index);
    } else {
        rc = git_tree_walk(tree, GIT_TREEWALK_PRE, look_at_entry, &s);
    }
    *found = s.found;
    return *found ? 0 : rc;
}

/* What asks for line ends or ident; `binary` and its like take away only. */
static const char *const cleaning[] = {"text", "crlf", "eol", "ident", NULL};

static bool settings_clean(struct ws_repo *r)
{
    git_config *config = NULL;
    int yes = 0, rc = git_repository_config_snapshot(&config, r->git);

    if (rc == 0) {
        rc = git_config_get_bool(&yes, config, "core.autocrlf");
    }
    git_config_free(config);
    /* "input" is no boolean, and does it */
    return rc == GIT_ENOTFOUND ? false : rc < 0 || yes != 0;
}

bool ws_attributes_clean(struct ws_repo *r)
{
    bool found = false;

    return settings_clean(r) || ws_attributes_outside_mention(&found, r, cleaning) < 0 || found;
}

bool ws_attributes_clean_here(int dir)
{
    int fd = openat(dir, ".gitattributes", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct ws_buf text = {0};
    bool clean = fd < 0 || ws_read_all(&text, fd, MAX_ATTRIBUTES) != 0 ||
                 mentions(ws_buf_str(&text), text.len, cleaning);

    ws_buf_release(&text);
    if (fd >= 0) {
        close(fd);
    }
    return clean;
}

static bool settings_convert(struct ws_repo *r)
{
    git_config *config = NULL;
    const char *value = NULL;
    bool convert = true;
    int yes = 0;

    if (git_repository_config_snapshot(&config, r->git) == 0) {
        /* "input" is no boolean and writes nothing on the way out */
        bool autocrlf = git_config_get_bool(&yes, config, "core.autocrlf") == 0 && yes != 0;
        bool eol = git_config_get_string(&value, config, "core.eol") == 0 &&
                   strcasecmp(value, "crlf") == 0;

        convert = autocrlf || eol;
    }
    git_config_free(config);
    return convert;
}

int ws_attributes_convert(bool *may, struct ws_repo *r, git_tree *tree)
{
    static const char *const words[] = {"crlf", "ident", NULL};

    *may = settings_convert(r);
    return *may ? 0 : ws_attributes_mention(may, r, tree, NULL, words);
}
