#include "base/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "base/hash.h"

static void random_start_from(struct random *r, const struct span *parts, size_t part_count)
{
    hash_H(r->key, parts, part_count);
}

#ifdef SEAL_TESTING
static const char *test_seed(void)
{
    return getenv("SEAL_TEST_SEED");
}

void random_start_seeded(struct random *r, const void *seed, size_t len)
{
    random_start_from(r, &(struct span){seed, len}, 1);
}
#endif

enum seal_status random_start(struct random *r, const struct span *hedge, size_t hedge_count)
{
    uint8_t fresh[32], hedged[HASH_LEN];
    struct timespec times[2] = {0};

    if (sodium_init() < 0)
        return SEAL_IO;
    hash_H(hedged, hedge, hedge_count);
#ifdef SEAL_TESTING
    if (test_seed() != NULL) {
        random_start_from(
            r, (struct span[]){{test_seed(), strlen(test_seed())}, {hedged, sizeof hedged}}, 2);
        return SEAL_OK;
    }
#endif
    randombytes_buf(fresh, sizeof fresh);
    (void)clock_gettime(CLOCK_REALTIME, &times[0]);
    (void)clock_gettime(CLOCK_MONOTONIC, &times[1]);
    random_start_from(
        r, (struct span[]){{fresh, sizeof fresh}, {times, sizeof times}, {hedged, sizeof hedged}},
        3);
    sodium_memzero(fresh, sizeof fresh);
    return SEAL_OK;
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
