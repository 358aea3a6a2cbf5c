/* What stands between bubblewrap and a confined program: `wsfsm __inside`, in the sandbox itself.
 *
 * It finds two descriptors: the command (program, argv, environment, folder), so that neither
 * arguments nor environment of the program stand on bubblewrap's command line or change how
 * bubblewrap is loaded; and the pipe that takes its reports (child.h). SIGTERM is ignored here and
 * in bubblewrap, and not in the program: all of them get it when a limit is reached, and these have
 * to outlive the program's grace. */
#ifndef WSFSM_PROC_INSIDE_H
#define WSFSM_PROC_INSIDE_H

#include "wsfsm/base/error.h"
#include "wsfsm/proc/proc.h"

enum { WS_INSIDE_COMMAND_FD = 3, WS_INSIDE_REPORT_FD = 4 };

/* How many processes of ours live as long as anything of a confined program: two of bubblewrap, and
 * the one inside. */
enum { WS_INSIDE_ATTENDANTS = 3 };

/* The command line of bubblewrap, and its environment: only what names the run, so that it is found
 * when the supervisor is killed. */
int ws_inside_wrap(struct ws_strv *argv, struct ws_strv *env, const struct ws_command *c,
                   struct ws_error *err);

/* An unnamed file with the command, to be handed over as WS_INSIDE_COMMAND_FD; -1 on failure. */
int ws_inside_command(const struct ws_command *c, struct ws_error *err);

#endif
