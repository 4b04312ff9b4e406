/*
 * Keys: every vector of keys.json and keys/, and what the vectors do not reach.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>

#include "keys/record.h"
#include "lib/check.h"

#define TEXT_SIZE 8192

/* ---- Helpers ------------------------------------------------------------------------------ */

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static uint32_t number_of(const json_t *object, const char *key)
{
    return (uint32_t)json_integer_value(json_object_get(object, key));
}

static size_t read_vector(const char *file, char out[static TEXT_SIZE])
{
    FILE *f = fopen(check_vector(file), "rb");
    size_t len = 0;

    if (CHECK(f != NULL)) {
        len = fread(out, 1, TEXT_SIZE, f);
        fclose(f);
    }
    CHECK(len > 0 && len < TEXT_SIZE);
    return len;
}

/* Makes a file of the scratch folder and returns its path. */
static const char *write_file(const char *name, const char *text, size_t len, mode_t mode)
{
    const char *path = check_scratch(name);
    FILE *f;

    (void)unlink(path);
    f = fopen(path, "wb");
    if (CHECK(f != NULL)) {
        CHECK(fwrite(text, 1, len, f) == len);
        CHECK(fclose(f) == 0);
    }
    CHECK(chmod(path, mode) == 0);
    return path;
}

/* A vector as the file it would be at its owner's. */
static const char *private_copy(const char *file)
{
    char text[TEXT_SIZE];

    return write_file("copy.key", text, read_vector(file, text), 0600);
}

static const json_t *key_named(const json_t *root, const char *name)
{
    const json_t *key;
    size_t i;

    json_array_foreach (json_object_get(root, "keys"), i, key)
        if (strcmp(text_of(key, "name"), name) == 0)
            return key;
    return NULL;
}

static enum seal_status parse(struct key_file *out, const char *text)
{
    struct fault fault = {.status = SEAL_OK};
    enum seal_status status = key_file_parse(out, text, strlen(text), "text", &fault);

    CHECK_INT(status, fault.status);
    CHECK(status == SEAL_OK || (fault.what != NULL && strcmp(fault.name, "text") == 0));
    CHECK(status == SEAL_OK || (out->public_count == 0 && out->secret_count == 0));
    return status;
}

/* The same, when only the status matters. */
static enum seal_status parse_status(const char *text)
{
    struct key_file file;
    enum seal_status status = parse(&file, text);

    key_file_free(&file);
    return status;
}

static enum seal_status open_with(struct identity **out, const struct secret_record *record,
                                  const char *passphrase)
{
    struct fault fault = {.status = SEAL_OK};

    return secret_record_open(out, record, passphrase, passphrase == NULL ? 0 : strlen(passphrase),
                              &fault);
}

/* ---- The vectors -------------------------------------------------------------------------- */

static void check_identity(const struct identity *id, const json_t *key)
{
    char fingerprint[NUMBER_TEXT_SIZE(FINGERPRINT_GROUPS)];

    CHECK_HEX(text_of(key, "master"), id->master, MASTER_LEN);
    CHECK_HEX(text_of(key, "xseed"), id->xwing_sk, 32);
    CHECK_HEX(text_of(key, "cloak_sk"), id->cloak_sk, 32);
    CHECK_HEX(text_of(key, "cloak_pk"), id->pk + XWING_PK_LEN, CLOAK_PK_LEN);
    CHECK_HEX(text_of(key, "pkh"), id->pkh, HASH_LEN);
    CHECK_INT(number_of(key, "created"), id->created);
    CHECK_INT(number_of(key, "expires"), id->expires);
    fingerprint_text(fingerprint, id->pkh);
    CHECK_TEXT(text_of(key, "fingerprint"), fingerprint);
}

static void check_public(const struct public_key *got, const json_t *key)
{
    uint8_t record[PUBLIC_RECORD_LEN];

    CHECK_HEX(text_of(key, "pkh"), got->pkh, HASH_LEN);
    CHECK_INT(number_of(key, "created"), got->created);
    CHECK_INT(number_of(key, "expires"), got->expires);
    public_record_write(record, got);
    CHECK_HEX(text_of(key, "public_record"), record, sizeof record);
}

/* From the master alone: all that is derived, and both records as we write them. */
static void test_derivation(const json_t *key)
{
    uint8_t master[MASTER_LEN];
    struct identity *id;
    struct public_key public;
    struct secret_record record;
    struct fault fault = {.status = SEAL_OK};

    CHECK(hex_decode(master, sizeof master, text_of(key, "master")));
    if (!CHECK_INT(SEAL_OK, identity_from_master(&id, master, number_of(key, "created"),
                                                 number_of(key, "expires"))))
        return;
    check_identity(id, key);
    identity_public(&public, id);
    check_public(&public, key);
    if (text_of(key, "passphrase") == NULL) {
        CHECK_INT(SEAL_OK, secret_record_make(&record, id, NULL, 0, NULL, &fault));
        CHECK_HEX(text_of(key, "secret_record"), record.bytes, SECRET_RECORD_LEN);
    }
    identity_free(id);
}

static void test_public_file(const json_t *key)
{
    struct key_file file;
    struct fault fault = {.status = SEAL_OK};

    /* Anybody may read it: no objection to its mode. */
    CHECK_INT(SEAL_OK, key_file_read(&file, check_vector(text_of(key, "public_file")), &fault));
    CHECK_INT(0, file.secret_count);
    if (CHECK_INT(1, file.public_count))
        check_public(&file.public_keys[0], key);
    key_file_free(&file);
}

static void test_argon2id(const json_t *key, const struct secret_record *record)
{
    const char *passphrase = text_of(key, "passphrase");
    struct fault fault = {.status = SEAL_OK};
    uint8_t got[32];
    char *text;
    size_t len;

    CHECK_INT(number_of(key, "opslimit"), load_u32(record->bytes + 12));
    CHECK_INT(number_of(key, "memory_kib"), load_u32(record->bytes + 16));
    if (!CHECK_INT(SEAL_OK,
                   passphrase_normalize(&text, &len, passphrase, strlen(passphrase), &fault)))
        return;
    CHECK_INT(0, crypto_pwhash(
                     got, sizeof got, text, len, record->bytes + 24, number_of(key, "opslimit"),
                     (size_t)number_of(key, "memory_kib") * 1024, crypto_pwhash_ALG_ARGON2ID13));
    CHECK_HEX(text_of(key, "argon2id"), got, sizeof got);
    sodium_free(text);
}

static void test_secret_file(const json_t *key)
{
    const char *passphrase = text_of(key, "passphrase");
    struct key_file file;
    struct identity *id;
    struct fault fault = {.status = SEAL_OK};

    CHECK_INT(SEAL_OK, key_file_read(&file, private_copy(text_of(key, "secret_file")), &fault));
    CHECK_INT(0, file.public_count);
    if (CHECK_INT(1, file.secret_count)) {
        const struct secret_record *record = &file.secrets[0];

        CHECK_HEX(text_of(key, "secret_record"), record->bytes, SECRET_RECORD_LEN);
        CHECK_INT(passphrase != NULL, record->locked);
        CHECK_INT(number_of(key, "created"), record->created);
        CHECK_INT(number_of(key, "expires"), record->expires);
        if (passphrase != NULL)
            test_argon2id(key, record);
        if (CHECK_INT(SEAL_OK, open_with(&id, record, passphrase)))
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
    size_t len = read_vector(text_of(key, member), text);
    size_t record_len = kind == BLOCK_PUBLIC ? PUBLIC_RECORD_LEN : SECRET_RECORD_LEN;
    size_t block_len = block_text_len(kind, record_len);

    CHECK(hex_decode(record, record_len,
                     text_of(key, kind == BLOCK_PUBLIC ? "public_record" : "secret_record")));
    block_write(ours, kind, record, record_len);
    if (CHECK(len >= block_len))
        CHECK_BYTES(text + len - block_len, ours, block_len);
}

static void test_keys(const json_t *root)
{
    const json_t *key;
    size_t i;

    json_array_foreach (json_object_get(root, "keys"), i, key) {
        check_about("%s", text_of(key, "name"));
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
    const json_t *key = key_named(root, text_of(entry, "name"));
    struct key_file file;
    struct identity *id = NULL;
    struct fault fault = {.status = SEAL_OK};
    enum seal_status status = SEAL_IO;

    if (!CHECK(key != NULL))
        return status;
    CHECK_INT(SEAL_OK, key_file_read(&file, private_copy(text_of(key, "secret_file")), &fault));
    if (CHECK_INT(1, file.secret_count))
        status = open_with(&id, &file.secrets[0], text_of(entry, "passphrase"));
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
    const char *typed = text_of(nfd, "passphrase");
    const char *composed = text_of(key_named(root, text_of(nfd, "name")), "passphrase");

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

        check_about("%s", text_of(entry, "file"));
        CHECK_INT(SEAL_OK, key_file_read(&file, check_vector(text_of(entry, "file")), &fault));
        if (CHECK_INT(json_array_size(holds), file.public_count))
            json_array_foreach (holds, k, name)
                check_public(&file.public_keys[k], key_named(root, json_string_value(name)));
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
    enum seal_status status = key_file_read(&file, private_copy(text_of(entry, "file")), &fault);

    if (status != SEAL_OK) {
        CHECK(fault.what != NULL && fault.name[0] != '\0');
        CHECK(file.public_count == 0 && file.secret_count == 0);
        return status;
    }
    if (CHECK_INT(1, file.secret_count))
        status = open_with(&id, &file.secrets[0], text_of(entry, "passphrase"));
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

        check_about("%s: %s", text_of(entry, "file"), text_of(entry, "why"));
        if (strcmp(text_of(entry, "expect"), "newer-version") == 0)
            want = SEAL_NEWER;
        else
            CHECK_TEXT("usage", text_of(entry, "expect"));
        if (text_of(entry, "unlock") != NULL)
            want = SEAL_WRONG_PASSPHRASE;
        CHECK_INT(want, status_of_bad(entry));
    }
    CHECK(i >= 14);
}

/* ---- Text form ---------------------------------------------------------------------------- */

#define BEGIN "-----BEGIN SEAL PUBLIC KEY-----\n"
#define END "-----END SEAL PUBLIC KEY-----\n"

static void test_text_oddities(void)
{
    char one[TEXT_SIZE], text[3 * TEXT_SIZE];
    struct key_file file;
    size_t len;

    check_about("texts without keys");
    CHECK_INT(SEAL_OK, parse_status(""));
    CHECK_INT(SEAL_OK, parse_status("\xef\xbb\xbf"));
    CHECK_INT(SEAL_OK, parse_status("nothing here\n\n-----BEGIN PGP MESSAGE-----\n"));
    check_about("malformed texts");
    CHECK_INT(SEAL_BAD_KEY, parse_status(BEGIN));
    CHECK_INT(SEAL_BAD_KEY, parse_status(BEGIN END));
    CHECK_INT(SEAL_BAD_KEY, parse_status(BEGIN "\n" END));
    CHECK_INT(SEAL_BAD_KEY, parse_status(BEGIN "AAAA" END));
    CHECK_INT(SEAL_BAD_KEY, parse_status(BEGIN BEGIN END END));
    CHECK_INT(SEAL_BAD_KEY, parse_status(END));
    CHECK_INT(SEAL_BAD_KEY, parse_status("-----BEGIN SEAL GROUP KEY-----\n"));
    CHECK_INT(SEAL_BAD_KEY, parse_status(" " BEGIN "AAAA\n" END));
    CHECK_INT(SEAL_BAD_KEY, parse_status("> " BEGIN "> AAAA\n> " END));

    check_about("texts with one key");
    len = read_vector("keys/alice.pub", one);
    one[len] = '\0';
    CHECK_INT(SEAL_OK, parse_status(one));
    snprintf(text, sizeof text, "%s%s" END, one, one);
    CHECK_INT(SEAL_BAD_KEY, parse_status(text));
    /* Two files joined, the second of which began with a byte order mark. */
    snprintf(text, sizeof text, "%s\xef\xbb\xbf%s", one, strstr(one, "-----BEGIN"));
    CHECK_INT(SEAL_OK, parse(&file, text));
    CHECK_INT(2, file.public_count);
    key_file_free(&file);
    /* The last line need not end. */
    one[len - 1] = '\0';
    CHECK_INT(SEAL_OK, parse(&file, one));
    CHECK_INT(1, file.public_count);
    key_file_free(&file);
}

/* Both are read by people with other programs: the lines are 64 long. */
static void test_line_lengths(void)
{
    char one[TEXT_SIZE], text[TEXT_SIZE];
    size_t len = read_vector("keys/carol.key", one);
    char *body;

    check_about("line lengths");
    one[len] = '\0';
    body = strchr(strstr(one, "-----BEGIN"), '\n') + 1;
    snprintf(text, sizeof text, "%.*s%.32s\n%s", (int)(body - one), one, body, body + 32);
    CHECK_INT(SEAL_BAD_KEY, parse_status(text));
    body[64] = ' '; /* two lines in one */
    CHECK_INT(SEAL_BAD_KEY, parse_status(one));
    memmove(body + 64, body + 65, strlen(body + 65) + 1);
    CHECK_INT(SEAL_BAD_KEY, parse_status(one));
}

/* Whatever happens to the block, no other key comes out of it. */
static void check_harmless(const char *text, size_t len, const struct key_file *right)
{
    struct key_file file;
    struct fault fault = {.status = SEAL_OK};

    if (key_file_parse(&file, text, len, "text", &fault) != SEAL_OK)
        return;
    CHECK(file.public_count <= right->public_count && file.secret_count <= right->secret_count);
    if (file.public_count == 1 && right->public_count == 1)
        CHECK(memcmp(file.public_keys[0].pk, right->public_keys[0].pk, PK_LEN) == 0);
    if (file.secret_count == 1 && right->secret_count == 1)
        CHECK(memcmp(file.secrets[0].bytes, right->secrets[0].bytes, SECRET_RECORD_LEN) == 0);
    key_file_free(&file);
}

static void test_damage(const char *vector)
{
    char text[TEXT_SIZE];
    size_t len = read_vector(vector, text);
    struct key_file right;
    struct fault fault = {.status = SEAL_OK};

    check_about("%s, damaged", vector);
    if (!CHECK_INT(SEAL_OK, key_file_parse(&right, text, len, "text", &fault)))
        return;
    for (size_t i = 0; i < len; i++) {
        check_harmless(text, i, &right);
        for (int bit = 0; bit < 8; bit++) {
            text[i] = (char)(text[i] ^ 1 << bit);
            check_harmless(text, len, &right);
            text[i] = (char)(text[i] ^ 1 << bit);
        }
    }
    key_file_free(&right);
}

static void test_sizes(void)
{
    char *text = calloc(KEY_FILE_MAX + 1, 1);
    struct key_file file;
    struct fault fault = {.status = SEAL_OK};

    check_about("sizes of files");
    if (!CHECK(text != NULL))
        return;
    memset(text, '\n', KEY_FILE_MAX + 1);
    CHECK_INT(SEAL_OK, key_file_read(&file, write_file("large", text, KEY_FILE_MAX, 0644), &fault));
    CHECK_INT(0, file.public_count);
    key_file_free(&file);
    CHECK_INT(SEAL_BAD_KEY,
              key_file_read(&file, write_file("large", text, KEY_FILE_MAX + 1, 0644), &fault));
    CHECK_TEXT(KEY_FAULT_LARGE, fault.what);
    free(text);
    fault = (struct fault){.status = SEAL_OK};
    CHECK_INT(SEAL_BAD_KEY, key_file_read(&file, "/dev/zero", &fault));
    fault = (struct fault){.status = SEAL_OK};
    CHECK_INT(SEAL_OK, key_file_read(&file, "/dev/null", &fault));
    CHECK_INT(SEAL_IO, key_file_read(&file, check_scratch(""), &fault));
    fault = (struct fault){.status = SEAL_OK};
    CHECK_INT(SEAL_IO, key_file_read(&file, check_scratch("absent"), &fault));
    CHECK_TEXT(check_scratch("absent"), fault.name);
}

/* ---- Modes -------------------------------------------------------------------------------- */

static enum seal_status read_with_mode(const char *text, mode_t mode)
{
    struct key_file file;
    struct fault fault = {.status = SEAL_OK};
    enum seal_status status =
        key_file_read(&file, write_file("mode.key", text, strlen(text), mode), &fault);

    if (status != SEAL_OK)
        CHECK_TEXT(KEY_FAULT_LOOSE, fault.what);
    key_file_free(&file);
    return status;
}

static void test_modes(const char *vector)
{
    static const mode_t loose[] = {0604, 0640, 0644, 0610, 0602, 0777};
    char key[TEXT_SIZE], text[2 * TEXT_SIZE];

    check_about("%s, modes", vector);
    key[read_vector(vector, key)] = '\0';
    CHECK_INT(SEAL_OK, read_with_mode(key, 0600));
    CHECK_INT(SEAL_OK, read_with_mode(key, 0400));
    for (size_t i = 0; i < sizeof loose / sizeof loose[0]; i++)
        CHECK_INT(SEAL_BAD_KEY, read_with_mode(key, loose[i]));

    check_about("%s, marked as public", vector);
    snprintf(text, sizeof text, "%s\n%s", KEY_PUBLIC_MARK, key);
    CHECK_INT(SEAL_OK, read_with_mode(text, 0644));
    snprintf(text, sizeof text, "\xef\xbb\xbf%s \r\n%s", KEY_PUBLIC_MARK, key);
    CHECK_INT(SEAL_OK, read_with_mode(text, 0644));
    snprintf(text, sizeof text, "%s%s", key, KEY_PUBLIC_MARK);
    CHECK_INT(SEAL_OK, read_with_mode(text, 0644));
    /* Only the exact line counts. */
    snprintf(text, sizeof text, "# %s\n%s", KEY_PUBLIC_MARK, key);
    CHECK_INT(SEAL_BAD_KEY, read_with_mode(text, 0644));
    snprintf(text, sizeof text, "%s!\n%s", KEY_PUBLIC_MARK, key);
    CHECK_INT(SEAL_BAD_KEY, read_with_mode(text, 0644));
}

/* ---- Making ------------------------------------------------------------------------------- */

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
        CHECK_INT(SEAL_OK, open_with(&again, &file.secrets[0], NULL));
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
    CHECK_INT(SEAL_OK, open_with(&again, &record, typed));
    if (again != NULL)
        CHECK_BYTES(id->master, again->master, MASTER_LEN);
    identity_free(again);
    CHECK_INT(SEAL_WRONG_PASSPHRASE, open_with(&again, &record, NULL));
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
    pub[read_vector("keys/bob.pub", pub)] = '\0';
    key[read_vector("keys/bob.key", key)] = '\0';
    old.len = (size_t)snprintf(text, sizeof text, "%s%s%s", pub, key, after);
    CHECK_INT(SEAL_OK, key_file_read(&other, private_copy("keys/carol.key"), &fault));
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
    json_t *root;

    check_start("keys", argc, argv);
    if (!CHECK(sodium_init() >= 0))
        return check_done();
    root = json_load_file(check_vector("keys.json"), 0, NULL);
    if (CHECK(root != NULL)) {
        test_keys(root);
        test_passphrases(root);
        test_good_files(root);
        test_bad_files(root);
        test_text_oddities();
        test_line_lengths();
        test_damage("keys/alice.key");
        test_damage("keys/bob.key");
        test_damage("keys/alice.pub");
        test_modes("keys/alice.key");
        test_modes("keys/bob.key");
        test_replace();
    }
    test_sizes();
    test_new_plain();
    test_new_locked();
    test_passphrase_limits();
    test_expiry();
    json_decref(root);
    return check_done();
}
