/*
 * Heads with several slots for the keys at hand, of which one is not right: C decides, whatever the
 * order of keys and slots.
 */
#include <string.h>

#include "lib/fixture.h"
#include "lib/layers.h"
#include "lib/unit_check.h"

/* A first block. */
static void make(uint8_t block[static BLOCK_LEN], const struct public_key *keys, size_t count,
                 struct random *random)
{
    struct envelope env = {.params = {.type = CONTENT_BAG}};
    struct fault fault = {.status = SEAL_OK};

    random_bytes(random, block, BLOCK_LEN);
    CHECK_INT(SEAL_OK, envelope_make(&env, block, keys, count, random, &fault));
}

static enum seal_status open_with(struct envelope *env, const uint8_t *block, struct identity *id)
{
    struct fault fault = {.status = SEAL_OK};
    size_t which;

    return envelope_open(env, block, &id, 1, &which, &fault);
}

/* What is wrong with a slot for a key at hand, by itself or beside one that is right. */
enum slot_defect { SLOT_RIGHT, SLOT_OTHER_KEY, SLOT_OTHER_BAG, SLOT_LATER, SLOT_MISPLACED };

static void spoil_slot(uint8_t *block, struct identity *id, uint8_t j, enum slot_defect defect)
{
    struct slot_steps s;

    CHECK(slot_steps(&s, block, id, j));
    if (defect == SLOT_OTHER_KEY)
        s.plain[0] ^= 1;
    if (defect == SLOT_OTHER_BAG)
        s.plain[KEY_LEN + 16] ^= 1;
    if (defect == SLOT_LATER)
        s.plain[KEY_LEN] = 2;
    if (defect == SLOT_MISPLACED)
        s.plain[KEY_LEN + 2]++;
    slot_seal(block, &s, j);
}

/* Both orders of the two keys, of which the first has the slot that is spoiled. */
static void check_two_keys(const uint8_t *block, struct identity *const ids[static 2], bool differ)
{
    for (size_t first = 0; first < 2; first++) {
        struct identity *keys[2] = {ids[first], ids[1 - first]};
        struct fault fault = {.status = SEAL_OK};
        struct envelope env;
        size_t which = 9;

        CHECK_INT(SEAL_OK, envelope_open(&env, block, keys, 2, &which, &fault));
        CHECK_INT(SEAL_OK, fault.status);
        CHECK_INT(differ, env.others_differ);
        CHECK_INT(differ ? 1 - first : 0, which);
    }
}

static void test_two_keys(void)
{
    static const struct {
        const char *name;
        enum slot_defect defect;
        enum seal_status alone; /* what the key of that slot finds by itself */
    } rows[] = {{"nothing", SLOT_RIGHT, SEAL_OK},
                {"another file key", SLOT_OTHER_KEY, SEAL_DAMAGED},
                {"another bag", SLOT_OTHER_BAG, SEAL_DAMAGED},
                {"a later version", SLOT_LATER, SEAL_NEWER},
                {"another place", SLOT_MISPLACED, SEAL_HOSTILE}};
    struct random random = fixture_random("two keys");
    struct identity *ids[2];
    struct public_key keys[2];
    uint8_t block[BLOCK_LEN], forged[BLOCK_LEN];
    struct envelope env;
    struct slot_steps good;

    fixture_identities(ids, keys, 2);
    make(block, keys, 2, &random);
    CHECK(slot_steps(&good, block, ids[1], (uint8_t)slot_of(block, ids[1], SLOTS_FEW)));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool differ = rows[i].defect != SLOT_RIGHT;

        check_about("%s", rows[i].name);
        memcpy(forged, block, sizeof forged);
        spoil_slot(forged, ids[0], (uint8_t)slot_of(block, ids[0], SLOTS_FEW), rows[i].defect);
        commitment_of(forged + COMMITMENT_OFF, forged, good.plain);
        CHECK_INT(rows[i].alone, open_with(&env, forged, ids[0]));
        CHECK_INT(SEAL_OK, open_with(&env, forged, ids[1]));
        CHECK(!env.others_differ);
        check_two_keys(forged, ids, differ);
    }
    fixture_identities_free(ids, 2);
}

/* One key with two slots, the one that is not right in front of the other and behind it. */
static void test_two_slots(void)
{
    struct random random = fixture_random("two slots");
    struct identity *id;
    struct public_key key;
    uint8_t block[BLOCK_LEN];
    struct envelope env;
    struct slot_steps good;
    uint8_t own;

    fixture_identities(&id, &key, 1);
    do {
        make(block, &key, 1, &random);
        own = (uint8_t)slot_of(block, id, SLOTS_FEW);
    } while (own == 0 || own == SLOTS_FEW - 1);
    CHECK(slot_steps(&good, block, id, own));
    for (int step = -1; step <= 1; step += 2) {
        uint8_t other = (uint8_t)(own + step);
        struct slot_steps bad = good;

        check_about("a slot %d", step);
        CHECK(!slot_steps(&bad, block, id, other));
        memcpy(bad.plain, good.plain, sizeof bad.plain);
        bad.plain[KEY_LEN] = 2;
        slot_seal(block, &bad, other);
        commitment_of(block + COMMITMENT_OFF, block, good.plain);
        CHECK_INT(SEAL_OK, open_with(&env, block, id));
        CHECK(env.others_differ);
        CHECK_BYTES(good.plain, env.file_key, KEY_LEN);
    }
    identity_free(id);
}

int main(int argc, char **argv)
{
    check_start("contradictions", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_two_keys());
    CHECK_CASE(test_two_slots());
    return check_done();
}
