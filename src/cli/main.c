/* wsfsm: argv -> a command of the tables -> its exit status. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "commands.h"
#include "help.h"
#include "wsfsm/proc/proc.h"

/* Asked before the command line is parsed, since errors of parsing are told in JSON too. */
static bool wants_json(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            return true;
        }
    }
    return false;
}

static int run(struct ws_cli *cli, struct ws_error *err)
{
    const struct ws_args *args = cli->args;

    if (ws_args_has(args, "help")) {
        ws_help(&cli->out.text, args->path, args->depth);
        return 0;
    }
    if (ws_args_has(args, "version")) {
        return ws_cmd_version.run(cli, err);
    }
    return ws_args_cmd(args)->run(cli, err);
}

int main(int argc, char **argv)
{
    struct ws_error err = {0};
    struct ws_args args = {0};
    struct ws_cli cli;

    int status = ws_proc_main(argc, argv);
    if (status >= 0) {
        return status;
    }
    if (ws_out_secure_descriptors() != 0) {
        return ws_code_exit(WS_E_IO);
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a write over a limit fails, and is told of */
    bool json = wants_json(argc, argv);
    status = ws_args_parse(&args, &ws_cmd_root, argc, argv, &err);
    if (status == 0) {
        ws_cli_init(&cli, &args);
        status = run(&cli, &err);
        if (status == -1) {
            ws_cli_error(&err, json);
            status = ws_code_exit(err.code);
        }
        /* A command that failed keeps its exit status. */
        if (ws_out_end(&cli.out, &err) != 0) {
            ws_cli_error(&err, json);
            status = status == 0 ? ws_code_exit(err.code) : status;
        }
    } else {
        ws_cli_error(&err, json);
        status = ws_code_exit(err.code);
    }
    ws_args_release(&args);
    return status;
}
