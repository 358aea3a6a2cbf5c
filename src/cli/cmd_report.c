#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "page.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/path.h"

static const struct ws_option options[] = {
    {.name = "run-id",
     .argument = "ID",
     .required = true,
     .complete = WS_COMPLETE_RUN_ID,
     .help = "The run."},
    {.name = "output",
     .letter = 'o',
     .argument = "FILE",
     .required = true,
     .complete = WS_COMPLETE_FILE,
     .help = "The file to write, whole or not at all, readable to you alone; one that is there is "
             "replaced. '-' is standard output."},
    {0},
};

static const struct ws_exit_note exits[] = {
    {0, "the page was written, whatever it says"},
    {3, "there is no such run, or no database"},
    {4, "the page cannot be written"},
    {0, NULL},
};

static const struct ws_example examples[] = {
    {"wsfsm report --run-id 20261122T161824Z-3f9a2c -o report.html", "Write the page of a run."},
    {0},
};

/* Only a file is replaced: a rename over a device or a link would put a file in its place. */
static int check_place(const char *file, struct ws_error *err)
{
    struct stat st;

    if (lstat(file, &st) != 0) {
        return errno == ENOENT ? 0 : ws_fail_errno(err, WS_E_IO, file, "cannot write the page");
    }
    if (!S_ISREG(st.st_mode)) {
        return ws_fail(err, WS_E_IO, file, "is %s; name a file, or - for standard output",
                       S_ISDIR(st.st_mode)   ? "a folder"
                       : S_ISLNK(st.st_mode) ? "a link"
                                             : "not a regular file");
    }
    return 0;
}

static int write_parts(struct ws_page *p, bool *sound, struct ws_error *err)
{
    ws_page_begin(p);
    ws_page_verdict(p);
    ws_page_change(p);
    ws_page_snapshots(p);
    ws_page_task(p);
    ws_page_machine(p);
    ws_page_timeline(p);
    if (ws_page_attempts(p, err) != 0 || ws_page_errors(p, err) != 0) {
        return -1;
    }
    ws_page_proof(p, sound);
    if (ws_page_events(p, err) != 0) {
        return -1;
    }
    ws_page_end(p);
    return 0;
}

static int deliver(struct ws_cli *cli, const struct ws_page *p, const char *file, bool sound,
                   struct ws_error *err)
{
    struct ws_buf *out = &cli->out.text;

    if (strcmp(file, "-") == 0) {
        ws_buf_add(out, p->out.data, p->out.len);
        return 0;
    }
    if (ws_write_file(file, p->out.data, p->out.len, S_IRUSR | S_IWUSR, err) != 0) {
        return -1;
    }
    if (cli->json) {
        ws_json_open(out, '{');
        ws_json_kstr(out, "run_id", p->run->run_id);
        ws_json_kstr(out, "ws_id", p->run->ws_id);
        ws_json_key(out, "file");
        ws_json_path(out, file);
        ws_json_kint(out, "bytes", (int64_t)p->out.len);
        ws_json_kbool(out, "verified", sound);
        ws_json_close(out, '}');
        ws_buf_putc(out, '\n');
    } else {
        ws_out_escaped(&cli->out, file);
        ws_buf_puts(out, ": made\n");
    }
    return 0;
}

static int write_page(struct ws_cli *cli, struct ws_session *s, const struct ws_run_row *run,
                      const char *file, struct ws_error *err)
{
    struct ws_page page;
    bool sound = false;
    int status = ws_page_read(&page, s, run, err);

    if (status == 0) {
        status = write_parts(&page, &sound, err);
    }
    if (status == 0) {
        status = deliver(cli, &page, file, sound, err);
    }
    if (status == 0 && !sound) {
        ws_cli_warning(cli, "the history of this run could not be verified; see 'wsfsm verify'");
    }
    ws_page_release(&page);
    return status;
}

static int run(struct ws_cli *cli, struct ws_error *err)
{
    const char *file = ws_args_value(cli->args, "output");
    struct ws_session session = {0};
    struct ws_run_rows runs = {0};

    if (file[0] == '\0' || (strcmp(file, "-") == 0 && cli->json)) {
        return ws_fail(err, WS_E_USAGE, "--output",
                       file[0] == '\0' ? "the name of a file is missing"
                                       : "--json and a page on standard output do not go together");
    }
    if (ws_cli_open_database(&session, cli, WS_E_UNKNOWN_ID, err) != 0) {
        return -1;
    }
    int status = ws_cli_runs(&runs, &session, ws_args_value(cli->args, "run-id"), NULL, err);
    if (status == 0 && strcmp(file, "-") != 0) {
        status = check_place(file, err);
    }
    if (status == 0) {
        status = write_page(cli, &session, &runs.items[0], file, err);
    }
    ws_run_rows_release(&runs);
    ws_session_close(&session);
    return status;
}

const struct ws_cmd ws_cmd_report = {
    .name = "report",
    .summary = "Write everything about a run as one HTML page",
    .description =
        "The page stands for itself - no script, nothing loaded from elsewhere - and can be "
        "mailed, attached to a pull request or printed: how the run ended and why, the command "
        "that takes its change over, its snapshots, the machine with the way taken, every "
        "transition, each attempt with its tools, evidence and the end of their output, and "
        "whether the history is what was written. Long lists and outputs are cut, and say so. It "
        "works on unfinished runs too. Secrets were replaced by *** before anything was recorded; "
        "what else the tools printed stands on the page.",
    .options = options,
    .exits = exits,
    .examples = examples,
    .run = run,
};
