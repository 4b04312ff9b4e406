/*
 * The two encodings of format section 4, which make an X25519 public key and an ML-KEM ciphertext
 * look like random bytes. Private to this room.
 */
#ifndef SEAL_ENVELOPE_ENCODINGS_H
#define SEAL_ENVELOPE_ENCODINGS_H

#include "base/random.h"

#define MLKEM_CT_LEN 1088 /* ciphertext of ML-KEM-768 */
#define MLKEM_Q 3329
#define MLKEM_Q_2 UINT32_C(11082241) /* q^2 */
#define KEM_CODE_LEN 1536
#define KEM_BLOCK_LEN 384 /* for each of its four polynomials */

/* ---- Elligator2 (section 4.1) ------------------------------------------------------------- */

/* Encodes the X25519 public key of e, which is clamped, with the random byte b: steps 2 to 6.
 * False: start again with another e and b. sodium_init has been called. */
MUST_USE bool elligator_encode(uint8_t code[static 32], const uint8_t e[static 32], uint8_t b);
/* Decodes any 32 bytes to the X25519 public key that they stand for. False: that would be zero. */
MUST_USE bool elligator_decode(uint8_t point[static 32], const uint8_t code[static 32]);

/* ---- Kem (section 4.2) -------------------------------------------------------------------- */

/* Encodes a ciphertext; which of its many codes it becomes, random decides. */
void kem_encode(uint8_t code[static KEM_CODE_LEN], const uint8_t ct[static MLKEM_CT_LEN],
                struct random *random);
/* Decodes any KEM_CODE_LEN bytes to the ciphertext that they stand for. */
void kem_decode(uint8_t ct[static MLKEM_CT_LEN], const uint8_t code[static KEM_CODE_LEN]);

/* Division without the processor's, whose time may depend on the number, and which a compiler calls
 * for 64 bits on processors of 32. x is below q^2; high is below q^2, and *rest gets what is left
 * of high * 2^32 + low. */
uint32_t kem_divide_by_q(uint32_t x);
uint32_t kem_divide_by_q_2(uint32_t high, uint32_t low, uint32_t *rest);
/* high is below q^4, and *rest gets what is left of high * 2^64 + low. */
uint64_t kem_divide_by_q_4(uint64_t high, uint64_t low, uint64_t *rest);

#endif
