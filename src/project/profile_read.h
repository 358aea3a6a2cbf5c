/* Profiles out of a tree: a file of profiles, the `tools` of wsfsm.yaml, a stored profile. */
#ifndef WSFSM_SRC_PROJECT_PROFILE_READ_H
#define WSFSM_SRC_PROJECT_PROFILE_READ_H

#include "fields.h"
#include "wsfsm/doc/doc.h"
#include "wsfsm/project/profile.h"

/* A mapping {ID: profile}; an id that is there already is replaced. The profile's source is
 * `source`, or FILE:LINE when that is NULL. Returns the number of errors. */
size_t ws_profiles_take(struct ws_profiles *out, const struct ws_doc *doc,
                        const struct ws_node *map, const char *source, struct ws_diags *diags);

/* The parts of that, for a profile that stands by itself: what goes without saying, a mapping of its
 * fields, and one argument, with the placeholders it holds. Errors are counted in *r. */
void ws_profile_defaults(struct ws_profile *p, const char *id);
void ws_profile_fields(struct ws_profile *p, struct ws_reading *r, const struct ws_node *map);
void ws_profile_check_argument(struct ws_reading *r, const struct ws_node *value);

/* What ws_profile_json wrote. Returns the number of errors. */
size_t ws_profile_restore(struct ws_profile *out, const struct ws_doc *doc, struct ws_diags *diags);

/* Reads one that ships and was not read yet. False: there is an error in it, which no test let pass. */
bool ws_profile_complete(struct ws_profile *p);

/* The profiles that ship, as text (YAML); made by the build from tools/profiles.yaml. */
extern const unsigned char ws_profiles_text[];
extern const unsigned long ws_profiles_text_len;

#endif
