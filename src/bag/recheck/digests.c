/*
 * The digest algorithms of BagIt manifests, by OpenSSL's libcrypto.
 */
#include "bag/recheck/digests.h"

struct algorithm {
    const char *name;
    size_t len;
    int (*init)(union digest_ctx *);
    int (*update)(union digest_ctx *, const void *, size_t);
    int (*final)(union digest_ctx *, uint8_t *);
};

/* The library's functions, over the union: FAMILY as they are called, of whose contexts one is the
 * member STATE. */
#define FUNCTIONS(FAMILY, STATE)                                                    \
    static int init_##FAMILY(union digest_ctx *ctx)                                 \
    {                                                                               \
        return FAMILY##_Init(&ctx->STATE);                                          \
    }                                                                               \
    static int update_##FAMILY(union digest_ctx *ctx, const void *data, size_t len) \
    {                                                                               \
        return FAMILY##_Update(&ctx->STATE, data, len);                             \
    }                                                                               \
    static int final_##FAMILY(union digest_ctx *ctx, uint8_t *out)                  \
    {                                                                               \
        return FAMILY##_Final(out, &ctx->STATE);                                    \
    }

FUNCTIONS(MD5, md5)
FUNCTIONS(SHA1, sha1)
FUNCTIONS(SHA224, sha256)
FUNCTIONS(SHA256, sha256)
FUNCTIONS(SHA384, sha512)
FUNCTIONS(SHA512, sha512)

#define ALGORITHM(NAME, FAMILY, LEN)                              \
    {                                                             \
        NAME, LEN, init_##FAMILY, update_##FAMILY, final_##FAMILY \
    }

static const struct algorithm algorithms[DIGEST_KINDS] = {
    ALGORITHM("md5", MD5, MD5_DIGEST_LENGTH),
    ALGORITHM("sha1", SHA1, SHA_DIGEST_LENGTH),
    ALGORITHM("sha224", SHA224, SHA224_DIGEST_LENGTH),
    ALGORITHM("sha256", SHA256, SHA256_LEN),
    ALGORITHM("sha384", SHA384, SHA384_DIGEST_LENGTH),
    ALGORITHM("sha512", SHA512, SHA512_DIGEST_LENGTH)};

const char *digest_name(enum digest_kind kind)
{
    return algorithms[kind].name;
}

size_t digest_len(enum digest_kind kind)
{
    return algorithms[kind].len;
}

void digests_start(struct digests *d, unsigned int kinds)
{
    d->kinds = kinds;
    for (int i = 0; i < DIGEST_KINDS; i++)
        if (kinds & DIGEST_BIT(i))
            (void)algorithms[i].init(&d->ctx[i]);
}

void digests_add(struct digests *d, const void *data, size_t len)
{
    for (int i = 0; i < DIGEST_KINDS; i++)
        if (d->kinds & DIGEST_BIT(i))
            (void)algorithms[i].update(&d->ctx[i], data, len);
}

void digests_end(struct digests *d, enum digest_kind kind, uint8_t *out)
{
    (void)algorithms[kind].final(&d->ctx[kind], out);
}
