/*
 * What a sealed file looks like to somebody without a key: like random bytes? Two programs that
 * share a mistake here understand each other, so no known answer finds it.
 *
 * Each check is a function that says whether samples look as they should. It is given what the
 * library makes, truly random bytes, and the output of broken variants: it must pass the first two
 * and catch the last. Seeds are fixed. Limits lie where chance would come once in a million or
 * more rarely, so that a change of the order in which randomness is drawn does not upset them.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "envelope/encodings.h"
#include "lib/check.h"
#include "lib/curve.h"
#include "lib/fixture.h"
#include "lib/kemparts.h"
#include "stream/stream.h"

/* ---- Measures ----------------------------------------------------------------------------- */

static bool show;

/* SEAL_TEST_SHOW=1 in the environment shows every measure. */
static bool within(const char *what, double value, double limit)
{
    if (show)
        printf("  %-44s %14.2f  limit %10.2f%s\n", what, value, limit,
               value < limit ? "" : "  EXCEEDED");
    return value < limit;
}

static void about(const char *samples)
{
    check_about("%s", samples);
    if (show)
        printf("%s\n", samples);
}

/* How far a count of n coins lies from the middle, in standard deviations. */
static double coin_deviation(size_t heads, size_t n)
{
    return fabs(2.0 * (double)heads - (double)n) / sqrt((double)n);
}

static double chi_squared(const size_t *counts, size_t bins, double expected)
{
    double sum = 0;

    for (size_t i = 0; i < bins; i++) {
        double off = (double)counts[i] - expected;

        sum += off * off / expected;
    }
    return sum;
}

/* Chi-squared with df degrees of freedom as standard deviations above what it should be. */
static double excess(double chi, double df)
{
    return (chi - df) / sqrt(2 * df);
}

/* Rows of random-looking bytes, all of one length. */
struct rows {
    uint8_t *data;
    size_t len, count;
};

static struct rows rows_new(size_t len, size_t count)
{
    return (struct rows){fixture_alloc(len * count), len, count};
}

static uint8_t *row(const struct rows *rows, size_t i)
{
    return rows->data + i * rows->len;
}

/* The first count of them. */
static struct rows rows_copy(const struct rows *rows, size_t count)
{
    struct rows copy = rows_new(rows->len, count);

    memcpy(copy.data, rows->data, rows->len * count);
    return copy;
}

/* Every bit at its place: the worst one. Of a hundred thousand sound bits, one lies beyond the
 * limit in two of a million runs. */
static bool bits_are_balanced(const struct rows *rows, const char *what)
{
    size_t *ones = fixture_alloc(rows->len * 8 * sizeof *ones);
    double worst = 0;

    for (size_t i = 0; i < rows->count; i++)
        for (size_t bit = 0; bit < rows->len * 8; bit++)
            ones[bit] += row(rows, i)[bit / 8] >> bit % 8 & 1;
    for (size_t bit = 0; bit < rows->len * 8; bit++)
        worst = fmax(worst, coin_deviation(ones[bit], rows->count));
    free(ones);
    return within(what, worst, 6.7);
}

/* Every half byte at its place, the measures of all places added up. */
static bool nibbles_are_uniform(const struct rows *rows, const char *what)
{
    double sum = 0;

    for (size_t place = 0; place < 2 * rows->len; place++) {
        size_t counts[16] = {0};

        for (size_t i = 0; i < rows->count; i++)
            counts[row(rows, i)[place / 2] >> (place % 2 * 4) & 15]++;
        sum += chi_squared(counts, 16, (double)rows->count / 16);
    }
    return within(what, fabs(excess(sum, 15.0 * 2 * (double)rows->len)), 6);
}

/* ---- E ------------------------------------------------------------------------------------ */

struct E_samples {
    struct rows E;
    struct curve_facts *facts; /* what an observer finds out about each */
};

static bool E_bits(const struct E_samples *s)
{
    return bits_are_balanced(&s->E, "E, worst bit");
}

/* L·Q has order 1, 2, 4, 8 in 1/8, 1/8, 1/4, 1/2 of all cases. */
static bool E_orders(const struct E_samples *s)
{
    size_t counts[9] = {0};
    double n = (double)s->E.count, sum = 0;

    for (size_t i = 0; i < s->E.count; i++)
        counts[s->facts[i].order]++;
    sum += chi_squared(&counts[1], 1, n / 8) + chi_squared(&counts[2], 1, n / 8);
    sum += chi_squared(&counts[4], 1, n / 4) + chi_squared(&counts[8], 1, n / 2);
    return within("E, order of L Q, chi-squared", sum, 33);
}

static bool E_branches(const struct E_samples *s)
{
    size_t first = 0;

    for (size_t i = 0; i < s->E.count; i++)
        first += s->facts[i].first_branch;
    return within("E, branch", coin_deviation(first, s->E.count), 5.5);
}

static bool E_signs(const struct E_samples *s)
{
    size_t large = 0;

    for (size_t i = 0; i < s->E.count; i++)
        large += s->facts[i].large_root;
    return within("E, which root", coin_deviation(large, s->E.count), 5.5);
}

enum E_defect {
    E_SOUND,
    E_PRIME_ORDER,   /* T left out */
    E_TWO_TORSION,   /* only the points of order 1 and 2 of T */
    E_ONE_BRANCH,    /* always the same root in step 4 */
    E_CANONICAL,     /* always the smaller root */
    E_NO_BIT_255,    /* left zero */
    E_NO_BITS_254_5, /* masked, as many decoders do */
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
    if (defect == E_RANDOM)
        random_bytes(random, E, 32);
}

static struct E_samples E_samples_new(enum E_defect defect, size_t count)
{
    struct random random = fixture_random(E_names[defect]);
    struct E_samples s = {rows_new(32, count), fixture_alloc(count * sizeof *s.facts)};

    for (size_t i = 0; i < count; i++) {
        E_make(row(&s.E, i), defect, &random);
        curve_examine(&s.facts[i], row(&s.E, i));
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
        bool bits, orders, branches, signs;
    } rows[] = {
        {E_SOUND, true, true, true, true},        {E_RANDOM, true, true, true, true},
        {E_PRIME_ORDER, true, false, true, true}, {E_TWO_TORSION, true, false, true, true},
        {E_ONE_BRANCH, true, true, false, true},  {E_CANONICAL, false, true, true, false},
        {E_NO_BIT_255, false, true, true, true},  {E_NO_BITS_254_5, false, true, true, false}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        /* A mistake shows in fewer samples than soundness. */
        size_t full = rows[i].defect == E_SOUND ? 10000 : 2000;
        struct E_samples s = E_samples_new(rows[i].defect, fixture_share(full, 500));

        about(E_names[rows[i].defect]);
        CHECK_INT(rows[i].bits, E_bits(&s));
        CHECK_INT(rows[i].orders, E_orders(&s));
        CHECK_INT(rows[i].branches, E_branches(&s));
        CHECK_INT(rows[i].signs, E_signs(&s));
        free(s.E.data);
        free(s.facts);
    }
}

/* ---- Kem ---------------------------------------------------------------------------------- */

/* The digits to base q of each polynomial are spread evenly over all q values. */
static bool kem_digits(const struct rows *codes)
{
    size_t(*counts)[MLKEM_Q] = fixture_alloc(KEM_POLYS * sizeof *counts);
    double worst = -INFINITY;

    for (size_t i = 0; i < codes->count; i++) {
        struct kem_parts parts;

        kem_split(&parts, row(codes, i));
        for (int poly = 0; poly < KEM_POLYS; poly++)
            for (size_t k = 0; k < KEM_COEFFS; k++)
                counts[poly][parts.x[poly][k]]++;
    }
    for (int poly = 0; poly < KEM_POLYS; poly++) {
        double expected = (double)codes->count * KEM_COEFFS / MLKEM_Q;

        worst = fmax(worst, excess(chi_squared(counts[poly], MLKEM_Q, expected), MLKEM_Q - 1));
    }
    free(counts);
    return within("Kem, digits, worst polynomial", worst, 6);
}

/* The number fills all 3072 bits, so that the top byte of each block takes all values alike. */
static bool kem_top_bytes(const struct rows *codes)
{
    size_t counts[256] = {0};

    for (size_t i = 0; i < codes->count; i++)
        for (size_t block = 1; block <= KEM_POLYS; block++)
            counts[row(codes, i)[block * KEM_BLOCK_LEN - 1]]++;
    return within("Kem, top bytes",
                  excess(chi_squared(counts, 256, (double)codes->count * KEM_POLYS / 256), 255), 6);
}

static bool kem_bits_balanced(const struct rows *codes)
{
    return bits_are_balanced(codes, "Kem, worst bit");
}

static bool kem_nibbles(const struct rows *codes)
{
    return nibbles_are_uniform(codes, "Kem, half bytes");
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
        kem_encode(row(&codes, i), ct, &random);
    }
    identity_free(id);
    return codes;
}

enum kem_defect {
    KEM_FIRST_PREIMAGE_U, /* decompression is not randomized, in u only */
    KEM_FIRST_PREIMAGE_V, /* in v only */
    KEM_NO_MULTIPLE,      /* the multiple of q^256 is left out */
    KEM_SHORT_MULTIPLE,   /* it has 76 bits, so that nothing needs to be drawn again */
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

        kem_split(&parts, row(&codes, i));
        kem_spoil(&parts, defect);
        kem_join(row(&codes, i), &parts);
        /* A broken code still decodes: only statistics can tell. */
        kem_decode(ct, row(sound, i));
        kem_decode(again, row(&codes, i));
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
}

static void test_kem(void)
{
    static const struct {
        const char *name;
        enum kem_defect defect;
        bool digits, top_bytes;
    } rows[] = {{"Kem first preimage, u", KEM_FIRST_PREIMAGE_U, false, true},
                {"Kem first preimage, v", KEM_FIRST_PREIMAGE_V, false, true},
                {"Kem no multiple of q^256", KEM_NO_MULTIPLE, true, false},
                {"Kem multiple of 76 bits", KEM_SHORT_MULTIPLE, true, false}};
    struct rows sound = kem_rows(fixture_share(2000, 100)), other;

    about("Kem sound");
    test_kem_sound(&sound);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        about(rows[i].name);
        other = kem_broken_rows(&sound, rows[i].defect);
        CHECK_INT(rows[i].digits, kem_digits(&other));
        CHECK_INT(rows[i].top_bytes, kem_top_bytes(&other));
        CHECK(kem_nibbles(&other) == (rows[i].defect != KEM_NO_MULTIPLE) ||
              rows[i].defect == KEM_SHORT_MULTIPLE);
        free(other.data);
    }
    about("Kem control: random bytes");
    other = kem_broken_rows(&sound, KEM_RANDOM);
    test_kem_sound(&other);
    free(other.data);
    free(sound.data);
}

/* ---- Whole files -------------------------------------------------------------------------- */

struct file_samples {
    struct rows heads; /* the first HEAD_LEN(8) bytes */
    size_t bytes[256]; /* of all files */
    size_t total;
    uint64_t *lengths;
};

static bool file_bytes(const struct file_samples *s)
{
    return within("files, all bytes",
                  fabs(excess(chi_squared(s->bytes, 256, (double)s->total / 256), 255)), 6);
}

static bool file_head_bits(const struct file_samples *s)
{
    return bits_are_balanced(&s->heads, "files, worst bit of the head");
}

static bool file_head_nibbles(const struct file_samples *s)
{
    return nibbles_are_uniform(&s->heads, "files, half bytes of the head");
}

static unsigned int bit_length(uint64_t v)
{
    unsigned int n = 0;

    for (; v != 0; v >>= 1)
        n++;
    return n;
}

/* Padmé(L) = L: of the bits below the highest only the first few are used, as many as the number
 * of the highest bit has bits itself. */
static bool is_padme_length(uint64_t len)
{
    unsigned int high = bit_length(len) - 1;
    unsigned int zeros = high - bit_length(high);

    return len >= BLOCK_LEN && len % (UINT64_C(1) << zeros) == 0;
}

static bool file_lengths(const struct file_samples *s)
{
    size_t others = 0;

    for (size_t i = 0; i < s->heads.count; i++)
        others += !is_padme_length(s->lengths[i]);
    return within("files, lengths that are not Padmé's", (double)others, 0.5);
}

enum file_defect {
    FILE_SOUND,
    FILE_EMPTY_SLOTS_ZERO,
    FILE_E_BIT_255, /* zero in every file */
    FILE_NO_PADME   /* the next multiple of 2048 */
};

static void files_add(struct file_samples *s, size_t i, const struct buffer *file)
{
    memcpy(row(&s->heads, i), file->data, s->heads.len);
    for (size_t k = 0; k < file->len; k++)
        s->bytes[file->data[k]]++;
    s->total += file->len;
    s->lengths[i] = file->len;
}

/* All slots but one, which may as well be the used one: both look alike. */
static void zero_slots(uint8_t *head, struct random *random)
{
    uint32_t used = random_below(random, SLOTS_FEW);

    for (uint32_t j = 0; j < SLOTS_FEW; j++)
        if (j != used)
            memset(head + SLOTS_OFF + j * SLOT_LEN, 0, SLOT_LEN);
}

static struct padding file_padding(enum file_defect defect, size_t content_len)
{
    struct padding padding = {.rule = PAD_PADME};

    if (defect != FILE_NO_PADME)
        return padding;
    padding.rule = PAD_FIXED;
    for (padding.size = BLOCK_LEN; stream_total_len(HEAD_LEN(8), content_len, padding) == 0;)
        padding.size += LENGTH_UNIT;
    return padding;
}

/* One file of zeros, which would show through if anything did. */
static struct buffer file_make(const struct public_key *key, enum file_defect defect,
                               struct random *random)
{
    static const uint8_t content[200000], digest[32];
    struct envelope env = {.params = {.type = CONTENT_BAG}};
    struct fault fault = {.status = SEAL_OK};
    struct stream_writer *w;
    uint8_t head[HEAD_LEN_MAX], receipt[32];
    size_t len = random_below(random, sizeof content);
    int fd = fixture_create(check_scratch("file"));

    random_bytes(random, env.params.bundle_id, BUNDLE_ID_LEN);
    CHECK_INT(SEAL_OK, envelope_make(&env, head, key, 1, random, &fault));
    if (defect == FILE_EMPTY_SLOTS_ZERO)
        zero_slots(head, random);
    if (defect == FILE_E_BIT_255)
        head[31] &= 0x7f;
    CHECK_INT(SEAL_OK,
              stream_writer_new(&w, &env, head, file_padding(defect, len), NULL, fd, &fault));
    CHECK_INT(SEAL_OK, stream_write(w, content, len, &fault));
    CHECK_INT(SEAL_OK, stream_writer_finish(w, digest, random, receipt, &fault));
    stream_writer_free(w);
    (void)close(fd);
    return fixture_read(check_scratch("file"));
}

static struct file_samples *files_new(enum file_defect defect, size_t count)
{
    struct random random = fixture_random("files");
    struct file_samples *s = fixture_alloc(sizeof *s);
    struct public_key key;
    struct identity *id;

    fixture_identities(&id, &key, 1);
    s->heads = rows_new(HEAD_LEN(SLOTS_FEW), count);
    s->lengths = fixture_alloc(count * sizeof *s->lengths);
    for (size_t i = 0; i < count; i++) {
        struct buffer file = file_make(&key, defect, &random);

        files_add(s, i, &file);
        buffer_free(&file);
    }
    identity_free(id);
    return s;
}

static void files_free(struct file_samples *s)
{
    free(s->heads.data);
    free(s->lengths);
    free(s);
}

static void test_files(void)
{
    static const struct {
        const char *name;
        enum file_defect defect;
        bool bytes, bits, nibbles, lengths;
    } rows[] = {{"files sound", FILE_SOUND, true, true, true, true},
                {"files unused slots zero", FILE_EMPTY_SLOTS_ZERO, false, false, false, true},
                {"files bit 255 of E zero", FILE_E_BIT_255, true, false, true, true},
                {"files no Padmé", FILE_NO_PADME, true, true, true, false}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct file_samples *s = files_new(rows[i].defect, fixture_share(400, 64));

        about(rows[i].name);
        CHECK_INT(rows[i].bytes, file_bytes(s));
        CHECK_INT(rows[i].bits, file_head_bits(s));
        CHECK_INT(rows[i].nibbles, file_head_nibbles(s));
        CHECK_INT(rows[i].lengths, file_lengths(s));
        files_free(s);
    }
}

int main(int argc, char **argv)
{
    check_start("statistics", argc, argv);
    fixture_start(argc, argv);
    show = getenv("SEAL_TEST_SHOW") != NULL;
    test_curve_tool();
    test_E();
    test_kem();
    test_files();
    return check_done();
}
