/*
 * The digest algorithms of BagIt manifests (RFC 8493, 2.4), several at once over one pass of the
 * data. Private to bag/recheck.
 */
#ifndef SEAL_BAG_DIGESTS_H
#define SEAL_BAG_DIGESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bag/recheck/recheck.h"
#include "base/hash.h"

#include <openssl/md5.h>

#define DIGEST_LEN_MAX 64

size_t digest_len(enum digest_kind kind);

union digest_ctx {
    MD5_CTX md5;
    SHA_CTX sha1;
    SHA256_CTX sha256; /* and SHA-224 */
    SHA512_CTX sha512; /* and SHA-384 */
};

struct digests {
    unsigned int kinds;
    union digest_ctx ctx[DIGEST_KINDS];
};

/* kinds: those wanted. */
void digests_start(struct digests *d, unsigned int kinds);
void digests_add(struct digests *d, const void *data, size_t len);
/* To be called at most once for each kind that was wanted. out takes digest_len(kind) bytes. */
void digests_end(struct digests *d, enum digest_kind kind, uint8_t *out);

#endif
