/*
 * What E looks like to somebody without a key: like random bytes? Two programs that
 * share a mistake here understand each other, so no known answer finds it.
 *
 * Each check is a function that says whether samples look as they should. It is given what the
 * library makes, truly random bytes, and the output of broken variants: it must pass the first two
 * and catch the last. Seeds are fixed.
 */
#include <stdlib.h>

#include "envelope/encodings.h"
#include "lib/unit_check.h"
#include "lib/curve.h"
#include "lib/fixture.h"
#include "lib/measures.h"

struct E_samples {
    struct rows E;
    struct curve_facts *facts; /* what an observer finds out about each */
};

static bool E_bits(const struct E_samples *s)
{
    return measure_bits_are_balanced(&s->E, "E, worst bit");
}

/* All pairs of two bits. */
static bool E_pairs(const struct E_samples *s)
{
    size_t distances[255];

    for (size_t i = 0; i < 255; i++)
        distances[i] = i + 1;
    return measure_bits_are_independent(&s->E, distances, 255, "E, worst pair of bits");
}

/* L·Q has order 1, 2, 4, 8 in 1/8, 1/8, 1/4, 1/2 of all cases. */
static bool E_orders(const struct E_samples *s)
{
    size_t counts[9] = {0};
    double n = (double)s->E.count, sum = 0;

    for (size_t i = 0; i < s->E.count; i++)
        counts[s->facts[i].order]++;
    sum += measure_chi_squared(&counts[1], 1, n / 8) + measure_chi_squared(&counts[2], 1, n / 8);
    sum += measure_chi_squared(&counts[4], 1, n / 4) + measure_chi_squared(&counts[8], 1, n / 2);
    return measure_within("E, order of L Q, chi-squared", sum, 33);
}

static bool E_branches(const struct E_samples *s)
{
    size_t first = 0;

    for (size_t i = 0; i < s->E.count; i++)
        first += s->facts[i].first_branch;
    return measure_within("E, branch", measure_coin_deviation(first, s->E.count), 5.5);
}

static bool E_signs(const struct E_samples *s)
{
    size_t large = 0;

    for (size_t i = 0; i < s->E.count; i++)
        large += s->facts[i].large_root;
    return measure_within("E, which root", measure_coin_deviation(large, s->E.count), 5.5);
}

enum E_defect {
    E_SOUND,
    E_PRIME_ORDER,   /* T left out */
    E_TWO_TORSION,   /* only the points of order 1 and 2 of T */
    E_ONE_BRANCH,    /* always the same root in step 4 */
    E_CANONICAL,     /* always the smaller root */
    E_NO_BIT_255,    /* left zero */
    E_NO_BITS_254_5, /* masked, as many decoders do */
    E_BITS_EQUAL,    /* bit 255 is bit 254 once more */
    E_RANDOM,        /* no E at all, but random bytes: they must pass */
    E_DEFECTS
};

static const char *const E_names[E_DEFECTS] = {"E sound",
                                               "E prime-order points only",
                                               "E torsion of order 2 only",
                                               "E one branch",
                                               "E canonical sign",
                                               "E bit 255 zero",
                                               "E bits 254, 255 zero",
                                               "E bit 255 is bit 254",
                                               "E control: random bytes"};

/* b as a writer with that mistake draws it. */
static uint8_t E_defect_b(enum E_defect defect, uint8_t b)
{
    switch (defect) {
    case E_PRIME_ORDER:
        return (uint8_t)(b & ~7u);
    case E_TWO_TORSION:
        return (uint8_t)(b & ~6u);
    case E_ONE_BRANCH:
        return (uint8_t)(b & ~8u);
    case E_CANONICAL:
        return (uint8_t)(b & ~16u);
    case E_NO_BIT_255:
    case E_NO_BITS_254_5:
        return (uint8_t)(b & ~128u);
    case E_SOUND:
    case E_BITS_EQUAL:
    case E_RANDOM:
    case E_DEFECTS:
    default:
        return b;
    }
}

/* As ephemeral_make in src/envelope/envelope.c does it. */
static void E_make(uint8_t E[static 32], enum E_defect defect, struct random *random)
{
    uint8_t e[32], b;

    do {
        random_bytes(random, e, sizeof e);
        random_bytes(random, &b, sizeof b);
        e[0] &= 248;
        e[31] = (uint8_t)((e[31] & 127) | 64);
    } while (!elligator_encode(E, e, E_defect_b(defect, b)));
    if (defect == E_NO_BITS_254_5)
        E[31] &= 0x3f;
    if (defect == E_BITS_EQUAL)
        E[31] = (uint8_t)((E[31] & 0x7f) | (E[31] & 0x40) << 1);
    if (defect == E_RANDOM)
        random_bytes(random, E, 32);
}

static struct E_samples E_samples_new(enum E_defect defect, size_t count)
{
    struct random random = fixture_random(E_names[defect]);
    struct E_samples s = {rows_new(32, count), fixture_alloc(count * sizeof *s.facts)};

    for (size_t i = 0; i < count; i++) {
        E_make(rows_at(&s.E, i), defect, &random);
        curve_examine(&s.facts[i], rows_at(&s.E, i));
    }
    return s;
}

/* The tool is right: it finds the order that the low bits of b gave, and the library's P. */
static void test_curve_tool(void)
{
    static const unsigned int orders[8] = {1, 2, 4, 4, 8, 8, 8, 8};
    struct random random = fixture_random("curve tool");

    check_about("the observer's tool");
    for (int i = 0; i < 200; i++) {
        struct curve_facts facts;
        uint8_t e[32], b, E[32], P[32];

        random_bytes(&random, e, sizeof e);
        random_bytes(&random, &b, sizeof b);
        e[0] &= 248;
        e[31] = (uint8_t)((e[31] & 127) | 64);
        if (!elligator_encode(E, e, b))
            continue;
        curve_examine(&facts, E);
        CHECK(elligator_decode(P, E));
        CHECK_BYTES(P, facts.P, sizeof P);
        CHECK_INT(orders[b & 7], facts.order);
        CHECK_INT((b >> 3 & 1) == 0, facts.first_branch);
        CHECK_INT(b >> 4 & 1, facts.large_root);
    }
}

static void test_E(void)
{
    /* Which checks fail on which mistake; the others pass on it, or do not matter. */
    static const struct {
        enum E_defect defect;
        bool bits, pairs, orders, branches, signs;
    } rows[] = {{E_SOUND, true, true, true, true, true},
                {E_RANDOM, true, true, true, true, true},
                {E_PRIME_ORDER, true, true, false, true, true},
                {E_TWO_TORSION, true, true, false, true, true},
                {E_ONE_BRANCH, true, true, true, false, true},
                {E_CANONICAL, false, true, true, true, false},
                {E_NO_BIT_255, false, true, true, true, true},
                {E_NO_BITS_254_5, false, false, true, true, false},
                {E_BITS_EQUAL, true, false, true, true, true}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        /* A mistake shows in fewer samples than soundness. */
        size_t full = rows[i].defect == E_SOUND ? 10000 : 2000;
        struct E_samples s = E_samples_new(rows[i].defect, fixture_share(full, 500));

        measure_about(E_names[rows[i].defect]);
        CHECK_INT(rows[i].bits, E_bits(&s));
        CHECK_INT(rows[i].pairs, E_pairs(&s));
        CHECK_INT(rows[i].orders, E_orders(&s));
        CHECK_INT(rows[i].branches, E_branches(&s));
        CHECK_INT(rows[i].signs, E_signs(&s));
        free(s.E.data);
        free(s.facts);
    }
}

int main(int argc, char **argv)
{
    check_start("statistics_E", argc, argv);
    fixture_start(argc, argv);
    measure_show = getenv("SEAL_TEST_SHOW") != NULL;
    CHECK_CASE(test_curve_tool());
    CHECK_CASE(test_E());
    return check_done();
}
