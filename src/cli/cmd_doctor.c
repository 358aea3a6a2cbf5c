#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "columns.h"
#include "commands.h"
#include "session.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/project/bundle.h"
#include "wsfsm/steps/confine.h"
#include "wsfsm/store/verify.h"

enum { MIB = 1 << 20, LITTLE_DISK_MIB = 1024, NO_DISK_MIB = 64 };

struct doctor {
    struct ws_cli *cli;
    struct ws_session session;
    size_t failures;
};

static const char pass[] = "PASS", warn[] = "WARN", fail[] = "FAIL";

static void say(struct doctor *d, const char *verdict, const char *what, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void say(struct doctor *d, const char *verdict, const char *what, const char *format, ...)
{
    struct ws_buf *out = &d->cli->out.text;
    va_list ap;

    va_start(ap, format);
    char *text = ws_vformat(format, ap);
    va_end(ap);
    d->failures += strcmp(verdict, fail) == 0;
    if (d->cli->json) {
        ws_json_open(out, '{');
        ws_json_kstr(out, "verdict", verdict);
        ws_json_kstr(out, "check", what);
        ws_json_kstr(out, "message", text);
        ws_json_close(out, '}');
    } else {
        ws_cli_colored(d->cli, ws_color_of(verdict), verdict);
        ws_buf_printf(out, "  %-16s", what);
        ws_out_escaped(&d->cli->out, text);
        ws_buf_putc(out, '\n');
    }
    free(text);
}

static void say_error(struct doctor *d, const char *what, const struct ws_error *err)
{
    say(d, fail, what, "%s%s%s", err->where, err->where[0] != '\0' ? ": " : "", err->message);
}

static bool check_repository(struct doctor *d)
{
    struct ws_error err = {0};

    if (ws_cli_open(&d->session, d->cli, &err) != 0) {
        say_error(d, err.code == WS_E_CONFIG ? "configuration" : "git repository", &err);
        return false;
    }
    say(d, pass, "git repository", "%s", ws_repo_root(d->session.repo));
    say(d, pass, "configuration", "%s",
        d->session.config.file != NULL ? d->session.config.file
                                       : "no wsfsm.yaml; the defaults hold");
    return true;
}

static void check_base(struct doctor *d)
{
    struct ws_session *s = &d->session;
    char base[WS_OID_HEX];
    char *name = NULL;
    struct ws_error err = {0};

    if (ws_repo_resolve_base(base, &name, s->repo, s->config.base_branch, &err) != 0 ||
        ws_repo_preflight(s->repo, base, s->config.ignore_filters, &err) != 0) {
        say_error(d, "base", &err);
    } else {
        say(d, pass, "base", "%s, commit %.10s", name, base);
    }
    free(name);
}

static void check_disk(struct doctor *d)
{
    const char *root = ws_repo_root(d->session.repo);
    struct statvfs fs;
    struct ws_buf left = {0};

    if (statvfs(root, &fs) != 0) {
        say(d, warn, "disk", "the space left cannot be told");
        return;
    }
    unsigned long long mib = (unsigned long long)fs.f_bavail * fs.f_frsize / MIB;
    ws_format_bytes(&left, (int64_t)(mib * MIB));
    say(d,
        mib < NO_DISK_MIB       ? fail
        : mib < LITTLE_DISK_MIB ? warn
                                : pass,
        "disk", "%s left", ws_buf_str(&left));
    ws_buf_release(&left);
}

/* A run writes the database, and a journal beside it. NULL, or what is in the way; the caller frees
 * it. */
static char *not_writable(const char *path)
{
    bool there = ws_path_exists(path);
    char *folder = ws_path_dir(path);
    char *at = NULL;

    while (!ws_path_exists(folder)) { /* the first run makes it */
        char *above = ws_path_dir(folder);
        free(folder);
        folder = above;
    }
    if (there && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0) {
        at = ws_strdup(path);
    } else if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) != 0) {
        at = ws_strdup(folder);
    }
    free(folder);
    return at;
}

static void check_store(struct doctor *d)
{
    struct ws_session *s = &d->session;
    struct ws_store_info info = {0};
    struct ws_error err = {0};

    int rc = ws_session_store(s, WS_STORE_READ, NULL, &err);

    if (rc == 0 && s->store != NULL) {
        rc = ws_store_info(&info, s->store, &err);
    }
    char *closed = rc == 0 ? not_writable(s->config.database) : NULL;

    if (rc != 0) {
        say_error(d, "store", &err);
    } else if (closed != NULL) {
        say(d, fail, "store", "%s: cannot be written; look at its rights", closed);
    } else if (s->store == NULL) {
        say(d, pass, "store", "%s: none yet; the first run makes it", s->config.database);
    } else {
        say(d, pass, "store", "%s: runs %lld, transitions %lld", s->config.database,
            (long long)info.runs, (long long)info.transitions);
    }
    free(closed);
}

/* Not everybody asks for it: where it does not work, that is a warning. */
static void check_sandbox(struct doctor *d)
{
    struct ws_error err = {0};
    char *bwrap = NULL;

    if (ws_confine_try(&bwrap, d->session.repo, &err) == 0) {
        say(d, pass, "sandbox", "%s works here", bwrap);
    } else {
        say(d, warn, "sandbox", "tools cannot be confined here: %s", err.message);
    }
    free(bwrap);
}

static void check_tool(struct doctor *d, const char *id)
{
    struct ws_session *s = &d->session;
    const struct ws_profile *p = ws_profiles_find(&s->config.profiles, id);
    struct ws_error err = {0};
    char *file = p != NULL ? ws_cli_find_tool(s, p, &err) : NULL;

    if (p == NULL) {
        say(d, warn, "tool", "%s: there is no profile of that id", id);
    } else if (file == NULL) {
        say(d, warn, "tool", "%s: %s", id, err.message);
    } else {
        say(d, pass, "tool", "%s: %s", id, file);
    }
    free(file);
}

/* The tools that the bundles and the project ask for, each once. */
static void check_tools(struct doctor *d, const struct ws_bundles *bundles)
{
    struct ws_strv ids = {0};

    ws_strv_copy(&ids, &d->session.config.static_tools);
    for (size_t i = 0; i < bundles->len; i++) {
        if (bundles->items[i].sound) {
            ws_strv_add(&ids, bundles->items[i].tool);
            ws_strv_copy(&ids, &bundles->items[i].static_tools);
        }
    }
    ws_strv_sort(&ids);
    ws_strv_unique(&ids);
    for (size_t i = 0; i < ids.len; i++) {
        check_tool(d, ids.items[i]);
    }
    ws_strv_release(&ids);
}

static void check_bundles(struct doctor *d)
{
    const char *dir = d->session.config.workstream_dir;
    struct ws_bundles bundles = {0};
    struct ws_diags diags = {0};
    struct ws_error err = {0};

    if (!ws_path_exists(dir)) {
        say(d, warn, "bundles", "%s is not there; 'wsfsm init' makes a first bundle", dir);
    } else if (ws_bundle_read_dir(&bundles, dir, dir, &diags, &err) != 0) {
        say_error(d, "bundles", &err);
    } else if (ws_diags_count(&diags, WS_ERROR) > 0) {
        say(d, fail, "bundles", "errors: %zu; 'wsfsm validate' prints them",
            ws_diags_count(&diags, WS_ERROR));
    } else {
        say(d, bundles.len > 0 ? pass : warn, "bundles", "%s: workstreams %zu", dir, bundles.len);
    }
    check_tools(d, &bundles);
    ws_bundles_release(&bundles);
    ws_diags_release(&diags);
}

static void check_all(struct doctor *d)
{
    if (check_repository(d)) {
        check_base(d);
        check_disk(d);
        check_store(d);
        check_sandbox(d);
        check_bundles(d);
        ws_session_close(&d->session);
    }
}

static int run(struct ws_cli *cli, struct ws_error *err)
{
    struct doctor d = {.cli = cli};

    (void)err;
    if (cli->json) {
        ws_json_open(&cli->out.text, '[');
    }
    check_all(&d);
    if (cli->json) {
        ws_json_close(&cli->out.text, ']');
        ws_buf_putc(&cli->out.text, '\n');
    }
    return d.failures > 0 ? 1 : 0;
}

static const struct ws_exit_note exits[] = {
    {0, "nothing failed; there may be warnings"},
    {1, "a line says FAIL"},
    {0, NULL},
};

const struct ws_cmd ws_cmd_doctor = {
    .name = "doctor",
    .summary = "Check that runs can work here: git, tools, sandbox, disk, store, bundles",
    .description = "Prints one line for each check, PASS, WARN or FAIL. Nothing is changed.",
    .exits = exits,
    .run = run,
};
