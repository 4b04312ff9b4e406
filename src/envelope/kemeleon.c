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

/* The high half of the product; *low gets the other. */
static uint64_t multiply(uint64_t a, uint64_t b, uint64_t *low)
{
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;

    *low = (uint64_t)product;
    return (uint64_t)(product >> 64);
#else
    uint64_t a_low = (uint32_t)a, a_high = a >> 32, b_low = (uint32_t)b, b_high = b >> 32;
    uint64_t lower = a_low * b_low, middle = a_high * b_low + (lower >> 32);
    uint64_t other = a_low * b_high + (uint32_t)middle;

    *low = other << 32 | (uint32_t)lower;
    return a_high * b_high + (middle >> 32) + (other >> 32);
#endif
}

/* Q4 is q^4, moved to the left until its highest bit is 1; INVERSE is 2^128 / Q4, rounded down,
 * less 2^64. So the quotient comes of one multiplication, and is one too large or right, but once
 * in 2^64 one too small (Moeller, Granlund: Improved division by invariant integers, algorithm 4).
 */
#define Q4 UINT64_C(0xdf66afec68020000)
#define Q4_SHIFT 17
#define Q4_INVERSE UINT64_C(0x255b115bc15cebd8)

uint64_t kem_divide_by_q_4(uint64_t high, uint64_t low, uint64_t *rest)
{
    const uint64_t u1 = high << Q4_SHIFT | low >> (64 - Q4_SHIFT), u0 = low << Q4_SHIFT;
    uint64_t fraction, quotient = multiply(Q4_INVERSE, u1, &fraction) + u1, left, wrong;

    fraction += u0;
    quotient += (fraction < u0) + UINT64_C(1);
    left = u0 - quotient * Q4;
    wrong = 0 - (uint64_t)(left > fraction);
    quotient += wrong;
    left += wrong & Q4;
    wrong = 0 - (uint64_t)(left >= Q4);
    *rest = (left - (wrong & Q4)) >> Q4_SHIFT;
    return quotient - wrong;
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

/* ---- Digits ------------------------------------------------------------------------------- */

/* Decoding takes most of the time of trying a key. So four digits are taken with each division, and
 * the divisions of the four polynomials stand side by side: none waits for another. */

#define WIDE_LIMBS (KEM_BLOCK_LEN / 8) /* 64-bit digits of a number */
#define TAKEN 4                        /* digits to base q that a division takes */

/* The most limbs that a number below 2^3072 can have after that many divisions by q (2^11.7 < q).
 * Not those it has: the time must not depend on the number. */
static size_t limbs_left(size_t divisions)
{
    return (KEM_BLOCK_LEN * 8 - divisions * 117 / 10 + 63) / 64;
}

struct numbers {
    uint64_t limb[WIDE_LIMBS][POLYS]; /* the lowest first */
};

static void numbers_load(struct numbers *n, const uint8_t code[static KEM_CODE_LEN])
{
    for (size_t k = 0; k < WIDE_LIMBS; k++)
        for (size_t poly = 0; poly < POLYS; poly++)
            n->limb[k][poly] = load_u64(code + poly * KEM_BLOCK_LEN + 8 * k);
}

/* Divides all of them by q^4. */
static void numbers_divide(struct numbers *n, size_t limbs, uint64_t rest[static POLYS])
{
    memset(rest, 0, POLYS * sizeof *rest);
    for (size_t k = limbs; k-- > 0;)
        for (size_t poly = 0; poly < POLYS; poly++)
            n->limb[k][poly] = kem_divide_by_q_4(rest[poly], n->limb[k][poly], &rest[poly]);
}

/* A number below q^4 as four digits. */
static void split(uint16_t x[static TAKEN], uint64_t number)
{
    uint32_t low, high = kem_divide_by_q_2((uint32_t)(number >> 32), (uint32_t)number, &low);

    x[1] = (uint16_t)kem_divide_by_q(low);
    x[0] = (uint16_t)(low - x[1] * MLKEM_Q);
    x[3] = (uint16_t)kem_divide_by_q(high);
    x[2] = (uint16_t)(high - x[3] * MLKEM_Q);
}

/* Of each number the 256 lowest digits to base q. */
static void digits(uint16_t x[static POLYS][COEFFS], const uint8_t code[static KEM_CODE_LEN])
{
    struct numbers n;
    uint64_t rest[POLYS];

    numbers_load(&n, code);
    for (size_t i = 0; i < COEFFS; i += TAKEN) {
        numbers_divide(&n, limbs_left(i), rest);
        for (size_t poly = 0; poly < POLYS; poly++)
            split(x[poly] + i, rest[poly]);
    }
    sodium_memzero(&n, sizeof n);
    sodium_memzero(rest, sizeof rest);
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
    uint16_t x[POLYS][COEFFS];

    digits(x, code);
    for (int poly = 0; poly < POLYS; poly++) {
        unsigned int d = poly_bits(poly);

        for (size_t i = 0; i < COEFFS; i++)
            x[poly][i] = compress(x[poly][i], d);
        poly_pack(ct + poly_off(poly), x[poly], d);
    }
    sodium_memzero(x, sizeof x);
}
