/*
 * hash: the keyed hash F that the format is built on (format section 1), and SHA-256.
 */
#ifndef SEAL_HASH_H
#define SEAL_HASH_H

#include <stddef.h>
#include <stdint.h>

/* The functions by name, which take no memory, read no configuration and need no start, are called
 * deprecated. */
#ifndef OPENSSL_SUPPRESS_DEPRECATED
#define OPENSSL_SUPPRESS_DEPRECATED
#endif
#include <openssl/sha.h>

#include "base/bytes.h"

#define HASH_LEN 32
#define HASH512_LEN 64
#define KEY_LEN 32
#define SHA256_LEN 32
#define SHA256_STATE_WORDS 8

/* F(key, name, parts joined): BLAKE2b-256 keyed over a 16-byte label and the message. */
void hash_F(uint8_t out[static HASH_LEN], const uint8_t key[static KEY_LEN], const char *name,
            const struct span *parts, size_t part_count);
/* H: unkeyed BLAKE2b-256 of the parts joined. */
void hash_H(uint8_t out[static HASH_LEN], const struct span *parts, size_t part_count);
/* H512: unkeyed BLAKE2b-512 of the parts joined. */
void hash_H512(uint8_t out[static HASH512_LEN], const struct span *parts, size_t part_count);

/*
 * SHA-256 by OpenSSL's libcrypto: with the processor's own instructions where it has them, and the
 * fastest code for one stream where it has not (docs/PERFORMANCE.md).
 */
struct sha256 {
    SHA256_CTX ctx;
};

void sha256_start(struct sha256 *h);
/* Starts behind done bytes, a multiple of 64, that brought about this state (FIPS 180-4, 6.2). */
void sha256_resume(struct sha256 *h, const uint32_t state[static SHA256_STATE_WORDS],
                   uint64_t done);
void sha256_add(struct sha256 *h, const void *data, size_t len);
void sha256_end(struct sha256 *h, uint8_t out[static SHA256_LEN]);
/* All at once. */
void sha256_of(uint8_t out[static SHA256_LEN], const void *data, size_t len);

#endif
