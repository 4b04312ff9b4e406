/*
 * The two encodings of section 4, private to this room and to its tests.
 */
#ifndef SEAL_ENVELOPE_ENCODINGS_H
#define SEAL_ENVELOPE_ENCODINGS_H

#include "base/base.h"

#define MLKEM_CT_LEN 1088
#define KEM_CODE_LEN 1536
#define KEM_BLOCK_LEN 384
#define MLKEM_Q 3329

/* One attempt at steps 2 to 4 for a clamped e and the random byte b. False: start again with
 * another e. sodium_init has been called. */
MUST_USE bool elligator_encode(uint8_t code[static 32], const uint8_t e[static 32], uint8_t b);
/* Any 32 bytes to the X25519 public key they stand for; false where that would be zero. */
MUST_USE bool elligator_decode(uint8_t point[static 32], const uint8_t code[static 32]);

/* Spreads a ciphertext evenly over KEM_CODE_LEN bytes, with fresh choices from random. */
void kem_encode(uint8_t code[static KEM_CODE_LEN], const uint8_t ct[static MLKEM_CT_LEN],
                struct random *random);
/* Any KEM_CODE_LEN bytes to the ciphertext they stand for. */
void kem_decode(uint8_t ct[static MLKEM_CT_LEN], const uint8_t code[static KEM_CODE_LEN]);

#endif
