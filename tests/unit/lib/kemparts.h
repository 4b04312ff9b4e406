/*
 * kemparts: a Kem code (format section 4.2) taken apart into its digits and multiples of q^256,
 * and put together again; written from the page, without looking at src/envelope.
 */
#ifndef SEAL_KEMPARTS_H
#define SEAL_KEMPARTS_H

#include "envelope/encodings.h"

#define KEM_POLYS 4
#define KEM_COEFFS 256
#define KEM_MULTIPLE_LIMBS 3

struct kem_parts {
    uint16_t x[KEM_POLYS][KEM_COEFFS];
    uint32_t m[KEM_POLYS][KEM_MULTIPLE_LIMBS];
};

void kem_split(struct kem_parts *parts, const uint8_t code[static KEM_CODE_LEN]);
void kem_join(uint8_t code[static KEM_CODE_LEN], const struct kem_parts *parts);
/* Bits of a coefficient of that polynomial when compressed. */
unsigned int kem_bits(int poly);
/* Compress_d of FIPS 203. */
uint16_t kem_compress(uint16_t x, unsigned int d);
/* One coefficient of a packed ciphertext. */
uint16_t kem_coefficient(const uint8_t ct[static MLKEM_CT_LEN], int poly, size_t i);

#endif
