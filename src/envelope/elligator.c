/*
 * Elligator2 (format section 4.1): an ephemeral X25519 public key as 32 bytes that look random.
 *
 * libsodium does the scalar multiplication, in constant time, and the decoding. Done here is the
 * inverse map, on values that anybody can compute from E; so it may take time that depends on them.
 */
#include "envelope/encodings.h"

#include <string.h>

#include <sodium.h>

/* An element of GF(p), p = 2^255 - 19, in eight limbs, the lowest first. Any value below 2^256
 * stands for what it is modulo p. */
struct fe {
    uint32_t v[8];
};

static const struct fe fe_zero = {{0}};
static const struct fe fe_one = {{1}};
static const struct fe fe_two = {{2}};
static const struct fe fe_A = {{486662}};

/* Adds carry * 2^256. That is 38 modulo p: what overflows is added at the lowest limb, 38 times. */
static void fe_add_carry(struct fe *a, uint64_t carry)
{
    while (carry != 0) {
        carry *= 38;
        for (int i = 0; i < 8; i++) {
            carry += a->v[i];
            a->v[i] = (uint32_t)carry;
            carry >>= 32;
        }
    }
}

static struct fe fe_add(struct fe a, struct fe b)
{
    uint64_t carry = 0;

    for (int i = 0; i < 8; i++) {
        carry += (uint64_t)a.v[i] + b.v[i];
        a.v[i] = (uint32_t)carry;
        carry >>= 32;
    }
    fe_add_carry(&a, carry);
    return a;
}

/* Subtracts b from a in place; returns whether it had to borrow 2^256. */
static bool limbs_sub(struct fe *a, const uint32_t b[static 8])
{
    uint64_t borrow = 0;

    for (int i = 0; i < 8; i++) {
        uint64_t t = (uint64_t)a->v[i] - b[i] - borrow;

        a->v[i] = (uint32_t)t;
        borrow = t >> 63;
    }
    return borrow != 0;
}

/* A borrowed 2^256 is given back as 38. */
static struct fe fe_sub(struct fe a, struct fe b)
{
    static const uint32_t borrowed[8] = {38};
    bool borrow = limbs_sub(&a, b.v);

    while (borrow)
        borrow = limbs_sub(&a, borrowed);
    return a;
}

static struct fe fe_neg(struct fe a)
{
    return fe_sub(fe_zero, a);
}

static struct fe fe_mul(struct fe a, struct fe b)
{
    uint32_t t[16] = {0};
    struct fe r;
    uint64_t carry;

    for (int i = 0; i < 8; i++) {
        carry = 0;
        for (int j = 0; j < 8; j++) {
            carry += (uint64_t)a.v[i] * b.v[j] + t[i + j];
            t[i + j] = (uint32_t)carry;
            carry >>= 32;
        }
        t[i + 8] = (uint32_t)carry;
    }
    carry = 0;
    for (int i = 0; i < 8; i++) {
        carry += (uint64_t)t[i + 8] * 38 + t[i];
        r.v[i] = (uint32_t)carry;
        carry >>= 32;
    }
    fe_add_carry(&r, carry);
    return r;
}

/* The value below p, of which there is one for each element. */
static struct fe fe_canonical(struct fe a)
{
    static const uint32_t p[8] = {0xffffffed, 0xffffffff, 0xffffffff, 0xffffffff,
                                  0xffffffff, 0xffffffff, 0xffffffff, 0x7fffffff};

    for (;;) {
        struct fe less = a;

        if (limbs_sub(&less, p))
            return a;
        a = less;
    }
}

static bool fe_equal(struct fe a, struct fe b)
{
    a = fe_canonical(a);
    b = fe_canonical(b);
    return memcmp(a.v, b.v, sizeof a.v) == 0;
}

static struct fe fe_load(const uint8_t s[static 32])
{
    struct fe a;

    for (size_t i = 0; i < 8; i++)
        a.v[i] = load_u32(s + 4 * i);
    return a;
}

static void fe_store(uint8_t s[static 32], struct fe a)
{
    a = fe_canonical(a);
    for (size_t i = 0; i < 8; i++)
        store_u32(s + 4 * i, a.v[i]);
}

/* a^e, where the bytes of e are low, thirty times 0xff, high: all exponents here have that form. */
static struct fe fe_pow(struct fe a, uint8_t low, uint8_t high)
{
    struct fe r = fe_one;

    for (int bit = 255; bit >= 0; bit--) {
        uint8_t byte = bit >= 248 ? high : bit < 8 ? low : 0xff;

        r = fe_mul(r, r);
        if (byte >> (bit % 8) & 1)
            r = fe_mul(r, a);
    }
    return r;
}

/* a^(p - 2) */
static struct fe fe_invert(struct fe a)
{
    return fe_pow(a, 0xeb, 0x7f);
}

/* A square root of a; false if there is none. Since p = 5 mod 8, it is a^((p + 3) / 8), or that
 * times a square root of -1. */
static bool fe_sqrt(struct fe *root, struct fe a)
{
    struct fe r = fe_pow(a, 0xfe, 0x0f);

    if (fe_equal(fe_mul(r, r), fe_neg(a)))
        r = fe_mul(r, fe_pow(fe_two, 0xfb, 0x1f)); /* 2^((p - 1) / 4) is a root of -1 */
    *root = r;
    return fe_equal(fe_mul(r, r), a);
}

/* The table T of section 4.1: the eight points of low order, as edwards25519 encodes them. */
static void low_order_point(uint8_t out[static 32], unsigned int which)
{
    static const uint8_t y_of_order_8[32] = {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0,
                                             0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
                                             0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39,
                                             0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05};
    struct fe y[8] = {fe_one, fe_neg(fe_one), fe_zero, fe_zero};
    bool sign = which == 3 || which == 5 || which == 7;

    y[4] = y[5] = fe_load(y_of_order_8);
    y[6] = y[7] = fe_neg(y[4]);
    fe_store(out, y[which]);
    if (sign)
        out[31] |= 0x80;
}

/* Steps 2 and 3: the y coordinate of Q = (e / 8) B + T[b mod 8]. False: it cannot be used. */
static bool dirty_point_y(struct fe *y, const uint8_t e[static 32], uint8_t b)
{
    uint8_t k[32], torsion[32], q[32];
    bool ok;

    for (size_t i = 0; i < 32; i++)
        k[i] = (uint8_t)(e[i] >> 3 | (i < 31 ? e[i + 1] << 5 : 0));
    low_order_point(torsion, b & 7);
    ok = crypto_scalarmult_ed25519_base_noclamp(q, k) == 0;
    sodium_memzero(k, sizeof k);
    /* If the point has a code, anybody can compute the point from E; if not, e is not used. */
    declassify(q, sizeof q);
    declassify(&ok, sizeof ok);
    ok = ok && crypto_core_ed25519_add(q, q, torsion) == 0;
    q[31] &= 0x7f;
    *y = fe_load(q);
    return ok;
}

bool elligator_encode(uint8_t code[static 32], const uint8_t e[static 32], uint8_t b)
{
    struct fe y, u, u_plus_A, square, r, other;

    declassify(&b, sizeof b); /* all its choices can be told from E */
    if (!dirty_point_y(&y, e, b) || fe_equal(y, fe_one))
        return false;
    u = fe_mul(fe_add(fe_one, y), fe_invert(fe_sub(fe_one, y)));
    u_plus_A = fe_add(u, fe_A);
    if (fe_equal(u, fe_zero) || fe_equal(u_plus_A, fe_zero))
        return false;
    if ((b >> 3 & 1) == 0)
        square = fe_mul(fe_neg(u_plus_A), fe_invert(fe_add(u, u)));
    else
        square = fe_mul(fe_neg(u), fe_invert(fe_add(u_plus_A, u_plus_A)));
    /* Both are -2u(u + A) times a square, so this is also the test of step 3. */
    if (!fe_sqrt(&r, square))
        return false;
    /* Step 5: the smaller or the larger of r and p - r. */
    r = fe_canonical(r);
    other = fe_canonical(fe_neg(r));
    for (int i = 7; i >= 0; i--) {
        if (r.v[i] == other.v[i])
            continue;
        if ((r.v[i] > other.v[i]) != ((b >> 4 & 1) != 0))
            r = other;
        break;
    }
    fe_store(code, r);
    code[31] |= b & 0x80;
    return true;
}

bool elligator_decode(uint8_t point[static 32], const uint8_t code[static 32])
{
    uint8_t edwards[32];

    return crypto_core_ed25519_from_uniform(edwards, code) == 0 &&
           crypto_sign_ed25519_pk_to_curve25519(point, edwards) == 0;
}
