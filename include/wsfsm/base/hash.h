/* SHA-256 (libsodium) and random ids. */
#ifndef WSFSM_BASE_HASH_H
#define WSFSM_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { WS_HASH_HEX = 65 }; /* 64 hex digits and NUL */

struct ws_hash {
    uint64_t state[16]; /* opaque */
};

void ws_hash_init(struct ws_hash *h);
void ws_hash_add(struct ws_hash *h, const void *data, size_t len);
/* A field: 8 bytes of length, then the bytes; NULL is another value than "". No two lists of fields collide
 * by moving a boundary. */
void ws_hash_field(struct ws_hash *h, const char *s);
void ws_hash_field_n(struct ws_hash *h, const void *data, size_t len);
void ws_hash_int(struct ws_hash *h, int64_t n);
void ws_hash_final(struct ws_hash *h, char out[WS_HASH_HEX]);

void ws_hash_bytes(char out[WS_HASH_HEX], const void *data, size_t len);

void ws_random_hex(char *out, size_t digits); /* `digits` lower-case hex digits and NUL */
char *ws_new_run_id(void);                    /* "20261122T161824Z-3f9a2c": sortable; the caller frees it */

#endif
