#include "layers.h"

#include <string.h>

#include <sodium.h>

#include "fixture.h"
#include "stream/stream.h"

static const uint8_t nonce_zero[12] = {0};

const uint8_t *slot_at(const uint8_t *block, size_t j)
{
    return block + SLOTS_OFF + j * SLOT_LEN;
}

bool slot_steps(struct slot_steps *s, const uint8_t *block, const struct identity *id, uint8_t j)
{
    const uint8_t *Z = slot_at(block, j);
    uint8_t code[KEM_CODE_LEN];

    if (!elligator_decode(s->P, block) || crypto_scalarmult(s->dh, id->cloak_sk, s->P) != 0)
        return false;
    hash_F(s->ck, s->dh, "cloak", (struct span[]){{block, 32}, {id->pkh, 32}, {&j, 1}}, 3);
    (void)crypto_stream_chacha20_ietf_xor(code, Z, sizeof code, nonce_zero, s->ck);
    kem_decode(s->ct, code);
    memcpy(s->ct + MLKEM_CT_LEN, s->P, 32);
    if (crypto_kem_xwing_dec(s->ss, s->ct, id->xwing_sk) != 0)
        return false;
    hash_F(s->bk, s->ss, "box",
           (struct span[]){{block, 32}, {id->pkh, 32}, {&j, 1}, {Z, KEM_CODE_LEN}}, 4);
    return crypto_aead_chacha20poly1305_ietf_decrypt(s->plain, NULL, NULL, Z + KEM_CODE_LEN,
                                                     BOX_LEN, NULL, 0, nonce_zero, s->bk) == 0;
}

int slot_of(const uint8_t *block, const struct identity *id, uint8_t n)
{
    struct slot_steps s;

    for (uint8_t j = 0; j < n; j++)
        if (slot_steps(&s, block, id, j))
            return j;
    return -1;
}

void slot_seal(uint8_t *block, const struct slot_steps *s, uint8_t j)
{
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(block + SLOTS_OFF + j * SLOT_LEN + KEM_CODE_LEN,
                                                    NULL, s->plain, sizeof s->plain, NULL, 0, NULL,
                                                    nonce_zero, s->bk);
}

void volume_key_of(uint8_t file_key[static KEY_LEN], const uint8_t set_key[static KEY_LEN],
                   uint32_t index, const uint8_t *block)
{
    uint8_t number[4];

    store_u32(number, index);
    hash_F(file_key, set_key, "volume", (struct span[]){{number, 4}, {block, 32}}, 2);
}

void file_key_of(uint8_t file_key[static KEY_LEN], const uint8_t *block,
                 const uint8_t plain[static BOX_PLAIN_LEN])
{
    const uint8_t *params = plain + KEY_LEN;

    memcpy(file_key, plain, KEY_LEN);
    if ((params[3] & FLAG_VOLUME) != 0)
        volume_key_of(file_key, plain, load_u32(params + 8), block);
}

static void commit(uint8_t C[static 32], const char *label, const uint8_t *block,
                   const uint8_t key[static KEY_LEN], const uint8_t plain[static BOX_PLAIN_LEN])
{
    uint8_t params[PARAMS_LEN], digest[HASH512_LEN];

    memcpy(params, plain + KEY_LEN, sizeof params);
    hash_H512(digest,
              (struct span[]){{block, 32}, {slot_at(block, 0), SLOT_LEN * (size_t)params[1]}}, 2);
    params[2] = 0;
    hash_F(C, key, label, (struct span[]){{params, sizeof params}, {digest, sizeof digest}}, 2);
}

void commitment_of(uint8_t C[static 32], const uint8_t *block,
                   const uint8_t plain[static BOX_PLAIN_LEN])
{
    uint8_t file_key[KEY_LEN];

    file_key_of(file_key, block, plain);
    commit(C, "commit", block, file_key, plain);
}

void commitment2_of(uint8_t C[static 32], const uint8_t *block,
                    const uint8_t plain[static BOX_PLAIN_LEN])
{
    commit(C, "commit2", block, plain, plain);
}

static const uint8_t nonce_second[12] = {[8] = 2};

bool chunk2_open(uint8_t *plain, const uint8_t *block, size_t n,
                 const uint8_t file_key[static KEY_LEN])
{
    uint8_t key[KEY_LEN];

    hash_F(key, file_key, "payload", NULL, 0);
    return crypto_aead_chacha20poly1305_ietf_decrypt(plain, NULL, NULL, block + HEAD_LEN(n),
                                                     BLOCK_LEN - HEAD_LEN(n), NULL, 0, nonce_second,
                                                     key) == 0;
}

void chunk2_seal(uint8_t *block, const uint8_t *plain, size_t n,
                 const uint8_t file_key[static KEY_LEN])
{
    uint8_t key[KEY_LEN];

    hash_F(key, file_key, "payload", NULL, 0);
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(block + HEAD_LEN(n), NULL, plain, CHUNK2_LEN(n),
                                                    NULL, 0, NULL, nonce_second, key);
}

static void encrypt_block(uint8_t *out, const struct envelope *env, const uint8_t *plain,
                          size_t len, uint64_t number, bool final)
{
    uint8_t key[KEY_LEN], nonce[12] = {0};

    hash_F(key, env->file_key, "payload", NULL, 0);
    store_u64(nonce, number);
    nonce[9] = final;
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, plain, len, NULL, 0, NULL, nonce,
                                                    key);
}

struct buffer chunks_seal(const struct envelope *env, const uint8_t *plain, size_t total)
{
    struct buffer file = {fixture_alloc(total), total, total};

    for (size_t at = 0; at < total; at += BLOCK_LEN) {
        size_t head = at == 0 ? env->head_len : 0;
        size_t len = total - at < BLOCK_LEN ? total - at : BLOCK_LEN;

        encrypt_block(file.data + at + head, env, plain, len - head - TAG_LEN, at / BLOCK_LEN,
                      at + len == total);
        plain += len - head - TAG_LEN;
    }
    return file;
}
