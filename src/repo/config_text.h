/* git's config file as text. */
#ifndef WSFSM_REPO_CONFIG_TEXT_H
#define WSFSM_REPO_CONFIG_TEXT_H

#include "wsfsm/base/buf.h"
#include "wsfsm/base/strv.h"

/* The text without its [branch "..."] sections, which git itself writes at ordinary work. Sections
 * are told apart the way git reads them (a header may follow anything on its line), so that nothing
 * hides in one. */
void ws_config_without_branches(struct ws_buf *out, const char *text, size_t len);

/* Adds the files that the text includes, under a condition or not, as they are written there. */
void ws_config_includes(struct ws_strv *out, const char *text, size_t len);

#endif
