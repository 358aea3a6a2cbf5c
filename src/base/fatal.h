/* The end of the process, for what no caller could handle. */
#ifndef WSFSM_SRC_BASE_FATAL_H
#define WSFSM_SRC_BASE_FATAL_H

#include <stddef.h>

/* Writes "wsfsm: TEXT" to stderr without allocating, then aborts. */
_Noreturn void ws_fatal(const char *text);

/* realloc() that never returns NULL; what is new is not zeroed. `size` must not be 0. */
void *ws_realloc(void *old, size_t size);

#endif
