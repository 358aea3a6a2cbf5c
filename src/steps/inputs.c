#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "change.h"
#include "failure.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/project/prompt.h"

/* The text as far as an argument may hold it, cut between two characters. Who reads a part is told
 * where the rest is: scope and rules stand behind the tasks. */
static char *message_of(const struct ws_buf *text, const char *prompt_file)
{
    if (text->len <= WS_MESSAGE_MAX)
        return ws_strdup(ws_buf_str(text));
    char *more = ws_format("\n[cut here; read all of it, it is in the file %s]\n", prompt_file);
    size_t len = WS_MESSAGE_MAX - strlen(more);
    while (len > 0 && (text->data[len] & 0xc0) == 0x80)
        len--;
    char *message = ws_format("%.*s%s", (int)len, ws_buf_str(text), more);
    free(more);
    return message;
}

int ws_inputs_init(struct ws_inputs *in, const struct ws_work *w, struct ws_error *err)
{
    const struct ws_context *c = w->context;
    struct ws_attempt_rows attempts = {0};
    struct ws_buf text = {0}, failure = {0};
    *in = (struct ws_inputs){0};
    int rc = ws_store_attempts(&attempts, c->store, c->run_id, c->ws_id, err);
    if (rc == 0)
        rc = ws_failure_tell(&failure, &attempts, w->attempt->step_name, err);
    if (rc == 0) {
        ws_prompt_render(&text, &c->plan->workstream, c->run_id, ws_buf_str(&failure));
        in->prompt_file = ws_path_join(w->dir, "prompt.md");
        in->message = message_of(&text, in->prompt_file);
        rc = ws_write_file(in->prompt_file, text.data, text.len, 0600, err);
    }
    ws_attempt_rows_release(&attempts);
    ws_buf_release(&failure);
    ws_buf_release(&text);
    return rc == 0 ? ws_change_files(&in->changed_files, w, err) : -1;
}

void ws_inputs_release(struct ws_inputs *in)
{
    free(in->prompt_file);
    free(in->message);
    ws_strv_release(&in->changed_files);
}
