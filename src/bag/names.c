/*
 * Names that one system can hold and another cannot, or that do not look like what they are: found,
 * and spelled so that every system can hold and show them.
 */
#include "bag/bag.h"
#include "base/text.h"

#include <string.h>

/* ---- What is odd about a name ------------------------------------------------------------- */

/* Pairs of the first and the last character. They move the cursor, break the line or change the
 * direction of writing; or they show nothing, and could hide the end of a name, or make two of one.
 * All that are ignorable by default are in the list (Unicode's DerivedCoreProperties.txt), but for
 * those without width that some languages and emoji need: U+200C, U+200D and variation selectors.
 */
static const int32_t unshowable[][2] = {
    {-1, 0x001f},       /* -1: no character of UTF-8 */ {0x007f, 0x009f},
    {0x00ad, 0x00ad},   {0x034f, 0x034f},
    {0x061c, 0x061c},   {0x115f, 0x1160},
    {0x17b4, 0x17b5},   {0x180e, 0x180e},
    {0x200b, 0x200b},   {0x200e, 0x200f},
    {0x2028, 0x202e},   {0x2060, 0x206f},
    {0x2800, 0x2800},   {0x3164, 0x3164},
    {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
    {0xfff0, 0xfffb},   {0x13430, 0x13440},
    {0x16fe4, 0x16fe4}, {0x1bca0, 0x1bca3},
    {0x1d159, 0x1d159}, {0x1d173, 0x1d17a},
    {0xe0000, 0xe00ff}, {0xe01f0, 0xe0fff},
};

static bool is_unshowable(int32_t c)
{
    if (c >= ' ' && c < 0x7f) /* most are */
        return false;
    for (size_t i = 0; i < sizeof unshowable / sizeof unshowable[0]; i++)
        if (c >= unshowable[i][0] && c <= unshowable[i][1])
            return true;
    return false;
}

/* Characters that show as a blank. */
static bool is_blank(int32_t c)
{
    return c == 0x20 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f ||
           c == 0x205f || c == 0x3000;
}

static bool is_windows_special(int32_t c)
{
    return c > 0 && c < 0x80 && strchr("<>:\"|?*\\", (int)c) != NULL;
}

static bool stem_is(const char *stem, size_t len, const char *word)
{
    if (len != strlen(word))
        return false;
    for (size_t i = 0; i < len; i++)
        if (ascii_lower(stem[i]) != word[i])
            return false;
    return true;
}

/* Names that Windows gives to devices, also with blanks or a dot and anything behind them. The
 * digits of COM and LPT may be superscript. */
static bool is_device(const char *name, size_t len)
{
    static const char *const devices[] = {"con", "prn", "aux", "nul", "conin$", "conout$"};
    static const char *const digits[] = {"\xc2\xb9", "\xc2\xb2", "\xc2\xb3"};
    const char *dot = memchr(name, '.', len);
    size_t stem = dot == NULL ? len : (size_t)(dot - name);

    while (stem > 0 && name[stem - 1] == ' ')
        stem--;
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++)
        if (stem_is(name, stem, devices[i]))
            return true;
    if (stem < 4 || (!stem_is(name, 3, "com") && !stem_is(name, 3, "lpt")))
        return false;
    if (stem == 4)
        return name[3] >= '0' && name[3] <= '9';
    for (size_t i = 0; i < sizeof digits / sizeof digits[0]; i++)
        if (stem == 5 && memcmp(name + 3, digits[i], 2) == 0)
            return true;
    return false;
}

/* What Windows may call a file besides its name: LONGNA~1.TXT. Beside "longname file.txt" it could
 * be taken for that. Its eight and three characters may be those of another script. */
static bool is_short_name(const char *name, size_t len)
{
    const char *dot = memchr(name, '.', len);
    size_t stem = dot == NULL ? len : (size_t)(dot - name), at = stem;

    if (utf8_count(name, stem) > 8 || utf8_count(name + stem, len - stem) > 4)
        return false;
    while (at > 0 && name[at - 1] >= '0' && name[at - 1] <= '9')
        at--;
    return at < stem && at > 0 && name[at - 1] == '~';
}

/* Windows drops a dot or a blank at the end of a name. */
static bool ends_badly(const char *name, size_t len)
{
    return len > 0 && (name[len - 1] == '.' || name[len - 1] == ' ');
}

/* Whether the character c, of n bytes at i, stands at an end of the name and shows as a blank. */
static bool is_blank_end(int32_t c, size_t i, size_t n, size_t len)
{
    return (i == 0 || i + n == len) && is_blank(c);
}

static size_t char_before(const char *name, size_t i)
{
    while (i > 0 && ((unsigned char)name[--i] & 0xc0) == 0x80)
        continue;
    return i;
}

/* Whether the character at i is one of NAME_GAP_LEN blanks in a row. */
static bool is_in_gap(const char *name, size_t len, size_t i)
{
    size_t n, at = i, count = 0;

    if (!is_blank(utf8_char(name + i, len - i, &n)))
        return false;
    for (size_t back = 1; back < NAME_GAP_LEN && at > 0; back++) {
        size_t before = char_before(name, at);

        if (!is_blank(utf8_char(name + before, len - before, &n)) || before + n != at)
            break;
        at = before;
    }
    for (; at < len && count < NAME_GAP_LEN; at += n, count++)
        if (!is_blank(utf8_char(name + at, len - at, &n)))
            break;
    return count == NAME_GAP_LEN;
}

unsigned int bag_name_oddities(const char *name, size_t len)
{
    unsigned int found = ends_badly(name, len) || is_device(name, len) || is_short_name(name, len)
                             ? NAME_RESERVED
                             : 0;

    for (size_t i = 0; i < len;) {
        size_t n;
        int32_t c = utf8_char(name + i, len - i, &n);

        if (is_blank_end(c, i, n, len))
            found |= NAME_BLANK_END;
        if (is_in_gap(name, len, i))
            found |= NAME_GAP;
        if (is_unshowable(c))
            found |= NAME_UNSHOWABLE;
        else if (is_windows_special(c))
            found |= NAME_RESERVED;
        i += n;
    }
    return found;
}

/* ---- Spelling ----------------------------------------------------------------------------- */

static bool must_be_coded(int32_t c)
{
    return c < 0 || c == '%' || c == '{' || c == '}' || c == '~' || is_unshowable(c) ||
           is_windows_special(c);
}

/* As many equal characters in a row are written as one code and their number. With less, this could
 * make a name longer. */
#define REPEATED_MIN 4

/* How many characters are coded at the beginning of name. */
static size_t coded_from_start(const char *name, size_t len, size_t coded_count)
{
    /* One is enough: it is no device any more. */
    return is_device(name, len) && coded_count == 0 ? 1 : coded_count;
}

/* Whether a character is coded that is not one of those at the beginning: c, of n bytes at i. */
static bool is_coded(const char *name, size_t len, int32_t c, size_t i, size_t n)
{
    return must_be_coded(c) || is_blank_end(c, i, n, len) || is_in_gap(name, len, i) ||
           (i + n == len && ends_badly(name, len));
}

/* How many characters from `at` on are the same and coded. *n: the bytes of each. */
static size_t coded_run(const char *name, size_t len, size_t at, size_t from_start, size_t *n)
{
    size_t run = 0, here;
    int32_t c;

    (void)utf8_char(name + at, len - at, n);
    for (size_t i = at; i < len; i += here, run++) {
        c = utf8_char(name + i, len - i, &here);
        if (here != *n || memcmp(name + i, name + at, here) != 0 ||
            (run >= from_start && !is_coded(name, len, c, i, here)))
            break;
    }
    return run;
}

/* Appends n bytes in hexadecimal between braces. *in_braces: what was appended last is such a
 * group; then the bytes are added to it. */
static enum seal_status append_coded(struct buffer *out, bool *in_braces, const char *s, size_t n)
{
    static const char digits[] = "0123456789ABCDEF";

    if (*in_braces)
        out->len--;
    else if (buffer_append(out, "{", 1) != SEAL_OK)
        return SEAL_NO_MEMORY;
    *in_braces = true;
    for (size_t i = 0; i < n; i++) {
        const char hex[2] = {digits[(uint8_t)s[i] >> 4], digits[(uint8_t)s[i] & 15]};

        if (buffer_append(out, hex, sizeof hex) != SEAL_OK)
            return SEAL_NO_MEMORY;
    }
    return buffer_append(out, "}", 1);
}

/* Appends a group of its own for a character of n bytes that comes that many times. */
static enum seal_status append_repeated(struct buffer *out, const char *s, size_t n, size_t times)
{
    bool in_braces = false;
    enum seal_status status = append_coded(out, &in_braces, s, n);

    if (status != SEAL_OK)
        return status;
    out->len--;
    return buffer_printf(out, "x%zu}", times);
}

enum seal_status bag_name_spell(struct buffer *out, const char *name, size_t len,
                                size_t coded_count)
{
    size_t from_start = coded_from_start(name, len, coded_count);
    bool in_braces = false;

    for (size_t i = 0; i < len;) {
        size_t n, run = coded_run(name, len, i, from_start, &n);
        size_t taken = run == 0 ? 1 : run;
        enum seal_status status;

        if (run >= REPEATED_MIN)
            status = append_repeated(out, name + i, n, run);
        else if (run > 0)
            status = append_coded(out, &in_braces, name + i, n * run);
        else
            status = buffer_append(out, name + i, n);
        if (status != SEAL_OK)
            return status;
        in_braces = run > 0 && run < REPEATED_MIN;
        i += n * taken;
        from_start -= taken < from_start ? taken : from_start;
    }
    return buffer_append_text(out, "");
}

/* ---- Reading a spelling ------------------------------------------------------------------- */

/* Compares the bytes whose hexadecimal digits stand from name up to close with part from *at on,
 * which is moved behind them. There must be at least one byte. */
static bool digits_are(const char *name, const char *close, const char *part, size_t part_len,
                       size_t *at)
{
    if (name == close || (close - name) % 2 != 0)
        return false;
    for (; name < close; name += 2) {
        uint8_t byte;

        if (!hex_decode(&byte, 1, name) || *at >= part_len || (uint8_t)part[*at] != byte)
            return false;
        (*at)++;
    }
    return true;
}

/* The number behind the x; 0: it is none, or none that bag_name_spell writes. */
static size_t read_times(const char *digits, const char *close)
{
    size_t times = 0;

    if (close - digits > 5 || *digits == '0')
        return 0;
    for (; digits < close && *digits >= '0' && *digits <= '9'; digits++)
        times = times * 10 + (size_t)(*digits - '0');
    return digits < close || times < REPEATED_MIN ? 0 : times;
}

/* Likewise, from what stands between braces: digits, or those of one character, x and a number. */
static bool codes_are(const char *name, const char *close, const char *part, size_t part_len,
                      size_t *at)
{
    const char *x = memchr(name, 'x', (size_t)(close - name));
    size_t times, n;

    if (x == NULL)
        return digits_are(name, close, part, part_len, at);
    times = read_times(x + 1, close);
    if (times == 0 || *at >= part_len)
        return false;
    (void)utf8_char(part + *at, part_len - *at, &n);
    if (x - name != (ptrdiff_t)(2 * n))
        return false;
    for (; times > 0 && digits_are(name, x, part, part_len, at); times--)
        continue;
    return times == 0;
}

/* Whether name, up to end, is part once the braces are decoded. *all_coded: no character of name
 * stands for itself. */
static bool decodes_to(const char *name, const char *end, const char *part, size_t part_len,
                       bool *all_coded)
{
    size_t at = 0;

    *all_coded = true;
    while (name < end) {
        const char *close = *name == '{' ? memchr(name, '}', (size_t)(end - name)) : NULL;

        if (close != NULL) {
            if (!codes_are(name + 1, close, part, part_len, &at))
                return false;
            name = close + 1;
            continue;
        }
        *all_coded = false;
        if (at >= part_len || part[at++] != *name++)
            return false;
    }
    return at == part_len;
}

static bool is_spelling(const char *name, size_t len, const char *part, size_t part_len)
{
    static const char suffix[] = "{00}";
    const size_t suffix_len = sizeof suffix - 1;
    const char *end = name + len;
    bool all_coded;

    if (len == part_len && memcmp(name, part, len) == 0)
        return true;
    if (decodes_to(name, end, part, part_len, &all_coded))
        return true;
    while ((size_t)(end - name) > suffix_len && memcmp(end - suffix_len, suffix, suffix_len) == 0)
        end -= suffix_len;
    return decodes_to(name, end, part, part_len, &all_coded) && all_coded;
}

bool bag_path_is_spelling(const char *on_disk, const char *as_sealed)
{
    for (;;) {
        size_t len = strcspn(on_disk, "/"), part_len = strcspn(as_sealed, "/");

        if (!is_spelling(on_disk, len, as_sealed, part_len) || on_disk[len] != as_sealed[part_len])
            return false;
        if (on_disk[len] == '\0')
            return true;
        on_disk += len + 1;
        as_sealed += part_len + 1;
    }
}
