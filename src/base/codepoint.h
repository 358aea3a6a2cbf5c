/* Code points, for the writers of text and of JSON. */
#ifndef WSFSM_SRC_BASE_CODEPOINT_H
#define WSFSM_SRC_BASE_CODEPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The code point of the well-formed sequence of `len` bytes at s (see ws_utf8_len). */
uint32_t ws_utf8_decode(const char *s, size_t len);

/* C0, DEL, C1 and the bidi controls: what a terminal obeys instead of showing it. */
bool ws_is_control(uint32_t cp);

#endif
