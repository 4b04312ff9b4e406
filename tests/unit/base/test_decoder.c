/*
 * Text of others as UTF-8, compared with the C library's iconv.
 */
#include "base/decoder.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "lib/fixture.h"
#include "lib/unit_check.h"

/* ---- Both ways ---------------------------------------------------------------------------- */

/* Appends what iconv makes of it. */
static bool convert(struct buffer *out, const char *to, const char *from, const uint8_t *in,
                    size_t len)
{
    iconv_t how = iconv_open(to, from);
    char *text = (char *)(uintptr_t)in, *end;
    size_t room = 4 * len + 16;
    bool done;

    if (how == (iconv_t)-1 || buffer_reserve(out, room) != SEAL_OK)
        return false;
    end = (char *)out->data + out->len;
    done = iconv(how, &text, &len, &end, &room) != (size_t)-1 && len == 0;
    out->len = (size_t)((uint8_t *)end - out->data);
    (void)iconv_close(how);
    return done;
}

/* In pieces of that length; the first has three bytes. */
static void decode(struct buffer *out, struct decoder *d, const uint8_t *in, size_t len,
                   size_t piece)
{
    char text[DECODED_MAX(4096)];

    for (size_t at = 0, n; at < len; at += n) {
        n = at == 0 && piece < 3 ? 3 : piece;
        n = n < len - at ? n : len - at;
        CHECK_INT(SEAL_OK, buffer_append(out, text, decoder_take(d, in + at, n, text)));
    }
    CHECK_INT(SEAL_OK, buffer_append(out, text, decoder_end(d, text)));
}

/* In UTF-32, without NUL and the halves of pairs. */
static void all_characters(struct buffer *utf32, uint32_t last)
{
    for (uint32_t c = 1; c <= last; c++) {
        const uint8_t le[4] = {(uint8_t)c, (uint8_t)(c >> 8), (uint8_t)(c >> 16), 0};

        if (c < 0xd800 || c > 0xdfff)
            CHECK_INT(SEAL_OK, buffer_append(utf32, le, sizeof le));
    }
}

static void expect_same(const struct buffer *want, const struct buffer *got)
{
    CHECK_INT(want->len, got->len);
    if (want->len == got->len)
        CHECK_BYTES(want->data, got->data, got->len);
}

static void test_against_iconv(void)
{
    static const struct {
        const char *name;
        uint32_t last;
    } rows[] = {
        {"ISO-8859-1", 0xff}, {"UTF-16LE", 0x10ffff}, {"UTF-16BE", 0x10ffff}, {"UTF-16", 0x10fff}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buffer utf32 = {0}, in = {0}, want = {0};

        check_about("%s", rows[i].name);
        all_characters(&utf32, rows[i].last);
        CHECK(convert(&in, rows[i].name, "UTF-32LE", utf32.data, utf32.len));
        CHECK(convert(&want, "UTF-8", "UTF-32LE", utf32.data, utf32.len));
        for (size_t piece = 1; piece <= 4096; piece += piece < 4 ? 1 : 1023) {
            struct decoder d = {0};
            struct buffer got = {0};

            CHECK(encoding_by_name(&d.from, rows[i].name));
            decode(&got, &d, in.data, in.len, piece);
            expect_same(&want, &got);
            CHECK(!d.is_damaged);
            CHECK_INT(strcmp(rows[i].name, "UTF-16") == 0, d.has_bom); /* iconv writes one */
            buffer_free(&got);
        }
        buffer_free(&utf32);
        buffer_free(&in);
        buffer_free(&want);
    }
}

/* ---- What is no text ---------------------------------------------------------------------- */

static void expect_text(const char *about, enum encoding from, const char *in, size_t len,
                        const char *want, bool has_bom, bool is_damaged)
{
    struct decoder d = {.from = from};
    struct buffer got = {0};

    check_about("%s", about);
    decode(&got, &d, (const uint8_t *)in, len, 4096);
    CHECK_INT(strlen(want), got.len);
    if (got.len > 0 && got.len == strlen(want))
        CHECK_BYTES(want, got.data, got.len);
    CHECK_INT(has_bom, d.has_bom);
    CHECK_INT(is_damaged, d.is_damaged);
    buffer_free(&got);
}

static void test_damaged(void)
{
    const enum encoding utf16 = ENCODING_UTF16;

    expect_text("nothing", utf16, "", 0, "", false, false);
    expect_text("half a unit", utf16, "\0a\0", 3, "a\xef\xbf\xbd", false, true);
    expect_text("the first half of a pair, and the end", utf16, "\0a\xd8\0", 4, "a\xef\xbf\xbd",
                false, true);
    expect_text("the first half, and a letter", utf16, "\xd8\0\0a", 4,
                "\xef\xbf\xbd"
                "a",
                false, true);
    expect_text("the second half alone", utf16, "\xdc\0\0a", 4,
                "\xef\xbf\xbd"
                "a",
                false, true);
    expect_text("two first halves", utf16, "\xd8\0\xd8\0\xdc\0", 6, "\xef\xbf\xbd\xf0\x90\x80\x80",
                false, true);
    expect_text("UTF-8 that is not well-formed stays", ENCODING_UTF8, "a\xff", 2, "a\xff", false,
                false);
}

static void test_marks(void)
{
    expect_text("UTF-8", ENCODING_UTF8,
                "\xef\xbb\xbf"
                "a",
                4, "a", true, false);
    expect_text("not at the beginning", ENCODING_UTF8, "a\xef\xbb\xbf", 4, "a\xef\xbb\xbf", false,
                false);
    expect_text("little in big", ENCODING_UTF16,
                "\xff\xfe"
                "a\0",
                4, "a", true, false);
    expect_text("big in little", ENCODING_UTF16LE, "\xfe\xff\0a", 4, "a", true, false);
    expect_text("a second one stays", ENCODING_UTF16, "\xfe\xff\xfe\xff", 4, "\xef\xbb\xbf", true,
                false);
    expect_text("ISO-8859-1 has none", ENCODING_LATIN1, "\xff\xfe", 2, "\xc3\xbf\xc3\xbe", false,
                false);
}

static void test_names(void)
{
    enum encoding e = ENCODING_UTF16LE;

    CHECK(encoding_by_name(&e, "Utf-8"));
    CHECK_INT(ENCODING_UTF8, e);
    CHECK(encoding_by_name(&e, "iso-8859-1"));
    CHECK_INT(ENCODING_LATIN1, e);
    CHECK(!encoding_by_name(&e, "UTF-80"));
    CHECK(!encoding_by_name(&e, "UTF"));
    CHECK(!encoding_by_name(&e, "KOI8-R"));
    CHECK(!encoding_by_name(&e, ""));
}

int main(int argc, char **argv)
{
    check_start("decoder", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_against_iconv());
    CHECK_CASE(test_damaged());
    CHECK_CASE(test_marks());
    CHECK_CASE(test_names());
    return check_done();
}
