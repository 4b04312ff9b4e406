/*
 * Set keys of volumes: who opens one of a set can open all of them, and nothing else.
 */
#include <string.h>

#include "lib/fixture.h"
#include "lib/layers.h"
#include "lib/unit_check.h"

static void make_volume(struct envelope *env, uint8_t *block, const uint8_t *set_key,
                        uint32_t index, const struct public_key *key, struct random *random)
{
    struct fault fault = {.status = SEAL_OK};

    *env = (struct envelope){
        .params = {.flags = FLAG_VOLUME, .type = CONTENT_BAG, .index = index, .bundle_id = "set"}};
    if (set_key != NULL)
        memcpy(env->set_key, set_key, KEY_LEN);
    CHECK_INT(SEAL_OK, envelope_make(env, block, key, 1, random, &fault));
}

static void check_with_set(const struct envelope *known, uint8_t *block,
                           const struct envelope *want)
{
    struct envelope env;

    CHECK_INT(SEAL_OK, envelope_open_with_set(&env, block, known, SET_VOLUMES_MAX));
    CHECK_BYTES(want->file_key, env.file_key, KEY_LEN);
    CHECK_BYTES(want->set_key, env.set_key, KEY_LEN);
    CHECK_BYTES(want->commitment, env.commitment, COMMITMENT_LEN);
    CHECK_INT(want->params.index, env.params.index);
    CHECK_INT(want->head_len, env.head_len);
    for (size_t at = 0; at < HEAD_LEN(8); at += 1 + 32 * 51) { /* E, C, slots */
        block[at] ^= 1;
        CHECK_INT(SEAL_NO_KEY, envelope_open_with_set(&env, block, known, SET_VOLUMES_MAX));
        CHECK(bytes_are_zero(env.file_key, KEY_LEN) && bytes_are_zero(env.set_key, KEY_LEN));
        block[at] ^= 1;
    }
}

static void test_set_keys(void)
{
    static const uint32_t indexes[] = {0, 1, 2, 255, 256, 65535};
    struct random random = fixture_random("set keys");
    struct identity *ids[2];
    struct public_key keys[2];
    struct envelope first, other, env;
    static uint8_t block[BLOCK_LEN];
    uint8_t file_key[KEY_LEN];

    fixture_identities(ids, keys, 2);
    make_volume(&first, block, NULL, 3, &keys[0], &random);
    CHECK(!bytes_are_zero(first.set_key, KEY_LEN));
    volume_key_of(file_key, first.set_key, 3, block);
    CHECK_BYTES(file_key, first.file_key, KEY_LEN);
    for (size_t i = 0; i < sizeof indexes / sizeof indexes[0]; i++) {
        check_about("index %u", (unsigned)indexes[i]);
        make_volume(&other, block, first.set_key, indexes[i], &keys[1], &random);
        CHECK_BYTES(first.set_key, other.set_key, KEY_LEN);
        CHECK(memcmp(first.file_key, other.file_key, KEY_LEN) != 0);
        if (i == 1)
            check_with_set(&first, block, &other);
        else
            CHECK_INT(SEAL_OK, envelope_open_with_set(&env, block, &first, SET_VOLUMES_MAX));
    }
    check_about("beyond those that are tried");
    make_volume(&other, block, first.set_key, 9, &keys[1], &random);
    CHECK_INT(SEAL_NO_KEY, envelope_open_with_set(&env, block, &first, 9));
    CHECK_INT(SEAL_OK, envelope_open_with_set(&env, block, &first, 10));
    check_about("of another set, beyond the last index");
    make_volume(&other, block, NULL, 1, &keys[1], &random);
    CHECK(memcmp(first.set_key, other.set_key, KEY_LEN) != 0);
    CHECK_INT(SEAL_NO_KEY, envelope_open_with_set(&env, block, &first, SET_VOLUMES_MAX));
    make_volume(&other, block, first.set_key, SET_VOLUMES_MAX, &keys[1], &random);
    CHECK_INT(SEAL_NO_KEY, envelope_open_with_set(&env, block, &first, SET_VOLUMES_MAX));
    fixture_identities_free(ids, 2);
}

/* A file that is no volume has no set key, whatever the envelope held before. */
static void test_no_set_key(void)
{
    struct random random = fixture_random("no set key");
    struct fault fault = {.status = SEAL_OK};
    static uint8_t block[BLOCK_LEN];
    struct envelope env = {.set_key = "left over", .params = {.type = CONTENT_BAG}};
    struct identity *id;
    struct public_key key;

    fixture_identities(&id, &key, 1);
    CHECK_INT(SEAL_OK, envelope_make(&env, block, &key, 1, &random, &fault));
    CHECK(bytes_are_zero(env.set_key, KEY_LEN));
    CHECK(!bytes_are_zero(env.file_key, KEY_LEN));
    env.set_key[0] = 1;
    envelope_wipe(&env);
    CHECK(bytes_are_zero(env.set_key, KEY_LEN) && bytes_are_zero(env.file_key, KEY_LEN));
    identity_free(id);
}

int main(int argc, char **argv)
{
    check_start("set_keys", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_set_keys());
    CHECK_CASE(test_no_set_key());
    return check_done();
}
