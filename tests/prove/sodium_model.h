/*
 * What a proof supposes of libsodium and of our hashes: which memory they touch. What they
 * calculate is not modelled: a hash is any 32 bytes, and the same ones each time.
 */
#ifndef SEAL_PROVE_SODIUM_MODEL_H
#define SEAL_PROVE_SODIUM_MODEL_H

#include <string.h>

#include <sodium.h>

#include "base/hash.h"
#include "prove.h"

void sodium_memzero(void *data, size_t len)
{
    memset(data, 0, len);
}

int sodium_memcmp(const void *a, const void *b, size_t len)
{
    return memcmp(a, b, len) == 0 ? 0 : -1;
}

struct hash {
    uint8_t bytes[HASH_LEN];
};
struct hash nondet_hash(void);

void hash_H(uint8_t out[static HASH_LEN], const struct span *parts, size_t part_count)
{
    static struct hash any;
    static bool is_chosen;

    if (!is_chosen)
        any = nondet_hash();
    is_chosen = true;
    for (size_t i = 0; i < part_count; i++)
        PROVE(__CPROVER_r_ok(parts[i].data, parts[i].len));
    memcpy(out, any.bytes, HASH_LEN);
}

#endif
