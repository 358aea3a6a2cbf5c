/* Settings, and what they name: other settings, and rules. */
#include <stdlib.h>
#include <string.h>

#include "config_text.h"
#include "plain.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"

/* libgit2 follows ten includes in a row. Files that name each other by ever longer names end here.
 */
enum { MAX_FILES = 256, MAX_TEXT = 1 << 20 };

/* What $XDG_CONFIG_HOME/git and its default hold; NULL: nothing. */
static char *user_folder(void)
{
    const char *home = getenv("HOME"), *xdg = getenv("XDG_CONFIG_HOME");

    if (xdg != NULL && xdg[0] != '\0') {
        return ws_path_join(xdg, "git");
    }
    return home != NULL ? ws_path_join(home, ".config/git") : NULL;
}

/* The name of an included file: relative to the file that includes it. */
static char *included(const char *file, const char *name)
{
    const char *home = getenv("HOME");

    if (ws_starts_with(name, "~/")) {
        return ws_path_join(home != NULL ? home : "/", name + strlen("~/"));
    }
    char *folder = ws_path_dir(file), *path = ws_path_join(folder, name);

    free(folder);
    return path;
}

static void add_included(struct ws_strv *files, const char *file)
{
    struct ws_buf text = {0};
    struct ws_strv names = {0};

    if (ws_path_exists(file) && ws_read_file(&text, file, MAX_TEXT, NULL) == 0 &&
        strcasestr(ws_buf_str(&text), "include") != NULL) {
        ws_config_includes(&names, ws_buf_str(&text), text.len);
    }
    for (size_t i = 0; i < names.len; i++) {
        char *path = included(file, names.items[i]);

        if (!ws_strv_has(files, path)) {
            ws_strv_add(files, path);
        }
        free(path);
    }
    ws_strv_release(&names);
    ws_buf_release(&text);
}

int ws_plain_settings(const char *git_dir, enum ws_code code, struct ws_error *err)
{
    static const char *const rules[] = {"ignore", "attributes"};
    const char *home = getenv("HOME");
    char *folder = user_folder();
    struct ws_strv files = {0};
    int rc = 0;

    for (size_t i = 0; rc == 0 && folder != NULL && i < sizeof rules / sizeof *rules; i++) {
        char *file = ws_path_join(folder, rules[i]);

        rc = ws_plain_file(file, code, err);
        free(file);
    }
    if (folder != NULL) {
        ws_strv_take(&files, ws_path_join(folder, "config"));
    }
    if (home != NULL) {
        ws_strv_take(&files, ws_path_join(home, ".gitconfig"));
    }
    ws_strv_take(&files, ws_path_join(git_dir, "config"));
    ws_strv_add(&files, "/etc/gitconfig");
    for (size_t i = 0; rc == 0 && i < files.len; i++) {
        rc = ws_plain_file(files.items[i], code, err);
        if (rc == 0 && i == MAX_FILES) {
            rc = ws_fail(err, code, files.items[i], "git's settings include too many files");
        } else if (rc == 0) {
            add_included(&files, files.items[i]);
        }
    }
    ws_strv_release(&files);
    free(folder);
    return rc;
}

int ws_plain_named_rules(git_repository *git, struct ws_error *err)
{
    static const char *const names[] = {"core.excludesfile", "core.attributesfile"};
    git_config *config = NULL;
    int rc = 0, known = git_repository_config_snapshot(&config, git);

    for (size_t i = 0; rc == 0 && known == 0 && i < sizeof names / sizeof *names; i++) {
        git_buf path = {0};

        if (git_config_get_path(&path, config, names[i]) == 0) {
            rc = ws_plain_file(path.ptr, WS_E_REPOSITORY, err);
        }
        git_buf_dispose(&path);
    }
    git_config_free(config);
    return rc;
}
