/*
 * xwing: X-Wing's decapsulation for many ciphertexts with one X25519 part and one secret key, which
 * is expanded once (draft-connolly-cfrg-xwing-kem). Private to this room.
 */
#ifndef SEAL_ENVELOPE_XWING_H
#define SEAL_ENVELOPE_XWING_H

#include <stdbool.h>
#include <stdint.h>

#include <sodium.h>

#include "base/base.h"
#include "envelope/encodings.h"
#include "keys/keys.h"

/* A secret key and the X25519 part of ciphertexts. Secret; the owner wipes it. */
struct xwing {
    uint8_t mlkem_sk[crypto_kem_mlkem768_SECRETKEYBYTES];
    uint8_t dh[32]; /* X25519(sk_X, P) */
    uint8_t P[32], pk_X[32];
};

/* False: P is a point of small order. */
MUST_USE bool xwing_expand(struct xwing *x, const struct identity *id, const uint8_t P[static 32]);
/* The shared secret of the ciphertext of ML-KEM and P. False: the library could not tell it. */
MUST_USE bool xwing_dec(uint8_t ss[static 32], const struct xwing *x,
                        const uint8_t ct[static MLKEM_CT_LEN]);

#endif
