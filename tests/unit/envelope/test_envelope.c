/*
 * The head of a sealed file: made and opened, held to the values of another implementation, and
 * with every byte of it altered.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "envelope/encodings.h"
#include "lib/unit_check.h"
#include "lib/fixture.h"
#include "lib/layers.h"

/* ---- files/index.json --------------------------------------------------------------------- */

static void check_slot(const json_t *slot, const json_t *file, const uint8_t *block,
                       const struct identity *id)
{
    uint8_t j = (uint8_t)fixture_number(slot, "j");
    uint8_t hash[HASH_LEN], seed[64], ct[MLKEM_CT_LEN + 32], ss[32];
    struct slot_steps s;

    CHECK(slot_steps(&s, block, id, j));
    CHECK_HEX(fixture_text(file, "P"), s.P, 32);
    CHECK_HEX(fixture_text(slot, "dh"), s.dh, 32);
    CHECK_HEX(fixture_text(slot, "ck"), s.ck, 32);
    hash_H(hash, &(struct span){s.ct, MLKEM_CT_LEN}, 1);
    CHECK_HEX(fixture_text(slot, "H_ct_mlkem"), hash, sizeof hash);
    CHECK_HEX(fixture_text(slot, "ss"), s.ss, 32);
    CHECK_HEX(fixture_text(slot, "bk"), s.bk, 32);
    CHECK_HEX(fixture_text(file, json_object_get(file, "set_key") != NULL ? "set_key" : "file_key"),
              s.plain, KEY_LEN);
    CHECK_HEX(fixture_text(slot, "params"), s.plain + KEY_LEN, PARAMS_LEN);
    /* The sender's side of the same. */
    fixture_hex(seed, 32, slot, "coins");
    fixture_hex(seed + 32, 32, file, "e");
    CHECK(crypto_kem_xwing_enc_deterministic(ct, ss, id->pk, seed) == 0);
    CHECK_BYTES(s.ct, ct, sizeof ct);
    CHECK_BYTES(s.ss, ss, sizeof ss);
}

static void check_opened(const struct envelope *env, const json_t *file)
{
    CHECK_HEX(fixture_text(file, "file_key"), env->file_key, KEY_LEN);
    if (json_object_get(file, "set_key") != NULL)
        CHECK_HEX(fixture_text(file, "set_key"), env->set_key, KEY_LEN);
    else
        CHECK(bytes_are_zero(env->set_key, KEY_LEN));
    CHECK_HEX(fixture_text(file, "C"), env->commitment, COMMITMENT_LEN);
    CHECK_HEX(fixture_text(file, "bundle_id"), env->params.bundle_id, BUNDLE_ID_LEN);
    CHECK_INT(fixture_number(file, "n"), env->params.slot_count);
    CHECK_INT(HEAD_LEN(fixture_number(file, "n")), env->head_len);
}

/* Opens with a wrong key in front of the right one. */
static void check_open(const json_t *file, const uint8_t *block, struct identity *id)
{
    struct identity *other = fixture_identity(0);
    struct identity *keys[2] = {other, id};
    struct fault fault = {.status = SEAL_OK};
    struct envelope env;
    size_t which = 9;

    CHECK_INT(SEAL_OK, envelope_open(&env, block, keys, 2, &which, &fault));
    CHECK_INT(1, which);
    check_opened(&env, file);
    CHECK_INT(SEAL_NO_KEY, envelope_open(&env, block, keys, 1, &which, &fault));
    CHECK_INT(SEAL_NO_KEY, fault.status);
    identity_free(other);
}

static void check_file(const json_t *file, const char *name, const json_t *keys)
{
    char path[256];
    uint8_t E[32], e[32];
    const json_t *slot;
    struct buffer data;
    size_t i;

    (void)snprintf(path, sizeof path, "files/%s", name);
    data = fixture_read(check_vector(path));
    check_case("%s", name);
    if (!CHECK(data.len >= BLOCK_LEN))
        return;
    CHECK_HEX(fixture_text(file, "E"), data.data, 32);
    CHECK_HEX(fixture_text(file, "C"), data.data + COMMITMENT_OFF, COMMITMENT_LEN);
    fixture_hex(e, sizeof e, file, "e");
    CHECK(elligator_encode(E, e, (uint8_t)fixture_number(file, "b")));
    CHECK_BYTES(E, data.data, sizeof E);
    json_array_foreach (json_object_get(file, "slots"), i, slot) {
        struct identity *id = fixture_key_named(keys, fixture_text(slot, "key"));

        check_about("%s, slot of %s", name, fixture_text(slot, "key"));
        if (CHECK(id != NULL)) {
            check_slot(slot, file, data.data, id);
            if (i == 0) /* slow: all places are tried with the wrong key */
                check_open(file, data.data, id);
        }
        identity_free(id);
    }
    buffer_free(&data);
}

static void test_vectors(void)
{
    json_t *index = fixture_json("files/index.json"), *keys = fixture_json("keys.json");
    const json_t *list = json_is_array(index) ? index : json_object_get(index, "cases");
    const json_t *sample, *file;
    size_t i, k;

    json_array_foreach (list, i, sample)
        json_array_foreach (json_object_get(sample, "intermediates"), k, file)
            check_file(file, json_string_value(json_array_get(json_object_get(sample, "files"), k)),
                       keys);
    CHECK(i > 20);
    json_decref(index);
    json_decref(keys);
}

/* ---- Making and opening ------------------------------------------------------------------- */

static enum seal_status make(struct envelope *env, uint8_t block[static BLOCK_LEN],
                             const struct public_key *keys, size_t count, struct random *random)
{
    struct fault fault = {.status = SEAL_OK};
    enum seal_status status;

    *env = (struct envelope){.params = {.type = CONTENT_BAG}};
    random_bytes(random, env->params.bundle_id, BUNDLE_ID_LEN);
    status = envelope_make(env, block, keys, count, random, &fault);
    CHECK_INT(status, fault.status);
    if (status == SEAL_OK) /* what follows the head in a file looks as random */
        random_bytes(random, block + env->head_len, BLOCK_LEN - env->head_len);
    return status;
}

static enum seal_status open_with(struct envelope *env, const uint8_t *block, struct identity *id)
{
    struct fault fault = {.status = SEAL_OK};
    size_t which;

    return envelope_open(env, block, &id, 1, &which, &fault);
}

static bool same_envelope(const struct envelope *a, const struct envelope *b)
{
    return memcmp(a->file_key, b->file_key, KEY_LEN) == 0 &&
           memcmp(a->set_key, b->set_key, KEY_LEN) == 0 && a->params.parity == b->params.parity &&
           memcmp(a->commitment, b->commitment, COMMITMENT_LEN) == 0 &&
           a->head_len == b->head_len && a->params.slot_count == b->params.slot_count &&
           a->params.flags == b->params.flags && a->params.type == b->params.type &&
           a->params.index == b->params.index &&
           memcmp(a->params.bundle_id, b->params.bundle_id, BUNDLE_ID_LEN) == 0;
}

static void test_counts(void)
{
    static const size_t counts[] = {1, 2, 8, 9, 39};
    struct random random = fixture_random("counts");
    struct identity *ids[RECIPIENTS_MAX + 1];
    struct public_key keys[RECIPIENTS_MAX + 1];
    uint8_t block[BLOCK_LEN];
    struct envelope env, opened;

    fixture_identities(ids, keys, RECIPIENTS_MAX + 1);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        bool taken[SLOTS_MANY] = {false};

        check_about("%zu recipients", counts[i]);
        CHECK_INT(SEAL_OK, make(&env, block, keys, counts[i], &random));
        CHECK_INT(counts[i] <= 8 ? 8 : 39, env.params.slot_count);
        for (size_t k = 0; k < counts[i]; k++) {
            int j = slot_of(block, ids[k], env.params.slot_count);

            CHECK(j >= 0 && !taken[j]);
            taken[j < 0 ? 0 : j] = true;
            CHECK(open_with(&opened, block, ids[k]) == SEAL_OK && same_envelope(&env, &opened));
        }
        CHECK_INT(SEAL_NO_KEY, open_with(&opened, block, ids[counts[i]]));
    }
    check_about("40 or no recipients");
    CHECK_INT(SEAL_USAGE, make(&env, block, keys, RECIPIENTS_MAX + 1, &random));
    CHECK_INT(SEAL_USAGE, make(&env, block, keys, 0, &random));
    fixture_identities_free(ids, RECIPIENTS_MAX + 1);
}

static void test_doubles(void)
{
    struct random random = fixture_random("doubles");
    struct identity *ids[RECIPIENTS_MAX];
    struct public_key keys[RECIPIENTS_MAX + 1];
    uint8_t block[BLOCK_LEN];
    struct envelope env;
    struct slot_steps s;
    int own = 0;

    check_about("keys given twice");
    fixture_identities(ids, keys, RECIPIENTS_MAX);
    keys[39] = keys[17];
    CHECK_INT(SEAL_OK, make(&env, block, keys, 40, &random));
    CHECK_INT(39, env.params.slot_count);
    for (uint8_t j = 0; j < SLOTS_MANY; j++)
        own += slot_steps(&s, block, ids[17], j);
    CHECK_INT(1, own);
    keys[8] = keys[0]; /* the same key with other dates is the same key */
    keys[8].expires = 12345;
    CHECK_INT(SEAL_OK, make(&env, block, keys, 9, &random));
    CHECK_INT(8, env.params.slot_count);
    fixture_identities_free(ids, RECIPIENTS_MAX);
}

static void test_bad_recipient(void)
{
    struct random random = fixture_random("bad recipient");
    struct fault fault = {.status = SEAL_OK};
    struct identity *ids[2];
    struct public_key keys[2];
    uint8_t block[BLOCK_LEN];
    struct envelope env = {.params = {.type = CONTENT_STREAM}};

    check_about("a key that X25519 refuses");
    fixture_identities(ids, keys, 2);
    memset(keys[1].pk + XWING_PK_LEN, 0, CLOAK_PK_LEN);
    CHECK_INT(SEAL_BAD_KEY, envelope_make(&env, block, keys, 2, &random, &fault));
    CHECK_TEXT("2", fault.name);
    fixture_identities_free(ids, 2);
}

static void test_seeds(void)
{
    uint8_t block[3][BLOCK_LEN];
    struct envelope env[3];
    struct identity *ids[3];
    struct public_key keys[3];

    check_about("seeds");
    fixture_identities(ids, keys, 3);
    for (int i = 0; i < 3; i++) {
        struct random random = fixture_random(i < 2 ? "the same seed" : "another seed");

        CHECK_INT(SEAL_OK, make(&env[i], block[i], keys, 3, &random));
    }
    CHECK_BYTES(block[0], block[1], BLOCK_LEN);
    CHECK(same_envelope(&env[0], &env[1]));
    CHECK(memcmp(env[0].file_key, env[2].file_key, KEY_LEN) != 0);
    CHECK(memcmp(block[0], block[2], 32) != 0);
    CHECK(memcmp(slot_at(block[0], 0), slot_at(block[2], 0), SLOT_LEN) != 0);
    fixture_identities_free(ids, 3);
}

/* ---- Altered heads ------------------------------------------------------------------------ */

/* A change of E or of the key's own slot is no-key; one elsewhere is found by C. */
static void check_flip(uint8_t *block, size_t at, uint8_t mask, struct identity *id, int own)
{
    size_t first = SLOTS_OFF + (size_t)own * SLOT_LEN;
    bool is_own = at < 32 || (at >= first && at < first + SLOT_LEN);
    static const uint8_t zero[KEY_LEN];
    struct envelope env = {.head_len = 0};
    enum seal_status status;

    block[at] ^= mask;
    status = open_with(&env, block, id);
    block[at] ^= mask;
    check_about("byte %zu flipped with %02x, own slot %d", at, (unsigned)mask, own);
    CHECK_INT(is_own ? SEAL_NO_KEY : SEAL_DAMAGED, status);
    CHECK_BYTES(zero, env.file_key, sizeof zero);
}

/* Whether the byte is in E, C or the own slot, or within 16 of an edge of a slot. Of the others,
 * all of which C covers as one string, every seventh will do: each takes the trial of all places.
 */
static bool is_flipped(size_t at, int own)
{
    size_t slot = (at - SLOTS_OFF) / SLOT_LEN, in_slot = (at - SLOTS_OFF) % SLOT_LEN;

    return at < SLOTS_OFF || slot == (size_t)own || in_slot < 16 || in_slot >= SLOT_LEN - 16 ||
           at % 7 == 0;
}

/* Every step-th byte. */
static void test_flips(size_t recipients, size_t step)
{
    struct random random = fixture_random("flips");
    struct identity *ids[RECIPIENTS_MAX];
    struct public_key keys[RECIPIENTS_MAX];
    uint8_t block[BLOCK_LEN];
    struct envelope env;
    int own;

    fixture_identities(ids, keys, recipients);
    do {
        CHECK_INT(SEAL_OK, make(&env, block, keys, recipients, &random));
        own = slot_of(block, ids[0], env.params.slot_count);
    } while (own != 1);
    for (size_t at = 0; at < env.head_len; at += step)
        if (step > 1 || is_flipped(at, own))
            check_flip(block, at, (uint8_t)(1u << random_below(&random, 8)), ids[0], own);
    for (size_t bit = 0; bit < 8; bit++) { /* E, bit 254 and 255 among them */
        check_flip(block, 31, (uint8_t)(1u << bit), ids[0], own);
        check_flip(block, 32, (uint8_t)(1u << bit), ids[0], own);
    }
    check_about("left as it was");
    CHECK_INT(SEAL_OK, open_with(&env, block, ids[0]));
    fixture_identities_free(ids, recipients);
}

/* Slots swapped or doubled: the box says where it belongs, and C covers the order. */
static void test_moved_slots(void)
{
    struct random random = fixture_random("moved");
    struct identity *id;
    struct public_key key;
    uint8_t block[BLOCK_LEN], moved[BLOCK_LEN];
    struct envelope env;
    int own;

    fixture_identities(&id, &key, 1);
    CHECK_INT(SEAL_OK, make(&env, block, &key, 1, &random));
    own = slot_of(block, id, SLOTS_FEW);
    for (int j = 0; j < SLOTS_FEW; j++) {
        if (j == own)
            continue;
        check_about("slot %d moved to %d", own, j);
        memcpy(moved, block, BLOCK_LEN);
        memcpy(moved + SLOTS_OFF + j * SLOT_LEN, slot_at(block, (size_t)own), SLOT_LEN);
        CHECK_INT(SEAL_DAMAGED, open_with(&env, moved, id));
        memcpy(moved + SLOTS_OFF + own * SLOT_LEN, slot_at(block, (size_t)j), SLOT_LEN);
        CHECK_INT(SEAL_NO_KEY, open_with(&env, moved, id));
    }
    identity_free(id);
}

/* ---- Where recipients end up -------------------------------------------------------------- */

/* A recipient's slots over many runs, and how often the first one given lies before the last. */
static void check_places(size_t recipients, size_t runs, double limit)
{
    struct random random = fixture_random("places");
    struct identity *ids[RECIPIENTS_MAX];
    struct public_key keys[RECIPIENTS_MAX];
    uint8_t block[BLOCK_LEN], n = recipients <= 8 ? 8 : 39;
    size_t first[SLOTS_MANY] = {0}, last[SLOTS_MANY] = {0}, before = 0;
    struct envelope env;
    double chi_first = 0, chi_last = 0, expected = (double)runs / n;

    check_about("places of %zu recipients", recipients);
    fixture_identities(ids, keys, recipients);
    for (size_t i = 0; i < runs; i++) {
        int a, b;

        CHECK_INT(SEAL_OK, make(&env, block, keys, recipients, &random));
        a = slot_of(block, ids[0], n);
        b = slot_of(block, ids[recipients - 1], n);
        if (!CHECK(a >= 0 && b >= 0 && a != b))
            break;
        first[a]++;
        last[b]++;
        before += a < b;
    }
    for (size_t j = 0; j < n; j++) {
        chi_first += ((double)first[j] - expected) * ((double)first[j] - expected) / expected;
        chi_last += ((double)last[j] - expected) * ((double)last[j] - expected) / expected;
    }
    CHECK(chi_first < limit);
    CHECK(chi_last < limit);
    /* Six standard deviations. */
    CHECK((2.0 * (double)before - (double)runs) * (2.0 * (double)before - (double)runs) <
          36.0 * (double)runs);
    for (size_t j = 0; j < n && runs >= 200; j++)
        CHECK(first[j] > 0 || n == SLOTS_MANY);
    fixture_identities_free(ids, recipients);
}

int main(int argc, char **argv)
{
    size_t effort;

    check_start("envelope", argc, argv);
    fixture_start(argc, argv);
    effort = fixture_share(100, 1);
    test_vectors();
    CHECK_CASE(test_counts());
    CHECK_CASE(test_doubles());
    CHECK_CASE(test_bad_recipient());
    CHECK_CASE(test_seeds());
    CHECK_CASE(test_flips(1, effort >= 100 ? 1 : effort >= 10 ? 41 : 499));
    CHECK_CASE(test_flips(9, effort >= 100 ? 97 : effort >= 10 ? 997 : 9973));
    CHECK_CASE(test_moved_slots());
    CHECK_CASE(check_places(2, fixture_share(400, 10), 45));
    CHECK_CASE(check_places(9, fixture_share(200, 10), 105));
    return check_done();
}
