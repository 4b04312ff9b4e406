/*
 * The head of a sealed file (section 3), opened.
 */
#include <string.h>

#include "envelope/encodings.h"
#include "envelope/head.h"

/* Takes what the box of slot j holds, and checks params and C. */
static enum seal_status envelope_check(struct envelope *env, const uint8_t *block,
                                       const uint8_t plain[static BOX_PLAIN_LEN], uint8_t j,
                                       struct fault *fault)
{
    enum seal_status status;
    bool same;

    declassify(plain + KEY_LEN, PARAMS_LEN); /* params decide what is done, which anybody may see */
    status = params_read(&env->params, plain + KEY_LEN, j, fault);
    if (status != SEAL_OK)
        return status;
    memcpy(env->file_key, plain, KEY_LEN);
    env->head_len = HEAD_LEN(env->params.slot_count);
    head_commitment(env->commitment, env, "commit", block);
    same = sodium_memcmp(env->commitment, block + COMMITMENT_OFF, COMMITMENT_LEN) == 0;
    declassify(&same, sizeof same); /* the verdict */
    if (!same)
        return fault_set(fault, REASON_HEADER_ALTERED, NULL);
    return SEAL_OK;
}

/* What the slots that open come to. */
struct search {
    struct envelope *env;
    size_t *which;
    bool found;
    uint8_t places;     /* that are tried: all, until n is known */
    uint8_t bad_place;  /* the first place of a slot that opens and is not right */
    struct fault fault; /* what is wrong with the slot of that kind that was met first */
};

static void take_box(struct search *s, const uint8_t *block,
                     const uint8_t plain[static BOX_PLAIN_LEN], uint8_t j, size_t key)
{
    struct fault fault = {.status = SEAL_OK};
    struct envelope env = *s->env;
    bool right = envelope_check(&env, block, plain, j, &fault) == SEAL_OK;

    if (!s->found && (right || s->fault.status == SEAL_OK))
        *s->which = key;
    if (right) {
        *s->env = env;
        s->found = true;
        s->places = env.params.slot_count;
    } else {
        s->bad_place = j < s->bad_place ? j : s->bad_place;
        if (s->fault.status == SEAL_OK)
            s->fault = fault;
    }
    envelope_wipe(&env);
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

enum seal_status envelope_open(struct envelope *env, const uint8_t block[static BLOCK_LEN],
                               struct identity *const *keys, size_t key_count, size_t *which,
                               struct fault *fault)
{
    struct search s = {.env = env, .which = which, .places = SLOTS_MANY, .bad_place = SLOTS_MANY};
    uint8_t P[32];

    memset(env, 0, sizeof *env);
    if (!elligator_decode(P, block))
        return fault_set(fault, REASON_NO_KEY, NULL);
    for (size_t i = 0; i < key_count; i++)
        try_key(&s, block, P, keys[i], i);
    if (s.found) {
        /* What stands behind the slots is content. */
        env->others_differ = s.bad_place < env->params.slot_count;
        return SEAL_OK;
    }
    if (fault->status == SEAL_OK)
        *fault = s.fault;
    return s.fault.status != SEAL_OK ? s.fault.status : fault_set_status(fault, SEAL_NO_KEY);
}

void envelope_wipe(struct envelope *env)
{
    sodium_memzero(env->file_key, sizeof env->file_key);
}
