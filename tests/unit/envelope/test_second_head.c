/*
 * The second head of files with repair data: made and opened, held to the values of another
 * implementation, and altered in every part.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "lib/fixture.h"
#include "lib/layers.h"
#include "lib/unit_check.h"

#define BLOCKS 80

/* ---- files/index.json --------------------------------------------------------------------- */

/* The layers by themselves: slot, C' and chunk'. */
static void check_layers(const json_t *file, const json_t *slot, const uint8_t *block,
                         const struct identity *id)
{
    const json_t *second = json_object_get(file, "second");
    uint8_t n = (uint8_t)fixture_number(file, "n"), C[32], plain[BLOCK_LEN];
    struct slot_steps s;

    CHECK(slot_steps(&s, block, id, (uint8_t)fixture_number(slot, "j")));
    CHECK_HEX(fixture_text(second, "P"), s.P, 32);
    CHECK_HEX(fixture_text(slot, "bk"), s.bk, 32);
    CHECK_HEX(fixture_text(file, "file_key"), s.plain, KEY_LEN);
    CHECK_HEX(fixture_text(slot, "params"), s.plain + KEY_LEN, PARAMS_LEN);
    CHECK_HEX(fixture_text(second, "E"), block, 32);
    CHECK_HEX(fixture_text(second, "C"), block + COMMITMENT_OFF, COMMITMENT_LEN);
    commitment2_of(C, block, s.plain);
    CHECK_HEX(fixture_text(second, "C"), C, COMMITMENT_LEN);
    CHECK(chunk2_open(plain, block, n, s.plain));
    CHECK_INT(fixture_number(file, "B"), load_u64(plain));
    CHECK_HEX(fixture_text(file, "C"), plain + 8, COMMITMENT_LEN);
}

static void check_opens(const json_t *file, const uint8_t *first, const uint8_t *second,
                        struct identity *id)
{
    struct fault fault = {.status = SEAL_OK};
    struct envelope env, other;
    uint64_t blocks = 0, total = fixture_number(file, "B");
    size_t which = 9;

    CHECK_INT(SEAL_OK, envelope_open(&env, first, &id, 1, &which, &fault));
    CHECK_INT(SEAL_OK, envelope_open_second(&other, second, &id, 1, &which, &blocks, &fault));
    CHECK_INT(0, which);
    CHECK_INT(total, blocks);
    CHECK_BYTES(env.file_key, other.file_key, KEY_LEN);
    CHECK_BYTES(env.commitment, other.commitment, COMMITMENT_LEN);
    CHECK_INT(env.params.parity, other.params.parity);
    CHECK_INT(env.params.index, other.params.index);
    CHECK_INT(env.head_len, other.head_len);
    CHECK(bytes_are_zero(other.set_key, KEY_LEN));
    CHECK_INT(SECOND_HEAD_RIGHT, envelope_check_second(&env, second, id, total));
    CHECK_INT(SECOND_HEAD_RIGHT, envelope_check_second(&env, second, NULL, total));
    CHECK_INT(SECOND_HEAD_CONTENT, envelope_check_second(&env, second, id, total + 1));
    /* Neither is taken for the other. */
    CHECK(envelope_open(&other, second, &id, 1, &which, &fault) != SEAL_OK);
    CHECK(envelope_open_second(&other, first, &id, 1, &which, &blocks, &fault) != SEAL_OK);
    CHECK(envelope_check_second(&env, first, id, total) != SECOND_HEAD_RIGHT);
}

static void check_file(const json_t *file, const char *name, const json_t *keys)
{
    const json_t *slot, *second = json_object_get(file, "second");
    struct buffer data;
    char path[256];
    size_t i;

    (void)snprintf(path, sizeof path, "files/%s", name);
    data = fixture_read(check_vector(path));
    check_case("%s", name);
    if (!CHECK(data.len == BLOCK_LEN * fixture_number(file, "B")))
        return;
    json_array_foreach (json_object_get(second, "slots"), i, slot) {
        struct identity *id = fixture_key_named(keys, fixture_text(slot, "key"));

        check_about("%s, slot of %s", name, fixture_text(slot, "key"));
        check_layers(file, slot, data.data + data.len - BLOCK_LEN, id);
        if (i == 0)
            check_opens(file, data.data, data.data + data.len - BLOCK_LEN, id);
        identity_free(id);
    }
    CHECK(i > 0);
    buffer_free(&data);
}

static void test_vectors(void)
{
    json_t *index = fixture_json("files/index.json"), *keys = fixture_json("keys.json");
    const json_t *sample, *file;
    size_t i, k, found = 0;

    json_array_foreach (index, i, sample)
        json_array_foreach (json_object_get(sample, "intermediates"), k, file)
            if (json_object_get(file, "second") != NULL) {
                check_file(file,
                           json_string_value(json_array_get(json_object_get(sample, "files"), k)),
                           keys);
                found++;
            }
    CHECK(found > 5);
    json_decref(index);
    json_decref(keys);
}

/* ---- Making ------------------------------------------------------------------------------- */

struct heads {
    struct envelope env;
    uint8_t first[BLOCK_LEN], second[BLOCK_LEN];
};

static void make(struct heads *h, struct envelope_params params, const struct public_key *keys,
                 size_t count, struct random *random)
{
    struct fault fault = {.status = SEAL_OK};

    h->env = (struct envelope){.params = params};
    random_bytes(random, h->env.params.bundle_id, BUNDLE_ID_LEN);
    CHECK_INT(SEAL_OK, envelope_make(&h->env, h->first, keys, count, random, &fault));
    random_bytes(random, h->first + h->env.head_len, BLOCK_LEN - h->env.head_len);
    CHECK_INT(SEAL_OK,
              envelope_make_second(&h->env, h->second, keys, count, BLOCKS, random, &fault));
}

static const struct envelope_params with_parity = {.parity = 4, .type = CONTENT_BAG};
static const struct envelope_params volume = {
    .flags = FLAG_VOLUME, .parity = 16, .type = CONTENT_BAG, .index = 7};

static enum seal_status open_second(struct heads *h, struct identity *id, struct envelope *env,
                                    uint64_t *blocks)
{
    struct fault fault = {.status = SEAL_OK};
    size_t which;

    return envelope_open_second(env, h->second, &id, 1, &which, blocks, &fault);
}

static void check_made(struct envelope_params params, size_t count)
{
    struct random random = fixture_random("second heads");
    struct heads *h = fixture_alloc(sizeof *h);
    struct identity *ids[RECIPIENTS_MAX + 1];
    struct public_key keys[RECIPIENTS_MAX + 1];
    struct envelope env;
    uint64_t blocks;

    check_about("%zu recipients", count);
    fixture_identities(ids, keys, RECIPIENTS_MAX + 1);
    make(h, params, keys, count, &random);
    for (size_t i = 0; i < count; i++) {
        CHECK_INT(SEAL_OK, open_second(h, ids[i], &env, &blocks));
        CHECK_BYTES(h->env.file_key, env.file_key, KEY_LEN);
        CHECK_BYTES(h->env.commitment, env.commitment, COMMITMENT_LEN);
        CHECK_BYTES(h->env.params.bundle_id, env.params.bundle_id, BUNDLE_ID_LEN);
        CHECK_INT(params.flags, env.params.flags);
        CHECK_INT(params.index, env.params.index);
        CHECK_INT(BLOCKS, blocks);
        CHECK_INT(SECOND_HEAD_RIGHT, envelope_check_second(&h->env, h->second, ids[i], BLOCKS));
    }
    CHECK_INT(SEAL_NO_KEY, open_second(h, ids[count], &env, &blocks));
    CHECK(bytes_are_zero(env.file_key, KEY_LEN));
    CHECK_INT(SECOND_HEAD_NO_SLOT, envelope_check_second(&h->env, h->second, ids[count], BLOCKS));
    CHECK_INT(SECOND_HEAD_RIGHT, envelope_check_second(&h->env, h->second, NULL, BLOCKS));
    fixture_identities_free(ids, RECIPIENTS_MAX + 1);
    free(h);
}

static void test_making(void)
{
    check_made(with_parity, 1);
    check_made(with_parity, 8);
    check_made(volume, 9);
    check_made(volume, 39);
}

/* ---- Altered outside, and inside with all that is sealed made right again ------------------ */

enum defect {
    NOTHING,
    OTHER_KEY,
    OTHER_BUNDLE,
    OTHER_J,
    NO_PARITY,
    LABEL_OF_FIRST,
    C_OF_FIRST_LOST,
    ZERO_BLOCKS,
    NOT_ZERO,
    NOT_ZERO_AT_END,
    CHUNK_WITHOUT_KIND
};

/* chunk' sealed as block 0 of the payload would be. */
static void seal_without_kind(uint8_t *block, const uint8_t *plain, const uint8_t *file_key)
{
    static const uint8_t nonce[12] = {0};
    uint8_t key[KEY_LEN];

    hash_F(key, file_key, "payload", NULL, 0);
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(block + HEAD_LEN(8), NULL, plain, CHUNK2_LEN(8),
                                                    NULL, 0, NULL, nonce, key);
}

static void spoil_box(struct slot_steps *s, enum defect defect)
{
    uint8_t *params = s->plain + KEY_LEN;

    if (defect == OTHER_KEY)
        s->plain[0] ^= 1;
    if (defect == OTHER_BUNDLE)
        params[16] ^= 1;
    if (defect == OTHER_J)
        params[2] ^= 1;
    if (defect == NO_PARITY)
        params[3] = params[4] = params[5] = 0;
}

static void spoil(uint8_t *block, const struct identity *id, enum defect defect)
{
    static uint8_t plain[BLOCK_LEN];
    struct slot_steps s;
    int j = slot_of(block, id, 8);

    if (!CHECK(j >= 0 && slot_steps(&s, block, id, (uint8_t)j) &&
               chunk2_open(plain, block, 8, s.plain)))
        return;
    spoil_box(&s, defect);
    slot_seal(block, &s, (uint8_t)j);
    commitment2_of(block + COMMITMENT_OFF, block, s.plain);
    if (defect == LABEL_OF_FIRST)
        commitment_of(block + COMMITMENT_OFF, block, s.plain);
    plain[8] ^= defect == C_OF_FIRST_LOST;
    if (defect == ZERO_BLOCKS)
        memset(plain, 0, 8);
    plain[40] ^= defect == NOT_ZERO;
    plain[CHUNK2_LEN(8) - 1] ^= defect == NOT_ZERO_AT_END;
    chunk2_seal(block, plain, 8, s.plain);
    if (defect == CHUNK_WITHOUT_KIND)
        seal_without_kind(block, plain, s.plain);
}

static void test_inside(void)
{
    static const struct {
        enum defect defect;
        enum seal_status opens;
        enum second_head is;
    } rows[] = {{NOTHING, SEAL_OK, SECOND_HEAD_RIGHT},
                {OTHER_KEY, SEAL_OK, SECOND_HEAD_KEY},
                {OTHER_BUNDLE, SEAL_OK, SECOND_HEAD_KEY},
                {OTHER_J, SEAL_HOSTILE, SECOND_HEAD_KEY},
                {NO_PARITY, SEAL_NO_KEY, SECOND_HEAD_KEY},
                {LABEL_OF_FIRST, SEAL_DAMAGED, SECOND_HEAD_ALTERED},
                {C_OF_FIRST_LOST, SEAL_OK, SECOND_HEAD_CONTENT},
                {ZERO_BLOCKS, SEAL_DAMAGED, SECOND_HEAD_CONTENT},
                {NOT_ZERO, SEAL_DAMAGED, SECOND_HEAD_CONTENT},
                {NOT_ZERO_AT_END, SEAL_DAMAGED, SECOND_HEAD_CONTENT},
                {CHUNK_WITHOUT_KIND, SEAL_DAMAGED, SECOND_HEAD_ALTERED}};
    struct random random = fixture_random("inside");
    struct heads *h = fixture_alloc(sizeof *h);
    struct identity *id;
    struct public_key key;
    struct envelope env;
    uint64_t blocks;

    fixture_identities(&id, &key, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        make(h, with_parity, &key, 1, &random);
        spoil(h->second, id, rows[i].defect);
        check_about("row %zu", i);
        CHECK_INT(rows[i].opens, open_second(h, id, &env, &blocks));
        CHECK_INT(rows[i].opens == SEAL_OK, !bytes_are_zero(env.file_key, KEY_LEN));
        CHECK_INT(rows[i].is, envelope_check_second(&h->env, h->second, id, BLOCKS));
    }
    identity_free(id);
    free(h);
}

/* Any byte: those of E and the own slot make it no head of this key. */
static void test_flips(void)
{
    struct random random = fixture_random("flips");
    struct heads *h = fixture_alloc(sizeof *h);
    struct identity *id;
    struct public_key key;
    struct envelope env;
    uint64_t blocks;
    size_t own;

    fixture_identities(&id, &key, 1);
    make(h, with_parity, &key, 1, &random);
    own = SLOTS_OFF + SLOT_LEN * (size_t)slot_of(h->second, id, 8);
    for (size_t at = 0; at < BLOCK_LEN; at += at < 64 ? 1 : 1 + random_below(&random, 300)) {
        bool is_own = at < 32 || (at >= own && at < own + SLOT_LEN);

        check_about("byte %zu", at);
        h->second[at] ^= (uint8_t)(1u << random_below(&random, 8));
        CHECK_INT(is_own ? SEAL_NO_KEY : SEAL_DAMAGED, open_second(h, id, &env, &blocks));
        CHECK(bytes_are_zero(env.file_key, KEY_LEN));
        CHECK_INT(is_own ? SECOND_HEAD_NO_SLOT : SECOND_HEAD_ALTERED,
                  envelope_check_second(&h->env, h->second, id, BLOCKS));
        CHECK_INT(SECOND_HEAD_ALTERED, envelope_check_second(&h->env, h->second, NULL, BLOCKS));
        make(h, with_parity, &key, 1, &random);
        own = SLOTS_OFF + SLOT_LEN * (size_t)slot_of(h->second, id, 8);
    }
    identity_free(id);
    free(h);
}

/* What is written where nothing may be guessed: nothing of one head shows in the other. */
static void test_nothing_shared(void)
{
    struct random random = fixture_random("shared");
    struct heads *h = fixture_alloc(sizeof *h);
    uint8_t *again = fixture_alloc(BLOCK_LEN);
    struct fault fault = {.status = SEAL_OK};
    struct identity *id;
    struct public_key key;
    size_t same_place = 0, runs = fixture_share(400, 100);

    fixture_identities(&id, &key, 1);
    for (size_t run = 0; run < runs; run++) {
        make(h, with_parity, &key, 1, &random);
        for (size_t at = 0; at < HEAD_LEN(8); at += 32)
            CHECK(memcmp(h->first + at, h->second + at, 32) != 0);
        same_place += slot_of(h->first, id, 8) == slot_of(h->second, id, 8);
    }
    check_about("places: %zu of %zu", same_place, runs); /* one of eight */
    CHECK(same_place > runs / 16 && same_place < runs / 4);
    check_about("made again");
    CHECK_INT(SEAL_OK, envelope_make_second(&h->env, again, &key, 1, BLOCKS, &random, &fault));
    CHECK(memcmp(again, h->second, 32) != 0);
    identity_free(id);
    free(again);
    free(h);
}

int main(int argc, char **argv)
{
    check_start("second_head", argc, argv);
    fixture_start(argc, argv);
    test_vectors();
    CHECK_CASE(test_making());
    CHECK_CASE(test_inside());
    CHECK_CASE(test_flips());
    CHECK_CASE(test_nothing_shared());
    return check_done();
}
