/*
 * What mail programs, word processors, web pages and shells do to the text of a key. A key that was
 * altered on the way must not be taken for a comment: whoever seals would seal to one key less than
 * they think. So lines are looked for that were a key's, and what happened to them is named.
 */
#include "keys/record.h"

#include <string.h>

#include "base/text.h"

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_base64(char c)
{
    return is_letter(c) || is_digit(c) || c == '+' || c == '/';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

static bool begins_with(const char *s, size_t len, const char *with)
{
    return len >= strlen(with) && memcmp(s, with, strlen(with)) == 0;
}

/* Whether c is one of the characters of set; a NUL is none of them. */
static bool is_any_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* ---- The words of BEGIN and END lines ----------------------------------------------------- */

/* The most that is looked at between two letters, a tag of HTML for instance; but for blanks and
 * ends of lines, of which there may be any number, since mail and editors change them. */
#define FILLER_MAX 200

static bool is_blank(char c)
{
    return is_any_of(c, " \t\r\n");
}

/* Bytes without blanks. */
static size_t dense_len(const char *s, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++)
        n += !is_blank(s[i]);
    return n;
}

/* The length of s up to and with the character end, if that comes soon; else 1. */
static size_t len_up_to(const char *s, size_t len, char end, size_t most)
{
    for (size_t i = 0, dense = 0; i < len && dense < most; i++) {
        if (s[i] == end)
            return i + 1;
        dense += !is_blank(s[i]);
    }
    return 1;
}

/* How many bytes there are no letters of the line itself: blanks, dashes, an entity or a tag of
 * HTML, an escape of quoted-printable, RTF or JSON. 0: a letter, or the end of a sentence. */
static size_t filler_len(const char *s, size_t len)
{
    if (is_letter(s[0]) || is_any_of(s[0], ".,:!\"()"))
        return 0;
    if (s[0] == '&')
        return len_up_to(s, len, ';', 10);
    if (s[0] == '<')
        return len_up_to(s, len, '>', FILLER_MAX);
    if (s[0] == '=' && len > 2 && is_hex(s[1]) && is_hex(s[2]))
        return 3;
    return s[0] == '\\' && len > 1 ? 2 : 1;
}

/* Skips filler, then takes the word in letters of either case, with filler between them. */
static bool take_word(const char *text, size_t len, size_t *pos, const char *word)
{
    size_t at = *pos;

    for (; *word != '\0'; word++) {
        size_t filler = 0, n;

        for (; at < len && filler < FILLER_MAX; at += n) {
            n = filler_len(text + at, len - at);
            if (n == 0)
                break;
            filler += dense_len(text + at, n);
        }
        if (at >= len || (text[at] & ~0x20) != *word)
            return false;
        at++;
    }
    *pos = at;
    return true;
}

static bool are_words(const char *text, size_t len, size_t pos)
{
    if ((!take_word(text, len, &pos, "BEGIN") && !take_word(text, len, &pos, "END")) ||
        !take_word(text, len, &pos, "SEAL"))
        return false;
    if (take_word(text, len, &pos, "PUBLIC") || take_word(text, len, &pos, "SECRET"))
        return take_word(text, len, &pos, "KEY") && (pos == len || !is_letter(text[pos]));
    return take_word(text, len, &pos, "KEY") && (pos == len || !is_letter(text[pos]));
}

/* Whether no sentence goes on at pos in the line that starts at from. */
static bool stands_free(const char *text, size_t from, size_t pos)
{
    while (pos > from && (text[pos - 1] == '\0' || is_any_of(text[pos - 1], " \t\r")))
        pos--;
    if (pos >= from + 3 && text[pos - 3] == '=')
        return true; /* quoted-printable */
    return pos == from || (!is_letter(text[pos - 1]) && !is_any_of(text[pos - 1], ".,:!\"("));
}

bool mangled_find(const char *text, size_t len, size_t from, size_t to, size_t *at)
{
    size_t line = from;

    for (size_t pos = from; pos < to; pos++) {
        if (text[pos] == '\n')
            line = pos + 1;
        if (!is_any_of(text[pos], "BbEe") || !stands_free(text, line, pos) ||
            !are_words(text, len, pos))
            continue;
        *at = pos;
        return true;
    }
    return false;
}

/* ---- The lines between -------------------------------------------------------------------- */

/* Nearly a line of a key; and so much in one line that it is no file name and no number. */
#define RUN_OF_LINE 60
#define RUN_OF_BODY 150

/* A record's first bytes are a version, a kind and zeros. */
static bool begins_record(const char *s, size_t len)
{
    return begins_with(s, len, "AQAA") || begins_with(s, len, "AQEA");
}

/* Whether it is base64 rather than a checksum in hexadecimal, a word or a line that was drawn. */
static bool is_mixed(const char *run, size_t len)
{
    bool upper = false, other = false, beyond_hex = false;

    for (size_t i = 0; i < len; i++) {
        upper |= run[i] >= 'A' && run[i] <= 'Z';
        other |= (run[i] >= 'a' && run[i] <= 'z') || is_digit(run[i]);
        beyond_hex |= is_letter(run[i]) && !is_hex(run[i]);
    }
    return upper && other && beyond_hex;
}

static size_t longest_run(const char *line, size_t len)
{
    size_t longest = 0;

    for (size_t i = 0, n; i < len; i += n + 1) {
        for (n = 0; i + n < len && is_base64(line[i + n]); n++)
            ;
        if (n > longest && (begins_record(line + i, n) || is_mixed(line + i, n)))
            longest = n;
    }
    return longest;
}

/* The first or last line of a block of another program (RFC 7468), which has a label. */
static bool is_boundary(const char *line, size_t len, const char *begin)
{
    size_t at = strlen(begin);

    return begins_with(line, len, begin) && at < len && !is_blank(line[at]);
}

bool mangled_find_body(const char *text, size_t from, size_t to, size_t *at)
{
    size_t before = to; /* the line before, if it looks like one of a key */
    bool foreign = false;

    for (size_t pos = from, n; pos < to; pos += n) {
        const char *newline = memchr(text + pos, '\n', to - pos);
        size_t run;

        n = newline != NULL ? (size_t)(newline - text) + 1 - pos : to - pos;
        foreign = (foreign || is_boundary(text + pos, n, "-----BEGIN ")) &&
                  !is_boundary(text + pos, n, "-----END ");
        run = foreign ? 0 : longest_run(text + pos, n);
        if (run >= RUN_OF_BODY || (run >= RUN_OF_LINE && before != to)) {
            *at = before != to ? before : pos;
            return true;
        }
        before = run >= RUN_OF_LINE ? pos : to;
    }
    return false;
}

/* ---- What happened ------------------------------------------------------------------------ */

static bool is_between(int32_t point, int32_t first, int32_t last)
{
    return point >= first && point <= last;
}

static bool is_invisible(int32_t point)
{
    return point == 0xad || point == 0xfeff || is_between(point, 0x200b, 0x200f) ||
           is_between(point, 0x202a, 0x202e) || is_between(point, 0x2060, 0x206f);
}

/* Hyphens and dashes, and lines drawn of them. */
static bool is_dash(int32_t point)
{
    return is_between(point, 0x2010, 0x2015) || point == 0x2212 || point == 0x2500 ||
           point == 0x2501 || is_between(point, 0x2e3a, 0x2e3b) || point == 0xfe58 ||
           point == 0xfe63 || point == 0xff0d;
}

static bool is_space(int32_t point)
{
    return point == 0xa0 || point == 0x1680 || is_between(point, 0x2000, 0x200a) ||
           point == 0x2028 || point == 0x202f || point == 0x205f || point == 0x3000;
}

/* A byte that is no UTF-8: as Windows has long written Western European text. */
static int32_t of_windows_1252(char c)
{
    return c == '\x96' ? 0x2013 : c == '\x97' ? 0x2014 : c == '\xa0' ? 0xa0 : -1;
}

static enum seal_reason strange_character(const char *line, size_t len)
{
    enum seal_reason found = REASON_NONE;

    for (size_t i = 0, n; i < len; i += n) {
        int32_t point = utf8_char(line + i, len - i, &n);

        if (point < 0)
            point = of_windows_1252(line[i]);
        if (is_dash(point))
            return REASON_KEY_LINE_DASHES;
        if (is_invisible(point))
            found = REASON_KEY_LINE_INVISIBLE;
        else if (found == REASON_NONE && is_space(point))
            found = REASON_KEY_LINE_SPACES;
    }
    return found;
}

static bool has_markup(const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (is_any_of(line[i], "<&") && filler_len(line + i, len - i) > 2)
            return true;
    return false;
}

static bool is_quoted_printable(const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (line[i] == '=' && filler_len(line + i, len - i) == 3)
            return true;
    return len > 0 && line[len - 1] == '=';
}

enum seal_reason mangled_cause(const char *line, size_t len)
{
    enum seal_reason strange = strange_character(line, len);

    if (memchr(line, '\0', len) != NULL)
        return REASON_KEY_LINE_UTF16;
    if (has_markup(line, len))
        return REASON_KEY_LINE_HTML;
    if (is_quoted_printable(line, len))
        return REASON_KEY_LINE_QUOTED_PRINTABLE;
    if (strange != REASON_NONE)
        return strange;
    if (len > 0 && is_any_of(line[0], ">|"))
        return REASON_KEY_LINE_QUOTED;
    if (len > 0 && is_any_of(line[0], " \t"))
        return REASON_KEY_LINE_INDENTED;
    return REASON_NONE;
}

/* ---- What is no text at all --------------------------------------------------------------- */

static const struct {
    const char *bytes;
    size_t off, len;
    enum seal_reason reason;
} kinds[] = {
    {"PK\3\4", 0, 4, REASON_KEY_FILE_PACKED},
    {"\x1f\x8b", 0, 2, REASON_KEY_FILE_PACKED},
    {"7z\xbc\xaf", 0, 4, REASON_KEY_FILE_PACKED},
    {"Rar!", 0, 4, REASON_KEY_FILE_PACKED},
    {"\xfd\x37zXZ", 0, 5, REASON_KEY_FILE_PACKED},
    {"\x28\xb5\x2f\xfd", 0, 4, REASON_KEY_FILE_PACKED},
    {"BZh", 0, 3, REASON_KEY_FILE_PACKED},
    {"%PDF", 0, 4, REASON_KEY_FILE_DOCUMENT},
    {"{\\rtf", 0, 5, REASON_KEY_FILE_DOCUMENT},
    {"\xd0\xcf\x11\xe0", 0, 4, REASON_KEY_FILE_DOCUMENT},
    {"<!DOCTYPE", 0, 9, REASON_KEY_FILE_DOCUMENT},
    {"<!doctype", 0, 9, REASON_KEY_FILE_DOCUMENT},
    {"<html", 0, 5, REASON_KEY_FILE_DOCUMENT},
    {"\x89PNG", 0, 4, REASON_KEY_FILE_PICTURE},
    {"\xff\xd8\xff", 0, 3, REASON_KEY_FILE_PICTURE},
    {"GIF8", 0, 4, REASON_KEY_FILE_PICTURE},
    {"WEBP", 8, 4, REASON_KEY_FILE_PICTURE},
    {"ftyp", 4, 4, REASON_KEY_FILE_PICTURE},
};

enum seal_reason mangled_kind(const char *data, size_t len)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (len >= kinds[i].off + kinds[i].len &&
            memcmp(data + kinds[i].off, kinds[i].bytes, kinds[i].len) == 0)
            return kinds[i].reason;
    return REASON_NONE;
}

/* How many characters of the name, blanks not counted, are such ones; 0 if there are others. */
static size_t count_only(const char *name, bool (*is_one)(char c))
{
    size_t count = 0;

    for (; *name != '\0'; name++) {
        if (is_one(*name))
            count++;
        else if (!is_any_of(*name, " \t\r\n"))
            return 0;
    }
    return count;
}

enum seal_reason mangled_name(const char *name)
{
    size_t len = strlen(name), at;

    if (mangled_find(name, len, 0, len, &at) ||
        (begins_record(name, len) && count_only(name, is_base64) >= RUN_OF_LINE))
        return REASON_KEY_TEXT_GIVEN;
    if (count_only(name, is_digit) == FINGERPRINT_GROUPS * 4)
        return REASON_KEY_FINGERPRINT_GIVEN;
    return REASON_NONE;
}
