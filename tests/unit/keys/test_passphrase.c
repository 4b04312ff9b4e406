/*
 * New passphrases: what must not be in one, the estimate, and those that are proposed.
 */
#include <string.h>

#include <sodium.h>

#include "base/random.h"
#include "keys/keys.h"
#include "lib/unit_check.h"

static enum seal_reason flaw_of(const char *text)
{
    return passphrase_flaw(text, strlen(text));
}

static void test_flaws(void)
{
    static const char *const good[] = {"a",         "two words", "Пароль é 田中",
                                       "a\xcc\x81", "#+ -",      "می\xe2\x80\x8cخواهم"};
    static const char *const hidden[] = {"a\tb",
                                         "a\xc2\xa0z",
                                         "a\xe2\x80\x8bz",
                                         "\xef\xbb\xbfpw",
                                         "a\xe3\x80\x80z",
                                         "a\rb",
                                         "a\xc2\xadz",
                                         "a\x7f",
                                         "a\xe2\x80\xaez",
                                         "a\xe2\x80\x8cz",
                                         "می\xe2\x80\x8c",
                                         "\xe2\x80\x8cمی",
                                         "می\xe2\x80\x8c\xe2\x80\x8cخواهم"};
    static const char *const ends[] = {" a", "a ", " ", "  a  "};

    check_about("flaws");
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        CHECK_INT(REASON_NONE, flaw_of(good[i]));
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        CHECK_INT(REASON_PASSPHRASE_INVISIBLE, flaw_of(hidden[i]));
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        CHECK_INT(REASON_PASSPHRASE_BLANK_ENDS, flaw_of(ends[i]));
    CHECK_INT(REASON_PASSPHRASE_NOT_UTF8, flaw_of("caf\xe9"));
    CHECK_INT(REASON_PASSPHRASE_INVISIBLE, passphrase_flaw("a\0b", 3));
}

static unsigned int bits_of(const char *text)
{
    return passphrase_bits(text, strlen(text));
}

static void test_bits(void)
{
    static const char *const weak[] = {"",         "a",          "aaaaaaaaaaaaaaaaaaaaaaaa",
                                       "12345678", "abcdefghij", "password",
                                       "пароль",   "passpass",   "qwerty",
                                       "letmein1", "2026",       "abababababababababababab"};
    static const char *const good[] = {"correct horse battery staple", "x7#kQ9!m",
                                       "шесть слов по броску костей", "hG4tRw82LpXz"};

    check_about("bits");
    for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++)
        if (!CHECK(bits_of(weak[i]) < PASSPHRASE_BITS_LEAST))
            check_about("bits of %s: %u", weak[i], bits_of(weak[i]));
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        CHECK(bits_of(good[i]) >= PASSPHRASE_BITS_LEAST);
    CHECK_INT(4 + 6 * 2, bits_of("password")); /* one s says nothing new */
    CHECK_INT(bits_of("abpz"), bits_of("apz"));
}

/* Whether it is seven words of small letters. */
static bool is_of_words(const char *text)
{
    size_t words = 1;

    for (; *text != '\0'; text++) {
        if (*text == ' ')
            words++;
        else if (*text < 'a' || *text > 'z')
            return false;
    }
    return words == PASSPHRASE_WORDS;
}

static void test_suggest(void)
{
    char one[PASSPHRASE_SUGGESTED_SIZE], other[PASSPHRASE_SUGGESTED_SIZE];
    bool first[26] = {false};
    size_t letters = 0;
    struct random random;

    check_about("suggested");
    if (!CHECK_INT(SEAL_OK, random_start(&random, NULL, 0)))
        return;
    passphrase_suggest(one, &random);
    for (int i = 0; i < 1000; i++) {
        passphrase_suggest(other, &random);
        CHECK(is_of_words(other) && strlen(other) < sizeof other);
        CHECK_INT(REASON_NONE, flaw_of(other));
        CHECK(bits_of(other) >= PASSPHRASE_BITS_LEAST);
        CHECK(strcmp(one, other) != 0);
        first[other[0] - 'a'] = true;
    }
    /* No word begins with x; the chance that another letter of the list is missing is slight. */
    for (int i = 0; i < 26; i++)
        letters += first[i];
    CHECK(letters >= 15 && !first['x' - 'a']);
    random_end(&random);
}

int main(int argc, char **argv)
{
    check_start("passphrase", argc, argv);
    if (!CHECK(sodium_init() >= 0))
        return check_done();
    CHECK_CASE(test_flaws());
    CHECK_CASE(test_bits());
    CHECK_CASE(test_suggest());
    return check_done();
}
