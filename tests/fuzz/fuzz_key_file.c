/*
 * Key files. Plain inputs are texts; others are records, whose checksums are put right and which
 * are written as a text, with what mail and editors add. What is accepted is written and read
 * again, and a passphrase of any bytes is brought to its normal form.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "keys/record.h"
#include "base/text.h"
#include "lib/fixture.h"
#include "lib/forge.h"
#include "lib/fuzz.h"

/* ---- Records to a text -------------------------------------------------------------------- */

static void put_line_ends(struct buffer *out, const char *text, uint8_t how)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            forge_text(out, (how & 4) != 0 ? " \t" : "");
        if (*text == '\n' && (how & 8) != 0)
            forge_text(out, "\r");
        forge_bytes(out, text, 1);
    }
}

static void put_record(struct buffer *out, struct input *in)
{
    uint8_t how = input_byte(in), hash[HASH_LEN];
    enum block_kind kind = (how & 1) != 0 ? BLOCK_SECRET : BLOCK_PUBLIC;
    size_t right = kind == BLOCK_SECRET ? SECRET_RECORD_LEN : PUBLIC_RECORD_LEN;
    size_t len = (how & 0x80) != 0 ? right + input_byte(in) - 128 : right;
    uint8_t *record;
    char *text;

    if (len > 2 * right)
        len = right;
    record = fixture_alloc(len);
    /* The first fields and the last ones are the interesting ones. */
    memset(record, 0x5a, len);
    if (kind == BLOCK_PUBLIC && len > 24)
        input_fill(in, record, 24);
    else
        input_fill(in, record, len);
    if (len > 8 && (how & 2) == 0) {
        hash_H(hash, &(struct span){record, len - 8}, 1);
        memcpy(record + len - 8, hash, 8);
    }
    text = fixture_alloc(block_text_len(kind, len) + 1);
    block_write(text, kind, record, len);
    if ((how & 16) != 0)
        forge_text(out, "\xef\xbb\xbf");
    put_line_ends(out, text, how);
    if ((how & 32) != 0)
        forge_text(out, KEY_PUBLIC_MARK "\n");
    free(text);
    free(record);
}

/* ---- What is accepted --------------------------------------------------------------------- */

static struct key_file parse_again(const struct buffer *text)
{
    struct fault fault = {.status = SEAL_OK};
    struct key_file again;

    FUZZ_OK(key_file_parse(&again, (const char *)text->data, text->len, "again", &fault));
    return again;
}

static void check_public(const struct public_key *key)
{
    uint8_t hash[HASH_LEN];
    struct buffer text = {0};
    struct key_file again;

    hash_H(hash, &(struct span){key->pk, PK_LEN}, 1);
    FUZZ_CHECK(memcmp(hash, key->pkh, HASH_LEN) == 0);
    FUZZ_OK(public_key_text(&text, key));
    again = parse_again(&text);
    FUZZ_CHECK(again.public_count == 1 && again.secret_count == 0);
    FUZZ_CHECK(memcmp(again.public_keys[0].pk, key->pk, PK_LEN) == 0);
    FUZZ_CHECK(again.public_keys[0].created == key->created);
    FUZZ_CHECK(again.public_keys[0].expires == key->expires);
    key_file_free(&again);
    buffer_free(&text);
}

static void open_secret(const struct secret_record *record, struct span passphrase)
{
    struct fault fault = {.status = SEAL_OK};
    struct identity *id;
    enum seal_status status;

    /* What Argon2id may cost is bounded, but not so that it could be paid for each input. */
    if (record->locked && (load_u32(record->bytes + 12) > 2 || load_u32(record->bytes + 16) > 256))
        return;
    status = secret_record_open(&id, record, passphrase.data, passphrase.len, &fault);
    FUZZ_CHECK(status == fault.status && (status == SEAL_OK) == (id != NULL));
    FUZZ_CHECK(record->locked
                   ? status == SEAL_OK || status == SEAL_WRONG_PASSPHRASE || status == SEAL_BAD_KEY
                   : status == SEAL_OK);
    if (id != NULL)
        FUZZ_CHECK(id->created == record->created && id->expires == record->expires);
    if (!record->locked) {
        struct secret_record again;

        FUZZ_OK(secret_record_make(&again, id, NULL, 0, NULL, &fault));
        FUZZ_CHECK(memcmp(again.bytes, record->bytes, SECRET_RECORD_LEN) == 0);
    }
    identity_free(id);
}

static void check_secret(const struct secret_record *record, struct span passphrase)
{
    uint8_t pkh[HASH_LEN] = {1};
    struct buffer text = {0};
    struct key_file again;

    FUZZ_OK(buffer_reserve(&text, KEY_TEXT_MAX));
    FUZZ_OK(secret_record_text(&text, record, pkh));
    again = parse_again(&text);
    FUZZ_CHECK(again.secret_count == 1 && again.public_count == 0);
    FUZZ_CHECK(memcmp(again.secrets[0].bytes, record->bytes, SECRET_RECORD_LEN) == 0);
    key_file_free(&again);
    buffer_free(&text);
    open_secret(record, passphrase);
}

/* The passphrase changed: one block is another, and all else is as it was. */
static void check_replacing(const struct buffer *text, const struct key_file *file)
{
    const struct key_text old = {(char *)text->data, text->len};
    struct secret_record other = file->secrets[0];
    struct key_file again;
    struct key_text fresh;
    uint8_t hash[HASH_LEN];

    other.bytes[4] ^= 1;
    hash_H(hash, &(struct span){other.bytes, SECRET_RECORD_LEN - 8}, 1);
    memcpy(other.bytes + SECRET_RECORD_LEN - 8, hash, 8);
    FUZZ_OK(key_text_replace_secret(&fresh, &old, &other));
    again = parse_again(&(struct buffer){(uint8_t *)fresh.data, fresh.len, fresh.len});
    FUZZ_CHECK(again.secret_count == 1 && again.public_count == file->public_count);
    FUZZ_CHECK(again.marked_public == file->marked_public);
    FUZZ_CHECK(memcmp(again.secrets[0].bytes, other.bytes, SECRET_RECORD_LEN) == 0);
    for (size_t i = 0; i < file->public_count; i++)
        FUZZ_CHECK(
            memcmp(&again.public_keys[i], &file->public_keys[i], sizeof file->public_keys[i]) == 0);
    key_file_free(&again);
    key_text_free(&fresh);
}

/* Each key is what its block has, byte for byte. */
static void check_blocks(const struct buffer *text, const struct key_file *file)
{
    size_t pos = 0, public_at = 0, secret_at = 0;

    for (;;) {
        const char *s = (const char *)text->data;
        struct flaw flaw;
        uint8_t *data, record[PUBLIC_RECORD_LEN];
        bool found, marked = false;
        struct block b;
        size_t len;

        FUZZ_OK(block_next(s, text->len, &pos, &b, &found, &marked, &flaw));
        if (!found)
            break;
        data = fixture_alloc(BLOCK_DATA_MAX(&b));
        FUZZ_CHECK(block_decode(data, &len, s, &b, &flaw));
        if (b.kind == BLOCK_PUBLIC) {
            public_record_write(record, &file->public_keys[public_at++]);
            FUZZ_CHECK(len == sizeof record && memcmp(data, record, len) == 0);
        } else {
            FUZZ_CHECK(len == SECRET_RECORD_LEN &&
                       memcmp(data, file->secrets[secret_at++].bytes, len) == 0);
        }
        free(data);
    }
    FUZZ_CHECK(public_at == file->public_count && secret_at == file->secret_count);
}

/* What mail and editors do to the ends of lines changes nothing. */
static void check_line_ends(const struct buffer *text, enum seal_status want)
{
    struct fault fault = {.status = SEAL_OK};
    struct buffer other = {0};
    struct key_file file;

    forge_text(&other, "");
    for (size_t i = 0; i < text->len; i++) {
        if (text->data[i] == '\n')
            forge_text(&other, " \t\r");
        forge_bytes(&other, text->data + i, 1);
    }
    FUZZ_CHECK(key_file_parse(&file, (const char *)other.data, other.len, "key", &fault) == want);
    key_file_free(&file);
    buffer_free(&other);
}

static void check_text(const struct buffer *text, struct span passphrase)
{
    struct fault fault = {.status = SEAL_OK};
    struct key_file file;
    enum seal_status status =
        key_file_parse(&file, (const char *)text->data, text->len, "key", &fault);

    FUZZ_CHECK(status == fault.status);
    check_line_ends(text, status);
    if (status != SEAL_OK) {
        FUZZ_CHECK((status == SEAL_BAD_KEY || status == SEAL_NEWER) && fault.reason != REASON_NONE);
        FUZZ_CHECK(file.public_keys == NULL && file.secrets == NULL);
        FUZZ_CHECK(file.public_count + file.secret_count == 0);
        return;
    }
    check_blocks(text, &file);
    for (size_t i = 0; i < file.public_count; i++)
        check_public(&file.public_keys[i]);
    for (size_t i = 0; i < file.secret_count; i++)
        check_secret(&file.secrets[i], passphrase);
    if (file.secret_count == 1)
        check_replacing(text, &file);
    key_file_free(&file);
}

static void check_passphrase(struct span passphrase)
{
    struct fault fault = {.status = SEAL_OK};
    char *once, *twice;
    size_t once_len, twice_len;

    if (passphrase_normalize(&once, &once_len, passphrase.data, passphrase.len, &fault) !=
        SEAL_OK) {
        FUZZ_CHECK(once == NULL && fault.status == SEAL_BAD_KEY);
        return;
    }
    FUZZ_CHECK(once_len <= PASSPHRASE_MAX && utf8_is_valid(once, once_len));
    FUZZ_OK(passphrase_normalize(&twice, &twice_len, once, once_len, &fault));
    FUZZ_CHECK(once_len == twice_len && memcmp(once, twice, once_len) == 0);
    sodium_free(twice);
    sodium_free(once);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct buffer text = {0};
    struct span passphrase = {"", 0};

    fuzz_start();
    forge_text(&text, "");
    if (size > 0 && data[0] < 9) {
        (void)input_byte(&in);
        passphrase = input_take(&in, input_u16(&in));
        check_passphrase(passphrase);
        for (int i = 0; in.len > 0 && i < 5; i++)
            put_record(&text, &in);
    } else if (size > 0) {
        forge_bytes(&text, data, size);
    }
    check_text(&text, passphrase);
    buffer_free(&text);
    return 0;
}
