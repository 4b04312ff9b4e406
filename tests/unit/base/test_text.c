/*
 * Text: UTF-8, and names and sizes as they are shown to people.
 */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/status.h"
#include "base/text.h"
#include "lib/unit_check.h"
#include "lib/fixture.h"

/* ---- UTF-8 -------------------------------------------------------------------------------- */

/* By the table of RFC 3629, section 4. */
static size_t char_len_by_table(const uint8_t *s, size_t len)
{
    static const struct {
        uint8_t from, to, second_from, second_to;
        size_t len;
    } rows[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool good = s[0] >= rows[i].from && s[0] <= rows[i].to && len >= rows[i].len;

        if (good && rows[i].len > 1)
            good = s[1] >= rows[i].second_from && s[1] <= rows[i].second_to;
        for (size_t k = 2; good && k < rows[i].len; k++)
            good = s[k] >= 0x80 && s[k] <= 0xbf;
        if (good)
            return rows[i].len;
    }
    return 0;
}

static size_t differences(const uint8_t *s, size_t len)
{
    return utf8_char_len(s, len) != char_len_by_table(s, len);
}

/* All rows of one to three bytes, and those of four by the edges of each byte's ranges. */
static void test_utf8_chars(void)
{
    static const uint8_t edges[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    const size_t n = sizeof edges;
    size_t differing = 0;
    uint8_t s[4];

    check_about("utf8");
    for (uint32_t v = 0; v < 1u << 24; v++) {
        s[0] = (uint8_t)v;
        s[1] = (uint8_t)(v >> 8);
        s[2] = (uint8_t)(v >> 16);
        differing += differences(s, 3);
        if (s[2] == 0)
            differing += differences(s, 2) + differences(s, 1);
    }
    for (uint32_t v = 0; v < 256 * n * n * n; v++) {
        s[0] = (uint8_t)(v % 256);
        s[1] = edges[v / 256 % n];
        s[2] = edges[v / 256 / n % n];
        s[3] = edges[v / 256 / n / n];
        differing += differences(s, 4);
    }
    CHECK_INT(0, differing);
}

static void test_utf8_text(void)
{
    CHECK(utf8_is_valid("", 0));
    CHECK(utf8_is_valid("a\0b", 3));
    CHECK(
        utf8_is_valid("Пароль é 田中 \xf0\x9f\x94\x92", strlen("Пароль é 田中 \xf0\x9f\x94\x92")));
    CHECK(!utf8_is_valid("caf\xe9", 4));
    CHECK(!utf8_is_valid("\xc3", 1));
    CHECK(!utf8_is_valid("a\xed\xa0\x80", 4));
    CHECK(!utf8_is_valid("\xc0\xaf", 2));
}

/* ---- Text for people ---------------------------------------------------------------------- */

static void check_escape(const char *want, const char *s, size_t len)
{
    struct buffer out = {0};

    CHECK_INT(SEAL_OK, text_escape(&out, s, len));
    CHECK_INT(strlen(want), out.len);
    CHECK_TEXT(want, (char *)out.data);
    buffer_free(&out);
}

static void test_text_escape(void)
{
    check_about("text that is safe to show");
    check_escape("", "", 0);
    check_escape("plain text", "plain text", 10);
    check_escape("\\x00", "", 1);
    check_escape("\\x1B[31m\\x0A\\x7F", "\x1b[31m\n\x7f", 7);
    check_escape("\\x5Cx41", "\\x41", 4);
    check_escape("caf\xc3\xa9 \xd0\xb4", "caf\xc3\xa9 \xd0\xb4", 8);
    check_escape("\\u{202E}b", "\xe2\x80\xae\x62", 4);
    check_escape("\\u{200B}\\u{FEFF}\\u{0085}", "\xe2\x80\x8b\xef\xbb\xbf\xc2\x85", 8);
    check_escape("\\u{E0001}", "\xf3\xa0\x80\x81", 4);
    check_escape("\\xFF\\xC3", "\xff\xc3", 2);
    check_escape("\\xED\\xA0\\x80", "\xed\xa0\x80", 3);
    check_escape("\\xE2\\x80", "\xe2\x80\xae", 2);
}

/* All that begins or goes on with so many of these, and how much of it is escaped. */
static void test_marks(void)
{
    static const char grave[] = "\xcc\x80", enclosing[] = "\xe2\x83\x9d";

    for (int i = 0; i < 2; i++) {
        const char *mark = i == 0 ? grave : enclosing;
        const char *escaped = i == 0 ? "\\u{0300}" : "\\u{20DD}";
        char text[128] = "a", want[256] = "a";

        check_about("marks that combine");
        for (int count = 1; count <= 9; count++) {
            strcat(text, mark);
            strcat(want, count <= 4 ? mark : escaped);
            check_escape(want, text, strlen(text));
        }
        strcat(text, "b");
        strcat(text, mark);
        strcat(want, "b");
        strcat(want, mark);
        check_escape(want, text, strlen(text));
    }
}

static void test_blanks(void)
{
    check_about("rows of blanks");
    check_escape("a b c", "a b c", 5);
    check_escape("a \\x20\\x20b \\x20", "a   b  ", 7);
    check_escape(" \\x20a", "  a", 3);
    check_escape("\xe3\x80\x80\\u{3000}\\x20\\u{00A0}a",
                 "\xe3\x80\x80\xe3\x80\x80 \xc2\xa0"
                 "a",
                 10);
    check_escape("a \\x09 b", "a \t b", 5);
}

static void test_invisible(void)
{
    static const uint32_t characters[] = {
        0x80,    0x9b,    0xad,    0x34f,   0x61c,   0x115f,  0x1160,  0x17b4,  0x180e,
        0x200b,  0x200c,  0x200d,  0x200e,  0x200f,  0x2028,  0x2029,  0x202a,  0x202e,
        0x2060,  0x2066,  0x2069,  0x206f,  0x2800,  0x3164,  0xe000,  0xfdd0,  0xfe00,
        0xfe0f,  0xfeff,  0xffa0,  0xfff9,  0xfffa,  0xfffb,  0xfffe,  0x1bca0, 0x1d159,
        0x1d173, 0xe0001, 0xe0020, 0xe007f, 0xe0100, 0xe01ef, 0xf0000, 0x10ffff};

    for (size_t i = 0; i < sizeof characters / sizeof characters[0]; i++) {
        uint32_t c = characters[i];
        char text[8] = "", want[16];

        check_about("U+%04X", (unsigned int)c);
        if (c < 0x800) {
            text[0] = (char)(0xc0 | c >> 6);
            text[1] = (char)(0x80 | (c & 0x3f));
        } else if (c < 0x10000) {
            text[0] = (char)(0xe0 | c >> 12);
            text[1] = (char)(0x80 | (c >> 6 & 0x3f));
            text[2] = (char)(0x80 | (c & 0x3f));
        } else {
            text[0] = (char)(0xf0 | c >> 18);
            text[1] = (char)(0x80 | (c >> 12 & 0x3f));
            text[2] = (char)(0x80 | (c >> 6 & 0x3f));
            text[3] = (char)(0x80 | (c & 0x3f));
        }
        (void)snprintf(want, sizeof want, "\\u{%04X}", (unsigned int)c);
        check_escape(want, text, strlen(text));
    }
}

static void test_text_escape_cell(void)
{
    static const struct {
        const char *text, *want;
    } cells[] = {{"", ""},
                 {"plain - text=1", "plain - text=1"},
                 {"a, b; c", "a, b; c"},
                 {"=1+1", "\\x3D1+1"},
                 {"+1", "\\x2B1"},
                 {"-1", "\\x2D1"},
                 {"@SUM(A1)", "\\x40SUM(A1)"},
                 {"'=1", "\\x27=1"},
                 {" =1", "\\x20=1"},
                 {"\t=1", "\\x09=1"},
                 {"\r=1", "\\x0D=1"},
                 {"\xef\xbc\x9d"
                  "1",
                  "\\xEF\\xBC\\x9D1"},
                 {"a,=1", "a,\\x3D1"},
                 {"a;=1;+2|@3", "a;\\x3D1;\\x2B2|\\x403"},
                 {"a;  =1", "a;\\x20 =1"},
                 {"a,\xef\xbc\x9d"
                  "1",
                  "a,\\xEF\\xBC\\x9D1"},
                 {"\"a\"", "\\x22a\\x22"},
                 {"\"=1", "\\x22=1"},
                 {"a\\b", "a\\x5Cb"},
                 {"=", "\\x3D"},
                 {"a,", "a,"}};

    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        struct buffer out = {0};

        check_about("a cell \"%s\"", cells[i].text);
        CHECK_INT(SEAL_OK, text_escape_cell(&out, cells[i].text, strlen(cells[i].text)));
        CHECK_TEXT(cells[i].want, (char *)out.data);
        buffer_free(&out);
    }
}

static void check_size(const char *want, uint64_t bytes)
{
    char text[SIZE_TEXT_SIZE];

    size_format(text, bytes);
    CHECK_TEXT(want, text);
}

static void test_size_format(void)
{
    check_about("sizes");
    check_size("0 bytes", 0);
    check_size("1 byte", 1);
    check_size("999 bytes", 999);
    check_size("1.0 kB", 1000);
    check_size("1.2 kB", 1234);
    check_size("999.9 kB", 999949);
    check_size("1.0 MB", 999950);
    check_size("1.0 MB", 999999);
    check_size("65.5 kB", 65536);
    check_size("4.3 GB", UINT32_MAX);
    check_size("1.0 TB", 1000000000000);
    check_size("999.9 PB", 999900000000000000);
    check_size("1.0 EB", 1000000000000000000);
    check_size("18.4 EB", UINT64_MAX);
}

int main(int argc, char **argv)
{
    check_start("text", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_utf8_chars());
    CHECK_CASE(test_utf8_text());
    CHECK_CASE(test_text_escape());
    CHECK_CASE(test_marks());
    CHECK_CASE(test_invisible());
    CHECK_CASE(test_blanks());
    CHECK_CASE(test_text_escape_cell());
    CHECK_CASE(test_size_format());
    return check_done();
}
