/*
 * Lengths and chunks of the payload: how long a file becomes, and how each block of it is encrypted
 * and decrypted.
 */
#include "stream/chunk.h"

#include <string.h>

#include <sodium.h>

#include "stream/layout.h"

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

struct file_shape shape_of(const struct envelope *env)
{
    return (struct file_shape){env->head_len, env->params.parity};
}

uint64_t block_count(uint64_t total_len)
{
    return (total_len + BLOCK_LEN - 1) / BLOCK_LEN;
}

/* With repair data all blocks are whole. */
static bool is_whole(uint64_t total_len, unsigned int m)
{
    return m == 0 || total_len % BLOCK_LEN == 0;
}

uint64_t plaintext_len(uint64_t total_len, size_t head_len, unsigned int m)
{
    uint64_t blocks = layout_data_count(block_count(total_len), m);

    if (blocks == 0 || !is_whole(total_len, m))
        return 0;
    return (m == 0 ? total_len : blocks * BLOCK_LEN) - head_len - TAG_LEN * blocks;
}

/* The shortest file that holds content and trailer, allowed length or not. */
static uint64_t least_total_len(struct file_shape shape, uint64_t content_len)
{
    uint64_t need = shape.head_len + content_len + TRAILER_LEN;
    uint64_t chunks = (need + CHUNK_LEN - 1) / CHUNK_LEN, len = need + TAG_LEN * chunks;

    if (shape.parity > 0)
        return layout_block_count(chunks, shape.parity) * BLOCK_LEN;
    return len < BLOCK_LEN ? BLOCK_LEN : len;
}

uint64_t stream_content_max(struct file_shape shape, uint64_t total_len)
{
    uint64_t len = total_len < shape.head_len + TAG_LEN + TRAILER_LEN
                       ? 0
                       : plaintext_len(total_len, shape.head_len, shape.parity);

    return len < TRAILER_LEN ? 0 : len - TRAILER_LEN;
}

static uint64_t padded(uint64_t len, struct padding padding)
{
    switch (padding.rule) {
    case PAD_FIXED:
        return len <= padding.size ? padding.size : UINT64_MAX;
    case PAD_POW2:
        return pow2(len);
    case PAD_MIB:
        return multiple(len, MIB);
    case PAD_ROUND:
        return round_size(len);
    case PAD_PADME:
    default:
        return padme(len);
    }
}

uint64_t stream_total_len(struct file_shape shape, uint64_t content_len, struct padding padding)
{
    const uint64_t most = STREAM_BLOCKS_MAX * BLOCK_LEN;
    uint64_t total;

    if (content_len > most)
        return 0;
    total = padded(least_total_len(shape, content_len), padding);
    while (total <= most && plaintext_len(total, shape.head_len, shape.parity) == 0)
        total = padded(total + 1, padding);
    return total <= most ? total : 0;
}

uint64_t stream_fixed_len(uint64_t len, unsigned int m)
{
    if (m == 0)
        return len / LENGTH_UNIT * LENGTH_UNIT;
    for (len = len / BLOCK_LEN; len > 0 && layout_data_count(len, m) == 0; len--)
        continue;
    return len * BLOCK_LEN;
}

/* ---- Chunks (sections 3.1 and 3.4) -------------------------------------------------------- */

#define NONCE_LEN crypto_aead_chacha20poly1305_ietf_NPUBBYTES

#define KIND_DATA 0
#define KIND_PARITY 1

/* nonce = u64 number || u8 kind || final || 0 0 */
static void make_nonce(uint8_t nonce[static NONCE_LEN], struct chunk_id id)
{
    memset(nonce, 0, NONCE_LEN);
    store_u64(nonce, id.number);
    nonce[8] = id.is_parity ? KIND_PARITY : KIND_DATA;
    nonce[9] = id.is_final;
}

void chunk_derive_key(uint8_t key[static KEY_LEN], const struct envelope *env)
{
    hash_F(key, env->file_key, "payload", NULL, 0);
}

bool chunk_seal(uint8_t *text, size_t text_len, struct chunk_id id,
                const uint8_t key[static KEY_LEN])
{
    uint8_t nonce[NONCE_LEN];

    make_nonce(nonce, id);
    return crypto_aead_chacha20poly1305_ietf_encrypt(text, NULL, text, text_len, NULL, 0, NULL,
                                                     nonce, key) == 0;
}

static bool decrypt(uint8_t *text, const uint8_t *chunk, size_t text_len, struct chunk_id id,
                    const uint8_t key[static KEY_LEN])
{
    uint8_t nonce[NONCE_LEN];

    make_nonce(nonce, id);
    return crypto_aead_chacha20poly1305_ietf_decrypt(text, NULL, NULL, chunk, text_len + TAG_LEN,
                                                     NULL, 0, nonce, key) == 0;
}

bool chunk_open(uint8_t *text, size_t text_len, struct chunk_id id,
                const uint8_t key[static KEY_LEN])
{
    return decrypt(text, text, text_len, id, key);
}

bool chunk_is_authentic(const uint8_t *text, size_t text_len, struct chunk_id id,
                        const uint8_t key[static KEY_LEN])
{
    return decrypt(NULL, text, text_len, id, key);
}
