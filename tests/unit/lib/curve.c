#include "curve.h"

#include <string.h>

__extension__ typedef unsigned __int128 wide;

/* GF(2^255 - 19), five limbs of 51 bits; results are a little over 51 bits at most. */
struct fe {
    uint64_t v[5];
};

#define MASK ((UINT64_C(1) << 51) - 1)

static const struct fe one = {{1}};
static const struct fe A = {{486662}};

static struct fe carry(struct fe a)
{
    for (int i = 0; i < 4; i++) {
        a.v[i + 1] += a.v[i] >> 51;
        a.v[i] &= MASK;
    }
    a.v[0] += 19 * (a.v[4] >> 51);
    a.v[4] &= MASK;
    return a;
}

static struct fe add(struct fe a, struct fe b)
{
    for (int i = 0; i < 5; i++)
        a.v[i] += b.v[i];
    return carry(a);
}

static struct fe sub(struct fe a, struct fe b)
{
    /* 8 p is more than any b, limb by limb. */
    for (int i = 0; i < 5; i++)
        a.v[i] += 8 * (i == 0 ? MASK - 18 : MASK) - b.v[i];
    return carry(a);
}

static struct fe mul(struct fe x, struct fe y)
{
    const uint64_t *a = x.v, *b = y.v;
    /* What would stand above 2^255 comes back 19 times as large. */
    uint64_t b1 = 19 * b[1], b2 = 19 * b[2], b3 = 19 * b[3], b4 = 19 * b[4];
    wide t[5];
    struct fe r;

    t[0] =
        (wide)a[0] * b[0] + (wide)a[1] * b4 + (wide)a[2] * b3 + (wide)a[3] * b2 + (wide)a[4] * b1;
    t[1] =
        (wide)a[0] * b[1] + (wide)a[1] * b[0] + (wide)a[2] * b4 + (wide)a[3] * b3 + (wide)a[4] * b2;
    t[2] = (wide)a[0] * b[2] + (wide)a[1] * b[1] + (wide)a[2] * b[0] + (wide)a[3] * b4 +
           (wide)a[4] * b3;
    t[3] = (wide)a[0] * b[3] + (wide)a[1] * b[2] + (wide)a[2] * b[1] + (wide)a[3] * b[0] +
           (wide)a[4] * b4;
    t[4] = (wide)a[0] * b[4] + (wide)a[1] * b[3] + (wide)a[2] * b[2] + (wide)a[3] * b[1] +
           (wide)a[4] * b[0];
    for (int i = 0; i < 4; i++) {
        t[i + 1] += t[i] >> 51;
        r.v[i] = (uint64_t)t[i] & MASK;
    }
    r.v[4] = (uint64_t)t[4] & MASK;
    t[4] = (t[4] >> 51) * 19 + r.v[0];
    r.v[0] = (uint64_t)t[4] & MASK;
    r.v[1] += (uint64_t)(t[4] >> 51);
    return r;
}

static void store(uint8_t out[static 32], struct fe a)
{
    struct fe plus;

    a = carry(carry(a));
    /* a + 19 has bit 255 exactly when a >= p. */
    plus = a;
    plus.v[0] += 19;
    for (int i = 0; i < 4; i++) {
        plus.v[i + 1] += plus.v[i] >> 51;
        plus.v[i] &= MASK;
    }
    if (plus.v[4] >> 51 != 0) {
        plus.v[4] &= MASK;
        a = plus;
    }
    memset(out, 0, 32);
    for (unsigned int bit = 0; bit < 255; bit++)
        out[bit / 8] = (uint8_t)(out[bit / 8] | (a.v[bit / 51] >> bit % 51 & 1) << bit % 8);
}

static struct fe load(const uint8_t in[static 32])
{
    struct fe a = {{0}};

    for (unsigned int bit = 0; bit < 255; bit++)
        a.v[bit / 51] |= (uint64_t)(in[bit / 8] >> bit % 8 & 1) << bit % 51;
    return a;
}

static bool is_equal(struct fe a, struct fe b)
{
    uint8_t x[32], y[32];

    store(x, a);
    store(y, b);
    return memcmp(x, y, 32) == 0;
}

static bool is_zero(struct fe a)
{
    return is_equal(a, (struct fe){{0}});
}

/* a^(2^n) */
static struct fe square_times(struct fe a, int n)
{
    while (n-- > 0)
        a = mul(a, a);
    return a;
}

/* a^(2^250 - 1) */
static struct fe power_2_250_1(struct fe a)
{
    struct fe r5 = a, r10, r50, r100;

    for (int i = 1; i < 5; i++)
        r5 = mul(square_times(r5, 1), a);
    r10 = mul(square_times(r5, 5), r5);
    r50 = r10;
    for (int i = 1; i < 5; i++)
        r50 = mul(square_times(r50, 10), r10);
    r100 = mul(square_times(r50, 50), r50);
    return mul(square_times(mul(square_times(r100, 100), r100), 50), r50);
}

/* a^(p - 2), p - 2 = 2^255 - 21 = (2^250 - 1) 2^5 + 11 */
static struct fe invert(struct fe a)
{
    struct fe a2 = mul(a, a), a8 = square_times(a2, 2);

    return mul(square_times(power_2_250_1(a), 5), mul(mul(a8, a2), a));
}

/* a^((p - 1) / 2) is not -1; (p - 1) / 2 = 2^254 - 10 = (2^250 - 1) 2^4 + 6 */
static bool is_square(struct fe a)
{
    struct fe a2 = mul(a, a), a6 = mul(mul(a2, a2), a2);
    struct fe symbol = mul(square_times(power_2_250_1(a), 4), a6);

    return !is_equal(symbol, sub((struct fe){{0}}, one));
}

/* ---- The curve ---------------------------------------------------------------------------- */

/* X / Z; Z = 0 is the point at infinity. */
struct point {
    struct fe X, Z;
};

/* scalar times the point with that u, by the Montgomery ladder (RFC 7748, section 5). */
static struct point ladder(struct fe u, const uint8_t scalar[static 32])
{
    const struct fe a24 = {{121665}};
    struct point low = {one, {{0}}}, high = {u, one};

    for (int bit = 255; bit >= 0; bit--) {
        bool set = (scalar[bit / 8] >> (bit % 8) & 1) != 0;
        struct point p = set ? high : low, q = set ? low : high, doubled, sum;
        struct fe a = add(p.X, p.Z), b = sub(p.X, p.Z);
        struct fe aa = mul(a, a), bb = mul(b, b), e = sub(aa, bb);
        struct fe da = mul(sub(q.X, q.Z), a), cb = mul(add(q.X, q.Z), b);
        struct fe plus = add(da, cb), minus = sub(da, cb);

        sum.X = mul(plus, plus);
        sum.Z = mul(u, mul(minus, minus));
        doubled.X = mul(aa, bb);
        doubled.Z = mul(e, add(aa, mul(a24, e)));
        low = set ? sum : doubled;
        high = set ? doubled : sum;
    }
    return low;
}

static unsigned int order_of(struct point p)
{
    if (is_zero(p.Z))
        return 1;
    if (is_zero(p.X))
        return 2;
    return is_equal(p.X, p.Z) ? 4 : 8;
}

/* The order of the prime group, 2^252 + 27742317777372353535851937790883648493. */
static const uint8_t L[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
                              0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
static const uint8_t eight[32] = {8};

void curve_examine(struct curve_facts *facts, const uint8_t E[static 32])
{
    struct fe r = load(E);
    struct fe x = mul(sub((struct fe){{0}}, A), invert(add(one, add(mul(r, r), mul(r, r)))));
    struct fe y2 = mul(x, add(mul(x, add(x, A)), one));
    uint8_t twice[32];
    struct point P;

    facts->first_branch = is_square(y2);
    if (!facts->first_branch)
        x = sub(sub((struct fe){{0}}, x), A);
    facts->order = order_of(ladder(x, L));
    P = ladder(x, eight);
    store(facts->P, mul(P.X, invert(P.Z)));
    /* r <= (p - 1) / 2 exactly when 2 r has not gone over p, and so is even. */
    store(twice, add(r, r));
    facts->large_root = (twice[0] & 1) != 0;
}
