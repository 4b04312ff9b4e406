/*
 * Identities that are made here: with and without a passphrase, replaced, and expired.
 */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "keys/record.h"
#include "lib/unit_check.h"
#include "lib/keytext.h"

static void start_random(struct random *random)
{
    CHECK_INT(SEAL_OK, random_start(random, NULL, 0));
}

/* A pair as sealkey makes it, through text and back. */
static void test_new_plain(void)
{
    struct random random;
    struct identity *id = NULL, *again = NULL;
    struct public_key public;
    struct secret_record record;
    struct buffer text = {0};
    struct key_file file;
    struct fault fault = {.status = SEAL_OK};

    check_about("a new pair");
    start_random(&random);
    CHECK_INT(SEAL_OK, identity_generate(&id, &random, 20000, 30000));
    identity_public(&public, id);
    CHECK_INT(SEAL_OK, secret_record_make(&record, id, NULL, 0, &random, &fault));
    CHECK_INT(SEAL_OK, public_key_text(&text, &public));
    CHECK_INT(SEAL_OK, buffer_reserve(&text, KEY_TEXT_MAX));
    CHECK_INT(SEAL_OK, secret_record_text(&text, &record, id->pkh));
    CHECK_INT(SEAL_OK, key_file_parse(&file, (const char *)text.data, text.len, "text", &fault));
    if (CHECK(file.public_count == 1 && file.secret_count == 1)) {
        CHECK_BYTES(id->pk, file.public_keys[0].pk, PK_LEN);
        CHECK_INT(30000, file.public_keys[0].expires);
        CHECK_INT(SEAL_OK, keytext_open(&again, &file.secrets[0], NULL));
        if (again != NULL)
            CHECK_BYTES(id, again, sizeof *id);
    }
    text.cap = text.len + KEY_TEXT_MAX - 1;
    CHECK_INT(SEAL_NO_MEMORY, secret_record_text(&text, &record, id->pkh));
    key_file_free(&file);
    buffer_free(&text);
    identity_free(again);
    identity_free(id);
    random_end(&random);
}

/* With the real cost: this one takes seconds. Composed when made, decomposed when opened. */
static void test_new_locked(void)
{
    static const char made[] = "caf\xc3\xa9 \xed\x95\x9c", typed[] = "cafe\xcc\x81 \xe1\x84\x92"
                                                                     "\xe1\x85\xa1\xe1\x86\xab";
    struct random random;
    struct identity *id = NULL, *again = NULL;
    struct secret_record record;
    struct fault fault = {.status = SEAL_OK};

    check_about("a new locked key");
    start_random(&random);
    CHECK_INT(SEAL_OK, identity_generate(&id, &random, 20000, 0));
    CHECK_INT(SEAL_OK, secret_record_make(&record, id, made, strlen(made), &random, &fault));
    CHECK(record.locked);
    CHECK_INT(KEYS_OPSLIMIT_DEFAULT, load_u32(record.bytes + 12));
    CHECK_INT(KEYS_MEMORY_KIB_DEFAULT, load_u32(record.bytes + 16));
    CHECK_INT(SEAL_OK, keytext_open(&again, &record, typed));
    if (again != NULL)
        CHECK_BYTES(id->master, again->master, MASTER_LEN);
    identity_free(again);
    CHECK_INT(SEAL_WRONG_PASSPHRASE, keytext_open(&again, &record, NULL));
    CHECK(again == NULL);
    identity_free(id);
    random_end(&random);
}

static enum seal_status normalize(const char *text, size_t len)
{
    struct fault fault = {.status = SEAL_OK};
    char *out;
    size_t out_len;
    enum seal_status status = passphrase_normalize(&out, &out_len, text, len, &fault);

    CHECK_INT(status, fault.status);
    CHECK((status == SEAL_OK) == (out != NULL));
    sodium_free(out);
    return status;
}

/* count times the three bytes of a character. */
static enum seal_status normalize_many(const char unit[static 3], size_t count)
{
    char text[2 * PASSPHRASE_MAX];

    for (size_t i = 0; i < count; i++)
        memcpy(text + 3 * i, unit, 3);
    return normalize(text, 3 * count);
}

static void test_passphrase_limits(void)
{
    check_about("limits of passphrases");
    CHECK_INT(SEAL_OK, normalize("", 0));
    CHECK_INT(SEAL_OK, normalize_many("abc", PASSPHRASE_MAX / 3));
    CHECK_INT(SEAL_BAD_KEY, normalize_many("abc", PASSPHRASE_MAX / 3 + 1));
    /* U+0958 has no composed form: it doubles. U+1F82 comes apart into four and together again. */
    CHECK_INT(SEAL_OK, normalize_many("\xe0\xa5\x98", 170));
    CHECK_INT(SEAL_BAD_KEY, normalize_many("\xe0\xa5\x98", 171));
    CHECK_INT(SEAL_OK, normalize_many("\xe1\xbe\x82", PASSPHRASE_MAX / 3));
    CHECK_INT(SEAL_BAD_KEY, normalize("\xff", 1));
    CHECK_INT(SEAL_BAD_KEY, normalize("\xed\xa0\x80", 3));
    CHECK_INT(SEAL_BAD_KEY, normalize("caf\xc3", 4));
}

static void test_replace(void)
{
    static const char after[] = "after it\nno newline";
    char text[3 * TEXT_SIZE], pub[TEXT_SIZE], key[TEXT_SIZE];
    struct key_text old = {text, 0}, new;
    struct key_file file, other;
    struct fault fault = {.status = SEAL_OK};

    check_about("a block replaced");
    pub[keytext_read("keys/bob.pub", pub)] = '\0';
    key[keytext_read("keys/bob.key", key)] = '\0';
    old.len = (size_t)snprintf(text, sizeof text, "%s%s%s", pub, key, after);
    CHECK_INT(SEAL_OK, key_file_read(&other, keytext_private_copy("keys/carol.key"), &fault));
    CHECK_INT(SEAL_OK, key_text_replace_secret(&new, &old, &other.secrets[0]));
    CHECK_INT(SEAL_OK, key_file_parse(&file, new.data, new.len, "text", &fault));
    if (CHECK(file.public_count == 1 && file.secret_count == 1))
        CHECK_BYTES(other.secrets[0].bytes, file.secrets[0].bytes, SECRET_RECORD_LEN);
    CHECK_INT(old.len, new.len);
    CHECK_BYTES(text, new.data, (size_t)(strstr(text, "-----BEGIN SEAL SECRET") - text));
    CHECK_BYTES(after, new.data + new.len - strlen(after), strlen(after));
    key_file_free(&file);
    key_file_free(&other);
    key_text_free(&new);
}

static void test_expiry(void)
{
    check_about("expiry");
    CHECK(!key_is_expired(0, 0));
    CHECK(!key_is_expired(0, UINT32_MAX));
    CHECK(!key_is_expired(100, 99));
    CHECK(!key_is_expired(100, 100));
    CHECK(key_is_expired(100, 101));
}

int main(int argc, char **argv)
{
    check_start("identity", argc, argv);
    if (!CHECK(sodium_init() >= 0))
        return check_done();
    CHECK_CASE(test_replace());
    CHECK_CASE(test_new_plain());
    CHECK_CASE(test_new_locked());
    CHECK_CASE(test_passphrase_limits());
    CHECK_CASE(test_expiry());
    return check_done();
}
