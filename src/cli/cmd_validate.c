#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "session.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/project/bundle.h"
#include "wsfsm/project/profile.h"
#include "wsfsm/steps/base_tree.h"

enum { UNSOUND = 3, TROUBLE_BETWEEN = 1 };

static const struct ws_positional positionals[] = {
    {.name = "PATH",
     .optional = true,
     .complete = WS_COMPLETE_FILE,
     .help = "A bundle, or a folder of bundles, seen from the current folder, else from that of "
             "-C. Default: PIPELINE_WORKSTREAM_DIR, else "
             "'workstream_dir' of wsfsm.yaml, else workstreams/ in the repository."},
    {0},
};

static const struct ws_exit_note exits[] = {
    {0, "sound; there may be warnings"},
    {1, "each bundle is sound by itself, and there are problems between them"},
    {3, "a bundle is unsound"},
    {0, NULL},
};

/* What the bundles are checked against: as much of it as there is. */
struct surroundings {
    struct ws_session session;
    bool in_repository;
    char base_oid[WS_OID_HEX];
    struct ws_base_tree base;
    bool has_base;
    struct ws_profiles builtin; /* outside of a repository */
    const struct ws_profiles *profiles;
};

static bool has_tool(void *payload, const char *id)
{
    const struct surroundings *s = payload;

    return ws_profiles_find(s->profiles, id) != NULL;
}

static const char *nearest_tool(void *payload, const char *id)
{
    const struct surroundings *s = payload;

    return ws_profiles_nearest(s->profiles, id);
}

/* A file or folder that is named may be checked anywhere; without a repository there is no base
 * tree to look at. */
static int look_around(struct surroundings *s, const struct ws_cli *cli, bool named,
                       struct ws_error *err)
{
    char *name = NULL;

    if (ws_cli_open(&s->session, cli, err) == 0) {
        s->in_repository = true;
        s->profiles = &s->session.config.profiles;
        s->base = (struct ws_base_tree){.repo = s->session.repo, .oid = s->base_oid};
        s->has_base = ws_repo_resolve_base(s->base_oid, &name, s->session.repo,
                                           s->session.config.base_branch, NULL) == 0;
        free(name);
        return 0;
    }
    if (!named || err->code != WS_E_REPOSITORY) {
        return -1;
    }
    s->profiles = &s->builtin;
    ws_profiles_builtin(&s->builtin);
    return 0;
}

static void look_away(struct surroundings *s)
{
    if (s->in_repository) {
        ws_session_close(&s->session);
    }
    ws_profiles_release(&s->builtin);
}

struct findings {
    struct ws_bundles bundles;
    struct ws_diags diags;
    size_t sound;
    int status;
};

/* A folder below the current one is named from here. */
static const char *shown(const char *path)
{
    char here[PATH_MAX];

    if (getcwd(here, sizeof here) != NULL && strcmp(here, "/") != 0 && strcmp(here, path) != 0 &&
        ws_path_under(path, here)) {
        return path + strlen(here) + 1;
    }
    return path;
}

static int check(struct findings *f, struct surroundings *s, const char *path, bool folder,
                 struct ws_error *err)
{
    struct ws_tree_view view = ws_base_tree_view(&s->base);
    struct ws_between between = {
        .alone = !folder, .has_tool = has_tool, .nearest_tool = nearest_tool, .payload = s};

    if (s->has_base) {
        between.tree = &view;
    }
    if (folder) {
        if (ws_bundle_read_dir(&f->bundles, path, shown(path), &f->diags, err) != 0) {
            return -1;
        }
    } else {
        (void)ws_bundle_read(&f->bundles, path, path, &f->diags); /* the reason is a finding, or: */
        if (ws_diags_all_read(&f->diags, err) != 0) {
            return -1;
        }
    }
    f->status = ws_diags_count(&f->diags, WS_ERROR) > 0 ? UNSOUND : 0;
    for (size_t i = 0; i < f->bundles.len; i++) {
        f->sound += f->bundles.items[i].sound;
    }
    size_t trouble = ws_bundles_check(&f->bundles, &between, &f->diags);

    if (ws_diags_all_read(&f->diags, err) != 0) { /* the base tree, of overlaps */
        return -1;
    }
    if (trouble > 0 && f->status == 0) {
        f->status = TROUBLE_BETWEEN;
    }
    return 0;
}

static void print(struct ws_cli *cli, struct findings *f)
{
    struct ws_buf *out = &cli->out.text;

    if (cli->json) {
        ws_json_open(out, '{');
        ws_json_kint(out, "workstreams", (int64_t)f->bundles.len);
        ws_json_kint(out, "sound", (int64_t)f->sound);
        ws_cli_json_diags(out, &f->diags);
        ws_json_close(out, '}');
        ws_buf_putc(out, '\n');
        return;
    }
    ws_cli_print_diags(cli, &f->diags);
    if (!cli->quiet) {
        ws_buf_printf(out, "%zu workstream%s, %zu sound; errors: %zu, warnings: %zu\n",
                      f->bundles.len, f->bundles.len == 1 ? "" : "s", f->sound,
                      ws_diags_count(&f->diags, WS_ERROR), ws_diags_count(&f->diags, WS_WARNING));
    }
}

/* As it is seen from the current folder; what is not there may be seen from that of -C. */
static char *named_path(const struct ws_cli *cli)
{
    const char *word = ws_args_word(cli->args, 0);
    char *below = NULL;

    if (word != NULL && cli->directory != NULL && !ws_path_exists(word)) {
        below = ws_path_join(cli->directory, word);
        if (ws_path_exists(below)) {
            return below;
        }
    }
    free(below);
    return ws_strdup(word);
}

static int run(struct ws_cli *cli, struct ws_error *err)
{
    struct surroundings around = {0};
    struct findings found = {0};
    char *named = named_path(cli);
    const char *path = named;
    int status = look_around(&around, cli, path != NULL, err);

    if (status == 0 && path == NULL) {
        path = around.session.config.workstream_dir;
        if (!ws_path_exists(path)) {
            status = ws_fail(err, WS_E_BUNDLE, path, "%s; 'wsfsm init' makes a first bundle",
                             strerror(ENOENT));
        }
    }
    if (status == 0) {
        status = check(&found, &around, path, named == NULL || ws_path_is_dir(path), err);
    }
    if (status == 0) {
        print(cli, &found);
        status = found.status;
    }
    ws_bundles_release(&found.bundles);
    ws_diags_release(&found.diags);
    look_away(&around);
    free(named);
    return status;
}

const struct ws_cmd ws_cmd_validate = {
    .name = "validate",
    .summary = "Check bundles",
    .description = "Reads a bundle, or all of a folder, and prints every problem as "
                   "FILE:LINE:COL: error: TEXT. A folder is also checked for ids declared twice, "
                   "unknown or circular depends_on, and workstreams whose files_scope overlap. A "
                   "tool without a profile is a warning.",
    .positionals = positionals,
    .exits = exits,
    .run = run,
};
