/*
 * The second head (format section 3a): E', C', slots and chunk', made, opened and checked.
 */
#include <string.h>

#include "envelope/encodings.h"
#include "envelope/head.h"

#define TAG_LEN crypto_aead_chacha20poly1305_ietf_ABYTES
#define NONCE_LEN crypto_aead_chacha20poly1305_ietf_NPUBBYTES
#define KIND_OFF 8
#define KIND_SECOND_HEAD 2

/* The plaintext of chunk': u64 B || C || zeros. */
#define C_OFF 8
#define ZERO_OFF (C_OFF + COMMITMENT_LEN)

/* ---- chunk', both ways -------------------------------------------------------------------- */

static size_t chunk_plain_len(const struct envelope *env)
{
    return BLOCK_LEN - env->head_len - TAG_LEN;
}

/* Kp is that of the payload. Parity and the second head are told from it by their kinds. */
static void chunk_keys(uint8_t key[static KEY_LEN], uint8_t nonce[static NONCE_LEN],
                       const struct envelope *env)
{
    hash_F(key, env->file_key, "payload", NULL, 0);
    memset(nonce, 0, NONCE_LEN);
    nonce[KIND_OFF] = KIND_SECOND_HEAD;
}

static void chunk_write(uint8_t *block, const struct envelope *env, uint64_t blocks)
{
    uint8_t key[KEY_LEN], nonce[NONCE_LEN], *plain = block + env->head_len;

    memset(plain, 0, chunk_plain_len(env));
    store_u64(plain, blocks);
    memcpy(plain + C_OFF, env->commitment, COMMITMENT_LEN);
    chunk_keys(key, nonce, env);
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(plain, NULL, plain, chunk_plain_len(env), NULL,
                                                    0, NULL, nonce, key);
    sodium_memzero(key, sizeof key);
}

/* What chunk' says. C and B are public, or no more secret than the file's length. */
struct chunk {
    uint64_t blocks;
    uint8_t commitment[COMMITMENT_LEN];
    bool is_zero; /* behind them */
};

#define PIECE_LEN 4096 /* a multiple of ChaCha20's 64 */

/* The tag was right. In pieces: a thread that opens heads has no stack for all of it. */
static void chunk_take(struct chunk *chunk, const uint8_t *text, size_t len,
                       const uint8_t key[static KEY_LEN], const uint8_t nonce[static NONCE_LEN])
{
    uint8_t plain[PIECE_LEN];

    chunk->is_zero = true;
    for (size_t at = 0; at < len; at += PIECE_LEN) {
        size_t piece = len - at < PIECE_LEN ? len - at : PIECE_LEN;
        size_t zero = at == 0 ? ZERO_OFF : 0;

        /* The AEAD's text begins at block 1 of the keystream (RFC 8439, section 2.8). */
        (void)crypto_stream_chacha20_ietf_xor_ic(plain, text + at, piece, nonce,
                                                 (uint32_t)(1 + at / 64), key);
        declassify(plain, piece);
        if (at == 0) {
            chunk->blocks = load_u64(plain);
            memcpy(chunk->commitment, plain + C_OFF, COMMITMENT_LEN);
        }
        chunk->is_zero &= bytes_are_zero(plain + zero, piece - zero);
    }
}

/* False: it was altered. */
static bool chunk_read(struct chunk *chunk, const uint8_t *block, const struct envelope *env)
{
    uint8_t key[KEY_LEN], nonce[NONCE_LEN];
    const uint8_t *text = block + env->head_len;
    size_t len = chunk_plain_len(env);
    bool ok;

    chunk_keys(key, nonce, env);
    ok = crypto_aead_chacha20poly1305_ietf_decrypt_detached(NULL, NULL, text, len, text + len, NULL,
                                                            0, nonce, key) == 0;
    declassify(&ok, sizeof ok); /* the verdict */
    if (ok)
        chunk_take(chunk, text, len, key, nonce);
    sodium_memzero(key, sizeof key);
    return ok;
}

/* ---- Making ------------------------------------------------------------------------------- */

enum seal_status envelope_make_second(const struct envelope *env, uint8_t block[static BLOCK_LEN],
                                      const struct public_key *recipients, size_t count,
                                      uint64_t blocks, struct random *random, struct fault *fault)
{
    struct ephemeral eph;
    enum seal_status status = ephemeral_make(&eph, random, fault);

    if (status == SEAL_OK) {
        memcpy(block, eph.E, sizeof eph.E);
        status = head_make_slots(block, env, env->file_key, &eph, recipients, count, random, fault);
    }
    if (status == SEAL_OK) {
        head_commitment(block + COMMITMENT_OFF, env, "commit2", block);
        chunk_write(block, env, blocks);
    }
    sodium_memzero(&eph, sizeof eph);
    return status;
}

/* ---- Opening ------------------------------------------------------------------------------ */

/* Whether C' is that of the slots. */
static bool is_committed(const struct envelope *env, const uint8_t *block)
{
    uint8_t C[COMMITMENT_LEN];
    bool same;

    head_commitment(C, env, "commit2", block);
    same = sodium_memcmp(C, block + COMMITMENT_OFF, COMMITMENT_LEN) == 0;
    declassify(&same, sizeof same); /* the verdict */
    return same;
}

static enum seal_status check_opened(struct opened_head *opened, const uint8_t *block,
                                     const uint8_t plain[static BOX_PLAIN_LEN], uint8_t j,
                                     struct fault *fault)
{
    struct envelope *env = &opened->env;
    struct chunk chunk;

    declassify(plain + KEY_LEN, PARAMS_LEN); /* as in the first head */
    if (params_read(&env->params, plain + KEY_LEN, j, fault) != SEAL_OK)
        return fault->status;
    memcpy(env->file_key, plain, KEY_LEN);
    env->head_len = HEAD_LEN(env->params.slot_count);
    if (!is_committed(env, block) || !chunk_read(&chunk, block, env) || !chunk.is_zero ||
        chunk.blocks == 0)
        return fault_set(fault, REASON_HEADER_ALTERED, NULL);
    /* A first head that stands at the end is none: its C is made otherwise. */
    if (env->params.parity == 0)
        return fault_set(fault, REASON_NO_KEY, NULL);
    memcpy(env->commitment, chunk.commitment, COMMITMENT_LEN);
    opened->blocks = chunk.blocks;
    return SEAL_OK;
}

enum seal_status envelope_open_second(struct envelope *env, const uint8_t block[static BLOCK_LEN],
                                      struct identity *const *keys, size_t key_count, size_t *which,
                                      uint64_t *blocks, struct fault *fault)
{
    struct opened_head opened;
    enum seal_status status =
        head_open(&opened, block, keys, key_count, which, check_opened, fault);

    *env = opened.env;
    *blocks = opened.blocks;
    sodium_memzero(&opened, sizeof opened);
    return status;
}

/* ---- Checking ----------------------------------------------------------------------------- */

/* Whether a box holds what one of that slot has to hold. */
static bool box_is_right(const uint8_t plain[static BOX_PLAIN_LEN], const struct envelope *env,
                         uint8_t j)
{
    uint8_t want[BOX_PLAIN_LEN];
    bool same;

    memcpy(want, env->file_key, KEY_LEN);
    params_write(want + KEY_LEN, &env->params, j);
    same = sodium_memcmp(plain, want, sizeof want) == 0;
    declassify(&same, sizeof same); /* the verdict */
    sodium_memzero(want, sizeof want);
    return same;
}

/* What the slots that open with the key come to: one that is right is enough. */
static enum second_head check_slots(const struct envelope *env, const uint8_t *block,
                                    const struct identity *id)
{
    enum second_head found = SECOND_HEAD_NO_SLOT;
    uint8_t P[32], plain[BOX_PLAIN_LEN];
    struct opener o;
    bool ok = elligator_decode(P, block) && opener_start(&o, block, P, id);

    for (uint8_t j = 0; ok && found != SECOND_HEAD_RIGHT && j < env->params.slot_count; j++)
        if (slot_open(plain, &o, block, j))
            found = box_is_right(plain, env, j) ? SECOND_HEAD_RIGHT : SECOND_HEAD_KEY;
    sodium_memzero(&o, sizeof o);
    sodium_memzero(plain, sizeof plain);
    return found;
}

enum second_head envelope_check_second(const struct envelope *env,
                                       const uint8_t block[static BLOCK_LEN],
                                       const struct identity *id, uint64_t blocks)
{
    enum second_head slots = id == NULL ? SECOND_HEAD_RIGHT : check_slots(env, block, id);
    struct chunk chunk;
    bool same;

    if (slots != SECOND_HEAD_RIGHT)
        return slots;
    if (!is_committed(env, block) || !chunk_read(&chunk, block, env))
        return SECOND_HEAD_ALTERED;
    same = sodium_memcmp(chunk.commitment, env->commitment, COMMITMENT_LEN) == 0;
    declassify(&same, sizeof same); /* the verdict */
    return same && chunk.is_zero && chunk.blocks == blocks ? SECOND_HEAD_RIGHT
                                                           : SECOND_HEAD_CONTENT;
}
