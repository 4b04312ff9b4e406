/*
 * New passphrases: what must not be in one, how hard one is to guess, and one to propose.
 */
#include "keys/record.h"

#include <string.h>

#include <sodium.h>
#include <utf8proc.h>

#include "base/text.h"

/* ---- What nobody could type again --------------------------------------------------------- */

/* Whether nobody sees that it is there, or sees it as a blank. */
static bool is_hidden(int32_t point)
{
    switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return true;
    case UTF8PROC_CATEGORY_ZS:
        return point != ' ';
    default:
        return false;
    }
}

/* Persian and the scripts of India have joiners within words, which their keyboards type. */
static bool is_joiner_within(const char *text, size_t len, size_t at, size_t n)
{
    const int32_t point = utf8_char(text + at, len - at, &n);
    size_t before = at, ignored;

    if ((point != 0x200c && point != 0x200d) || at == 0 || at + n >= len)
        return false;
    while (before > 0 && ((uint8_t)text[--before] & 0xc0) == 0x80)
        ;
    return utf8proc_category(utf8_char(text + before, at - before, &ignored)) ==
               UTF8PROC_CATEGORY_LO &&
           utf8proc_category(utf8_char(text + at + n, len - at - n, &ignored)) ==
               UTF8PROC_CATEGORY_LO;
}

enum seal_reason passphrase_flaw(const char *text, size_t len)
{
    if (!utf8_is_valid(text, len))
        return REASON_PASSPHRASE_NOT_UTF8;
    for (size_t i = 0, n; i < len; i += n)
        if (is_hidden(utf8_char(text + i, len - i, &n)) && !is_joiner_within(text, len, i, n))
            return REASON_PASSPHRASE_INVISIBLE;
    if (len > 0 && (text[0] == ' ' || text[len - 1] == ' '))
        return REASON_PASSPHRASE_BLANK_ENDS;
    return REASON_NONE;
}

/* ---- How hard it is to guess -------------------------------------------------------------- */

/* The length of the shortest beginning that, repeated, gives the whole. */
static size_t period_of(const char *text, size_t len)
{
    size_t period = 1;

    while (period < len && memcmp(text, text + period, len - period) != 0)
        period++;
    return period;
}

enum kind { LOWER, UPPER, DIGIT, OTHER };

static enum kind kind_of(int32_t point)
{
    if (point >= '0' && point <= '9')
        return DIGIT;
    switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LT:
        return UPPER;
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_LM:
        return LOWER;
    default:
        return OTHER;
    }
}

/* What NIST SP 800-63 (2006, appendix A) found for passphrases that people choose: 4 bits for the
 * first character, 2 for each of the next seven, 1.5 up to the twentieth, and 1 for the others. */
static unsigned int half_bits(size_t count)
{
    return count == 1 ? 8 : count <= 8 ? 4 : count <= 20 ? 3 : 2;
}

/* Letters, digits and signs that alternate are no word with a capital and a digit at its ends. */
#define USUAL_CHANGES 2
#define HALF_BITS_OF_CHANGE 4

unsigned int passphrase_bits(const char *text, size_t len)
{
    unsigned int bits = 0, changes = 0;
    int32_t before = -1;
    enum kind kind = OTHER, kind_before = OTHER;
    size_t count = 0;

    len = period_of(text, len);
    for (size_t i = 0, n; i < len; i += n) {
        int32_t point = utf8_char(text + i, len - i, &n);

        /* "aaaa", "1234", "dcba": nothing new. */
        if (before >= 0 && point - before <= 1 && before - point <= 1) {
            before = point;
            continue;
        }
        kind = point == ' ' ? kind_before : kind_of(point);
        changes += before >= 0 && kind != kind_before;
        bits += half_bits(++count) +
                (changes > USUAL_CHANGES && kind != kind_before ? HALF_BITS_OF_CHANGE : 0);
        before = point;
        kind_before = kind;
    }
    return bits / 2;
}

/* ---- One to propose ----------------------------------------------------------------------- */

#define WORD_MAX 6

static const char words[][WORD_MAX + 1] = {
#include "keys/words.def"
};

#define WORD_COUNT (sizeof words / sizeof words[0])
_Static_assert(PASSPHRASE_SUGGESTED_SIZE == PASSPHRASE_WORDS * (WORD_MAX + 1), "size");
_Static_assert(WORD_COUNT == 1 << PASSPHRASE_WORD_BITS, "words");

void passphrase_suggest(char out[static PASSPHRASE_SUGGESTED_SIZE], struct random *random)
{
    char *end = out;

    for (int i = 0; i < PASSPHRASE_WORDS; i++) {
        const char *word = words[random_below(random, WORD_COUNT)];
        size_t len = strlen(word);

        memcpy(end, word, len);
        end[len] = ' ';
        end += len + 1;
    }
    end[-1] = '\0';
}
