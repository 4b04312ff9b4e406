/*
 * Key files: what their text may look like, every byte of it altered, and their modes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

#include "keys/record.h"
#include "lib/unit_check.h"
#include "lib/keytext.h"

/* ---- Helpers ------------------------------------------------------------------------------ */

static enum seal_status keytext_parse(struct key_file *out, const char *text)
{
    struct fault fault = {.status = SEAL_OK};
    enum seal_status status = key_file_parse(out, text, strlen(text), "text", &fault);

    CHECK_INT(status, fault.status);
    CHECK(status == SEAL_OK || (fault.reason != REASON_NONE && strcmp(fault.name, "text") == 0));
    CHECK(status == SEAL_OK || (out->public_count == 0 && out->secret_count == 0));
    return status;
}

/* The same, when only the status matters. */
static enum seal_status keytext_status(const char *text)
{
    struct key_file file;
    enum seal_status status = keytext_parse(&file, text);

    key_file_free(&file);
    return status;
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
    CHECK_INT(SEAL_OK, keytext_status(""));
    CHECK_INT(SEAL_OK, keytext_status("\xef\xbb\xbf"));
    CHECK_INT(SEAL_OK, keytext_status("nothing here\n\n-----BEGIN PGP MESSAGE-----\n"));
    check_about("malformed texts");
    CHECK_INT(SEAL_BAD_KEY, keytext_status(BEGIN));
    CHECK_INT(SEAL_BAD_KEY, keytext_status(BEGIN END));
    CHECK_INT(SEAL_BAD_KEY, keytext_status(BEGIN "\n" END));
    CHECK_INT(SEAL_BAD_KEY, keytext_status(BEGIN "AAAA" END));
    CHECK_INT(SEAL_BAD_KEY, keytext_status(BEGIN BEGIN END END));
    CHECK_INT(SEAL_BAD_KEY, keytext_status(END));
    CHECK_INT(SEAL_BAD_KEY, keytext_status("-----BEGIN SEAL GROUP KEY-----\n"));
    CHECK_INT(SEAL_BAD_KEY, keytext_status(" " BEGIN "AAAA\n" END));
    CHECK_INT(SEAL_BAD_KEY, keytext_status("> " BEGIN "> AAAA\n> " END));

    check_about("texts with one key");
    len = keytext_read("keys/alice.pub", one);
    one[len] = '\0';
    CHECK_INT(SEAL_OK, keytext_status(one));
    snprintf(text, sizeof text, "%s%s" END, one, one);
    CHECK_INT(SEAL_BAD_KEY, keytext_status(text));
    /* Two files joined, the second of which began with a byte order mark. */
    snprintf(text, sizeof text, "%s\xef\xbb\xbf%s", one, strstr(one, "-----BEGIN"));
    CHECK_INT(SEAL_OK, keytext_parse(&file, text));
    CHECK_INT(2, file.public_count);
    key_file_free(&file);
    /* The last line need not end. */
    one[len - 1] = '\0';
    CHECK_INT(SEAL_OK, keytext_parse(&file, one));
    CHECK_INT(1, file.public_count);
    key_file_free(&file);
}

/* Both are read by people with other programs: the lines are 64 long. */
static void test_line_lengths(void)
{
    char one[TEXT_SIZE], text[TEXT_SIZE];
    size_t len = keytext_read("keys/carol.key", one);
    char *body;

    check_about("line lengths");
    one[len] = '\0';
    body = strchr(strstr(one, "-----BEGIN"), '\n') + 1;
    snprintf(text, sizeof text, "%.*s%.32s\n%s", (int)(body - one), one, body, body + 32);
    CHECK_INT(SEAL_BAD_KEY, keytext_status(text));
    body[64] = ' '; /* two lines in one */
    CHECK_INT(SEAL_BAD_KEY, keytext_status(one));
    memmove(body + 64, body + 65, strlen(body + 65) + 1);
    CHECK_INT(SEAL_BAD_KEY, keytext_status(one));
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
    size_t len = keytext_read(vector, text);
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
    CHECK_INT(SEAL_OK,
              key_file_read(&file, keytext_write("large", text, KEY_FILE_MAX, 0644), &fault));
    CHECK_INT(0, file.public_count);
    key_file_free(&file);
    CHECK_INT(SEAL_BAD_KEY,
              key_file_read(&file, keytext_write("large", text, KEY_FILE_MAX + 1, 0644), &fault));
    CHECK_INT(REASON_KEY_FILE_LARGE, fault.reason);
    free(text);
    fault = (struct fault){.status = SEAL_OK};
    CHECK_INT(SEAL_BAD_KEY, key_file_read(&file, "/dev/zero", &fault));
    fault = (struct fault){.status = SEAL_OK};
    CHECK_INT(SEAL_OK, key_file_read(&file, "/dev/null", &fault));
    CHECK_INT(SEAL_BAD_KEY, key_file_read(&file, check_scratch(""), &fault));
    CHECK_INT(REASON_KEY_FOLDER, fault.reason);
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
        key_file_read(&file, keytext_write("mode.key", text, strlen(text), mode), &fault);

    if (status != SEAL_OK)
        CHECK_INT(REASON_KEY_LOOSE, fault.reason);
    key_file_free(&file);
    return status;
}

static void test_modes(const char *vector)
{
    static const mode_t loose[] = {0604, 0640, 0644, 0610, 0602, 0777};
    char key[TEXT_SIZE], text[2 * TEXT_SIZE];

    check_about("%s, modes", vector);
    key[keytext_read(vector, key)] = '\0';
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

int main(int argc, char **argv)
{
    check_start("keyfile", argc, argv);
    if (!CHECK(sodium_init() >= 0))
        return check_done();
    CHECK_CASE(test_text_oddities());
    CHECK_CASE(test_line_lengths());
    CHECK_CASE(test_damage("keys/alice.key"));
    CHECK_CASE(test_damage("keys/bob.key"));
    CHECK_CASE(test_damage("keys/alice.pub"));
    CHECK_CASE(test_modes("keys/alice.key"));
    CHECK_CASE(test_modes("keys/bob.key"));
    CHECK_CASE(test_sizes());
    return check_done();
}
