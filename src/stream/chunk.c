/*
 * Lengths and chunks of the payload: how long a file becomes, and how each block of it is encrypted
 * and decrypted.
 */
#include "stream/chunk.h"

#include <string.h>

#include <sodium.h>

_Static_assert(BLOCK_LEN == VOLUME_BLOCK_LEN, "a chunk is a block");
_Static_assert(TAG_LEN == crypto_aead_chacha20poly1305_ietf_ABYTES, "tag");

/* ---- Lengths (section 3.5) ---------------------------------------------------------------- */

static unsigned int floor_log2(uint64_t v)
{
    unsigned int n = 0;

    while (v >>= 1)
        n++;
    return n;
}

static uint64_t padme(uint64_t len)
{
    unsigned int x = floor_log2(len);
    unsigned int z = x - (floor_log2(x) + 1);
    uint64_t unit = UINT64_C(1) << z;

    return (len + unit - 1) & ~(unit - 1);
}

#define MIB (UINT64_C(1) << 20)

static uint64_t pow2(uint64_t len)
{
    uint64_t size = UINT64_C(1) << floor_log2(len);

    return size < len ? size * 2 : size;
}

static uint64_t multiple(uint64_t len, uint64_t unit)
{
    return (len + unit - 1) / unit * unit;
}

/* One digit other than 0, then at most two zeros, MiB, GiB or TiB. */
static uint64_t round_size(uint64_t len)
{
    uint64_t unit = MIB;

    while (len > 900 * unit)
        unit *= 1024;
    while (len > 9 * unit)
        unit *= 10;
    return multiple(len, unit);
}

uint64_t chunk_count(uint64_t total_len)
{
    return (total_len + BLOCK_LEN - 1) / BLOCK_LEN;
}

uint64_t plaintext_len(uint64_t total_len, size_t head_len)
{
    return total_len - head_len - TAG_LEN * chunk_count(total_len);
}

/* The shortest file that holds content and trailer, allowed length or not. */
static uint64_t least_total_len(size_t head_len, uint64_t content_len)
{
    uint64_t need = head_len + content_len + TRAILER_LEN;

    return need + TAG_LEN * ((need + CHUNK_LEN - 1) / CHUNK_LEN);
}

uint64_t stream_content_max(size_t head_len, uint64_t total_len)
{
    return total_len < head_len + TAG_LEN + TRAILER_LEN
               ? 0
               : plaintext_len(total_len, head_len) - TRAILER_LEN;
}

uint64_t stream_total_len(size_t head_len, uint64_t content_len, struct padding padding)
{
    const uint64_t most = STREAM_BLOCKS_MAX * BLOCK_LEN;
    uint64_t least, total;

    if (content_len > most)
        return 0;
    least = least_total_len(head_len, content_len);
    if (least < BLOCK_LEN)
        least = BLOCK_LEN;
    switch (padding.rule) {
    case PAD_FIXED:
        total = least <= padding.size ? padding.size : most + 1;
        break;
    case PAD_POW2:
        total = pow2(least);
        break;
    case PAD_MIB:
        total = multiple(least, MIB);
        break;
    case PAD_ROUND:
        total = round_size(least);
        break;
    case PAD_PADME:
    default:
        total = padme(least);
        break;
    }
    return total <= most ? total : 0;
}

/* ---- Chunks (sections 3.1 and 3.4) -------------------------------------------------------- */

#define NONCE_LEN crypto_aead_chacha20poly1305_ietf_NPUBBYTES

/* nonce = u64 block number || kind 0 || final || 0 0 */
static void make_nonce(uint8_t nonce[static NONCE_LEN], uint64_t number, bool is_final)
{
    memset(nonce, 0, NONCE_LEN);
    store_u64(nonce, number);
    nonce[9] = is_final;
}

void chunk_derive_key(uint8_t key[static KEY_LEN], const struct envelope *env)
{
    hash_F(key, env->file_key, "payload", NULL, 0);
}

bool chunk_seal(uint8_t *text, size_t text_len, uint64_t number, bool is_final,
                const uint8_t key[static KEY_LEN])
{
    uint8_t nonce[NONCE_LEN];

    make_nonce(nonce, number, is_final);
    return crypto_aead_chacha20poly1305_ietf_encrypt(text, NULL, text, text_len, NULL, 0, NULL,
                                                     nonce, key) == 0;
}

bool chunk_open(uint8_t *text, size_t text_len, uint64_t number, bool is_final,
                const uint8_t key[static KEY_LEN])
{
    uint8_t nonce[NONCE_LEN];

    make_nonce(nonce, number, is_final);
    return crypto_aead_chacha20poly1305_ietf_decrypt(text, NULL, NULL, text, text_len + TAG_LEN,
                                                     NULL, 0, nonce, key) == 0;
}
