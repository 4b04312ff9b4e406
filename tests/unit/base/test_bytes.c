/*
 * Bytes, numbers and buffers.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/status.h"
#include "base/text.h"
#include "lib/unit_check.h"
#include "lib/fixture.h"

/* ---- Numbers ------------------------------------------------------------------------------ */

static void test_number_text(void)
{
    uint8_t value[32] = {0};
    char text[NUMBER_TEXT_SIZE(FINGERPRINT_GROUPS)];

    check_about("number_text");
    number_text(text, value, RECEIPT_GROUPS);
    CHECK_TEXT("0000 0000 0000 0000 0000", text);
    store_u64(value, 12345);
    number_text(text, value, RECEIPT_GROUPS);
    CHECK_TEXT("0000 0000 0000 0001 2345", text);
    number_text(text, value, 1);
    CHECK_TEXT("2345", text);
    store_u64(value, UINT64_C(10000000000000000000)); /* 10^19 */
    number_text(text, value, RECEIPT_GROUPS);
    CHECK_TEXT("1000 0000 0000 0000 0000", text);
    /* 2^256 - 1 = ...584007913129639935 */
    memset(value, 0xff, sizeof value);
    number_text(text, value, FINGERPRINT_GROUPS);
    CHECK_TEXT("9846 6564 0564 0394 5758 4007 9131 2963 9935", text);
}

static void test_hex(void)
{
    static const uint8_t bytes[] = {0x00, 0x01, 0x9a, 0xbc, 0xde, 0xff};
    uint8_t out[6];
    char text[13];

    check_about("hex");
    hex_encode(text, bytes, sizeof bytes);
    CHECK_TEXT("00019abcdeff", text);
    CHECK(hex_decode(out, sizeof out, "00019aBCdEFf") && memcmp(out, bytes, sizeof out) == 0);
    for (int c = 1; c < 256; c++) {
        char digits[3] = {'0', (char)c, '\0'}, turned[3] = {(char)c, '0', '\0'};
        bool good = strchr("0123456789abcdefABCDEF", c) != NULL;

        CHECK_INT(good, hex_decode(out, 1, digits));
        CHECK_INT(good, hex_decode(out, 1, turned));
    }
    CHECK(!hex_decode(out, 1, "")); /* stops at the NUL */
    CHECK(hex_decode(out, 0, ""));
}

static void test_loads(void)
{
    uint8_t b[8];

    check_about("little-endian");
    store_u32(b, 0x80030201);
    CHECK_HEX("01020380", b, 4);
    CHECK_INT(0x80030201, load_u32(b));
    store_u64(b, UINT64_C(0xf807060504030201));
    CHECK_HEX("01020304050607f8", b, 8);
    CHECK(load_u64(b) == UINT64_C(0xf807060504030201));
}

/* ---- Buffers and bytes -------------------------------------------------------------------- */

static void test_buffer(void)
{
    struct buffer b = {0};
    uint8_t byte = 0;
    size_t wrong = 0;

    check_about("buffer");
    for (size_t i = 0; i < 100000; i++, byte++)
        CHECK(buffer_append(&b, &byte, 1) == SEAL_OK);
    CHECK(b.len == 100000 && b.cap >= b.len && b.cap < 2 * b.len);
    for (size_t i = 0; i < b.len; i++)
        wrong += b.data[i] != (uint8_t)i;
    CHECK_INT(0, wrong);
    CHECK_INT(SEAL_NO_MEMORY, buffer_reserve(&b, SIZE_MAX));
    CHECK_INT(SEAL_NO_MEMORY, buffer_reserve(&b, SIZE_MAX / 2 - 1));
    CHECK(b.len == 100000 && b.data[99999] == (uint8_t)99999);
    buffer_free(&b);
    CHECK(b.data == NULL && b.len == 0 && b.cap == 0);
    CHECK_INT(SEAL_OK, buffer_append(&b, NULL, 0));
    CHECK_INT(SEAL_OK, buffer_append_text(&b, "ab"));
    CHECK_INT(SEAL_OK, buffer_append_text(&b, ""));
    CHECK_INT(SEAL_OK, buffer_printf(&b, "%d%s", 12, "c"));
    CHECK_INT(5, b.len);
    CHECK_TEXT("ab12c", (const char *)b.data);
    for (int i = 0; i < 300; i++)
        CHECK(buffer_printf(&b, "%0*d", i, 7) == SEAL_OK);
    CHECK_INT(5 + 1 + 299 * 300 / 2, b.len);
    CHECK_INT(b.len, strlen((const char *)b.data));
    buffer_free(&b);
}

static void test_zero(void)
{
    uint8_t bytes[100] = {0};

    check_about("bytes_are_zero");
    CHECK(bytes_are_zero(NULL, 0));
    for (size_t len = 0; len < sizeof bytes; len++) {
        CHECK(bytes_are_zero(bytes, len));
        bytes[len] = 1;
        CHECK(bytes_are_zero(bytes, len));
        CHECK(!bytes_are_zero(bytes, len + 1));
        bytes[len] = 0;
        bytes[0] = 0x80;
        CHECK(len == 0 || !bytes_are_zero(bytes, len));
        bytes[0] = 0;
    }
}

int main(int argc, char **argv)
{
    check_start("bytes", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_number_text());
    CHECK_CASE(test_hex());
    CHECK_CASE(test_loads());
    CHECK_CASE(test_buffer());
    CHECK_CASE(test_zero());
    return check_done();
}
