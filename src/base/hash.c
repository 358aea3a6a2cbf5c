#include "wsfsm/base/hash.h"

#include <assert.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "fatal.h"
#include "wsfsm/base/mem.h"

static_assert(sizeof(crypto_hash_sha256_state) <= sizeof((struct ws_hash *)0)->state,
              "ws_hash.state is too small for libsodium's state");
static_assert(_Alignof(crypto_hash_sha256_state) <= _Alignof(struct ws_hash),
              "ws_hash.state is not aligned for libsodium's state");
static_assert(crypto_hash_sha256_BYTES * 2 + 1 == WS_HASH_HEX, "SHA-256 has 32 bytes");

static void start_sodium(void)
{
    static atomic_bool started;

    if (!atomic_load(&started)) {
        if (sodium_init() < 0) {
            ws_fatal("libsodium cannot be started: no source of random numbers");
        }
        atomic_store(&started, true);
    }
}

static crypto_hash_sha256_state *state_of(struct ws_hash *h)
{
    return (crypto_hash_sha256_state *)(void *)&h->state;
}

void ws_hash_init(struct ws_hash *h)
{
    start_sodium();
    crypto_hash_sha256_init(state_of(h));
}

void ws_hash_add(struct ws_hash *h, const void *data, size_t len)
{
    if (len > 0) {
        crypto_hash_sha256_update(state_of(h), data, len);
    }
}

/* Most significant byte first, so that a hash is the same on every machine. */
static void add_number(struct ws_hash *h, uint64_t n)
{
    unsigned char bytes[8];

    for (int i = 7; i >= 0; i--, n >>= 8) {
        bytes[i] = (unsigned char)n;
    }
    ws_hash_add(h, bytes, sizeof bytes);
}

void ws_hash_field_n(struct ws_hash *h, const void *data, size_t len)
{
    if (data == NULL) {
        add_number(h, UINT64_MAX); /* a length that no field has */
        return;
    }
    add_number(h, len);
    ws_hash_add(h, data, len);
}

void ws_hash_field(struct ws_hash *h, const char *s)
{
    ws_hash_field_n(h, s, s != NULL ? strlen(s) : 0);
}

void ws_hash_int(struct ws_hash *h, int64_t n)
{
    add_number(h, sizeof n);
    add_number(h, (uint64_t)n);
}

void ws_hash_final(struct ws_hash *h, char out[WS_HASH_HEX])
{
    unsigned char digest[crypto_hash_sha256_BYTES];

    crypto_hash_sha256_final(state_of(h), digest);
    sodium_bin2hex(out, WS_HASH_HEX, digest, sizeof digest);
}

void ws_hash_bytes(char out[WS_HASH_HEX], const void *data, size_t len)
{
    struct ws_hash h;

    ws_hash_init(&h);
    ws_hash_add(&h, data, len);
    ws_hash_final(&h, out);
}

void ws_random_hex(char *out, size_t digits)
{
    unsigned char byte = 0;

    start_sodium();
    for (size_t i = 0; i < digits; i++) {
        if (i % 2 == 0) {
            randombytes_buf(&byte, 1);
        }
        out[i] = "0123456789abcdef"[i % 2 == 0 ? byte >> 4 : byte & 15];
    }
    out[digits] = '\0';
}

char *ws_new_run_id(void)
{
    time_t now = time(NULL);
    struct tm tm;
    char stamp[32], random[7];

    gmtime_r(&now, &tm);
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &tm);
    ws_random_hex(random, sizeof random - 1);
    return ws_format("%s-%s", stamp, random);
}
