/*
 * The digest algorithms of BagIt manifests, by nettle.
 */
#include "bag/recheck/digests.h"

#include <nettle/nettle-meta.h>

static const struct nettle_hash *const hashes[DIGEST_KINDS] = {
    &nettle_md5, &nettle_sha1, &nettle_sha224, &nettle_sha256, &nettle_sha384, &nettle_sha512};

const char *digest_name(enum digest_kind kind)
{
    return hashes[kind]->name;
}

size_t digest_len(enum digest_kind kind)
{
    return hashes[kind]->digest_size;
}

void digests_start(struct digests *d, unsigned int kinds)
{
    d->kinds = kinds;
    for (int i = 0; i < DIGEST_KINDS; i++)
        if (kinds & DIGEST_BIT(i))
            hashes[i]->init(&d->ctx[i]);
}

void digests_add(struct digests *d, const void *data, size_t len)
{
    for (int i = 0; i < DIGEST_KINDS; i++)
        if (d->kinds & DIGEST_BIT(i))
            hashes[i]->update(&d->ctx[i], len, data);
}

void digests_end(struct digests *d, enum digest_kind kind, uint8_t *out)
{
    hashes[kind]->digest(&d->ctx[kind], digest_len(kind), out);
}
