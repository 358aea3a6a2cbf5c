/* What a run is doing, on standard error: on a terminal one line that is drawn anew, else a plain
 * line for each thing that happens; nothing with -q or --json. */
#ifndef WSFSM_CLI_PROGRESS_H
#define WSFSM_CLI_PROGRESS_H

#include "cli.h"
#include "wsfsm/steps/observer.h"

struct ws_progress_view {
    const struct ws_cli *cli;
    bool live;   /* one line, drawn anew */
    bool plain;  /* lines */
    bool drawn;  /* a line stands on the terminal */
    char *state; /* entered last */
    char *tool;  /* running */
};

void ws_progress_init(struct ws_progress_view *view, const struct ws_cli *cli);
void ws_progress_init_still(struct ws_progress_view *view,
                            const struct ws_cli *cli); /* notes and warnings alone */
struct ws_observer ws_progress_observer(struct ws_progress_view *view);
void ws_progress_end(struct ws_progress_view *view);                   /* wipes the line */

#endif
