/*
 * Names that other systems have trouble with, and the labels that a sender may give.
 */
#include <string.h>

#include "bag/bag.h"
#include "base/hash.h"
#include "lib/unit_check.h"

/* ---- What is odd about a name -------------------------------------------------------------- */

static unsigned int odd(const char *name)
{
    check_about("%s", name);
    return bag_name_oddities(name, strlen(name));
}

static void test_reserved(void)
{
    static const char *const reserved[] = {
        "con",      "CON",  "Con.txt",     "con .txt",      "prn",     "aux.tar.gz", "NUL", "com0",
        "COM9.log", "lpt1", "com\xc2\xb9", "LPT\xc2\xb3.x", "conin$",  "CONOUT$",    "a.",  "a ",
        "...",      " ",    "a<b",         "a>b",           "a:b",     "a\"b",       "a|b", "a?b",
        "a*b",      "a\\b", "\xd0\xb4?",   "nul.",          "conin$.x"};
    static const char *const fine[] = {"a",
                                       "con1",
                                       "xcon",
                                       "com",
                                       "com10",
                                       "com\xc2\xb4",
                                       ".con",
                                       "lpt",
                                       "coma",
                                       ".hidden",
                                       "a.b.c",
                                       "100%",
                                       "auxiliary",
                                       "a b",
                                       "con$",
                                       "caf\xc3\xa9",
                                       "\xd0\xb4\xd0\xbe\xd0\xba.txt",
                                       "\xe6\x96\x87",
                                       "a\xe2\x80\x8cz",
                                       "a\xe2\x80\x8d",
                                       "a\xef\xb8\x8f",
                                       "\xf0\x9f\x93\xb7"};

    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        CHECK_INT(NAME_RESERVED, odd(reserved[i]) & NAME_RESERVED);
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
        CHECK_INT(0, odd(fine[i]));
    check_about("by length");
    CHECK_INT(0, bag_name_oddities("con", 2));
    CHECK_INT(0, bag_name_oddities("", 0));
}

/* As Windows makes them for longer ones. */
static void test_short_names(void)
{
    static const char *const reserved[] = {
        "LONGNA~1.TXT", "a~1", "~12", "a~1.b",
        "\xd0\xb4\xd0\xbb\xd0\xb8\xd0\xbd\xd0\xbd\xd0\xbe~1.\xd1\x82\xd1\x85\xd1\x82"};
    static const char *const fine[] = {"a~",
                                       "~a",
                                       "a~1b",
                                       "long-name~1",
                                       "a~1.jpeg",
                                       "\xd0\xb4\xd0\xbb\xd0\xb8\xd0\xbd\xd0\xbd\xd0\xbe\xd0\xb5~1",
                                       "a~1.\xd1\x82\xd1\x85\xd1\x82\xd1\x82"};

    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        CHECK_INT(NAME_RESERVED, odd(reserved[i]) & NAME_RESERVED);
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
        CHECK_INT(0, odd(fine[i]));
}

static void test_unshowable(void)
{
    static const char *const names[] = {"\x01",
                                        "a\tb",
                                        "a\x7f",
                                        "a\xc2\x80",
                                        "\xc2\x9f",
                                        "\xd8\x9c",
                                        "\xe2\x80\x8e",
                                        "\xe2\x80\x8f",
                                        "\xe2\x80\xa8",
                                        "\xe2\x80\xaa",
                                        "\xe2\x80\xae"
                                        "b",
                                        "\xe2\x81\xa6",
                                        "\xe2\x81\xaf",
                                        "a\xe2\x80\x8b",
                                        "a\xc2\xad",
                                        "\xe3\x85\xa4",
                                        "\xe1\x85\x9f",
                                        "\xef\xbe\xa0",
                                        "\xe2\xa0\x80",
                                        "\xef\xbb\xbf"
                                        "a",
                                        "a\xf3\xa0\x81\xa1",
                                        "\xf0\x9d\x85\x99",
                                        "a\xef\xbf\xb0",
                                        "a\xf3\xa0\x82\x80",
                                        "\xf3\xa0\x87\xb0",
                                        "\xf0\x96\xbf\xa4",
                                        "\xf0\x93\x90\xb0",
                                        "\xf0\x9b\xb2\xa0"};
    static const char *const blank[] = {" a", "\xc2\xa0", "a\xe3\x80\x80",
                                        "\xe2\x80\x83"
                                        "a",
                                        "a\xe2\x80\xaf"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        CHECK_INT(NAME_UNSHOWABLE, odd(names[i]));
    for (size_t i = 0; i < sizeof blank / sizeof blank[0]; i++)
        CHECK_INT(NAME_BLANK_END, odd(blank[i]));
    CHECK_INT(NAME_UNSHOWABLE | NAME_RESERVED, odd("\n?"));
    CHECK_INT(0, odd("a\xc2\xa0"
                     "b\xe3\x80\x80"
                     "c d"));
    CHECK_INT(0, odd("\xe2\x80\xa7"
                     "\xe2\x81\x9e"));
    CHECK_INT(NAME_UNSHOWABLE, odd("\xff\xc2"));
}

/* What follows many blanks is out of sight. */
static void test_gaps(void)
{
    static const char *const gaps[] = {"a.pdf    .exe", "a \xe3\x80\x80 \xc2\xa0z",
                                       "a.jpg"
                                       "\xe3\x80\x80\xe3\x80\x80\xe3\x80\x80\xe3\x80\x80"
                                       "\xd1\x8f"};
    static const char *const fine[] = {"a.pdf   .exe", "a   b   c", "a   \xd1\x8f", "\xd1\x8f   a"};

    for (size_t i = 0; i < sizeof gaps / sizeof gaps[0]; i++)
        CHECK_INT(NAME_GAP, odd(gaps[i]));
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
        CHECK_INT(0, odd(fine[i]));
    CHECK_INT(NAME_GAP | NAME_BLANK_END | NAME_RESERVED, odd("    "));
}

/* ---- What some system takes for one -------------------------------------------------------- */

static bool same_folded(const char *a, const char *b)
{
    struct buffer x = {0}, y = {0};
    bool same;

    check_about("%s and %s", a, b);
    CHECK_INT(SEAL_OK, bag_name_fold(&x, a, strlen(a)));
    CHECK_INT(SEAL_OK, bag_name_fold(&y, b, strlen(b)));
    same = x.len == y.len && memcmp(x.data, y.data, x.len) == 0;
    buffer_free(&x);
    buffer_free(&y);
    return same;
}

static void test_fold(void)
{
    struct buffer out = {0};

    CHECK(same_folded("README", "readme"));
    CHECK(same_folded("a[\\]^_`{", "A[\\]^_`{"));
    CHECK(!same_folded("a@", "a`"));
    CHECK(!same_folded("a", "b"));
    CHECK(!same_folded("a", "aa"));
    CHECK(same_folded("caf\xc3\xa9", "cafe\xcc\x81"));
    CHECK(same_folded("caf\xc3\xa9", "CAF\xc3\x89"));
    CHECK(same_folded("\xd0\x94\xd0\xbe\xd0\xba", "\xd0\xb4\xd0\x9e\xd0\x9a"));
    CHECK(same_folded("stra\xc3\x9f"
                      "e",
                      "STRASSE"));
    CHECK(same_folded("in\xe2\x80\x8bvisible", "invisible"));
    CHECK(same_folded("\xe2\x84\xaa", "k")); /* KELVIN SIGN */
    /* Marks in another order, of which folding makes a letter out of one. */
    CHECK(same_folded("\xce\xb1\xcd\x85\xcc\x81", "\xce\xb1\xcc\x81\xcd\x85"));
    CHECK(!same_folded("caf\xc3\xa9", "cafe"));
    CHECK(!same_folded("\xff", "\xfe"));
    check_about("appending");
    CHECK_INT(SEAL_OK, bag_name_fold(&out, "AbC", 3));
    CHECK_INT(SEAL_OK, bag_name_fold(&out, "DE\xc3\x89", 4));
    CHECK_INT(3 + 2 + 3, out.len);
    CHECK_BYTES("abcdee\xcc\x81", out.data, 8);
    buffer_free(&out);
    CHECK_INT(SEAL_OK, bag_name_fold(&out, "", 0));
    CHECK_INT(0, out.len);
    buffer_free(&out);
}

/* Exchanging neighbours would take half an hour for so many marks in the wrong order. */
static void test_fold_marks(void)
{
    static const char first[] = "\xcc\x9b", last[] = "\xcd\x85"; /* of classes 216 and 240 */
    const size_t half = (size_t)512 * 1024;
    struct buffer marks = {0}, folded = {0};
    bool is_sorted = true;

    for (size_t i = 0; i < 2 * half; i += 2)
        CHECK_INT(SEAL_OK, buffer_append(&marks, i < half ? last : first, 2));
    CHECK_INT(SEAL_OK, bag_name_fold(&folded, (const char *)marks.data, marks.len));
    CHECK_INT(2 * half, folded.len);
    for (size_t i = 0; i < half; i += 2)
        is_sorted = is_sorted && memcmp(folded.data + i, first, 2) == 0;
    CHECK(is_sorted);
    CHECK_BYTES("\xce\xb9", folded.data + half, 2); /* what U+0345 is folded to is a letter */
    buffer_free(&marks);
    buffer_free(&folded);
}

/* ---- Spelling ------------------------------------------------------------------------------ */

static void check_spelled(const char *want, const char *name, size_t more)
{
    struct buffer out = {0};

    check_about("%s, %zu", name, more);
    CHECK_INT(SEAL_OK, bag_name_spell(&out, name, strlen(name), more));
    CHECK_INT(strlen(want), out.len);
    CHECK_TEXT(want, (char *)out.data);
    if (more == 0)
        CHECK_INT(0, bag_name_oddities((char *)out.data, out.len));
    buffer_free(&out);
}

static void test_spell(void)
{
    check_spelled("plain", "plain", 0);
    check_spelled("a.pdf{20x5}.exe", "a.pdf     .exe", 0);
    check_spelled("a{20E3808020C2A0}z", "a \xe3\x80\x80 \xc2\xa0z", 0);
    check_spelled("{3A} b", ": b", 0);
    check_spelled("100{25}", "100%", 0);
    check_spelled("a{3F}b", "a?b", 0);
    check_spelled("{63}on.txt", "con.txt", 0);
    check_spelled("a.{2E}", "a..", 0);
    check_spelled("a{20}", "a ", 0);
    check_spelled("{0A}", "\n", 0);
    check_spelled("{20}a", " a", 0);
    check_spelled("{E38080}a b{C2A0}",
                  "\xe3\x80\x80"
                  "a b\xc2\xa0",
                  0);
    check_spelled("LONGNA{7E}1.TXT", "LONGNA~1.TXT", 0);
    check_spelled("{2E}b{7E}1", ".b~1", 1); /* else it would be a short name itself */
    check_spelled("a{E385A4E385A4}.exe",
                  "a\xe3\x85\xa4\xe3\x85\xa4"
                  ".exe",
                  0);
    check_spelled("a{E280AE}b",
                  "a\xe2\x80\xae"
                  "b",
                  0);
    check_spelled("{FF}a",
                  "\xff"
                  "a",
                  0);
    check_spelled("\xd0\xb4", "\xd0\xb4", 0);
    check_spelled("{52}eadme", "Readme", 1);
    check_spelled("{5265}adme", "Readme", 2);
    check_spelled("{D0B4}\xd0\xbe", "\xd0\xb4\xd0\xbe", 1);
    check_spelled("{61}", "a", 9);
    check_spelled("{7B}3A{7D}", "{3A}", 0); /* so that no name is taken for a spelled one */
    check_about("appending");
    {
        struct buffer out = {0};

        CHECK_INT(SEAL_OK, bag_name_spell(&out, "a/", 1, 0));
        CHECK_INT(SEAL_OK, bag_name_spell(&out, "b:", 2, 0));
        CHECK_TEXT("ab{3A}", (char *)out.data);
        buffer_free(&out);
    }
}

#define FILLER "\xe3\x85\xa4" /* U+3164 */
#define FILLERS_10 FILLER FILLER FILLER FILLER FILLER FILLER FILLER FILLER FILLER FILLER

static void test_spell_repeated(void)
{
    check_spelled("{3F3F3F}", "???", 0);
    check_spelled("{3Fx4}", "????", 0);
    check_spelled("a{E385A4x40}.exe", "a" FILLERS_10 FILLERS_10 FILLERS_10 FILLERS_10 ".exe", 0);
    check_spelled("{2A}{3Fx4}{2A}", "*????*", 0);
    check_spelled("{3Fx4}{2Ax5}", "????*****", 0);
    check_spelled("{3Fx10}", "??????????", 0);
    check_spelled("{20x5}", "     ", 0); /* blanks within are not coded */
    check_spelled("a...{2E}", "a....", 0);
    check_spelled("{61x4}aa", "aaaaaa", 4);
    check_spelled("{616161}aaa", "aaaaaa", 3);
    check_spelled("{61x6}", "aaaaaa", 9);
    check_spelled("{3F}a{3Fx4}", "?a????", 0);
    check_spelled("{FFx4}", "\xff\xff\xff\xff", 0);
    check_spelled("{E3}{E385A4x4}", "\xe3" FILLER FILLER FILLER FILLER, 0);
}

/* ---- Reading a spelling -------------------------------------------------------------------- */

static bool is_spelling(const char *on_disk, const char *as_sealed)
{
    check_about("%s of %s", on_disk, as_sealed);
    return bag_path_is_spelling(on_disk, as_sealed);
}

static void test_is_spelling(void)
{
    CHECK(is_spelling("a{3F3F3F}", "a???"));
    CHECK(is_spelling("a{3Fx4}", "a????"));
    CHECK(is_spelling("a{2A}{3Fx4}b/{3Fx12}{00}", "a*????b/????????????"));
    CHECK(is_spelling("a{E385A4x40}", "a" FILLERS_10 FILLERS_10 FILLERS_10 FILLERS_10));
    CHECK(is_spelling("{3Fx4}", "{3Fx4}")); /* as it was sealed */
    CHECK(!is_spelling("{3Fx4}", "???"));
    CHECK(!is_spelling("{3Fx4}", "?????"));
    CHECK(!is_spelling("{3Fx5}", "????"));
    check_about("what is never written");
    CHECK(!is_spelling("{3Fx3}", "???"));
    CHECK(!is_spelling("{3Fx1}", "?"));
    CHECK(!is_spelling("{3Fx0}", ""));
    CHECK(!is_spelling("{3Fx}", "?"));
    CHECK(!is_spelling("{3Fx04}", "????"));
    CHECK(!is_spelling("{3Fx 4}", "????"));
    CHECK(!is_spelling("{3Fx4", "????"));
    CHECK(!is_spelling("{x4}", "????"));
    CHECK(!is_spelling("{3FX4}", "????"));
    CHECK(!is_spelling("{3F3Fx4}", "????????"));
    CHECK(!is_spelling("{3F3Fx2}", "????"));
    CHECK(!is_spelling("{E385x4}", "\xe3\x85\xe3\x85\xe3\x85\xe3\x85"));
    CHECK(!is_spelling("{3Fx42A}", "????*"));
    CHECK(!is_spelling("{3Fx4x4}", "????????????????"));
    CHECK(!is_spelling("{3Fx4294967300}", "????"));
    CHECK(!is_spelling("{3Fx18446744073709551620}", "????"));
}

/* ---- Labels -------------------------------------------------------------------------------- */

static bool is_good(const char *key, const char *value)
{
    check_about("%s: %s", key, value);
    return bag_label_check(&(struct bag_label){key, value}) == BAG_LABEL_GOOD;
}

static void test_label_keys(void)
{
    static const char *const good[] = {"Note",        "Source-Organization", "Contact-Name",
                                       "a b",         "~!\"#$%&'()*+,-./;<", "Seal",
                                       "Bagging",     "Bagging-Dates",       "Clocks",
                                       "X-Seal-Files"};
    static const char *const bad[] = {"",
                                      " ",
                                      " a",
                                      "a ",
                                      "a:b",
                                      ":",
                                      "a\tb",
                                      "a\n",
                                      "a\x7f",
                                      "caf\xc3\xa9",
                                      "\xff",
                                      "Bagging-Date",
                                      "BAGGING-TIME",
                                      "clock",
                                      "Local-Offset",
                                      "bag-software-agent",
                                      "program-sha256",
                                      "Bag-Size",
                                      "PAYLOAD-OXUM",
                                      "Bag-Id",
                                      "Seal-",
                                      "seal-files",
                                      "SEAL-ANYTHING"};

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        CHECK(is_good(good[i], "v"));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!is_good(bad[i], "v"));
}

static void test_label_values(void)
{
    static const char *const good[] = {"",
                                       "v",
                                       " blanks ",
                                       "a: b",
                                       "tab\there",
                                       "\\",
                                       "caf\xc3\xa9",
                                       "\xc2\xa0",
                                       "\xe2\x80\xa7",
                                       "\xe2\x80\xaa",
                                       "\xd9\x85\xe2\x80\x8f",
                                       "\xf0\x9f\x93\xb7"};
    static const char *const bad[] = {
        "a\nb",     "a\r",      "\x01",     "\x1b[m",       "\x7f",
        "\xc2\x80", "\xc2\x85", "\xc2\x9f", "\xe2\x80\xa8", "a\xe2\x80\xa9",
        "\xff",     "a\xc3",    "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80"};

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        CHECK(is_good("Key", good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!is_good("Key", bad[i]));
}

int main(int argc, char **argv)
{
    check_start("names", argc, argv);
    CHECK_CASE(test_reserved());
    CHECK_CASE(test_short_names());
    CHECK_CASE(test_unshowable());
    CHECK_CASE(test_gaps());
    CHECK_CASE(test_fold());
    CHECK_CASE(test_fold_marks());
    CHECK_CASE(test_spell());
    CHECK_CASE(test_spell_repeated());
    CHECK_CASE(test_is_spelling());
    CHECK_CASE(test_label_keys());
    CHECK_CASE(test_label_values());
    return check_done();
}
