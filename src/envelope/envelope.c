/*
 * The head of a sealed file (section 3): E, C and the slots, made and opened.
 */
#include "envelope/envelope.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "envelope/encodings.h"
#include "envelope/xwing.h"

#define PARAMS_LEN 48
#define PARAMS_VERSION 1
#define BOX_PLAIN_LEN (KEY_LEN + PARAMS_LEN)
#define BOX_LEN (BOX_PLAIN_LEN + crypto_aead_chacha20poly1305_ietf_ABYTES)
#define XWING_CT_LEN (MLKEM_CT_LEN + 32)

_Static_assert(SLOT_LEN == KEM_CODE_LEN + BOX_LEN, "a slot is Z and box");
_Static_assert(ENVELOPE_PACKED_LEN == KEY_LEN + COMMITMENT_LEN + PARAMS_LEN, "packed envelope");
_Static_assert(crypto_kem_xwing_PUBLICKEYBYTES == XWING_PK_LEN, "X-Wing public key");
_Static_assert(crypto_kem_xwing_CIPHERTEXTBYTES == XWING_CT_LEN, "X-Wing ciphertext");
_Static_assert(crypto_kem_xwing_SEEDBYTES == 32, "X-Wing secret key");

static const uint8_t nonce_zero[12] = {0};

/* ---- params (section 3.1) ----------------------------------------------------------------- */

static void params_write(uint8_t p[static PARAMS_LEN], const struct envelope_params *params,
                         uint8_t j)
{
    memset(p, 0, PARAMS_LEN);
    p[0] = PARAMS_VERSION;
    p[1] = params->slot_count;
    p[2] = j;
    p[3] = params->flags;
    p[6] = (uint8_t)params->type;
    store_u32(p + 8, params->index);
    memcpy(p + 16, params->bundle_id, BUNDLE_ID_LEN);
}

/* Signs of a later version are looked for first: there the other fields may mean something else. */
static enum seal_status params_read(struct envelope_params *params,
                                    const uint8_t p[static PARAMS_LEN], uint8_t j,
                                    struct fault *fault)
{
    if (p[0] != PARAMS_VERSION || p[4] != 0 || p[5] != 0 || p[6] > CONTENT_BAG ||
        (p[3] & ~FLAG_VOLUME) != 0)
        return fault_set(fault, REASON_NEWER, NULL);
    if ((p[1] != SLOTS_FEW && p[1] != SLOTS_MANY) || p[1] <= j)
        return fault_set(fault, REASON_SLOT_COUNT, NULL);
    if (p[2] != j)
        return fault_set(fault, REASON_SLOT_MISPLACED, NULL);
    if (p[7] != 0 || !bytes_are_zero(p + 12, 4) || !bytes_are_zero(p + 32, 16))
        return fault_set(fault, REASON_HEADER_NOT_ZERO, NULL);
    params->slot_count = p[1];
    params->flags = p[3];
    params->type = (enum content_type)p[6];
    params->index = load_u32(p + 8);
    memcpy(params->bundle_id, p + 16, BUNDLE_ID_LEN);
    if ((params->flags & FLAG_VOLUME) == 0 && params->index != 0)
        return fault_set(fault, REASON_VOLUME_NUMBER_ALONE, NULL);
    return SEAL_OK;
}

/* ---- Derived keys (sections 3.3 and 3.4), the same on both sides -------------------------- */

/* ck = F(X25519(...), "cloak", E || pkh || j) */
static void derive_ck(uint8_t ck[static 32], const uint8_t dh[static 32],
                      const uint8_t E[static 32], const uint8_t pkh[static HASH_LEN], uint8_t j)
{
    hash_F(ck, dh, "cloak", (struct span[]){{E, 32}, {pkh, HASH_LEN}, {&j, 1}}, 3);
}

/* bk = F(ss, "box", E || pkh || j || Z) */
static void derive_bk(uint8_t bk[static 32], const uint8_t ss[static 32],
                      const uint8_t E[static 32], const uint8_t pkh[static HASH_LEN], uint8_t j,
                      const uint8_t Z[static KEM_CODE_LEN])
{
    hash_F(bk, ss, "box", (struct span[]){{E, 32}, {pkh, HASH_LEN}, {&j, 1}, {Z, KEM_CODE_LEN}}, 4);
}

/* C = F(file_key, "commit", params with j = 0 || H512(E || all slots)) */
static void derive_commitment(uint8_t C[static COMMITMENT_LEN], const struct envelope *env,
                              const uint8_t *head)
{
    uint8_t params[PARAMS_LEN], digest[HASH512_LEN];
    size_t slots_len = SLOT_LEN * (size_t)env->params.slot_count;

    params_write(params, &env->params, 0);
    hash_H512(digest, (struct span[]){{head, 32}, {head + SLOTS_OFF, slots_len}}, 2);
    hash_F(C, env->file_key, "commit", (struct span[]){{params, PARAMS_LEN}, {digest, HASH512_LEN}},
           2);
}

/* ---- Making ------------------------------------------------------------------------------- */

/* The sender's ephemeral key and what it publishes. */
struct ephemeral {
    uint8_t e[32];
    uint8_t P[32]; /* X25519_base(e) */
    uint8_t E[32];
};

static enum seal_status ephemeral_make(struct ephemeral *eph, struct random *random,
                                       struct fault *fault)
{
    uint8_t b, decoded[32];

    do {
        random_bytes(random, eph->e, sizeof eph->e);
        random_bytes(random, &b, sizeof b);
        eph->e[0] &= 248;
        eph->e[31] = (uint8_t)((eph->e[31] & 127) | 64);
    } while (!elligator_encode(eph->E, eph->e, b));
    if (crypto_scalarmult_base(eph->P, eph->e) != 0)
        memset(eph->P, 0, sizeof eph->P);
    declassify(eph->P, sizeof eph->P); /* anybody can compute it from E */
    /* Section 4.1, step 7. It never fails on a sound computer; on another, the file could be opened
     * by nobody, which would be found out too late. */
    if (!elligator_decode(decoded, eph->E) || sodium_memcmp(decoded, eph->P, sizeof decoded) != 0)
        return fault_set(fault, REASON_CALCULATES_WRONGLY, NULL);
    return SEAL_OK;
}

/* Makes ss and Z for one recipient in slot j (section 3.3). False: a call fails on this key. */
static bool encapsulate(uint8_t ss[static 32], uint8_t Z[static KEM_CODE_LEN],
                        const struct ephemeral *eph, const struct public_key *key, uint8_t j,
                        struct random *random)
{
    uint8_t dh[32], ck[32], seed[64], ct[XWING_CT_LEN], again[MLKEM_CT_LEN];
    bool ok;

    random_bytes(random, seed, 32); /* coins || e */
    memcpy(seed + 32, eph->e, 32);
    ok = crypto_scalarmult(dh, eph->e, key->pk + XWING_PK_LEN) == 0;
    ok &= crypto_kem_xwing_enc_deterministic(ct, ss, key->pk, seed) == 0;
    /* The calls fail on a bad key only. And a ciphertext is made to be sent in the clear: it tells
     * neither ss nor whose it is. */
    declassify(&ok, sizeof ok);
    declassify(ct, sizeof ct);
    ok = ok && sodium_memcmp(ct + MLKEM_CT_LEN, eph->P, 32) == 0;
    if (!ok)
        goto out;
    kem_encode(Z, ct, random);
    kem_decode(again, Z);
    ok = sodium_memcmp(again, ct, MLKEM_CT_LEN) == 0;
    if (!ok)
        goto out;
    derive_ck(ck, dh, eph->E, key->pkh, j);
    (void)crypto_stream_chacha20_ietf_xor(Z, Z, KEM_CODE_LEN, nonce_zero, ck);
out:
    sodium_memzero(dh, sizeof dh);
    sodium_memzero(ck, sizeof ck);
    sodium_memzero(seed, sizeof seed);
    sodium_memzero(ct, sizeof ct);
    sodium_memzero(again, sizeof again);
    return ok;
}

static bool slot_make(uint8_t slot[static SLOT_LEN], const struct envelope *env,
                      const struct ephemeral *eph, const struct public_key *key, uint8_t j,
                      struct random *random)
{
    uint8_t ss[32], bk[32], plain[BOX_PLAIN_LEN];
    bool ok = encapsulate(ss, slot, eph, key, j, random);

    if (ok) {
        derive_bk(bk, ss, eph->E, key->pkh, j, slot);
        memcpy(plain, env->file_key, KEY_LEN);
        params_write(plain + KEY_LEN, &env->params, j);
        ok = crypto_aead_chacha20poly1305_ietf_encrypt(slot + KEM_CODE_LEN, NULL, plain,
                                                       sizeof plain, NULL, 0, NULL, nonce_zero,
                                                       bk) == 0;
    }
    sodium_memzero(ss, sizeof ss);
    sodium_memzero(bk, sizeof bk);
    sodium_memzero(plain, sizeof plain);
    return ok;
}

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

static enum seal_status slots_make(uint8_t *head, const struct envelope *env,
                                   const struct ephemeral *eph, const struct public_key *keys,
                                   size_t count, struct random *random, struct fault *fault)
{
    uint8_t places[SLOTS_MANY];
    size_t placed = 0;

    shuffle_places(places, env->params.slot_count, random);
    random_bytes(random, head + SLOTS_OFF, env->head_len - SLOTS_OFF);
    for (size_t i = 0; i < count; i++) {
        char number[24];
        uint8_t j;

        if (is_repeated(keys, i))
            continue;
        j = places[placed++];
        if (slot_make(head + SLOTS_OFF + SLOT_LEN * (size_t)j, env, eph, &keys[i], j, random))
            continue;
        (void)snprintf(number, sizeof number, "%zu", i + 1);
        return fault_set(fault, REASON_KEY_RECIPIENT_UNUSABLE, number);
    }
    return SEAL_OK;
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
    random_bytes(random, env->file_key, sizeof env->file_key);
    status = ephemeral_make(&eph, random, fault);
    if (status == SEAL_OK) {
        memcpy(head, eph.E, sizeof eph.E);
        status = slots_make(head, env, &eph, recipients, count, random, fault);
    }
    if (status == SEAL_OK) {
        derive_commitment(env->commitment, env, head);
        memcpy(head + COMMITMENT_OFF, env->commitment, COMMITMENT_LEN);
    }
    sodium_memzero(&eph, sizeof eph);
    return status;
}

/* ---- Opening ------------------------------------------------------------------------------ */

/* What opening a slot takes of a key and E. */
struct opener {
    const uint8_t *E, *pkh;
    uint8_t dh[32]; /* X25519(cloak_sk, P) */
    struct xwing xwing;
};

/* Whether slot j is for this key (section 3.7, step 2); then plain gets the box's content. */
static bool slot_open(uint8_t plain[static BOX_PLAIN_LEN], const uint8_t slot[static SLOT_LEN],
                      const struct opener *o, uint8_t j)
{
    uint8_t ck[32], ss[32], bk[32], code[KEM_CODE_LEN], ct[MLKEM_CT_LEN];
    bool ok;

    derive_ck(ck, o->dh, o->E, o->pkh, j);
    (void)crypto_stream_chacha20_ietf_xor(code, slot, KEM_CODE_LEN, nonce_zero, ck);
    kem_decode(ct, code);
    ok = xwing_dec(ss, &o->xwing, ct);
    if (ok) {
        derive_bk(bk, ss, o->E, o->pkh, j, slot);
        ok = crypto_aead_chacha20poly1305_ietf_decrypt(plain, NULL, NULL, slot + KEM_CODE_LEN,
                                                       BOX_LEN, NULL, 0, nonce_zero, bk) == 0;
        /* Which key opens which slot decides what is done next, is told to the user, and is known
         * to the sender. */
        declassify(&ok, sizeof ok);
    }
    sodium_memzero(ck, sizeof ck);
    sodium_memzero(ss, sizeof ss);
    sodium_memzero(bk, sizeof bk);
    sodium_memzero(code, sizeof code);
    sodium_memzero(ct, sizeof ct);
    return ok;
}

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
    derive_commitment(env->commitment, env, block);
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
    struct opener o = {.E = block, .pkh = id->pkh};
    uint8_t plain[BOX_PLAIN_LEN];
    bool ok = crypto_scalarmult(o.dh, id->cloak_sk, P) == 0;

    declassify(&ok, sizeof ok); /* it fails on some P only, whatever the key */
    ok = ok && xwing_expand(&o.xwing, id, P);
    for (uint8_t j = 0; ok && j < s->places; j++)
        if (slot_open(plain, block + SLOTS_OFF + SLOT_LEN * (size_t)j, &o, j))
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

/* ---- For another process ------------------------------------------------------------------ */

void envelope_pack(uint8_t out[static ENVELOPE_PACKED_LEN], const struct envelope *env)
{
    memcpy(out, env->file_key, KEY_LEN);
    memcpy(out + KEY_LEN, env->commitment, COMMITMENT_LEN);
    params_write(out + KEY_LEN + COMMITMENT_LEN, &env->params, 0);
}

bool envelope_unpack(struct envelope *env, const uint8_t in[static ENVELOPE_PACKED_LEN])
{
    struct fault ignored = {.status = SEAL_OK};

    memset(env, 0, sizeof *env);
    if (params_read(&env->params, in + KEY_LEN + COMMITMENT_LEN, 0, &ignored) != SEAL_OK)
        return false;
    env->head_len = HEAD_LEN(env->params.slot_count);
    memcpy(env->file_key, in, KEY_LEN);
    memcpy(env->commitment, in + KEY_LEN, COMMITMENT_LEN);
    return true;
}
