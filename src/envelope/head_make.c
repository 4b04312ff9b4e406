/*
 * The head of a sealed file (section 3): E, C and the slots, made.
 */
#include <stdio.h>
#include <string.h>

#include "envelope/head.h"

/* ---- Derived values (sections 3 and 3.4), the same on both sides -------------------------- */

void head_digest(uint8_t digest[static HASH512_LEN], uint8_t slot_count, const uint8_t *head)
{
    hash_H512(digest,
              (struct span[]){{head, 32}, {head + SLOTS_OFF, SLOT_LEN * (size_t)slot_count}}, 2);
}

void head_commit(uint8_t C[static COMMITMENT_LEN], const struct envelope *env, const char *label,
                 const uint8_t digest[static HASH512_LEN])
{
    uint8_t params[PARAMS_LEN];

    params_write(params, &env->params, 0);
    hash_F(C, env->file_key, label, (struct span[]){{params, PARAMS_LEN}, {digest, HASH512_LEN}},
           2);
}

void head_commitment(uint8_t C[static COMMITMENT_LEN], const struct envelope *env,
                     const char *label, const uint8_t *head)
{
    uint8_t digest[HASH512_LEN];

    head_digest(digest, env->params.slot_count, head);
    head_commit(C, env, label, digest);
}

void head_volume_key(uint8_t file_key[static KEY_LEN], const uint8_t set_key[static KEY_LEN],
                     uint32_t index, const uint8_t E[static 32])
{
    uint8_t number[4];

    store_u32(number, index);
    hash_F(file_key, set_key, "volume", (struct span[]){{number, 4}, {E, 32}}, 2);
}

/* ---- Making ------------------------------------------------------------------------------- */

static bool is_repeated(const struct public_key *keys, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (memcmp(keys[k].pkh, keys[i].pkh, HASH_LEN) == 0)
            return true;
    return false;
}

static size_t count_distinct(const struct public_key *keys, size_t count)
{
    size_t distinct = 0;

    for (size_t i = 0; i < count; i++)
        distinct += !is_repeated(keys, i);
    return distinct;
}

/* Fills places with the numbers 0 to n - 1 in random order. Recipient i gets slot places[i], so
 * that the order in which recipients were given shows nowhere. */
static void shuffle_places(uint8_t places[static SLOTS_MANY], uint8_t n, struct random *random)
{
    for (uint8_t i = 0; i < n; i++)
        places[i] = i;
    for (uint8_t i = 0; i + 1 < n; i++) {
        uint8_t other = (uint8_t)(i + random_below(random, (uint32_t)(n - i)));
        uint8_t place = places[i];

        declassify(&other, sizeof other); /* whose slot is where tells nothing about a key */
        places[i] = places[other];
        places[other] = place;
    }
}

enum seal_status head_make_slots(uint8_t *head, const struct envelope *env,
                                 const uint8_t key[static KEY_LEN], const struct ephemeral *eph,
                                 const struct public_key *recipients, size_t count,
                                 struct random *random, struct fault *fault)
{
    uint8_t places[SLOTS_MANY], plain[BOX_PLAIN_LEN];
    size_t placed = 0;

    shuffle_places(places, env->params.slot_count, random);
    random_bytes(random, head + SLOTS_OFF, env->head_len - SLOTS_OFF);
    memcpy(plain, key, KEY_LEN);
    for (size_t i = 0; i < count && fault->status == SEAL_OK; i++) {
        char number[24];
        uint8_t j;

        if (is_repeated(recipients, i))
            continue;
        j = places[placed++];
        params_write(plain + KEY_LEN, &env->params, j);
        if (slot_make(head + SLOTS_OFF + SLOT_LEN * (size_t)j, plain, eph, &recipients[i], j,
                      random))
            continue;
        (void)snprintf(number, sizeof number, "%zu", i + 1);
        (void)fault_set(fault, REASON_KEY_RECIPIENT_UNUSABLE, number);
    }
    sodium_memzero(plain, sizeof plain);
    return fault->status;
}

/* The file key comes of the set key in a volume, and else of nothing. Returns what boxes hold. */
static const uint8_t *make_keys(struct envelope *env, const uint8_t E[static 32],
                                struct random *random)
{
    bool is_first = sodium_is_zero(env->set_key, KEY_LEN) == 1;

    if ((env->params.flags & FLAG_VOLUME) == 0) {
        sodium_memzero(env->set_key, KEY_LEN);
        random_bytes(random, env->file_key, KEY_LEN);
        return env->file_key;
    }
    declassify(&is_first, sizeof is_first); /* the caller knows whether it gave one */
    if (is_first)
        random_bytes(random, env->set_key, KEY_LEN);
    head_volume_key(env->file_key, env->set_key, env->params.index, E);
    return env->set_key;
}

enum seal_status envelope_make(struct envelope *env, uint8_t *head,
                               const struct public_key *recipients, size_t count,
                               struct random *random, struct fault *fault)
{
    size_t distinct = count_distinct(recipients, count);
    struct ephemeral eph;
    enum seal_status status;

    if (distinct == 0 || distinct > RECIPIENTS_MAX)
        return fault_set(fault, REASON_RECIPIENT_COUNT, NULL);
    env->params.slot_count = distinct <= SLOTS_FEW ? SLOTS_FEW : SLOTS_MANY;
    env->head_len = HEAD_LEN(env->params.slot_count);
    random_mix(random, NULL, 0);
    status = ephemeral_make(&eph, random, fault);
    if (status == SEAL_OK) {
        memcpy(head, eph.E, sizeof eph.E);
        status = head_make_slots(head, env, make_keys(env, eph.E, random), &eph, recipients, count,
                                 random, fault);
    }
    if (status == SEAL_OK) {
        head_commitment(env->commitment, env, "commit", head);
        memcpy(head + COMMITMENT_OFF, env->commitment, COMMITMENT_LEN);
    }
    sodium_memzero(&eph, sizeof eph);
    return status;
}
