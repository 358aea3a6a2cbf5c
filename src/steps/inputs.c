#include <stdlib.h>

#include "calls.h"
#include "change.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/project/prompt.h"

int ws_inputs_init(struct ws_inputs *in, const struct ws_work *w, struct ws_error *err)
{
    struct ws_buf text = {0};
    ws_prompt_render(&text, &w->context->plan->workstream, w->context->run_id);
    *in = (struct ws_inputs){
        .prompt_file = ws_path_join(w->dir, "prompt.md"),
        .message =
            ws_strndup(ws_buf_str(&text), text.len < WS_MESSAGE_MAX ? text.len : WS_MESSAGE_MAX),
    };
    int rc = ws_write_file(in->prompt_file, ws_buf_str(&text), text.len, 0600, err);
    ws_buf_release(&text);
    return rc == 0 ? ws_change_files(&in->changed_files, w, err) : -1;
}

void ws_inputs_release(struct ws_inputs *in)
{
    free(in->prompt_file);
    free(in->message);
    ws_strv_release(&in->changed_files);
}
