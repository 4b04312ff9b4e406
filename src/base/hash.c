#include "base/hash.h"

#include <string.h>

#include <sodium.h>

#define LABEL_LEN 16
#define LABEL_PREFIX "seal1/"

/* libsodium's generichash fails only for sizes out of range, and those here are constants. */
static void hash_parts(uint8_t *out, size_t out_len, const uint8_t *key, const uint8_t *label,
                       const struct span *parts, size_t part_count)
{
    crypto_generichash_state state;

    (void)crypto_generichash_init(&state, key, key != NULL ? KEY_LEN : 0, out_len);
    if (label != NULL)
        (void)crypto_generichash_update(&state, label, LABEL_LEN);
    for (size_t i = 0; i < part_count; i++)
        (void)crypto_generichash_update(&state, parts[i].data, parts[i].len);
    (void)crypto_generichash_final(&state, out, out_len);
    sodium_memzero(&state, sizeof state);
}

void hash_F(uint8_t out[static HASH_LEN], const uint8_t key[static KEY_LEN], const char *name,
            const struct span *parts, size_t part_count)
{
    uint8_t label[LABEL_LEN] = LABEL_PREFIX;
    size_t room = LABEL_LEN - strlen(LABEL_PREFIX);
    size_t len = strlen(name);

    memcpy(label + strlen(LABEL_PREFIX), name, len < room ? len : room);
    hash_parts(out, HASH_LEN, key, label, parts, part_count);
}

void hash_H(uint8_t out[static HASH_LEN], const struct span *parts, size_t part_count)
{
    hash_parts(out, HASH_LEN, NULL, NULL, parts, part_count);
}

void hash_H512(uint8_t out[static HASH512_LEN], const struct span *parts, size_t part_count)
{
    hash_parts(out, HASH512_LEN, NULL, NULL, parts, part_count);
}

/* For a context that sha256_start began, OpenSSL and LibreSSL return 1 from all of these: the only
 * failure in their code is a length of the digest that no init sets. */
void sha256_start(struct sha256 *h)
{
    (void)SHA256_Init(&h->ctx);
}

/* OpenSSL counts bits, in two numbers. */
void sha256_resume(struct sha256 *h, const uint32_t state[static SHA256_STATE_WORDS], uint64_t done)
{
    sha256_start(h);
    memcpy(h->ctx.h, state, SHA256_STATE_WORDS * sizeof state[0]);
    h->ctx.Nl = (SHA_LONG)(done << 3);
    h->ctx.Nh = (SHA_LONG)(done >> 29);
}

void sha256_add(struct sha256 *h, const void *data, size_t len)
{
    if (len > 0)
        (void)SHA256_Update(&h->ctx, data, len);
}

void sha256_end(struct sha256 *h, uint8_t out[static SHA256_LEN])
{
    (void)SHA256_Final(out, &h->ctx);
}

void sha256_of(uint8_t out[static SHA256_LEN], const void *data, size_t len)
{
    struct sha256 h;

    sha256_start(&h);
    sha256_add(&h, data, len);
    sha256_end(&h, out);
}
