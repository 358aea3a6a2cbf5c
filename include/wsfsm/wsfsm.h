/* All of the library, for programs that embed it; from C++, the way to include it. run/run.h is where
 * to begin reading. (steps/handlers.h is not here: it is a list, not declarations.)
 */
#ifndef WSFSM_WSFSM_H
#define WSFSM_WSFSM_H

/* The headers of C that ours include, before the names below become C's. */
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* clang-format off: lowest layer first */
#include "wsfsm/base/buf.h"
#include "wsfsm/base/clock.h"
#include "wsfsm/base/diag.h"
#include "wsfsm/base/error.h"
#include "wsfsm/base/fault.h"
#include "wsfsm/base/glob.h"
#include "wsfsm/base/hash.h"
#include "wsfsm/base/json.h"
#include "wsfsm/base/mem.h"
#include "wsfsm/base/path.h"
#include "wsfsm/base/strv.h"
#include "wsfsm/base/text.h"
#include "wsfsm/machine/emit.h"
#include "wsfsm/machine/machine.h"
#include "wsfsm/machine/parse.h"
#include "wsfsm/doc/doc.h"
#include "wsfsm/project/bundle.h"
#include "wsfsm/project/config.h"
#include "wsfsm/project/profile.h"
#include "wsfsm/project/prompt.h"
#include "wsfsm/project/provision.h"
#include "wsfsm/project/sandbox.h"
#include "wsfsm/project/scope.h"
#include "wsfsm/store/read.h"
#include "wsfsm/store/store.h"
#include "wsfsm/store/verify.h"
#include "wsfsm/repo/mend.h"
#include "wsfsm/repo/repo.h"
#include "wsfsm/repo/worktree.h"
#include "wsfsm/proc/proc.h"
#include "wsfsm/proc/stop.h"
#include "wsfsm/engine/engine.h"
#include "wsfsm/engine/journal.h"
#include "wsfsm/engine/report.h"
#include "wsfsm/steps/base_tree.h"
#include "wsfsm/steps/binding.h"
#include "wsfsm/steps/confine.h"
#include "wsfsm/steps/context.h"
#include "wsfsm/steps/environment.h"
#include "wsfsm/steps/facts.h"
#include "wsfsm/steps/lifecycle.h"
#include "wsfsm/steps/observer.h"
#include "wsfsm/steps/toolrun.h"
#include "wsfsm/run/anchors.h"
#include "wsfsm/run/lock.h"
#include "wsfsm/run/run.h"
/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
