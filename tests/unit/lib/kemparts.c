#include "kemparts.h"
#include "base/bytes.h"

#include <string.h>

#define LIMBS (KEM_BLOCK_LEN / 4)

static void block_split(uint16_t x[static KEM_COEFFS], uint32_t m[static KEM_MULTIPLE_LIMBS],
                        const uint8_t *block)
{
    uint32_t n[LIMBS];
    size_t top = LIMBS;

    for (size_t i = 0; i < LIMBS; i++)
        n[i] = load_u32(block + 4 * i);
    for (size_t i = 0; i < KEM_COEFFS; i++) {
        uint64_t rest = 0;

        for (; top > 0 && n[top - 1] == 0; top--)
            ;
        for (size_t k = top; k-- > 0;) {
            rest = rest << 32 | n[k];
            n[k] = (uint32_t)(rest / MLKEM_Q);
            rest %= MLKEM_Q;
        }
        x[i] = (uint16_t)rest;
    }
    memcpy(m, n, KEM_MULTIPLE_LIMBS * sizeof *m);
}

static void block_join(uint8_t *block, const uint16_t x[static KEM_COEFFS],
                       const uint32_t m[static KEM_MULTIPLE_LIMBS])
{
    uint32_t n[LIMBS] = {0};

    memcpy(n, m, KEM_MULTIPLE_LIMBS * sizeof *m);
    for (size_t i = KEM_COEFFS; i-- > 0;) {
        uint64_t carry = x[i];

        for (size_t k = 0; k < LIMBS; k++) {
            carry += (uint64_t)n[k] * MLKEM_Q;
            n[k] = (uint32_t)carry;
            carry >>= 32;
        }
    }
    for (size_t i = 0; i < LIMBS; i++)
        store_u32(block + 4 * i, n[i]);
}

void kem_split(struct kem_parts *parts, const uint8_t code[static KEM_CODE_LEN])
{
    for (int poly = 0; poly < KEM_POLYS; poly++)
        block_split(parts->x[poly], parts->m[poly], code + poly * KEM_BLOCK_LEN);
}

void kem_join(uint8_t code[static KEM_CODE_LEN], const struct kem_parts *parts)
{
    for (int poly = 0; poly < KEM_POLYS; poly++)
        block_join(code + poly * KEM_BLOCK_LEN, parts->x[poly], parts->m[poly]);
}

unsigned int kem_bits(int poly)
{
    return poly == KEM_POLYS - 1 ? 4 : 10;
}

uint16_t kem_compress(uint16_t x, unsigned int d)
{
    /* round(2^d x / q) mod 2^d */
    return (uint16_t)(((((uint32_t)x << (d + 1)) + MLKEM_Q) / (2 * MLKEM_Q)) & ((1u << d) - 1));
}

uint16_t kem_coefficient(const uint8_t ct[static MLKEM_CT_LEN], int poly, size_t i)
{
    const uint8_t *packed = ct + (size_t)poly * KEM_COEFFS * 10 / 8;
    unsigned int d = kem_bits(poly);
    uint16_t value = 0;

    for (unsigned int k = 0; k < d; k++) {
        size_t bit = i * d + k;

        value = (uint16_t)(value | (packed[bit / 8] >> (bit % 8) & 1) << k);
    }
    return value;
}
