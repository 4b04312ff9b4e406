/*
 * What the two heads of a file with repair data look like to somebody without a key: like random
 * bytes, of which the second say nothing about the first? Mistakes that two programs can share,
 * such as one ephemeral key for both, are made here, and must be seen.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "envelope/encodings.h"
#include "envelope/head.h"
#include "lib/fixture.h"
#include "lib/measures.h"
#include "lib/unit_check.h"

#define HEAD HEAD_LEN(SLOTS_FEW)

enum heads_defect {
    HEADS_SOUND,
    HEADS_RANDOM,     /* control: random bytes */
    HEADS_SAME_E,     /* the second has E of the first */
    HEADS_SAME_e,     /* another E, that stands for the same key */
    HEADS_SAME_C,     /* C' is C */
    HEADS_SAME_SLOT,  /* one slot of the second is that of the first */
    HEADS_SLOT_BIT,   /* the first bit of each slot is that in the first head */
    HEADS_PLAIN_CHUNK /* chunk' is not encrypted */
};

struct samples {
    struct rows heads;   /* both, without chunk' */
    struct buffer whole; /* both of the first few files, chunk' too */
    size_t bytes[256], total;
    size_t same_keys; /* files in which E and E' stand for one key */
};

/* Another encoding of a key. */
static void encode_again(uint8_t *first, uint8_t *second, struct random *random)
{
    struct fault fault = {.status = SEAL_OK};
    struct ephemeral eph;
    uint8_t b;

    CHECK_INT(SEAL_OK, ephemeral_make(&eph, random, &fault));
    memcpy(first, eph.E, 32);
    do
        random_bytes(random, &b, 1);
    while (!elligator_encode(second, eph.e, b) || memcmp(first, second, 16) == 0);
}

static void spoil(uint8_t *first, uint8_t *second, enum heads_defect defect, struct random *random)
{
    size_t some = SLOTS_OFF + SLOT_LEN * (size_t)random_below(random, SLOTS_FEW);

    if (defect == HEADS_RANDOM) {
        random_bytes(random, first, HEAD);
        random_bytes(random, second, BLOCK_LEN);
    }
    if (defect == HEADS_SAME_E)
        memcpy(second, first, 32);
    if (defect == HEADS_SAME_e)
        encode_again(first, second, random);
    if (defect == HEADS_SAME_C)
        memcpy(second + COMMITMENT_OFF, first + COMMITMENT_OFF, COMMITMENT_LEN);
    if (defect == HEADS_SAME_SLOT)
        memcpy(second + some, first + some, SLOT_LEN);
    for (size_t at = SLOTS_OFF; defect == HEADS_SLOT_BIT && at < HEAD; at += SLOT_LEN)
        second[at] = (uint8_t)((second[at] & 0xfe) | (first[at] & 1));
    if (defect == HEADS_PLAIN_CHUNK)
        memset(second + HEAD + 40, 0, BLOCK_LEN - HEAD - 40);
}

static void add(struct samples *s, size_t i, const uint8_t *first, const uint8_t *second)
{
    uint8_t P[2][32];
    uint8_t *row = rows_at(&s->heads, i);

    memcpy(row, first, HEAD);
    memcpy(row + HEAD, second, HEAD);
    CHECK_INT(SEAL_OK, buffer_append(&s->whole, first, HEAD));
    CHECK_INT(SEAL_OK, buffer_append(&s->whole, second, i < 16 ? BLOCK_LEN : HEAD));
    for (size_t k = 0; k < HEAD; k++)
        s->bytes[first[k]]++;
    for (size_t k = 0; k < BLOCK_LEN; k++)
        s->bytes[second[k]]++;
    s->total += HEAD + BLOCK_LEN;
    s->same_keys += elligator_decode(P[0], first) && elligator_decode(P[1], second) &&
                    memcmp(P[0], P[1], 32) == 0;
}

static struct samples *samples_new(enum heads_defect defect, size_t count)
{
    static uint8_t first[BLOCK_LEN], second[BLOCK_LEN];
    struct random random = fixture_random("two heads");
    struct samples *s = fixture_alloc(sizeof *s);
    struct fault fault = {.status = SEAL_OK};
    struct public_key key;
    struct identity *id;

    memset(s, 0, sizeof *s);
    fixture_identities(&id, &key, 1);
    s->heads = rows_new(2 * HEAD, count);
    for (size_t i = 0; i < count; i++) {
        struct envelope env = {.params = {.type = CONTENT_BAG, .parity = 4}};

        CHECK_INT(SEAL_OK, envelope_make(&env, first, &key, 1, &random, &fault));
        CHECK_INT(SEAL_OK, envelope_make_second(&env, second, &key, 1, 80, &random, &fault));
        spoil(first, second, defect, &random);
        add(s, i, first, second);
    }
    identity_free(id);
    return s;
}

static void samples_free(struct samples *s)
{
    free(s->heads.data);
    buffer_free(&s->whole);
    free(s);
}

static bool heads_bytes(const struct samples *s)
{
    return measure_within(
        "heads, all bytes",
        fabs(measure_excess(measure_chi_squared(s->bytes, 256, (double)s->total / 256), 255)), 6);
}

/* Bits of the second head against those at the same place of the first, in and between slots. */
static bool heads_pairs(const struct samples *s)
{
    size_t distances[] = {
        1, 8, 256, HEAD * 8, (HEAD - 32) * 8, (HEAD + 32) * 8, (size_t)SLOT_LEN * 8};

    return measure_bits_are_independent(
        &s->heads, distances, sizeof distances / sizeof distances[0], "heads, worst pair of bits");
}

static void test_heads(void)
{
    /* Which checks fail on which mistake. */
    static const struct {
        const char *name;
        enum heads_defect defect;
        bool bytes, bits, pairs, windows, keys;
    } rows[] = {{"heads sound", HEADS_SOUND, true, true, true, true, true},
                {"heads control: random bytes", HEADS_RANDOM, true, true, true, true, true},
                {"heads one E", HEADS_SAME_E, true, true, false, false, false},
                {"heads one e", HEADS_SAME_e, true, true, true, true, false},
                {"heads one C", HEADS_SAME_C, true, true, false, false, true},
                {"heads a slot of both", HEADS_SAME_SLOT, true, true, true, false, true},
                {"heads a bit of slots", HEADS_SLOT_BIT, true, true, false, true, true},
                {"heads a plain chunk", HEADS_PLAIN_CHUNK, false, true, true, false, true}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t full = i < 2 ? 400 : 128;
        struct samples *s = samples_new(rows[i].defect, fixture_share(full, 64));

        measure_about(rows[i].name);
        CHECK_INT(rows[i].bytes, heads_bytes(s));
        CHECK_INT(rows[i].bits, measure_bits_are_balanced(&s->heads, "heads, worst bit"));
        CHECK_INT(rows[i].pairs, heads_pairs(s));
        CHECK_INT(rows[i].windows, measure_nothing_repeats(s->whole.data, s->whole.len,
                                                           "heads, windows that repeat"));
        CHECK_INT(rows[i].keys,
                  measure_within("heads, files with one key for both", (double)s->same_keys, 0.5));
        samples_free(s);
    }
}

int main(int argc, char **argv)
{
    check_start("statistics_heads", argc, argv);
    fixture_start(argc, argv);
    measure_show = getenv("SEAL_TEST_SHOW") != NULL;
    CHECK_CASE(test_heads());
    return check_done();
}
