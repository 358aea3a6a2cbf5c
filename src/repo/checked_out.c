#include "checked_out.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/text.h"

enum { MAX_TEXT = 16 * 1024 };

static char *first_line(const char *folder, const char *name)
{
    char *path = ws_path_join(folder, name), *line = NULL;
    struct ws_buf text = {0};

    if (ws_read_file(&text, path, MAX_TEXT, NULL) == 0) {
        line = ws_strndup(ws_buf_str(&text), strcspn(ws_buf_str(&text), "\n"));
    }
    ws_buf_release(&text);
    free(path);
    return line;
}

static void add_head(struct ws_strv *branches, const char *folder)
{
    char *line = first_line(folder, "HEAD");

    if (line != NULL && ws_starts_with(line, "ref: refs/heads/")) {
        ws_strv_add(branches, line + strlen("ref: "));
    }
    free(line);
}

static bool is_ours(struct ws_repo *r, const char *folder)
{
    char *gitdir = first_line(folder, "gitdir");
    bool ours = gitdir != NULL && ws_path_under(gitdir, r->worktrees);

    free(gitdir);
    return ours;
}

void ws_checked_out(struct ws_strv *branches, struct ws_repo *r)
{
    char *worktrees = ws_path_join(r->git_dir, "worktrees");
    DIR *d = opendir(worktrees);
    struct dirent *e;

    add_head(branches, r->git_dir);
    while (d != NULL && (e = readdir(d)) != NULL) {
        char *folder = ws_path_join(worktrees, e->d_name);

        if (e->d_name[0] != '.' && !is_ours(r, folder)) {
            add_head(branches, folder);
        }
        free(folder);
    }
    if (d != NULL) {
        closedir(d);
    }
    ws_strv_sort(branches);
    ws_strv_unique(branches);
    free(worktrees);
}
