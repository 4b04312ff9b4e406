#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>
#include <utf8proc.h>

/* No writing puts more of them on one letter (UTS #39, 5.4); a heap would hide the lines above. */
#define MARKS_MAX 4

int32_t utf8_char(const char *s, size_t len, size_t *n)
{
    utf8proc_int32_t c = -1;

    *n = utf8_char_len((const uint8_t *)s, len);
    if (*n == 0) {
        *n = 1;
        return -1;
    }
    (void)utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)*n, &c);
    return c;
}

/* One that is drawn over what stands before it, and takes no room. */
static bool is_mark(int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);

    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME;
}

/* Neither moves the cursor, nor turns the writing round, nor is invisible. */
static bool is_printable(int32_t c)
{
    if (c == 0x2800 || c == 0x1d159) /* the pattern without dots, the note without a head */
        return false;
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_CN: /* unassigned */
    case UTF8PROC_CATEGORY_CC: /* control */
    case UTF8PROC_CATEGORY_CF: /* format: bidirectional, zero width */
    case UTF8PROC_CATEGORY_CS: /* surrogate */
    case UTF8PROC_CATEGORY_CO: /* private use */
    case UTF8PROC_CATEGORY_ZL: /* line separator */
    case UTF8PROC_CATEGORY_ZP: /* paragraph separator */
        return false;
    default:
        return !utf8proc_get_property(c)->ignorable;
    }
}

static bool is_blank(int32_t c)
{
    return c == ' ' || (c >= 0x80 && utf8proc_category(c) == UTF8PROC_CATEGORY_ZS);
}

/* Whether c may be shown after what came before it. */
static bool may_follow(struct text_look *look, int32_t c)
{
    look->marks = c >= 0x80 && is_mark(c) ? look->marks + 1 : 0;
    look->blanks = is_blank(c) ? look->blanks + 1 : 0;
    return look->marks <= MARKS_MAX && (look->blanks <= 1 || look->blanks - 1 <= look->more_blanks);
}

size_t text_piece(const char *s, size_t len, struct text_look *look,
                  char piece[static TEXT_PIECE_SIZE], size_t *columns)
{
    size_t n;
    int32_t c = utf8_char(s, len, &n);
    int width;

    if (may_follow(look, c) && c >= 0 && is_printable(c)) {
        memcpy(piece, s, n);
        piece[n] = '\0';
        width = utf8proc_charwidth(c);
        *columns = width > 1 ? (size_t)width : 1;
        return n;
    }
    if (c < 0x80)
        (void)snprintf(piece, TEXT_PIECE_SIZE, "\\x%02X", (unsigned int)(unsigned char)s[0]);
    else
        (void)snprintf(piece, TEXT_PIECE_SIZE, "\\u{%04X}", (unsigned int)c);
    *columns = strlen(piece);
    return n;
}

size_t text_columns(const char *s, size_t len)
{
    struct text_look look = {0};
    size_t sum = 0;

    for (size_t i = 0; i < len;) {
        char piece[TEXT_PIECE_SIZE];
        size_t columns;

        i += text_piece(s + i, len - i, &look, piece, &columns);
        sum += columns;
    }
    return sum;
}

enum seal_status text_escape(struct buffer *out, const char *s, size_t len)
{
    struct text_look look = {0};

    for (size_t i = 0; i < len;) {
        char piece[TEXT_PIECE_SIZE];
        size_t columns, n = text_piece(s + i, len - i, &look, piece, &columns);
        const char *text = s[i] == '\\' ? "\\x5C" : piece;

        if (buffer_append(out, text, strlen(text)) != SEAL_OK)
            return SEAL_NO_MEMORY;
        i += n;
    }
    return buffer_append_text(out, "");
}

/* At the begin, and where a spreadsheet may begin another cell, whichever of these it was told to
 * separate at. (The first byte of fullwidth signs, which some take for the plain ones, is \xEF; a
 * first ' is hidden, a first blank may be skipped.) */
static bool begins_formula(const char *s, size_t len, size_t at)
{
    size_t first = at;

    if (at == 0)
        return memchr("=+-@' \xEF", s[0], 7) != NULL;
    if (memchr(",;|", s[at - 1], 3) == NULL)
        return false;
    while (first < len && s[first] == ' ')
        first++;
    return first < len && memchr("=+-@'\xEF", s[first], 6) != NULL;
}

enum seal_status text_escape_cell(struct buffer *out, const char *s, size_t len)
{
    size_t start = 0;

    for (size_t i = 0; i < len; i++) {
        if (s[i] != '"' && !begins_formula(s, len, i)) /* an open quote would swallow lines */
            continue;
        if (text_escape(out, s + start, i - start) != SEAL_OK ||
            buffer_printf(out, "\\x%02X", (unsigned int)(unsigned char)s[i]) != SEAL_OK)
            return SEAL_NO_MEMORY;
        start = i + 1;
    }
    return text_escape(out, s + start, len - start);
}

void size_format(char out[static SIZE_TEXT_SIZE], uint64_t bytes)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    uint64_t unit = 1000;
    size_t i = 0;

    if (bytes < 1000) {
        (void)snprintf(out, SIZE_TEXT_SIZE, "%u %s", (unsigned int)bytes,
                       bytes == 1 ? "byte" : "bytes");
        return;
    }
    /* Up to 999.95 of a unit, which would be rounded to 1000.0, the next one is not used. */
    while (i + 1 < sizeof units / sizeof units[0] && bytes >= unit * 1000 - unit / 20) {
        unit *= 1000;
        i++;
    }
    (void)snprintf(out, SIZE_TEXT_SIZE, "%.1f %s", (double)bytes / (double)unit, units[i]);
}

char *text_copy(const char *s, size_t len)
{
    size_t n = strnlen(s, len);
    char *copy = malloc(n + 1);

    if (copy == NULL)
        return NULL;
    memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

/* ---- ASCII letters ------------------------------------------------------------------------ */

char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool text_begins(const char *text, const char *word)
{
    for (; *word != '\0'; word++, text++)
        if (ascii_lower(*text) != ascii_lower(*word))
            return false;
    return true;
}

size_t utf8_char_len(const uint8_t *s, size_t len)
{
    size_t need;
    uint32_t c;

    if (s[0] < 0x80)
        return 1;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    need = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    if (len < need)
        return 0;
    c = s[0] & (0xffu >> (need + 1));
    for (size_t i = 1; i < need; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3f);
    }
    if ((need == 3 && c < 0x800) || (need == 4 && c < 0x10000) || c > 0x10ffff)
        return 0;
    return c >= 0xd800 && c <= 0xdfff ? 0 : need;
}

size_t utf8_count(const char *s, size_t len)
{
    size_t count = 0, n;

    for (size_t i = 0; i < len; i += n, count++)
        (void)utf8_char(s + i, len - i, &n);
    return count;
}

bool utf8_is_valid(const void *s, size_t len)
{
    const uint8_t *p = s;

    for (size_t i = 0; i < len;) {
        size_t n = utf8_char_len(p + i, len - i);

        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

void hex_encode(char *out, const uint8_t *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[data[i] >> 4];
        out[2 * i + 1] = digits[data[i] & 15];
    }
    out[2 * len] = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool hex_decode(uint8_t *out, size_t len, const char *digits)
{
    for (size_t i = 0; i < len; i++) {
        int high = hex_value(digits[2 * i]);
        int low = high < 0 ? -1 : hex_value(digits[2 * i + 1]);

        if (low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

void number_text(char *out, const uint8_t value[static 32], size_t groups)
{
    uint8_t v[32];

    memcpy(v, value, sizeof v);
    for (size_t g = groups; g-- > 0;) {
        uint32_t rest = 0;

        /* Divide the whole number by 10^4; the remainder is the next group from the right. */
        for (size_t i = sizeof v; i-- > 0;) {
            rest = rest << 8 | v[i];
            v[i] = (uint8_t)(rest / 10000);
            rest %= 10000;
        }
        for (size_t d = 4; d-- > 0; rest /= 10)
            out[g * 5 + d] = (char)('0' + rest % 10);
        out[g * 5 + 4] = g + 1 == groups ? '\0' : ' ';
    }
    sodium_memzero(v, sizeof v);
}
