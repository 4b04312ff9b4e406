/*
 * What a Kem code looks like to somebody without a key: like random bytes? Two programs that
 * share a mistake here understand each other, so no known answer finds it.
 *
 * Each check is a function that says whether samples look as they should. It is given what the
 * library makes, truly random bytes, and the output of broken variants: it must pass the first two
 * and catch the last. Seeds are fixed.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "envelope/encodings.h"
#include "lib/unit_check.h"
#include "lib/fixture.h"
#include "lib/kemparts.h"
#include "lib/measures.h"

/* ---- Measures ----------------------------------------------------------------------------- */

/* The first count of them. */
static struct rows rows_copy(const struct rows *rows, size_t count)
{
    struct rows copy = rows_new(rows->len, count);

    memcpy(copy.data, rows->data, rows->len * count);
    return copy;
}

/* ---- Kem ---------------------------------------------------------------------------------- */

/* The digits to base q of each polynomial are spread evenly over all q values. */
static bool kem_digits(const struct rows *codes)
{
    size_t(*counts)[MLKEM_Q] = fixture_alloc(KEM_POLYS * sizeof *counts);
    double worst = -INFINITY;

    for (size_t i = 0; i < codes->count; i++) {
        struct kem_parts parts;

        kem_split(&parts, rows_at(codes, i));
        for (int poly = 0; poly < KEM_POLYS; poly++)
            for (size_t k = 0; k < KEM_COEFFS; k++)
                counts[poly][parts.x[poly][k]]++;
    }
    for (int poly = 0; poly < KEM_POLYS; poly++) {
        double expected = (double)codes->count * KEM_COEFFS / MLKEM_Q;

        worst = fmax(worst, measure_excess(measure_chi_squared(counts[poly], MLKEM_Q, expected),
                                           MLKEM_Q - 1));
    }
    free(counts);
    return measure_within("Kem, digits, worst polynomial", worst, 6);
}

/* The number fills all 3072 bits, so that the top byte of each block takes all values alike. */
static bool kem_top_bytes(const struct rows *codes)
{
    size_t counts[256] = {0};

    for (size_t i = 0; i < codes->count; i++)
        for (size_t block = 1; block <= KEM_POLYS; block++)
            counts[rows_at(codes, i)[block * KEM_BLOCK_LEN - 1]]++;
    return measure_within(
        "Kem, top bytes",
        measure_excess(measure_chi_squared(counts, 256, (double)codes->count * KEM_POLYS / 256),
                       255),
        6);
}

static bool kem_bits_balanced(const struct rows *codes)
{
    return measure_bits_are_balanced(codes, "Kem, worst bit");
}

static bool kem_nibbles(const struct rows *codes)
{
    return measure_nibbles_are_uniform(codes, "Kem, half bytes");
}

/* Neighbours, and the same bit of two polynomials. */
static bool kem_pairs(const struct rows *codes)
{
    size_t distances[64 + KEM_POLYS - 1];

    for (size_t i = 0; i < 64; i++)
        distances[i] = i + 1;
    for (size_t i = 1; i < KEM_POLYS; i++)
        distances[63 + i] = i * KEM_BLOCK_LEN * 8;
    return measure_bits_are_independent(codes, distances, 64 + KEM_POLYS - 1,
                                        "Kem, worst pair of bits");
}

/* What the library makes of genuine ciphertexts. */
static struct rows kem_rows(size_t count)
{
    struct random random = fixture_random("kem codes");
    struct rows codes = rows_new(KEM_CODE_LEN, count);
    struct public_key key;
    struct identity *id;

    fixture_identities(&id, &key, 1);
    for (size_t i = 0; i < count; i++) {
        uint8_t ct[crypto_kem_xwing_CIPHERTEXTBYTES], ss[32], seed[64];

        random_bytes(&random, seed, sizeof seed);
        CHECK(crypto_kem_xwing_enc_deterministic(ct, ss, key.pk, seed) == 0);
        kem_encode(rows_at(&codes, i), ct, &random);
    }
    identity_free(id);
    return codes;
}

enum kem_defect {
    KEM_FIRST_PREIMAGE_U, /* decompression is not randomized, in u only */
    KEM_FIRST_PREIMAGE_V, /* in v only */
    KEM_NO_MULTIPLE,      /* the multiple of q^256 is left out */
    KEM_SHORT_MULTIPLE,   /* it has 76 bits, so that nothing needs to be drawn again */
    KEM_SAME_MULTIPLE,    /* it is the same in all polynomials of a code */
    KEM_RANDOM            /* control */
};

/* Every x becomes the smallest that compresses to the same. */
static void take_first_preimages(uint16_t x[static KEM_COEFFS], unsigned int d)
{
    uint16_t first[1024];

    for (uint16_t i = MLKEM_Q; i-- > 0;)
        first[kem_compress(i, d)] = i;
    for (size_t i = 0; i < KEM_COEFFS; i++)
        x[i] = first[kem_compress(x[i], d)];
}

static void kem_spoil(struct kem_parts *parts, enum kem_defect defect)
{
    for (int poly = 0; poly < KEM_POLYS; poly++) {
        bool is_v = poly == KEM_POLYS - 1;

        if (defect == (is_v ? KEM_FIRST_PREIMAGE_V : KEM_FIRST_PREIMAGE_U))
            take_first_preimages(parts->x[poly], kem_bits(poly));
        if (defect == KEM_NO_MULTIPLE)
            memset(parts->m[poly], 0, sizeof parts->m[poly]);
        if (defect == KEM_SHORT_MULTIPLE)
            parts->m[poly][2] &= (1u << (76 - 64)) - 1;
        if (defect == KEM_SAME_MULTIPLE)
            memcpy(parts->m[poly], parts->m[0], sizeof parts->m[poly]);
    }
}

static struct rows kem_broken_rows(const struct rows *sound, enum kem_defect defect)
{
    struct random random = fixture_random("kem control");
    struct rows codes = rows_copy(sound, sound->count / 2);

    if (defect == KEM_RANDOM) {
        random_bytes(&random, codes.data, codes.len * codes.count);
        return codes;
    }
    for (size_t i = 0; i < codes.count; i++) {
        uint8_t ct[MLKEM_CT_LEN], again[MLKEM_CT_LEN];
        struct kem_parts parts;

        kem_split(&parts, rows_at(&codes, i));
        kem_spoil(&parts, defect);
        kem_join(rows_at(&codes, i), &parts);
        /* A broken code still decodes: only statistics can tell. */
        kem_decode(ct, rows_at(sound, i));
        kem_decode(again, rows_at(&codes, i));
        CHECK(memcmp(ct, again, sizeof ct) == 0);
    }
    return codes;
}

static void test_kem_sound(const struct rows *codes)
{
    CHECK(kem_digits(codes));
    CHECK(kem_top_bytes(codes));
    CHECK(kem_bits_balanced(codes));
    CHECK(kem_nibbles(codes));
    CHECK(kem_pairs(codes));
}

static void test_kem(void)
{
    static const struct {
        const char *name;
        enum kem_defect defect;
        bool digits, top_bytes, pairs;
    } rows[] = {{"Kem first preimage, u", KEM_FIRST_PREIMAGE_U, false, true, true},
                {"Kem first preimage, v", KEM_FIRST_PREIMAGE_V, false, true, true},
                {"Kem no multiple of q^256", KEM_NO_MULTIPLE, true, false, false},
                {"Kem multiple of 76 bits", KEM_SHORT_MULTIPLE, true, false, true},
                {"Kem one multiple for all", KEM_SAME_MULTIPLE, true, false, false}};
    struct rows sound = kem_rows(fixture_share(2000, 160)), other;

    measure_about("Kem sound");
    test_kem_sound(&sound);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        measure_about(rows[i].name);
        other = kem_broken_rows(&sound, rows[i].defect);
        CHECK_INT(rows[i].digits, kem_digits(&other));
        CHECK_INT(rows[i].top_bytes, kem_top_bytes(&other));
        CHECK(kem_pairs(&other) == rows[i].pairs || rows[i].defect == KEM_SHORT_MULTIPLE);
        CHECK(kem_nibbles(&other) == (rows[i].defect != KEM_NO_MULTIPLE) ||
              rows[i].defect == KEM_SHORT_MULTIPLE);
        free(other.data);
    }
    measure_about("Kem control: random bytes");
    other = kem_broken_rows(&sound, KEM_RANDOM);
    test_kem_sound(&other);
    free(other.data);
    free(sound.data);
}

int main(int argc, char **argv)
{
    check_start("statistics_kem", argc, argv);
    fixture_start(argc, argv);
    measure_show = getenv("SEAL_TEST_SHOW") != NULL;
    CHECK_CASE(test_kem());
    return check_done();
}
