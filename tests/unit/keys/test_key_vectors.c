/*
 * Keys: every vector of keys.json and keys/.
 */
#include <string.h>

#include <jansson.h>
#include <sodium.h>

#include "keys/record.h"
#include "base/text.h"
#include "lib/unit_check.h"
#include "lib/keytext.h"

/* ---- Helpers ------------------------------------------------------------------------------ */

static const char *keytext_member(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static uint32_t keytext_number(const json_t *object, const char *key)
{
    return (uint32_t)json_integer_value(json_object_get(object, key));
}

static const json_t *keytext_named(const json_t *root, const char *name)
{
    const json_t *key;
    size_t i;

    json_array_foreach (json_object_get(root, "keys"), i, key)
        if (strcmp(keytext_member(key, "name"), name) == 0)
            return key;
    return NULL;
}

/* ---- The vectors -------------------------------------------------------------------------- */

static void check_identity(const struct identity *id, const json_t *key)
{
    char fingerprint[NUMBER_TEXT_SIZE(FINGERPRINT_GROUPS)];

    CHECK_HEX(keytext_member(key, "master"), id->master, MASTER_LEN);
    CHECK_HEX(keytext_member(key, "xseed"), id->xwing_sk, 32);
    CHECK_HEX(keytext_member(key, "cloak_sk"), id->cloak_sk, 32);
    CHECK_HEX(keytext_member(key, "cloak_pk"), id->pk + XWING_PK_LEN, CLOAK_PK_LEN);
    CHECK_HEX(keytext_member(key, "pkh"), id->pkh, HASH_LEN);
    CHECK_INT(keytext_number(key, "created"), id->created);
    CHECK_INT(keytext_number(key, "expires"), id->expires);
    fingerprint_text(fingerprint, id->pkh);
    CHECK_TEXT(keytext_member(key, "fingerprint"), fingerprint);
}

static void check_public(const struct public_key *got, const json_t *key)
{
    uint8_t record[PUBLIC_RECORD_LEN];

    CHECK_HEX(keytext_member(key, "pkh"), got->pkh, HASH_LEN);
    CHECK_INT(keytext_number(key, "created"), got->created);
    CHECK_INT(keytext_number(key, "expires"), got->expires);
    public_record_write(record, got);
    CHECK_HEX(keytext_member(key, "public_record"), record, sizeof record);
}

/* From the master alone: all that is derived, and both records as we write them. */
static void test_derivation(const json_t *key)
{
    uint8_t master[MASTER_LEN];
    struct identity *id;
    struct public_key public;
    struct secret_record record;
    struct fault fault = {.status = SEAL_OK};

    CHECK(hex_decode(master, sizeof master, keytext_member(key, "master")));
    if (!CHECK_INT(SEAL_OK, identity_from_master(&id, master, keytext_number(key, "created"),
                                                 keytext_number(key, "expires"))))
        return;
    check_identity(id, key);
    identity_public(&public, id);
    check_public(&public, key);
    if (keytext_member(key, "passphrase") == NULL) {
        CHECK_INT(SEAL_OK, secret_record_make(&record, id, NULL, 0, NULL, &fault));
        CHECK_HEX(keytext_member(key, "secret_record"), record.bytes, SECRET_RECORD_LEN);
    }
    identity_free(id);
}

static void test_public_file(const json_t *key)
{
    struct key_file file;
    struct fault fault = {.status = SEAL_OK};

    /* Anybody may read it: no objection to its mode. */
    CHECK_INT(SEAL_OK,
              key_file_read(&file, check_vector(keytext_member(key, "public_file")), &fault));
    CHECK_INT(0, file.secret_count);
    if (CHECK_INT(1, file.public_count))
        check_public(&file.public_keys[0], key);
    key_file_free(&file);
}

static void test_argon2id(const json_t *key, const struct secret_record *record)
{
    const char *passphrase = keytext_member(key, "passphrase");
    struct fault fault = {.status = SEAL_OK};
    uint8_t got[32];
    char *text;
    size_t len;

    CHECK_INT(keytext_number(key, "opslimit"), load_u32(record->bytes + 12));
    CHECK_INT(keytext_number(key, "memory_kib"), load_u32(record->bytes + 16));
    if (!CHECK_INT(SEAL_OK,
                   passphrase_normalize(&text, &len, passphrase, strlen(passphrase), &fault)))
        return;
    CHECK_INT(0, crypto_pwhash(got, sizeof got, text, len, record->bytes + 24,
                               keytext_number(key, "opslimit"),
                               (size_t)keytext_number(key, "memory_kib") * 1024,
                               crypto_pwhash_ALG_ARGON2ID13));
    CHECK_HEX(keytext_member(key, "argon2id"), got, sizeof got);
    sodium_free(text);
}

static void test_secret_file(const json_t *key)
{
    const char *passphrase = keytext_member(key, "passphrase");
    struct key_file file;
    struct identity *id;
    struct fault fault = {.status = SEAL_OK};

    CHECK_INT(
        SEAL_OK,
        key_file_read(&file, keytext_private_copy(keytext_member(key, "secret_file")), &fault));
    CHECK_INT(0, file.public_count);
    if (CHECK_INT(1, file.secret_count)) {
        const struct secret_record *record = &file.secrets[0];

        CHECK_HEX(keytext_member(key, "secret_record"), record->bytes, SECRET_RECORD_LEN);
        CHECK_INT(passphrase != NULL, record->locked);
        CHECK_INT(keytext_number(key, "created"), record->created);
        CHECK_INT(keytext_number(key, "expires"), record->expires);
        if (passphrase != NULL)
            test_argon2id(key, record);
        if (CHECK_INT(SEAL_OK, keytext_open(&id, record, passphrase)))
            check_identity(id, key);
        identity_free(id);
    }
    key_file_free(&file);
}

/* The block we write is the block in the file, to the byte. */
static void test_block_text(const json_t *key, const char *member, enum block_kind kind)
{
    char text[TEXT_SIZE], ours[TEXT_SIZE];
    uint8_t record[PUBLIC_RECORD_LEN];
    size_t len = keytext_read(keytext_member(key, member), text);
    size_t record_len = kind == BLOCK_PUBLIC ? PUBLIC_RECORD_LEN : SECRET_RECORD_LEN;
    size_t block_len = block_text_len(kind, record_len);

    CHECK(
        hex_decode(record, record_len,
                   keytext_member(key, kind == BLOCK_PUBLIC ? "public_record" : "secret_record")));
    block_write(ours, kind, record, record_len);
    if (CHECK(len >= block_len))
        CHECK_BYTES(text + len - block_len, ours, block_len);
}

static void test_keys(const json_t *root)
{
    const json_t *key;
    size_t i;

    json_array_foreach (json_object_get(root, "keys"), i, key) {
        check_case("keys.json, key %s", keytext_member(key, "name"));
        test_derivation(key);
        test_public_file(key);
        test_secret_file(key);
        test_block_text(key, "public_file", BLOCK_PUBLIC);
        test_block_text(key, "secret_file", BLOCK_SECRET);
    }
    CHECK(i >= 11);
}

/* One passphrase on one key: {name, passphrase}. */
static enum seal_status try_passphrase(const json_t *root, const json_t *entry)
{
    const json_t *key = keytext_named(root, keytext_member(entry, "name"));
    struct key_file file;
    struct identity *id = NULL;
    struct fault fault = {.status = SEAL_OK};
    enum seal_status status = SEAL_IO;

    if (!CHECK(key != NULL))
        return status;
    CHECK_INT(
        SEAL_OK,
        key_file_read(&file, keytext_private_copy(keytext_member(key, "secret_file")), &fault));
    if (CHECK_INT(1, file.secret_count))
        status = keytext_open(&id, &file.secrets[0], keytext_member(entry, "passphrase"));
    CHECK((status == SEAL_OK) == (id != NULL));
    if (id != NULL)
        check_identity(id, key);
    identity_free(id);
    key_file_free(&file);
    return status;
}

static void test_passphrases(const json_t *root)
{
    const json_t *nfd = json_object_get(root, "passphrase_nfd");
    const char *typed = keytext_member(nfd, "passphrase");
    const char *composed =
        keytext_member(keytext_named(root, keytext_member(nfd, "name")), "passphrase");

    check_about("passphrase_nfd");
    CHECK(strcmp(typed, composed) != 0);
    CHECK_INT(SEAL_OK, try_passphrase(root, nfd));
    check_about("wrong_passphrase");
    CHECK_INT(SEAL_WRONG_PASSPHRASE,
              try_passphrase(root, json_object_get(root, "wrong_passphrase")));
}

static void test_good_files(const json_t *root)
{
    const json_t *entry, *name;
    size_t i, k;

    json_array_foreach (json_object_get(root, "good_files"), i, entry) {
        const json_t *holds = json_object_get(entry, "holds");
        struct key_file file;
        struct fault fault = {.status = SEAL_OK};

        check_case("%s", keytext_member(entry, "file"));
        CHECK_INT(SEAL_OK,
                  key_file_read(&file, check_vector(keytext_member(entry, "file")), &fault));
        if (CHECK_INT(json_array_size(holds), file.public_count))
            json_array_foreach (holds, k, name)
                check_public(&file.public_keys[k], keytext_named(root, json_string_value(name)));
        key_file_free(&file);
    }
    CHECK(i >= 2);
}

/* Refused when it is read or, where the record itself is well-formed, when it is opened. */
static enum seal_status status_of_bad(const json_t *entry)
{
    struct key_file file;
    struct identity *id = NULL;
    struct fault fault = {.status = SEAL_OK};
    enum seal_status status =
        key_file_read(&file, keytext_private_copy(keytext_member(entry, "file")), &fault);

    if (status != SEAL_OK) {
        CHECK(fault.reason != REASON_NONE && fault.name[0] != '\0');
        CHECK(file.public_count == 0 && file.secret_count == 0);
        return status;
    }
    if (CHECK_INT(1, file.secret_count))
        status = keytext_open(&id, &file.secrets[0], keytext_member(entry, "passphrase"));
    CHECK(id == NULL);
    identity_free(id);
    key_file_free(&file);
    return status;
}

static void test_bad_files(const json_t *root)
{
    const json_t *entry;
    size_t i;

    json_array_foreach (json_object_get(root, "bad"), i, entry) {
        enum seal_status want = SEAL_BAD_KEY;

        check_case("%s: %s", keytext_member(entry, "file"), keytext_member(entry, "why"));
        if (strcmp(keytext_member(entry, "expect"), "newer-version") == 0)
            want = SEAL_NEWER;
        else
            CHECK_TEXT("usage", keytext_member(entry, "expect"));
        if (keytext_member(entry, "unlock") != NULL)
            want = SEAL_WRONG_PASSPHRASE;
        CHECK_INT(want, status_of_bad(entry));
    }
    CHECK(i >= 14);
}

int main(int argc, char **argv)
{
    json_t *root;

    check_start("key_vectors", argc, argv);
    root = json_load_file(check_vector("keys.json"), 0, NULL);
    if (!CHECK(sodium_init() >= 0 && root != NULL))
        return check_done();
    test_keys(root);
    CHECK_CASE(test_passphrases(root));
    test_good_files(root);
    test_bad_files(root);
    json_decref(root);
    return check_done();
}
