/*
 * The two key records (format section 2), each with its writer and reader.
 */
#include "keys/record.h"

#include <string.h>

#include <sodium.h>

#define VERSION 1
#define CHECKSUM_LEN 8

/* Where the fields of a public record stand. */
#define PUBLIC_CREATED 4
#define PUBLIC_EXPIRES 8
#define PUBLIC_PK 16

/* Where those of a secret record stand; the box is the master, locked or not. */
#define SECRET_KIND 1
#define SECRET_CREATED 4
#define SECRET_EXPIRES 8
#define SECRET_OPSLIMIT 12
#define SECRET_MEMORY 16
#define SECRET_SALT 24
#define SECRET_NONCE 40
#define SECRET_BOX 64
#define SECRET_BOX_LEN 48
#define KIND_PLAIN 0
#define KIND_PASSPHRASE 1

_Static_assert(SECRET_NONCE - SECRET_SALT == crypto_pwhash_argon2id_SALTBYTES, "salt");
_Static_assert(SECRET_BOX - SECRET_NONCE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");
_Static_assert(SECRET_BOX_LEN == MASTER_LEN + crypto_aead_xchacha20poly1305_ietf_ABYTES, "box");
_Static_assert(SECRET_BOX + SECRET_BOX_LEN + CHECKSUM_LEN == SECRET_RECORD_LEN, "secret record");
_Static_assert(PUBLIC_PK + PK_LEN + CHECKSUM_LEN == PUBLIC_RECORD_LEN, "public record");
_Static_assert(sizeof(((struct secret_record *)0)->bytes) == SECRET_RECORD_LEN, "bytes");

/* Its place is at the end of the record, whose length with it is len. */
static void checksum(uint8_t out[static CHECKSUM_LEN], const uint8_t *record, size_t len)
{
    uint8_t hash[HASH_LEN];

    hash_H(hash, &(struct span){record, len - CHECKSUM_LEN}, 1);
    memcpy(out, hash, CHECKSUM_LEN);
    sodium_memzero(hash, sizeof hash);
}

static void checksum_write(uint8_t *record, size_t len)
{
    checksum(record + len - CHECKSUM_LEN, record, len);
}

/* Checks what both kinds have in common: length, version, checksum. A later version may have
 * another length; it is told from a damaged block by its checksum. */
static enum seal_status check_frame(const uint8_t *data, size_t len, size_t right_len,
                                    enum seal_reason *reason)
{
    uint8_t sum[CHECKSUM_LEN];
    bool sum_fits = false;

    if (len > CHECKSUM_LEN) {
        checksum(sum, data, len);
        sum_fits = sodium_memcmp(sum, data + len - CHECKSUM_LEN, CHECKSUM_LEN) == 0;
        declassify(&sum_fits, sizeof sum_fits); /* the verdict */
    }
    if (sum_fits && data[0] > VERSION) {
        *reason = REASON_KEY_LATER;
        return SEAL_NEWER;
    }
    *reason = len < right_len      ? REASON_KEY_CUT_SHORT
              : len > right_len    ? REASON_KEY_TOO_LONG
              : !sum_fits          ? REASON_KEY_CHECKSUM
              : data[0] != VERSION ? REASON_KEY_VERSION_UNKNOWN
                                   : REASON_NONE;
    return *reason == REASON_NONE ? SEAL_OK : SEAL_BAD_KEY;
}

/* ---- Public ------------------------------------------------------------------------------- */

void public_record_write(uint8_t out[static PUBLIC_RECORD_LEN], const struct public_key *key)
{
    memset(out, 0, PUBLIC_RECORD_LEN);
    out[0] = VERSION;
    store_u32(out + PUBLIC_CREATED, key->created);
    store_u32(out + PUBLIC_EXPIRES, key->expires);
    memcpy(out + PUBLIC_PK, key->pk, PK_LEN);
    checksum_write(out, PUBLIC_RECORD_LEN);
}

enum seal_status public_record_read(struct public_key *out, const uint8_t *data, size_t len,
                                    enum seal_reason *reason)
{
    enum seal_status status = check_frame(data, len, PUBLIC_RECORD_LEN, reason);

    if (status != SEAL_OK)
        return status;
    if (!bytes_are_zero(data + 1, 3) || !bytes_are_zero(data + 12, 4)) {
        *reason = REASON_KEY_PUBLIC_NOT_ZERO;
        return SEAL_BAD_KEY;
    }
    out->created = load_u32(data + PUBLIC_CREATED);
    out->expires = load_u32(data + PUBLIC_EXPIRES);
    memcpy(out->pk, data + PUBLIC_PK, PK_LEN);
    hash_H(out->pkh, &(struct span){out->pk, PK_LEN}, 1);
    return SEAL_OK;
}

/* ---- Secret ------------------------------------------------------------------------------- */

/* Argon2id of a passphrase as it was typed; cost and salt stand in the record. */
static enum seal_status passphrase_key(uint8_t out[static KEY_LEN],
                                       const uint8_t record[static SECRET_RECORD_LEN],
                                       const char *passphrase, size_t len, struct fault *fault)
{
    char *text = NULL;
    size_t text_len = 0;
    enum seal_status status = passphrase_normalize(&text, &text_len, passphrase, len, fault);

    if (status != SEAL_OK)
        return status;
    if (crypto_pwhash_argon2id(out, KEY_LEN, text, text_len, record + SECRET_SALT,
                               load_u32(record + SECRET_OPSLIMIT),
                               (size_t)load_u32(record + SECRET_MEMORY) * 1024,
                               crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
        status = fault_set(fault, REASON_PASSPHRASE_MEMORY, NULL);
    sodium_free(text);
    return status;
}

/* Encrypt and decrypt the master with the passphrase. What stands before the box in the record is
 * authenticated with it. */
static enum seal_status box_seal(uint8_t record[static SECRET_RECORD_LEN],
                                 const uint8_t master[static MASTER_LEN], const char *passphrase,
                                 size_t len, struct fault *fault)
{
    uint8_t key[KEY_LEN];
    enum seal_status status = passphrase_key(key, record, passphrase, len, fault);

    if (status == SEAL_OK)
        (void)crypto_aead_xchacha20poly1305_ietf_encrypt(record + SECRET_BOX, NULL, master,
                                                         MASTER_LEN, record, SECRET_BOX, NULL,
                                                         record + SECRET_NONCE, key);
    sodium_memzero(key, sizeof key);
    return status;
}

static enum seal_status box_open(uint8_t master[static MASTER_LEN],
                                 const uint8_t record[static SECRET_RECORD_LEN],
                                 const char *passphrase, size_t len, struct fault *fault)
{
    uint8_t key[KEY_LEN];
    enum seal_status status = passphrase_key(key, record, passphrase, len, fault);
    bool opened = status == SEAL_OK && crypto_aead_xchacha20poly1305_ietf_decrypt(
                                           master, NULL, NULL, record + SECRET_BOX, SECRET_BOX_LEN,
                                           record, SECRET_BOX, record + SECRET_NONCE, key) == 0;

    declassify(&opened, sizeof opened); /* the verdict */
    if (status == SEAL_OK && !opened)
        status = fault_set(fault, REASON_WRONG_PASSPHRASE, NULL);
    sodium_memzero(key, sizeof key);
    return status;
}

enum seal_status secret_record_make(struct secret_record *out, const struct identity *id,
                                    const char *passphrase, size_t len, struct random *random,
                                    struct fault *fault)
{
    uint8_t *r = out->bytes;
    enum seal_status status = SEAL_OK;

    memset(out, 0, sizeof *out);
    out->created = id->created;
    out->expires = id->expires;
    out->locked = passphrase != NULL;
    r[0] = VERSION;
    r[SECRET_KIND] = out->locked ? KIND_PASSPHRASE : KIND_PLAIN;
    store_u32(r + SECRET_CREATED, id->created);
    store_u32(r + SECRET_EXPIRES, id->expires);
    if (out->locked) {
        store_u32(r + SECRET_OPSLIMIT, KEYS_OPSLIMIT_DEFAULT);
        store_u32(r + SECRET_MEMORY, KEYS_MEMORY_KIB_DEFAULT);
        random_bytes(random, r + SECRET_SALT, SECRET_BOX - SECRET_SALT); /* salt and nonce */
        status = box_seal(r, id->master, passphrase, len, fault);
    } else {
        memcpy(r + SECRET_BOX, id->master, MASTER_LEN);
    }
    if (status == SEAL_OK)
        checksum_write(r, SECRET_RECORD_LEN);
    else
        sodium_memzero(out, sizeof *out);
    return status;
}

/* Checks the fields that say how the box is locked. REASON_NONE, or the rule that is broken. */
static enum seal_reason check_lock(const uint8_t *r)
{
    uint32_t opslimit = load_u32(r + SECRET_OPSLIMIT), memory = load_u32(r + SECRET_MEMORY);

    if (!bytes_are_zero(r + 2, 2) || !bytes_are_zero(r + 20, 4))
        return REASON_KEY_SECRET_NOT_ZERO;
    if (r[SECRET_KIND] == KIND_PLAIN) {
        if (opslimit != 0 || memory != 0 ||
            !bytes_are_zero(r + SECRET_SALT, SECRET_BOX - SECRET_SALT) ||
            !bytes_are_zero(r + SECRET_BOX + MASTER_LEN, SECRET_BOX_LEN - MASTER_LEN))
            return REASON_KEY_PLAIN_NOT_ZERO;
        return REASON_NONE;
    }
    if (r[SECRET_KIND] != KIND_PASSPHRASE)
        return REASON_KEY_LOCK_UNKNOWN;
    if (opslimit < 1 || opslimit > KEYS_OPSLIMIT_MAX)
        return REASON_KEY_WORK_BOUNDS;
    if (memory < KEYS_MEMORY_KIB_MIN || memory > KEYS_MEMORY_KIB_MAX)
        return REASON_KEY_MEMORY_BOUNDS;
    return REASON_NONE;
}

enum seal_status secret_record_read(struct secret_record *out, const uint8_t *data, size_t len,
                                    enum seal_reason *reason)
{
    enum seal_status status = check_frame(data, len, SECRET_RECORD_LEN, reason);

    if (status != SEAL_OK)
        return status;
    *reason = check_lock(data);
    if (*reason != REASON_NONE)
        return SEAL_BAD_KEY;
    memcpy(out->bytes, data, SECRET_RECORD_LEN);
    out->created = load_u32(data + SECRET_CREATED);
    out->expires = load_u32(data + SECRET_EXPIRES);
    out->locked = data[SECRET_KIND] == KIND_PASSPHRASE;
    out->noted[0] = '\0';
    return SEAL_OK;
}

enum seal_status secret_record_open(struct identity **out, const struct secret_record *record,
                                    const char *passphrase, size_t len, struct fault *fault)
{
    const uint8_t *r = record->bytes;
    uint8_t master[MASTER_LEN];
    enum seal_status status = SEAL_OK;

    *out = NULL;
    if (r[SECRET_KIND] == KIND_PLAIN)
        memcpy(master, r + SECRET_BOX, MASTER_LEN);
    else if (passphrase == NULL)
        return fault_set(fault, REASON_WRONG_PASSPHRASE, NULL);
    else
        status = box_open(master, r, passphrase, len, fault);
    if (status == SEAL_OK) {
        status = identity_from_master(out, master, load_u32(r + SECRET_CREATED),
                                      load_u32(r + SECRET_EXPIRES));
        if (status != SEAL_OK)
            (void)fault_set_status(fault, status);
    }
    sodium_memzero(master, sizeof master);
    return status;
}
