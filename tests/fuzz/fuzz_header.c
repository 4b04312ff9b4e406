/*
 * E, C, slots and params: a head that envelope_make made, altered outside and inside its boxes and
 * sealed again, so that what comes behind the AEAD is reached; and opened. The same with the second
 * head of files with repair data, and its chunk. The verdict is worked out a second time from the
 * layers that the tests have of their own.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/fixture.h"
#include "lib/forge.h"
#include "lib/fuzz.h"
#include "lib/layers.h"

#define KEYS 10

static struct identity *ids[KEYS];
/* One recipient, and nine: 8 slots, and 39. */
static uint8_t blocks[2][BLOCK_LEN];
/* Where in these the slot of each key is, or -1. */
static int places[2][KEYS];
/* The same of second heads; one is of a volume. */
#define BLOCKS 80
static struct envelope second_envs[2];
static uint8_t seconds[2][BLOCK_LEN];
static int second_places[2][KEYS];

static void make_second(int i, const struct public_key *keys, struct random *random)
{
    struct fault fault = {.status = SEAL_OK};
    static uint8_t first[BLOCK_LEN];
    struct envelope *env = &second_envs[i];

    *env = (struct envelope){.params = {.type = CONTENT_BAG,
                                        .flags = i == 0 ? 0 : FLAG_VOLUME,
                                        .index = i == 0 ? 0 : 5,
                                        .parity = i == 0 ? 4 : 16}};
    FUZZ_OK(envelope_make(env, first, keys, i == 0 ? 1 : 9, random, &fault));
    FUZZ_OK(envelope_make_second(env, seconds[i], keys, i == 0 ? 1 : 9, BLOCKS, random, &fault));
    for (int k = 0; k < KEYS; k++)
        second_places[i][k] = slot_of(seconds[i], ids[k], env->params.slot_count);
}

static void make_heads(void)
{
    static bool is_done;
    struct public_key keys[KEYS];
    struct random random = fixture_random("heads");
    struct fault fault = {.status = SEAL_OK};

    if (is_done)
        return;
    fixture_identities(ids, keys, KEYS);
    for (int i = 0; i < 2; i++) {
        struct envelope env = {.params = {.type = CONTENT_BAG}};

        random_bytes(&random, blocks[i], BLOCK_LEN);
        FUZZ_OK(envelope_make(&env, blocks[i], keys, i == 0 ? 1 : 9, &random, &fault));
        for (int k = 0; k < KEYS; k++)
            places[i][k] = slot_of(blocks[i], ids[k], env.params.slot_count);
    }
    for (int i = 0; i < 2; i++)
        make_second(i, keys, &random);
    is_done = true;
}

/* Section 3.3 and section 6, once more. */
static enum seal_status judge_params(const uint8_t p[static PARAMS_LEN], int j)
{
    bool has_parity = (p[3] & 1) != 0;
    bool m_is_known = p[5] == 4 || p[5] == 8 || p[5] == 16;

    if (p[0] != 1 || p[6] > 1 || (p[3] | 5) != 5)
        return SEAL_NEWER;
    if (has_parity ? p[4] != 64 || !m_is_known : p[4] != 0 || p[5] != 0)
        return SEAL_NEWER;
    if ((p[1] != 8 && p[1] != 39) || j >= p[1] || p[2] != j || p[7] != 0)
        return SEAL_HOSTILE;
    for (int i = 12; i < PARAMS_LEN; i++)
        if ((i < 16 || i >= 32) && p[i] != 0)
            return SEAL_HOSTILE;
    if ((p[3] & 4) == 0 && (p[8] | p[9] | p[10] | p[11]) != 0)
        return SEAL_HOSTILE;
    return SEAL_OK;
}

/* j: the only slot that can be this key's, or -1. */
static enum seal_status judge(const uint8_t *block, const struct identity *id, int j,
                              struct slot_steps *s)
{
    enum seal_status status;
    uint8_t C[32];

    if (j < 0 || !slot_steps(s, block, id, (uint8_t)j))
        return SEAL_NO_KEY;
    status = judge_params(s->plain + KEY_LEN, j);
    if (status != SEAL_OK)
        return status;
    commitment_of(C, block, s->plain);
    return memcmp(C, block + COMMITMENT_OFF, sizeof C) == 0 ? SEAL_OK : SEAL_DAMAGED;
}

/* Alters what a slot says of the file. */
static void alter_params(struct input *in, uint8_t *block, const struct identity *id, int j)
{
    struct slot_steps s;
    size_t count = input_byte(in) % 8u;

    if (j < 0 || !slot_steps(&s, block, id, (uint8_t)j))
        return;
    for (size_t i = 0; i < count; i++) {
        size_t at = KEY_LEN + input_byte(in) % PARAMS_LEN;

        s.plain[at] = (uint8_t)(s.plain[at] ^ input_byte(in));
    }
    slot_seal(block, &s, (uint8_t)j);
    if (s.plain[KEY_LEN + 1] <= SLOTS_MANY)
        commitment_of(block + COMMITMENT_OFF, block, s.plain);
}

static void alter_head(struct input *in, uint8_t *block)
{
    for (int i = 0; in->len > 0 && i < 8; i++) {
        size_t at = (size_t)(input_u16(in) % (HEAD_LEN_MAX + 64));

        block[at] = (uint8_t)(block[at] ^ input_byte(in));
    }
}

static void check_opened(const struct envelope *env, const uint8_t *block,
                         const struct slot_steps *s)
{
    const uint8_t *p = s->plain + KEY_LEN;

    uint8_t file_key[KEY_LEN];

    file_key_of(file_key, block, s->plain);
    FUZZ_CHECK(memcmp(env->file_key, file_key, KEY_LEN) == 0);
    FUZZ_CHECK((p[3] & FLAG_VOLUME) != 0 ? memcmp(env->set_key, s->plain, KEY_LEN) == 0
                                         : bytes_are_zero(env->set_key, KEY_LEN));
    FUZZ_CHECK(memcmp(env->commitment, block + COMMITMENT_OFF, COMMITMENT_LEN) == 0);
    FUZZ_CHECK(env->params.slot_count == p[1] && env->head_len == HEAD_LEN(p[1]));
    FUZZ_CHECK(env->params.flags == (p[3] & FLAG_VOLUME) && env->params.parity == p[5]);
    FUZZ_CHECK(env->params.type == (enum content_type)p[6]);
    FUZZ_CHECK(env->params.index == load_u32(p + 8));
    FUZZ_CHECK(memcmp(env->params.bundle_id, p + 16, BUNDLE_ID_LEN) == 0);
}

/* ---- The second head ---------------------------------------------------------------------- */

/* What chunk' says of the file; false if it has been altered. */
static bool chunk_of(uint8_t *plain, const uint8_t *block, const struct slot_steps *s)
{
    return chunk2_open(plain, block, s->plain[KEY_LEN + 1], s->plain);
}

static bool is_zero_behind(const uint8_t *plain, size_t n)
{
    return bytes_are_zero(plain + 40, CHUNK2_LEN(n) - 40);
}

static enum seal_status judge_second(const uint8_t *block, const struct identity *id, int j,
                                     struct slot_steps *s, uint8_t *plain)
{
    enum seal_status status;
    uint8_t C[32];

    if (j < 0 || !slot_steps(s, block, id, (uint8_t)j))
        return SEAL_NO_KEY;
    status = judge_params(s->plain + KEY_LEN, j);
    if (status != SEAL_OK)
        return status;
    commitment2_of(C, block, s->plain);
    if (memcmp(C, block + COMMITMENT_OFF, sizeof C) != 0 || !chunk_of(plain, block, s) ||
        !is_zero_behind(plain, s->plain[KEY_LEN + 1]) || load_u64(plain) == 0)
        return SEAL_DAMAGED;
    return s->plain[KEY_LEN + 5] > 0 ? SEAL_OK : SEAL_NO_KEY;
}

/* Alters what is sealed, and makes right what would hide it. */
static void alter_second(struct input *in, uint8_t *block, const struct identity *id, int j)
{
    static uint8_t plain[BLOCK_LEN];
    struct slot_steps s;
    size_t count = input_byte(in) % 8u;

    if (j < 0 || !slot_steps(&s, block, id, (uint8_t)j) || !chunk_of(plain, block, &s))
        return;
    for (size_t i = 0; i < count; i++) {
        size_t at = input_byte(in);

        if (at < BOX_PLAIN_LEN)
            s.plain[at] = (uint8_t)(s.plain[at] ^ input_byte(in));
        else
            plain[at - BOX_PLAIN_LEN] = (uint8_t)(plain[at - BOX_PLAIN_LEN] ^ input_byte(in));
    }
    slot_seal(block, &s, (uint8_t)j);
    if (s.plain[KEY_LEN + 1] != 8 && s.plain[KEY_LEN + 1] != 39)
        return;
    commitment2_of(block + COMMITMENT_OFF, block, s.plain);
    chunk2_seal(block, plain, s.plain[KEY_LEN + 1], s.plain);
}

/* Whether what was opened is what the first head says. */
static bool fits(const struct envelope *env, const struct slot_steps *s, int j)
{
    const uint8_t *p = s->plain + KEY_LEN;

    return memcmp(env->file_key, s->plain, KEY_LEN) == 0 && p[2] == j && p[0] == 1 &&
           p[1] == env->params.slot_count && p[3] == (env->params.flags | 1) && p[4] == 64 &&
           p[5] == env->params.parity && p[6] == env->params.type && p[7] == 0 &&
           load_u32(p + 8) == env->params.index && bytes_are_zero(p + 12, 4) &&
           memcmp(p + 16, env->params.bundle_id, BUNDLE_ID_LEN) == 0 && bytes_are_zero(p + 32, 16);
}

static enum second_head judge_check(const struct envelope *env, const uint8_t *block,
                                    const struct identity *id, int j)
{
    static uint8_t plain[BLOCK_LEN];
    struct slot_steps s;
    uint8_t C[32];

    if (j < 0 || j >= env->params.slot_count || !slot_steps(&s, block, id, (uint8_t)j))
        return SECOND_HEAD_NO_SLOT;
    if (!fits(env, &s, j))
        return SECOND_HEAD_KEY;
    commitment2_of(C, block, s.plain);
    if (memcmp(C, block + COMMITMENT_OFF, sizeof C) != 0 || !chunk_of(plain, block, &s))
        return SECOND_HEAD_ALTERED;
    return load_u64(plain) == BLOCKS && memcmp(plain + 8, env->commitment, 32) == 0 &&
                   is_zero_behind(plain, env->params.slot_count)
               ? SECOND_HEAD_RIGHT
               : SECOND_HEAD_CONTENT;
}

static void try_second(struct input *in, uint8_t what)
{
    static uint8_t block[BLOCK_LEN], plain[BLOCK_LEN];
    struct fault fault = {.status = SEAL_OK};
    size_t which = 99, key = (what & 2) != 0 ? input_byte(in) % KEYS : 0;
    int j = second_places[what & 1][key];
    const struct envelope *first = &second_envs[what & 1];
    enum seal_status status, want;
    struct slot_steps s;
    struct envelope env;
    uint64_t said;

    memcpy(block, seconds[what & 1], BLOCK_LEN);
    if ((what & 4) != 0)
        alter_second(in, block, ids[key], j);
    alter_head(in, block);
    status = envelope_open_second(&env, block, &ids[key], 1, &which, &said, &fault);
    want = judge_second(block, ids[key], j, &s, plain);
    FUZZ_CHECK(status == want && fault.status == want);
    FUZZ_CHECK(envelope_check_second(first, block, ids[key], BLOCKS) ==
               judge_check(first, block, ids[key], j));
    FUZZ_CHECK((status == SEAL_OK) == !bytes_are_zero(env.file_key, KEY_LEN));
    FUZZ_CHECK(bytes_are_zero(env.set_key, KEY_LEN));
    if (status == SEAL_OK)
        FUZZ_CHECK(memcmp(env.file_key, s.plain, KEY_LEN) == 0 && said == load_u64(plain) &&
                   memcmp(env.commitment, plain + 8, COMMITMENT_LEN) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct fault fault = {.status = SEAL_OK};
    uint8_t *block, what;
    enum seal_status status, want;
    struct envelope env = {.head_len = 0};
    struct identity *id;
    struct slot_steps s;
    size_t which = 99, key;
    int j;

    fuzz_start();
    make_heads();
    block = fixture_alloc(BLOCK_LEN);
    what = input_byte(&in);
    if ((what & 8) != 0) {
        try_second(&in, what);
        free(block);
        return 0;
    }
    memcpy(block, blocks[what & 1], BLOCK_LEN);
    key = (what & 2) != 0 ? input_byte(&in) % KEYS : 0;
    id = ids[key];
    j = places[what & 1][key];
    if ((what & 4) != 0)
        alter_params(&in, block, id, j);
    alter_head(&in, block);
    status = envelope_open(&env, block, &id, 1, &which, &fault);
    want = judge(block, id, j, &s);
    FUZZ_CHECK(status == want && fault.status == want);
    FUZZ_CHECK(which == (status == SEAL_NO_KEY ? 99 : 0));
    if (status == SEAL_OK)
        check_opened(&env, block, &s);
    else
        FUZZ_CHECK(bytes_are_zero(env.file_key, KEY_LEN));
    envelope_wipe(&env);
    free(block);
    return 0;
}
