/*
 * Kem (format section 4.2, after Kemeleon): an ML-KEM-768 ciphertext as 1536 bytes that look
 * random.
 *
 * Each of the four polynomials becomes one number. Its 256 coefficients, decompressed at random,
 * are the digits to base q; a random multiple of q^256 is added, so that it fills 3072 bits.
 */
#include "envelope/encodings.h"

#include <string.h>

#include <sodium.h>

#define COEFFS 256                /* of a polynomial */
#define POLYS 4                   /* u0, u1, u2, v */
#define LIMBS (KEM_BLOCK_LEN / 4) /* 32-bit digits of a number of 3072 bits, the lowest first */
#define M_BITS 77                 /* of the random factor of q^256 */
#define COMPRESSED_MAX 1024       /* values that a coefficient of 10 bits has */

/* ---- Compression (FIPS 203, section 4.2.1) ------------------------------------------------ */

/* Bits of a coefficient: 10 in u0, u1, u2; 4 in v. */
static unsigned int poly_bits(int poly)
{
    return poly < 3 ? 10 : 4;
}

/* Where a polynomial begins in the ciphertext. */
static size_t poly_off(int poly)
{
    return (size_t)poly * COEFFS * 10 / 8;
}

/* The factor is 2^36 / q, rounded up, which is 1655 / (q * 2^36) above 1 / q. So the product is
 * less than 1 / q above the quotient as long as x is below 2^36 / 1655. */
uint32_t kem_divide_by_q(uint32_t x)
{
    return (uint32_t)((uint64_t)x * 20642679 >> 36);
}

/* The factor is 2^63 / q^2, rounded down. What is dropped of the quotient is below 1/100: high /
 * 2^31 by rounding the factor, 2^8 / q^2 with the low bits of low. So it is the quotient or one
 * less, which the rest tells. */
uint32_t kem_divide_by_q_2(uint32_t high, uint32_t low, uint32_t *rest)
{
    const uint64_t factor = UINT64_C(832265968305); /* of 40 bits */
    uint64_t quotient = (high * factor + ((low >> 8) * factor >> 24)) >> 31;
    uint64_t left = ((uint64_t)high << 32 | low) - quotient * MLKEM_Q_2;
    uint64_t one_less = (MLKEM_Q_2 - 1 - left) >> 63; /* 1 where left is q^2 or more */

    *rest = (uint32_t)(left - (MLKEM_Q_2 & (0 - one_less)));
    return (uint32_t)(quotient + one_less);
}

/* Compress_d(x). */
static uint16_t compress(uint32_t x, unsigned int d)
{
    return (uint16_t)(kem_divide_by_q((x << d) + MLKEM_Q / 2) & ((1u << d) - 1));
}

/* ByteDecode_d and ByteEncode_d. */
static void poly_unpack(uint16_t c[static COEFFS], const uint8_t *in, unsigned int d)
{
    uint32_t bits = 0;
    unsigned int have = 0;

    for (size_t i = 0; i < COEFFS; i++) {
        for (; have < d; have += 8)
            bits |= (uint32_t)*in++ << have;
        c[i] = (uint16_t)(bits & ((1u << d) - 1));
        bits >>= d;
        have -= d;
    }
}

static void poly_pack(uint8_t *out, const uint16_t c[static COEFFS], unsigned int d)
{
    uint32_t bits = 0;
    unsigned int have = 0;

    for (size_t i = 0; i < COEFFS; i++) {
        bits |= (uint32_t)c[i] << have;
        for (have += d; have >= 8; have -= 8, bits >>= 8)
            *out++ = (uint8_t)bits;
    }
}

/* For each compressed value, which x compress to it: count of them from first on, modulo q. */
struct preimages {
    uint16_t first[COMPRESSED_MAX];
    uint8_t count[COMPRESSED_MAX];
};

static void preimages_find(struct preimages *p, unsigned int d)
{
    uint32_t start = MLKEM_Q;

    memset(p, 0, sizeof *p);
    /* The x that compress to 0 lie on both sides of 0: begin with those just below q. */
    while (compress(start - 1, d) == 0)
        start--;
    for (uint32_t i = 0; i < MLKEM_Q; i++) {
        uint32_t x = (start + i) % MLKEM_Q;
        uint16_t c = compress(x, d);

        if (p->count[c]++ == 0)
            p->first[c] = (uint16_t)x;
    }
}

/* Random bytes, drawn many at a time: each draw costs the generator a new key. */
struct byte_supply {
    struct random *random;
    uint8_t bytes[1024];
    size_t used;
};

static uint8_t supply_byte(struct byte_supply *s)
{
    if (s->used == sizeof s->bytes) {
        random_bytes(s->random, s->bytes, sizeof s->bytes);
        /* They choose among codes that stand for the same ciphertext, which is no secret. */
        declassify(s->bytes, sizeof s->bytes);
        s->used = 0;
    }
    return s->bytes[s->used++];
}

/* One of the x that compress to c, all equally likely. */
static uint16_t decompress_at_random(const struct preimages *p, uint16_t c, struct byte_supply *s)
{
    unsigned int count = p->count[c];
    unsigned int even = 256 - 256 % count; /* bytes from here on would favour some of them */
    uint8_t b;

    do
        b = supply_byte(s);
    while (b >= even);
    return (uint16_t)((p->first[c] + b % count) % MLKEM_Q);
}

/* ---- Large numbers ------------------------------------------------------------------------ */

/* n = n * mul + add; returns what overflows. */
static uint32_t limbs_mul_add(uint32_t n[static LIMBS], uint32_t mul, uint32_t add)
{
    uint64_t carry = add;

    for (size_t i = 0; i < LIMBS; i++) {
        carry += (uint64_t)n[i] * mul;
        n[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return (uint32_t)carry;
}

/* sum += m * n, m of three limbs; false if it does not fit. */
static bool limbs_add_multiple(uint32_t sum[static LIMBS], const uint32_t m[static 3],
                               const uint32_t n[static LIMBS])
{
    for (size_t j = 0; j < 3; j++) {
        uint64_t carry = 0;

        for (size_t i = 0; i < LIMBS; i++) {
            carry += (uint64_t)n[i] * m[j];
            if (i + j < LIMBS) {
                carry += sum[i + j];
                sum[i + j] = (uint32_t)carry;
            } else if ((uint32_t)carry != 0) {
                return false;
            }
            carry >>= 32;
        }
        if (carry != 0)
            return false;
    }
    return true;
}

/* Step 3: one polynomial as one number. */
static void block_encode(uint8_t out[static KEM_BLOCK_LEN], const uint16_t x[static COEFFS],
                         struct byte_supply *s)
{
    uint32_t r[LIMBS] = {0}, q_256[LIMBS] = {1}, sum[LIMBS];
    uint32_t m[3];
    uint8_t b[12];

    for (size_t i = COEFFS; i-- > 0;) {
        (void)limbs_mul_add(r, MLKEM_Q, x[i]);
        (void)limbs_mul_add(q_256, MLKEM_Q, 0);
    }
    do {
        for (size_t i = 0; i < sizeof b; i++)
            b[i] = supply_byte(s);
        for (size_t i = 0; i < 3; i++)
            m[i] = load_u32(b + 4 * i);
        m[2] &= (1u << (M_BITS - 64)) - 1;
        memcpy(sum, r, sizeof sum);
    } while (!limbs_add_multiple(sum, m, q_256));
    for (size_t i = 0; i < LIMBS; i++)
        store_u32(out + 4 * i, sum[i]);
    sodium_memzero(r, sizeof r);
    sodium_memzero(sum, sizeof sum);
    sodium_memzero(m, sizeof m);
    sodium_memzero(b, sizeof b);
}

/* The most limbs that a number below 2^3072 can have after that many divisions by q (2^11.7 < q).
 * Not those it has: the time must not depend on the number. */
static size_t limbs_left(size_t divisions)
{
    return (KEM_BLOCK_LEN * 8 - divisions * 117 / 10 + 31) / 32;
}

/* The 256 lowest digits to base q. Two are taken with each division, which is what takes time. */
static void block_digits(uint16_t x[static COEFFS], const uint8_t in[static KEM_BLOCK_LEN])
{
    uint32_t n[LIMBS];

    for (size_t i = 0; i < LIMBS; i++)
        n[i] = load_u32(in + 4 * i);
    for (size_t i = 0; i < COEFFS; i += 2) {
        uint32_t rest = 0;

        for (size_t k = limbs_left(i); k-- > 0;)
            n[k] = kem_divide_by_q_2(rest, n[k], &rest);
        x[i + 1] = (uint16_t)kem_divide_by_q(rest);
        x[i] = (uint16_t)(rest - x[i + 1] * MLKEM_Q);
    }
    sodium_memzero(n, sizeof n);
}

/* ---- The two directions ------------------------------------------------------------------- */

void kem_encode(uint8_t code[static KEM_CODE_LEN], const uint8_t ct[static MLKEM_CT_LEN],
                struct random *random)
{
    struct byte_supply supply = {random, {0}, sizeof supply.bytes};
    struct preimages pre;
    uint16_t x[COEFFS];

    for (int poly = 0; poly < POLYS; poly++) {
        preimages_find(&pre, poly_bits(poly));
        poly_unpack(x, ct + poly_off(poly), poly_bits(poly));
        for (size_t i = 0; i < COEFFS; i++)
            x[i] = decompress_at_random(&pre, x[i], &supply);
        block_encode(code + poly * KEM_BLOCK_LEN, x, &supply);
    }
    sodium_memzero(&supply, sizeof supply);
    sodium_memzero(x, sizeof x);
}

void kem_decode(uint8_t ct[static MLKEM_CT_LEN], const uint8_t code[static KEM_CODE_LEN])
{
    uint16_t x[COEFFS];

    for (int poly = 0; poly < POLYS; poly++) {
        unsigned int d = poly_bits(poly);

        block_digits(x, code + poly * KEM_BLOCK_LEN);
        for (size_t i = 0; i < COEFFS; i++)
            x[i] = compress(x[i], d);
        poly_pack(ct + poly_off(poly), x, d);
    }
    sodium_memzero(x, sizeof x);
}
