/* Bundles: the files that declare workstreams, and the checks within and between them. */
#ifndef WSFSM_PROJECT_BUNDLE_H
#define WSFSM_PROJECT_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wsfsm/base/diag.h"
#include "wsfsm/base/error.h"
#include "wsfsm/base/strv.h"

struct ws_place {
    unsigned line, col;
};

struct ws_workstream {
    char *id;
    char *openspec_change;
    char *ccpm_issue; /* as text; `ccpm_issue_is_int` tells which it was */
    bool ccpm_issue_is_int;
    int64_t gate;
    char *title; /* NULL when absent */
    char *tool;
    struct ws_strv files_scope; /* normalised: '/', no leading "./" */
    struct ws_strv files_create;
    struct ws_strv tasks;
    struct ws_strv acceptance_tests;
    struct ws_strv static_tools;
    bool static_tools_given; /* by the field or by metadata.static_tools; else the project's default
                                holds */
    struct ws_strv depends_on;
    char *patch; /* metadata.patch, NULL when absent: the file `apply-patch` applies */
    char *json;  /* the whole mapping as JSON, as it was read */

    char *file;         /* where it was declared, as shown to people */
    unsigned line, col; /* of the id (of the mapping when it has none) */
    bool sound;         /* no error in its own mapping, and its file is no flawed document */
    /* Where a sound workstream says these; one place an item of the list. Of an unsound one
     * files_scope and depends_on are kept where nothing is wrong with the field itself, else they
     * are empty. */
    struct ws_place tool_at;
    struct ws_place *files_scope_at, *static_tools_at, *depends_on_at;
};

struct ws_bundles {
    struct ws_workstream *items;
    size_t len;
    size_t cap;
    size_t unread; /* files that no workstream could be read from */
};

void ws_bundles_release(struct ws_bundles *b);

/* Is the path in the base tree, literally, and as what? Lets scope entries be literal or folders.
 */
enum ws_tree_entry { WS_TREE_ABSENT, WS_TREE_FILE, WS_TREE_DIR };
struct ws_tree_view {
    /* 0, or -1 when it cannot be told: what could not be read is not absent. */
    int (*look)(enum ws_tree_entry *out, void *payload, const char *path, struct ws_error *err);
    /* Calls `each` for every path of the base tree until it returns nonzero (which is returned; it
     * is not -1). -1: failure, and not every path was called for. */
    int (*walk)(void *payload, int (*each)(void *arg, const char *path), void *arg,
                struct ws_error *err);
    void *payload;
};

/* Reads one file (a mapping or a sequence of mappings). All workstreams it holds are appended, the
 * unsound ones too (sound == false; their fields may be NULL). -1: no workstream can be read from
 * the file; the reason is in *diags, or in diags->unread. */
int ws_bundle_read(struct ws_bundles *out, const char *path, const char *shown,
                   struct ws_diags *diags);

/* Every *.json, *.yaml, *.yml of a folder, sorted by name; not recursive, and as with the shell's
 * `*` without names that begin with a dot. What has such a name and is no regular file (a folder, a
 * FIFO, a device) is an error; other names are passed over. -1 only when the folder cannot be
 * read, or the disk fails under a file of it. */
int ws_bundle_read_dir(struct ws_bundles *out, const char *dir, const char *shown,
                       struct ws_diags *diags, struct ws_error *err);

/* From JSON text as kept in ws_workstream.json (a run's metadata). */
int ws_bundle_from_json(struct ws_workstream *out, const char *json, struct ws_error *err);
void ws_workstream_release(struct ws_workstream *w);

struct ws_between {
    bool alone;                      /* one file alone: an unknown dependency is a note */
    const struct ws_tree_view *tree; /* NULL: no base tree at hand */
    bool (*has_tool)(void *payload, const char *id); /* NULL: tool ids are not looked up */
    const char *(*nearest_tool)(void *payload, const char *id); /* may be NULL, as its answer */
    void *payload;
};

/* Problems between workstreams: duplicate ids, unknown dependencies, cycles (printed), overlapping
 * files_scope; unknown tools of the sound ones (warnings). While there are bundles whose id cannot
 * be read, an unknown dependency is a note. Returns the number of errors added. When the base tree
 * cannot be read, nothing is said of overlaps and the reason is in diags->unread. */
size_t ws_bundles_check(const struct ws_bundles *b, const struct ws_between *how,
                        struct ws_diags *diags);

/* The workstream of that id; NULL and an error that names the nearest id, or that it is declared
 * twice. Its own unsoundness is an error too (WS_E_BUNDLE, the first finding as text), and so is
 * that of a file which may declare it: one of which not every id could be read. */
const struct ws_workstream *ws_bundles_find(const struct ws_bundles *b, const char *id,
                                            const struct ws_diags *diags, struct ws_error *err);

bool ws_valid_ws_id(const char *id);
bool ws_valid_run_id(const char *id);

#endif
