/* Names that git keeps for itself. */
#ifndef WSFSM_REPO_NAMES_H
#define WSFSM_REPO_NAMES_H

#include <stdbool.h>

/* ".git" as any file system might read it: other case, HFS+'s invisible characters, NTFS's short
 * name, trailing dots and blanks, streams, and all of these behind a '\' or before one. Everything
 * that git itself refuses to check out under core.protectHFS and core.protectNTFS. No tree may hold
 * such a name. */
bool ws_name_is_git(const char *name);

/* ".gitmodules" in the same guises, which git checks out as a file, and never as a link. */
bool ws_name_is_no_link(const char *name);

/* May an entry of a tree be made under this name in a folder? */
bool ws_name_is_safe(const char *name, bool link);

#endif
