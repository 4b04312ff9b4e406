/*
 * What an envelope says of its file: what breaks a rule, and how another process gets it.
 */
#include <string.h>

#include "lib/fixture.h"
#include "lib/layers.h"
#include "lib/unit_check.h"

/* ---- params that break a rule, in a box and under a C that are right ----------------------- */

struct byte_of_params {
    uint8_t at, value;
};

/* Sets these bytes of params: count, but for at = 0 behind the first. */
static void check_params(const uint8_t *block, struct identity *id, uint8_t j,
                         const struct byte_of_params *bytes, size_t count, enum seal_status want)
{
    uint8_t forged[BLOCK_LEN];
    struct fault fault = {.status = SEAL_OK};
    struct envelope env;
    struct slot_steps s;
    size_t which;

    memcpy(forged, block, sizeof forged);
    if (!CHECK(slot_steps(&s, block, id, j)))
        return;
    for (size_t i = 0; i < count && (i == 0 || bytes[i].at > 0); i++)
        s.plain[KEY_LEN + bytes[i].at] = bytes[i].value;
    slot_seal(forged, &s, j);
    if (s.plain[KEY_LEN + 1] <= SLOTS_MANY)
        commitment_of(forged + COMMITMENT_OFF, forged, s.plain);
    check_about("params[%zu] = %u and more in slot %u", (size_t)bytes->at, (unsigned)bytes->value,
                (unsigned)j);
    CHECK_INT(want, envelope_open(&env, forged, &id, 1, &which, &fault));
}

/* flags, k, m: a file with repair data, and what only a later version could mean. */
static void test_parity_params(const uint8_t *block, struct identity *id, uint8_t j)
{
    static const struct {
        struct byte_of_params bytes[3];
        enum seal_status want;
    } rows[] = {{{{3, 1}, {4, 64}, {5, 4}}, SEAL_OK},     {{{3, 1}, {4, 64}, {5, 8}}, SEAL_OK},
                {{{3, 1}, {4, 64}, {5, 16}}, SEAL_OK},    {{{3, 5}, {4, 64}, {5, 4}}, SEAL_OK},
                {{{3, 1}, {4, 64}, {5, 0}}, SEAL_NEWER},  {{{3, 1}, {4, 0}, {5, 4}}, SEAL_NEWER},
                {{{3, 1}, {4, 63}, {5, 4}}, SEAL_NEWER},  {{{3, 1}, {4, 65}, {5, 4}}, SEAL_NEWER},
                {{{3, 1}, {4, 64}, {5, 2}}, SEAL_NEWER},  {{{3, 1}, {4, 64}, {5, 5}}, SEAL_NEWER},
                {{{3, 1}, {4, 64}, {5, 12}}, SEAL_NEWER}, {{{3, 1}, {4, 64}, {5, 32}}, SEAL_NEWER},
                {{{3, 0}, {4, 64}, {5, 4}}, SEAL_NEWER},  {{{3, 4}, {4, 64}, {5, 4}}, SEAL_NEWER},
                {{{3, 3}, {4, 64}, {5, 4}}, SEAL_NEWER},  {{{3, 9}, {4, 64}, {5, 4}}, SEAL_NEWER}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_params(block, id, j, rows[i].bytes, 3, rows[i].want);
}

static void test_params(void)
{
    static const struct {
        uint8_t at, value;
        enum seal_status want;
    } rows[] = {{0, 1, SEAL_OK},        {0, 0, SEAL_NEWER},    {0, 2, SEAL_NEWER},
                {0, 255, SEAL_NEWER},   {1, 0, SEAL_HOSTILE},  {1, 7, SEAL_HOSTILE},
                {1, 9, SEAL_HOSTILE},   {1, 38, SEAL_HOSTILE}, {1, 40, SEAL_HOSTILE},
                {1, 255, SEAL_HOSTILE}, {3, 1, SEAL_NEWER},    {3, 2, SEAL_NEWER},
                {3, 4, SEAL_OK},        {3, 5, SEAL_NEWER},    {3, 8, SEAL_NEWER},
                {3, 16, SEAL_NEWER},    {3, 128, SEAL_NEWER},  {4, 1, SEAL_NEWER},
                {5, 1, SEAL_NEWER},     {6, 0, SEAL_OK},       {6, 1, SEAL_OK},
                {6, 2, SEAL_NEWER},     {6, 255, SEAL_NEWER},  {7, 1, SEAL_HOSTILE},
                {8, 1, SEAL_HOSTILE},   {11, 1, SEAL_HOSTILE}, {12, 1, SEAL_HOSTILE},
                {15, 1, SEAL_HOSTILE},  {16, 1, SEAL_OK},      {31, 1, SEAL_OK},
                {32, 1, SEAL_HOSTILE},  {47, 1, SEAL_HOSTILE}};
    struct random random = fixture_random("params");
    struct identity *id;
    struct public_key key;
    uint8_t block[BLOCK_LEN], j;
    struct envelope env = {.params = {.type = CONTENT_BAG}};
    struct fault fault = {.status = SEAL_OK};

    fixture_identities(&id, &key, 1);
    random_bytes(&random, block, sizeof block); /* what follows the head in a file */
    CHECK_INT(SEAL_OK, envelope_make(&env, block, &key, 1, &random, &fault));
    j = (uint8_t)slot_of(block, id, SLOTS_FEW);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_params(block, id, j, &(struct byte_of_params){rows[i].at, rows[i].value}, 1,
                     rows[i].want);
    for (uint8_t other = 0; other < 48; other++)
        check_params(block, id, j, &(struct byte_of_params){2, other}, 1,
                     other == j ? SEAL_OK : SEAL_HOSTILE);
    test_parity_params(block, id, j);
    identity_free(id);
}

/* ---- Packed for another process ----------------------------------------------------------- */

static void check_same(const struct envelope *want, const struct envelope *env)
{
    CHECK_BYTES(want->file_key, env->file_key, KEY_LEN);
    CHECK_BYTES(want->commitment, env->commitment, COMMITMENT_LEN);
    CHECK_INT(want->params.slot_count, env->params.slot_count);
    CHECK_INT(want->params.flags, env->params.flags);
    CHECK_INT(want->params.parity, env->params.parity);
    CHECK_INT(want->params.type, env->params.type);
    CHECK_INT(want->params.index, env->params.index);
    CHECK_BYTES(want->params.bundle_id, env->params.bundle_id, BUNDLE_ID_LEN);
    CHECK_INT(want->head_len, env->head_len);
}

static void test_pack(void)
{
    const struct envelope rows[] = {
        {.params = {.slot_count = SLOTS_FEW, .type = CONTENT_STREAM},
         .head_len = HEAD_LEN(SLOTS_FEW)},
        {.params = {.slot_count = SLOTS_MANY, .type = CONTENT_BAG},
         .head_len = HEAD_LEN(SLOTS_MANY)},
        {.params = {SLOTS_FEW, FLAG_VOLUME, 16, CONTENT_BAG, 0xfedcba98, {0}},
         .head_len = HEAD_LEN(SLOTS_FEW)},
    };
    struct random random = fixture_random("pack");

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct envelope made = rows[i], env;
        uint8_t packed[ENVELOPE_PACKED_LEN], again[ENVELOPE_PACKED_LEN];

        check_about("packed %zu", i);
        random_bytes(&random, made.file_key, KEY_LEN);
        random_bytes(&random, made.set_key, KEY_LEN);
        random_bytes(&random, made.commitment, COMMITMENT_LEN);
        random_bytes(&random, made.params.bundle_id, BUNDLE_ID_LEN);
        envelope_pack(packed, &made);
        memset(&env, 0xaa, sizeof env);
        CHECK(envelope_unpack(&env, packed));
        check_same(&made, &env);
        CHECK(bytes_are_zero(env.set_key, KEY_LEN)); /* no business of a worker */
        /* Any byte that is another is refused, or is another envelope. */
        for (size_t at = 0; at < sizeof packed; at++) {
            packed[at] ^= 1;
            if (envelope_unpack(&env, packed)) {
                envelope_pack(again, &env);
                CHECK_BYTES(packed, again, sizeof packed);
            } else {
                CHECK(bytes_are_zero(env.file_key, KEY_LEN));
                CHECK(at >= KEY_LEN + COMMITMENT_LEN);
            }
            packed[at] ^= 1;
        }
        packed[KEY_LEN + COMMITMENT_LEN + 1] = SLOTS_MANY + 1;
        CHECK(!envelope_unpack(&env, packed));
    }
}

int main(int argc, char **argv)
{
    check_start("params", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_params());
    CHECK_CASE(test_pack());
    return check_done();
}
