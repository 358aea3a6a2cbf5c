#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "session.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"

/* Everything in it is the default, said aloud. */
static const char project_file[] =
    "# How wsfsm works on this repository. Every line may be left out; what stands here commented "
    "out is the\n"
    "# default or an example. See wsfsm(1).\n"
    "\n"
    "# The branch that runs start from; else the branch your checkout is on.\n"
    "# base_branch: main\n"
    "\n"
    "# Where the bundles are.\n"
    "workstream_dir: workstreams\n"
    "\n"
    "# Static analysers for workstreams that name none: ids of 'wsfsm tool list'.\n"
    "static_tools: []\n"
    "\n"
    "# Acceptance tests: limits, and variables of your environment that they may see.\n"
    "acceptance:\n"
    "  timeout_sec: 1800\n"
    "  # pass_env: [DATABASE_URL]\n"
    "  # sandbox: auto # on, auto or off: by bubblewrap; they can write the worktree only\n"
    "  # network: off  # which needs a sandbox\n"
    "\n"
    "# What a new worktree is given before the agent starts: files of your checkout that git "
    "ignores, and\n"
    "# commands without a shell. What they leave untracked is never committed.\n"
    "# worktree:\n"
    "#   copy: [.env]\n"
    "#   setup: [npm ci]\n"
    "\n"
    "# Tools of your own, or other settings for those that ship. A command is a program of PATH or "
    "a\n"
    "# path (.venv/bin/ruff); never a file that is tracked here, since an agent could edit it.\n"
    "# tools:\n"
    "#   my-agent:\n"
    "#     type: ai\n"
    "#     command: /home/you/bin/my-agent\n"
    "#     args: [\"{prompt_file}\"]\n"
    "#   lint:\n"
    "#     type: static_check\n"
    "#     command: make\n"
    "#     args: [lint]\n"
    "#     timeout_sec: 300\n";

static const char bundle[] =
    "# A workstream: one unit of work. Edit it, check it with 'wsfsm validate', try it with\n"
    "#     wsfsm run --ws-id ws-example --dry-run\n"
    "id: ws-example\n"
    "title: Say hello in the README\n"
    "openspec_change: example\n"
    "ccpm_issue: 1\n"
    "gate: 1\n"
    "\n"
    "# The program that makes the change: a coding agent, or another tool of 'wsfsm tool list'.\n"
    "tool: aider\n"
    "\n"
    "# What it is told to do.\n"
    "tasks:\n"
    "  - Add a line to README.md that greets the reader.\n"
    "\n"
    "# The paths it may change, and those it may create. Anything else fails the workstream.\n"
    "files_scope:\n"
    "  - README.md\n"
    "files_create: []\n"
    "\n"
    "# Commands that have to succeed, run in the worktree by /bin/sh.\n"
    "acceptance_tests:\n"
    "  - test -s README.md\n";

/* *made: false when a file of that name was there already. */
static int make(bool *made, const char *path, const char *text, struct ws_error *err)
{
    if (ws_create_file(path, text, strlen(text), 0644, err) == 0) {
        *made = true;
        return 0;
    }
    *made = false;
    return errno == EEXIST ? 0 : -1;
}

/* What became of one file. */
struct made {
    char *path;
    bool made;
};

static void tell_json(struct ws_buf *out, const struct made *files, size_t count)
{
    ws_json_open(out, '[');
    for (size_t i = 0; i < count; i++) {
        ws_json_open(out, '{');
        ws_json_key(out, "path");
        ws_json_path(out, files[i].path);
        ws_json_kbool(out, "made", files[i].made);
        ws_json_close(out, '}');
    }
    ws_json_close(out, ']');
    ws_buf_putc(out, '\n');
}

static void tell(struct ws_cli *cli, const struct made *files, size_t count)
{
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        ws_out_escaped(&cli->out, files[i].path);
        ws_buf_puts(&cli->out.text,
                    files[i].made ? ": made\n" : ": there already, left as it is\n");
        any = any || files[i].made;
    }
    if (any) {
        ws_cli_note(cli, "edit them, commit them, then: wsfsm validate");
    }
}

static int run(struct ws_cli *cli, struct ws_error *err)
{
    struct ws_session session = {0};

    if (ws_cli_open(&session, cli, err) != 0) {
        return -1;
    }
    struct made files[] = {
        {ws_path_join(ws_repo_root(session.repo), "wsfsm.yaml"), false},
        {ws_path_join(session.config.workstream_dir, "ws-example.yaml"), false},
    };
    int status = ws_mkdirs(session.config.workstream_dir, 0755, err);

    if (status == 0 && (status = make(&files[0].made, files[0].path, project_file, err)) == 0) {
        status = make(&files[1].made, files[1].path, bundle, err);
    }
    if (status == 0 && cli->json) {
        tell_json(&cli->out.text, files, 2);
    } else if (status == 0) {
        tell(cli, files, 2);
    }
    free(files[0].path);
    free(files[1].path);
    ws_session_close(&session);
    return status;
}

const struct ws_cmd ws_cmd_init = {
    .name = "init",
    .summary = "Write a starting wsfsm.yaml and a first bundle",
    .description = "Makes wsfsm.yaml in the root of the repository and ws-example.yaml in the "
                   "folder of bundles. A file that is there already is left as it is.",
    .run = run,
};
