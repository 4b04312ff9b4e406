/*
 * sha256_many: SHA-256 of several messages side by side.
 *
 * One message cannot be split, but the steps of eight are the same: here each has a lane of a
 * vector, and the vectors are computed as numbers are. Where a processor has no instructions for
 * SHA-256, that is up to three times as fast as one message after the other; where it has them, it
 * depends on the processor. So it is measured.
 */
#ifndef SEAL_SHA256_MANY_H
#define SEAL_SHA256_MANY_H

#include "base/hash.h"

struct sha256_item {
    const uint8_t *data;
    size_t len;
    uint8_t *digest; /* gets SHA256_LEN bytes */
};

/* The results are the same for each. */
enum sha256_way {
    SHA256_UNMEASURED, /* as SHA256_SINGLY, until the fastest is known */
    SHA256_SINGLY,     /* one after the other, by the library */
    SHA256_LANES,      /* by what every processor of this kind has */
    SHA256_LANES_AVX2,
    SHA256_LANES_AVX512,
    SHA256_WAYS
};

/* Whether this processor, and this system, have what it needs. */
bool sha256_way_is_here(enum sha256_way way);
/* The way that hashes eight short messages in the least time, by the clock now (seconds). Takes a
 * fraction of a millisecond. */
enum sha256_way sha256_fastest_way(double (*now)(void));
/* way must be here, or SHA256_UNMEASURED. Lanes pay from three messages of some hundred bytes on.
 */
void sha256_many(enum sha256_way way, const struct sha256_item *items, size_t count);

#endif
