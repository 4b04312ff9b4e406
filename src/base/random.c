#include "base/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "base/hash.h"

#ifdef SEAL_TESTING
void random_start_seeded(struct random *r, const void *seed, size_t len)
{
    hash_H(r->key, &(struct span){seed, len}, 1);
    r->is_seeded = true;
}
#endif

static bool is_seeded(const struct random *r)
{
#ifdef SEAL_TESTING
    return r->is_seeded;
#else
    (void)r;
    return false;
#endif
}

enum seal_status random_start(struct random *r, const struct span *hedge, size_t hedge_count)
{
#ifdef SEAL_TESTING
    const char *seed = getenv("SEAL_TEST_SEED");
#endif

    if (sodium_init() < 0)
        return SEAL_IO;
    memset(r, 0, sizeof *r);
#ifdef SEAL_TESTING
    if (seed != NULL)
        random_start_seeded(r, seed, strlen(seed));
#endif
    random_mix(r, hedge, hedge_count);
    return SEAL_OK;
}

void random_mix(struct random *r, const struct span *hedge, size_t hedge_count)
{
    uint8_t fresh[32] = {0}, hedged[HASH_LEN];
    struct timespec times[2] = {0};

    hash_H(hedged, hedge, hedge_count);
    if (!is_seeded(r)) {
        randombytes_buf(fresh, sizeof fresh);
        (void)clock_gettime(CLOCK_REALTIME, &times[0]);
        (void)clock_gettime(CLOCK_MONOTONIC, &times[1]);
    }
    hash_H(r->key,
           (struct span[]){{r->key, sizeof r->key},
                           {fresh, sizeof fresh},
                           {times, sizeof times},
                           {hedged, sizeof hedged}},
           4);
    sodium_memzero(fresh, sizeof fresh);
    sodium_memzero(hedged, sizeof hedged);
}

/* Fast key erasure: each call replaces the key first, so an earlier output stays secret even from
 * somebody who later reads this memory. */
void random_bytes(struct random *r, void *out, size_t len)
{
    static const uint8_t nonce_next[crypto_stream_chacha20_ietf_NONCEBYTES] = {0};
    static const uint8_t nonce_out[crypto_stream_chacha20_ietf_NONCEBYTES] = {1};
    uint8_t next[32];

    (void)crypto_stream_chacha20_ietf(next, sizeof next, nonce_next, r->key);
    if (len > 0)
        (void)crypto_stream_chacha20_ietf(out, len, nonce_out, r->key);
    memcpy(r->key, next, sizeof next);
    sodium_memzero(next, sizeof next);
}

uint32_t random_below(struct random *r, uint32_t bound)
{
    uint32_t limit = UINT32_MAX - (uint32_t)((UINT64_C(1) << 32) % bound);
    uint8_t b[4];
    bool again;

    do {
        random_bytes(r, b, sizeof b);
        again = load_u32(b) > limit;
        declassify(&again, sizeof again); /* of numbers that nobody gets */
    } while (again);
    return load_u32(b) % bound;
}

void random_end(struct random *r)
{
    sodium_memzero(r, sizeof *r);
}
