/*
 * random: the only source of randomness.
 */
#ifndef SEAL_RANDOM_H
#define SEAL_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* A generator for one sealing. */
struct random {
    uint8_t key[32];
#ifdef SEAL_TESTING
    bool is_seeded; /* neither the system's randomness nor the clock is mixed in */
#endif
};

/* Starts from nothing, and mixes as random_mix does. SEAL_IO. */
MUST_USE enum seal_status random_start(struct random *r, const struct span *hedge,
                                       size_t hedge_count);
/* Mixes in libsodium's randomness, the clock, and what else the caller has (the recipients' keys, a
 * digest of what is sealed): a system that repeats its randomness still gives fresh keys as long as
 * any of these differ. */
void random_mix(struct random *r, const struct span *hedge, size_t hedge_count);
void random_bytes(struct random *r, void *out, size_t len);
/* Uniform in [0, bound), bound >= 1. */
uint32_t random_below(struct random *r, uint32_t bound);
void random_end(struct random *r);

#ifdef SEAL_TESTING
/* Test builds only: the same bytes for the same seed. random_start does this by itself, and
 * clock_now stands still, when SEAL_TEST_SEED is set; nothing else in a test build differs. */
void random_start_seeded(struct random *r, const void *seed, size_t len);
#endif

#endif
