/*
 * Opened secret keys: everything that is derived from the master (format section 2).
 */
#include "keys/record.h"
#include "base/text.h"

#include <string.h>

#include <sodium.h>

_Static_assert(XWING_PK_LEN == crypto_kem_xwing_PUBLICKEYBYTES, "X-Wing public key");
_Static_assert(crypto_kem_xwing_SEEDBYTES == HASH_LEN, "X-Wing seed");
_Static_assert(CLOAK_PK_LEN == crypto_scalarmult_curve25519_BYTES, "X25519 public key");

void *secret_alloc(size_t size)
{
    return sodium_init() < 0 ? NULL : sodium_malloc(size);
}

/* Neither call fails on what it is given here, unless the library is broken. */
static bool derive(struct identity *id)
{
    uint8_t xseed[HASH_LEN];
    int failed;

    hash_F(xseed, id->master, "xwing", NULL, 0);
    failed = crypto_kem_xwing_seed_keypair(id->pk, id->xwing_sk, xseed);
    sodium_memzero(xseed, sizeof xseed);
    hash_F(id->cloak_sk, id->master, "cloak-sk", NULL, 0);
    failed |= crypto_scalarmult_curve25519_base(id->pk + XWING_PK_LEN, id->cloak_sk);
    declassify(id->pk, PK_LEN); /* it is public */
    declassify(&failed, sizeof failed);
    hash_H(id->pkh, &(struct span){id->pk, PK_LEN}, 1);
    return failed == 0;
}

enum seal_status identity_from_master(struct identity **out,
                                      const uint8_t master[static MASTER_LEN], uint32_t created,
                                      uint32_t expires)
{
    struct identity *id = secret_alloc(sizeof *id);

    *out = NULL;
    if (id == NULL)
        return SEAL_NO_MEMORY;
    memcpy(id->master, master, MASTER_LEN);
    id->created = created;
    id->expires = expires;
    if (!derive(id)) {
        sodium_free(id);
        return SEAL_BAD_KEY;
    }
    (void)sodium_mprotect_readonly(id); /* not every system has it; nothing depends on it */
    *out = id;
    return SEAL_OK;
}

enum seal_status identity_generate(struct identity **out, struct random *random, uint32_t created,
                                   uint32_t expires)
{
    uint8_t master[MASTER_LEN];
    enum seal_status status;

    random_bytes(random, master, sizeof master);
    status = identity_from_master(out, master, created, expires);
    sodium_memzero(master, sizeof master);
    return status;
}

void identity_free(struct identity *id)
{
    sodium_free(id);
}

void identity_public(struct public_key *out, const struct identity *id)
{
    memcpy(out->pk, id->pk, PK_LEN);
    memcpy(out->pkh, id->pkh, HASH_LEN);
    out->created = id->created;
    out->expires = id->expires;
}

void fingerprint_text(char out[static FINGERPRINT_SIZE], const uint8_t pkh[static HASH_LEN])
{
    number_text(out, pkh, FINGERPRINT_GROUPS);
}

bool secret_record_note_fits(const struct secret_record *record, const struct identity *id)
{
    char own[FINGERPRINT_SIZE];

    fingerprint_text(own, id->pkh);
    return record->noted[0] == '\0' || strcmp(record->noted, own) == 0;
}

bool key_is_expired(uint32_t expires, uint32_t today)
{
    return expires != 0 && today > expires;
}
