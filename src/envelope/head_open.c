/*
 * The head of a sealed file (section 3), opened: with a key, and with the set key of another
 * volume.
 */
#include <string.h>

#include "envelope/encodings.h"
#include "envelope/head.h"

/* ---- Which slot is right, in any head ----------------------------------------------------- */

/* What the slots that open come to. */
struct search {
    struct opened_head *opened;
    head_check *check;
    size_t *which;
    bool found;
    uint8_t places;     /* that are tried: all, until n is known */
    uint8_t bad_place;  /* the first place of a slot that opens and is not right */
    struct fault fault; /* what is wrong with the slot of that kind that was met first */
};

static void take_bad(struct search *s, const struct envelope_params *params, uint8_t j,
                     const struct fault *fault)
{
    s->bad_place = j < s->bad_place ? j : s->bad_place;
    if (s->fault.status != SEAL_OK)
        return;
    s->fault = *fault;
    if (!s->found)
        s->opened->env.params = *params;
}

static void take_box(struct search *s, const uint8_t *block,
                     const uint8_t plain[static BOX_PLAIN_LEN], uint8_t j, size_t key)
{
    struct fault fault = {.status = SEAL_OK};
    struct opened_head opened = {.blocks = 0};
    bool right = s->check(&opened, block, plain, j, &fault) == SEAL_OK;

    if (!s->found && (right || s->fault.status == SEAL_OK))
        *s->which = key;
    if (right) {
        *s->opened = opened;
        s->found = true;
        s->places = opened.env.params.slot_count;
    } else {
        take_bad(s, &opened.env.params, j, &fault);
    }
    sodium_memzero(&opened, sizeof opened);
}

static void try_key(struct search *s, const uint8_t *block, const uint8_t P[static 32],
                    const struct identity *id, size_t key)
{
    uint8_t plain[BOX_PLAIN_LEN];
    struct opener o;
    bool ok = opener_start(&o, block, P, id);

    for (uint8_t j = 0; ok && j < s->places; j++)
        if (slot_open(plain, &o, block, j))
            take_box(s, block, plain, j, key);
    sodium_memzero(&o, sizeof o);
    sodium_memzero(plain, sizeof plain);
}

enum seal_status head_open(struct opened_head *opened, const uint8_t block[static BLOCK_LEN],
                           struct identity *const *keys, size_t key_count, size_t *which,
                           head_check *check, struct fault *fault)
{
    struct search s = {.opened = opened,
                       .check = check,
                       .which = which,
                       .places = SLOTS_MANY,
                       .bad_place = SLOTS_MANY};
    uint8_t P[32];

    *opened = (struct opened_head){.blocks = 0};
    if (!elligator_decode(P, block))
        return fault_set(fault, REASON_NO_KEY, NULL);
    for (size_t i = 0; i < key_count; i++)
        try_key(&s, block, P, keys[i], i);
    if (s.found) {
        /* What stands behind the slots is content. */
        opened->env.others_differ = s.bad_place < opened->env.params.slot_count;
        return SEAL_OK;
    }
    if (fault->status == SEAL_OK)
        *fault = s.fault;
    return s.fault.status != SEAL_OK ? s.fault.status : fault_set_status(fault, SEAL_NO_KEY);
}

/* ---- The first head ----------------------------------------------------------------------- */

static enum seal_status check_first(struct opened_head *opened, const uint8_t *block,
                                    const uint8_t plain[static BOX_PLAIN_LEN], uint8_t j,
                                    struct fault *fault)
{
    struct envelope *env = &opened->env;
    bool same;

    declassify(plain + KEY_LEN, PARAMS_LEN); /* params decide what is done, which anybody may see */
    if (params_read(&env->params, plain + KEY_LEN, j, fault) != SEAL_OK)
        return fault->status;
    env->head_len = HEAD_LEN(env->params.slot_count);
    if ((env->params.flags & FLAG_VOLUME) != 0) {
        memcpy(env->set_key, plain, KEY_LEN);
        head_volume_key(env->file_key, env->set_key, env->params.index, block);
    } else {
        memcpy(env->file_key, plain, KEY_LEN);
    }
    head_commitment(env->commitment, env, "commit", block);
    same = sodium_memcmp(env->commitment, block + COMMITMENT_OFF, COMMITMENT_LEN) == 0;
    declassify(&same, sizeof same); /* the verdict */
    return same ? SEAL_OK : fault_set(fault, REASON_HEADER_ALTERED, NULL);
}

enum seal_status envelope_open(struct envelope *env, const uint8_t block[static BLOCK_LEN],
                               struct identity *const *keys, size_t key_count, size_t *which,
                               struct fault *fault)
{
    struct opened_head opened;
    enum seal_status status = head_open(&opened, block, keys, key_count, which, check_first, fault);

    *env = opened.env;
    sodium_memzero(&opened, sizeof opened);
    return status;
}

/* ---- With the set key of another volume --------------------------------------------------- */

enum seal_status envelope_open_with_set(struct envelope *env, const uint8_t block[static BLOCK_LEN],
                                        const struct envelope *known, uint32_t indexes)
{
    uint8_t digest[HASH512_LEN];
    bool same = false;

    *env = (struct envelope){.params = known->params, .head_len = known->head_len};
    head_digest(digest, known->params.slot_count, block);
    for (uint32_t index = 0; index < indexes && !same; index++) {
        env->params.index = index;
        head_volume_key(env->file_key, known->set_key, index, block);
        head_commit(env->commitment, env, "commit", digest);
        same = sodium_memcmp(env->commitment, block + COMMITMENT_OFF, COMMITMENT_LEN) == 0;
        declassify(&same, sizeof same); /* which volume it is, or none, is told to the user */
    }
    if (same)
        memcpy(env->set_key, known->set_key, KEY_LEN);
    else
        envelope_wipe(env);
    return same ? SEAL_OK : SEAL_NO_KEY;
}

void envelope_wipe(struct envelope *env)
{
    sodium_memzero(env->file_key, sizeof env->file_key);
    sodium_memzero(env->set_key, sizeof env->set_key);
}
