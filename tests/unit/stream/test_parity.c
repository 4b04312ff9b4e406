/*
 * The Reed-Solomon code of the repair data against parity.json, against an implementation that
 * multiplies bit by bit, and against itself: what is taken away comes back. (The layouts and
 * lengths in parity.json are not the code's.)
 */
#include <stdlib.h>
#include <string.h>

#include <isa-l/erasure_code.h>

#include "base/hash.h"
#include "lib/fixture.h"
#include "lib/unit_check.h"
#include "stream/parity.h"

static json_t *vectors;
static struct parity_code codes[3]; /* m = 4, 8, 16 */

/* ---- The same, written down from the page ------------------------------------------------- */

static uint8_t naive_product(uint8_t a, uint8_t b)
{
    unsigned int product = 0, shifted = a;

    for (; b > 0; b >>= 1, shifted <<= 1) {
        if (shifted & 0x100)
            shifted ^= 0x11d;
        if (b & 1)
            product ^= shifted;
    }
    return (uint8_t)product;
}

static uint8_t naive_coefficient(unsigned int j, unsigned int p)
{
    unsigned int inverse = 1;

    while (naive_product((uint8_t)inverse, (uint8_t)((64 + j) ^ p)) != 1)
        inverse++;
    return (uint8_t)inverse;
}

static void naive_add(uint8_t *parity, unsigned int j, unsigned int p, const uint8_t *symbol,
                      size_t len)
{
    uint8_t coefficient = naive_coefficient(j, p);

    for (size_t i = 0; i < len; i++)
        parity[i] ^= naive_product(coefficient, symbol[i]);
}

/* ---- A lane and its parity ---------------------------------------------------------------- */

struct sample {
    const struct parity_code *code;
    uint8_t *symbols[PARITY_PLACES]; /* NULL: not filled */
    size_t lens[PARITY_PLACES];
    uint8_t *parity[PARITY_MAX];
};

static struct sample sample_new(const struct parity_code *code)
{
    struct sample s = {.code = code};

    for (unsigned int j = 0; j < code->m; j++)
        s.parity[j] = fixture_alloc(CHUNK_LEN);
    return s;
}

/* The symbol gets room for CHUNK_LEN, zeros behind it. */
static void sample_add(struct sample *s, unsigned int p, struct random *random, size_t len)
{
    s->symbols[p] = fixture_alloc(CHUNK_LEN);
    s->lens[p] = len;
    random_bytes(random, s->symbols[p], len);
    parity_add(s->code, s->parity, p, s->symbols[p], len);
}

static void sample_free(struct sample *s)
{
    for (unsigned int p = 0; p < PARITY_PLACES; p++)
        free(s->symbols[p]);
    for (unsigned int j = 0; j < PARITY_MAX; j++)
        free(s->parity[j]);
}

/* Tells the lane of all but the bad ones. */
static struct parity_lane begin(const struct sample *s, uint64_t bad_places, uint16_t bad_parity)
{
    struct parity_lane l;

    CHECK(parity_lane_begin(&l, s->code));
    for (unsigned int p = 0; p < PARITY_PLACES; p++) {
        if ((bad_places >> p & 1) == 0)
            parity_lane_data(&l, p, s->symbols[p], s->symbols[p] != NULL ? s->lens[p] : 0);
    }
    for (unsigned int j = 0; j < s->code->m; j++) {
        if ((bad_parity >> j & 1) == 0)
            parity_lane_parity(&l, j, s->parity[j]);
    }
    return l;
}

static unsigned int count_bits(uint64_t bits)
{
    unsigned int count = 0;

    for (; bits > 0; bits &= bits - 1)
        count++;
    return count;
}

static uint8_t *mended[PARITY_MAX]; /* CHUNK_LEN each; filled with 0xee before a lane is solved */

static void check_mended(const struct sample *s, uint64_t bad_places)
{
    size_t at = 0;

    for (unsigned int p = 0; p < PARITY_PLACES; p++) {
        if (bad_places >> p & 1 && s->symbols[p] != NULL)
            CHECK_BYTES(s->symbols[p], mended[at], CHUNK_LEN);
        else if (bad_places >> p & 1)
            CHECK(bytes_are_zero(mended[at], CHUNK_LEN));
        at += bad_places >> p & 1;
    }
    for (; at < PARITY_MAX; at++)
        CHECK_INT(0xee, mended[at][0]);
}

/* Whether it is mended exactly where there is enough, and to what it was. */
static void check_pattern(const struct sample *s, uint64_t bad_places, uint16_t bad_parity)
{
    unsigned int bad = count_bits(bad_places),
                 good = s->code->m - count_bits(bad_parity & ((1U << s->code->m) - 1));
    struct parity_lane l = begin(s, bad_places, bad_parity);

    check_about("m %u, bad places %llx, bad parity %x", s->code->m, (unsigned long long)bad_places,
                (unsigned int)bad_parity);
    CHECK(l.bad_places == bad_places);
    CHECK_INT(good, count_bits(l.good_parity));
    for (unsigned int i = 0; i < PARITY_MAX; i++)
        memset(mended[i], 0xee, CHUNK_LEN);
    CHECK_INT(bad <= good, parity_lane_solve(&l, mended));
    check_mended(s, bad <= good ? bad_places : 0);
    parity_lane_end(&l);
    check_about("%s", "");
}

/* ---- parity.json -------------------------------------------------------------------------- */

static void test_field(void)
{
    uint8_t inverses[255];
    json_t *row;
    size_t i;

    json_array_foreach (json_object_get(vectors, "products"), i, row) {
        uint8_t a = (uint8_t)json_integer_value(json_array_get(row, 0));
        uint8_t b = (uint8_t)json_integer_value(json_array_get(row, 1));

        CHECK_INT(json_integer_value(json_array_get(row, 2)), gf_mul(a, b));
        CHECK_INT(json_integer_value(json_array_get(row, 2)), naive_product(a, b));
    }
    for (unsigned int a = 1; a <= 255; a++)
        inverses[a - 1] = gf_inv((uint8_t)a);
    CHECK_HEX(fixture_text(vectors, "inverses"), inverses, sizeof inverses);
}

static void test_coefficients(void)
{
    json_t *rows = json_object_get(vectors, "coefficients"), *row;
    uint8_t all[(PARITY_PLACES + PARITY_MAX) * PARITY_PLACES];
    size_t j;

    CHECK_INT(PARITY_MAX, json_array_size(rows));
    gf_gen_cauchy1_matrix(all, PARITY_PLACES + PARITY_MAX, PARITY_PLACES);
    CHECK_BYTES(all + PARITY_PLACES * PARITY_PLACES, codes[2].matrix, sizeof codes[2].matrix);
    json_array_foreach (rows, j, row) {
        for (size_t i = 0; i < 3; i++) {
            if (j < codes[i].m)
                CHECK_HEX(json_string_value(row), codes[i].matrix + j * PARITY_PLACES,
                          PARITY_PLACES);
        }
        for (unsigned int p = 0; p < PARITY_PLACES; p++)
            CHECK_INT(naive_coefficient((unsigned int)j, p),
                      codes[2].matrix[j * PARITY_PLACES + p]);
    }
}

/* SHA-256("symbol" || u32 p || u32 t) for t = 0, 1, 2, ... */
static void make_symbol(uint8_t *symbol, uint32_t p)
{
    uint8_t text[14] = "symbol", digest[32];

    store_u32(text + 6, p);
    for (size_t at = 0; at < CHUNK_LEN; at += sizeof digest) {
        store_u32(text + 10, (uint32_t)(at / sizeof digest));
        sha256_of(digest, text, sizeof text);
        memcpy(symbol + at, digest, CHUNK_LEN - at < 32 ? CHUNK_LEN - at : 32);
    }
}

static void check_parity(const json_t *want, const uint8_t *parity)
{
    uint8_t digest[32];

    CHECK_HEX(fixture_text(want, "begins"), parity, 16);
    CHECK_HEX(fixture_text(want, "ends"), parity + CHUNK_LEN - 16, 16);
    sha256_of(digest, parity, CHUNK_LEN);
    CHECK_HEX(fixture_text(want, "sha256"), digest, sizeof digest);
}

static void check_parities(const struct parity_code *code, const json_t *entry)
{
    struct sample s = sample_new(code);
    json_t *want;
    size_t j;

    for (uint32_t p = 0; p < fixture_number(entry, "places"); p++) {
        s.symbols[p] = fixture_alloc(CHUNK_LEN);
        make_symbol(s.symbols[p], p);
        parity_add(code, s.parity, p, s.symbols[p], p == 0 ? 52400 : CHUNK_LEN);
    }
    json_array_foreach (json_object_get(entry, "parity"), j, want) {
        check_about("m %u, parity %zu", code->m, j);
        CHECK_INT(j, fixture_number(want, "j"));
        if (j < code->m)
            check_parity(want, s.parity[j]);
    }
    sample_free(&s);
}

static void test_parity(void)
{
    json_t *entry;
    size_t i;

    json_array_foreach (json_object_get(vectors, "parity"), i, entry) {
        for (size_t k = 0; k < 3; k++)
            check_parities(&codes[k], entry);
    }
}

/* ---- Against bit by bit ------------------------------------------------------------------- */

/* Symbols at any address; what is behind their end is not looked at, and parity there stays. */
static void check_against_naive(struct random *random, const struct parity_code *code,
                                unsigned int p, size_t len)
{
    uint8_t *room = fixture_alloc(CHUNK_LEN + 64), *symbol = room + random_below(random, 64);
    struct sample got = sample_new(code), want = sample_new(code);

    check_about("m %u, place %u, %zu bytes at %zu", code->m, p, len, (size_t)(symbol - room));
    random_bytes(random, room, CHUNK_LEN + 64);
    for (unsigned int j = 0; j < code->m; j++) {
        random_bytes(random, got.parity[j], CHUNK_LEN);
        memcpy(want.parity[j], got.parity[j], CHUNK_LEN);
        naive_add(want.parity[j], j, p, symbol, len);
    }
    parity_add(code, got.parity, p, symbol, len);
    for (unsigned int j = 0; j < code->m; j++)
        CHECK_BYTES(want.parity[j], got.parity[j], CHUNK_LEN);
    sample_free(&got);
    sample_free(&want);
    free(room);
}

/* Around the lengths of the processor's registers, and others. */
static void test_against_naive(void)
{
    static const size_t lens[] = {
        0,        1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1808, 52400, CHUNK_LEN - 1,
        CHUNK_LEN};
    struct random random = fixture_random("naive");

    for (size_t k = 0; k < 3; k++) {
        for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++)
            check_against_naive(&random, &codes[k], random_below(&random, 64), lens[i]);
        for (unsigned int p = 0; p < PARITY_PLACES; p++)
            check_against_naive(&random, &codes[k], p, random_below(&random, 500));
        for (size_t i = 0; i < fixture_share(20, 2); i++)
            check_against_naive(&random, &codes[k], random_below(&random, 64),
                                random_below(&random, CHUNK_LEN + 1));
    }
}

/* ---- Mending ------------------------------------------------------------------------------ */

/* Each pattern of bad places and bad parity that there is with so few places filled. */
static void test_every_pattern(const struct parity_code *code, const unsigned int places[],
                               unsigned int count)
{
    struct random random = fixture_random("patterns");
    struct sample s = sample_new(code);

    for (unsigned int i = 0; i < count; i++)
        sample_add(&s, places[i], &random, i == 0 ? 3000 : CHUNK_LEN);
    for (uint32_t pattern = 0; pattern < UINT32_C(1) << (count + code->m); pattern++) {
        uint64_t bad_places = 0;

        for (unsigned int i = 0; i < count; i++)
            bad_places |= (uint64_t)(pattern >> i & 1) << places[i];
        check_pattern(&s, bad_places, (uint16_t)(pattern >> count));
    }
    sample_free(&s);
}

static void test_few_places(void)
{
    test_every_pattern(&codes[0], (const unsigned int[]){0, 1, 2, 3, 4}, 5);
    test_every_pattern(&codes[0], (const unsigned int[]){0, 17, 63}, 3);
    test_every_pattern(&codes[1], (const unsigned int[]){31, 32}, 2);
}

/* Each two places, with each two of four parities in turn. */
static void test_every_pair(void)
{
    static const uint16_t bad_parities[] = {0x3, 0x5, 0x6, 0x9, 0xa, 0xc};
    struct random random = fixture_random("pairs");
    size_t turn = 0;

    for (unsigned int p = 1; p < PARITY_PLACES; p++) {
        for (unsigned int q = 0; q < p; q++) {
            struct sample s = sample_new(&codes[0]);

            sample_add(&s, p, &random, 200);
            sample_add(&s, q, &random, 100);
            check_pattern(&s, UINT64_C(1) << p | UINT64_C(1) << q, bad_parities[turn++ % 6]);
            sample_free(&s);
        }
    }
}

/* That many different bits of the lowest `of`. */
static uint64_t random_bits(struct random *random, unsigned int count, unsigned int of)
{
    uint64_t bits = 0;

    while (count_bits(bits) < count)
        bits |= UINT64_C(1) << random_below(random, of);
    return bits;
}

/* As many bad ones as there is parity for, and one more. Places that are not filled can be bad. */
static void check_random_pattern(struct random *random, const struct sample *s)
{
    unsigned int bad = random_below(random, s->code->m + 1);
    uint16_t bad_parity = (uint16_t)random_bits(random, s->code->m - bad, s->code->m);

    check_pattern(s, random_bits(random, bad, PARITY_PLACES), bad_parity);
    check_pattern(s, random_bits(random, bad + 1, PARITY_PLACES), bad_parity);
    check_pattern(s, random_bits(random, s->code->m, PARITY_PLACES), 0);
    check_pattern(s, random_bits(random, s->code->m + 1, PARITY_PLACES), 0);
}

static void test_random_patterns(const struct parity_code *code)
{
    struct random random = fixture_random("random patterns");

    for (size_t i = 0; i < fixture_share(30, 4); i++) {
        struct sample s = sample_new(code);
        unsigned int filled = i % 2 == 0 ? PARITY_PLACES : 1 + random_below(&random, 64);

        for (unsigned int p = 0; p < filled; p++)
            sample_add(&s, p, &random, p == 0 ? 1 + random_below(&random, CHUNK_LEN) : CHUNK_LEN);
        check_random_pattern(&random, &s);
        sample_free(&s);
    }
}

/* A lane that cannot be solved yet can be when more is told, and once more after that. */
static void test_telling_more(void)
{
    struct random random = fixture_random("more");
    struct sample s = sample_new(&codes[0]);
    uint64_t bad = UINT64_C(1) << 7 | UINT64_C(1) << 9;

    sample_add(&s, 7, &random, CHUNK_LEN);
    sample_add(&s, 9, &random, CHUNK_LEN);
    struct parity_lane l = begin(&s, bad, 0xe);
    CHECK(!parity_lane_solve(&l, mended));
    parity_lane_parity(&l, 3, s.parity[3]);
    CHECK(parity_lane_solve(&l, mended));
    CHECK_BYTES(s.symbols[7], mended[0], CHUNK_LEN);
    CHECK_BYTES(s.symbols[9], mended[1], CHUNK_LEN);
    parity_lane_data(&l, 7, s.symbols[7], s.lens[7]);
    CHECK(parity_lane_solve(&l, mended));
    CHECK_BYTES(s.symbols[9], mended[0], CHUNK_LEN);
    parity_lane_end(&l);
    parity_lane_end(&l);
    sample_free(&s);
}

/* A lane of which nothing is told at all, and one where nothing is bad. */
static void test_nothing(void)
{
    struct parity_lane l = {0};

    parity_lane_end(&l);
    for (size_t i = 0; i < 3; i++) {
        struct sample s = sample_new(&codes[i]);

        check_pattern(&s, UINT64_MAX, UINT16_MAX);
        check_pattern(&s, UINT64_MAX, 0);
        check_pattern(&s, 0, UINT16_MAX);
        sample_free(&s);
    }
}

int main(int argc, char **argv)
{
    check_start("parity", argc, argv);
    fixture_start(argc, argv);
    vectors = fixture_json("parity.json");
    for (size_t i = 0; i < 3; i++)
        parity_code_init(&codes[i], 4U << i);
    for (unsigned int i = 0; i < PARITY_MAX; i++)
        mended[i] = fixture_alloc(CHUNK_LEN);
    CHECK_CASE(test_field());
    CHECK_CASE(test_coefficients());
    CHECK_CASE(test_parity());
    CHECK_CASE(test_against_naive());
    CHECK_CASE(test_few_places());
    CHECK_CASE(test_every_pair());
    for (size_t i = 0; i < 3; i++) {
        check_case("random patterns, m %u", codes[i].m);
        test_random_patterns(&codes[i]);
    }
    CHECK_CASE(test_telling_more());
    CHECK_CASE(test_nothing());
    for (unsigned int i = 0; i < PARITY_MAX; i++)
        free(mended[i]);
    json_decref(vectors);
    return check_done();
}
