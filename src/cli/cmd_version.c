#include "commands.h"

#include "cli.h"
#include "wsfsm/base/json.h"
#include "wsfsm/machine/machine.h"

static int run(struct ws_cli *cli, struct ws_error *err)
{
    const struct ws_machine *m = &ws_machine_shipped;
    struct ws_buf *out = &cli->out.text;

    (void)err;
    if (cli->json) {
        ws_json_open(out, '{');
        ws_json_kstr(out, "version", WSFSM_VERSION);
        ws_json_kstr(out, "machine", m->name);
        ws_json_kstr(out, "machine_digest", m->digest);
        ws_json_close(out, '}');
        ws_buf_putc(out, '\n');
    } else {
        ws_buf_printf(out, "wsfsm %s\nmachine %s %s\n", WSFSM_VERSION, m->name, m->digest);
    }
    return 0;
}

const struct ws_cmd ws_cmd_version = {
    .name = "version",
    .summary = "Print the version and the digest of the machine that is compiled in",
    .run = run,
};
