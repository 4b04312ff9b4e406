/*
 * Text for people: names that are safe to show, sizes, times.
 */
#include "base/base.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <utf8proc.h>

/* No writing puts more of them on one letter (UTS #39, 5.4); a heap would hide the lines above. */
#define MARKS_MAX 4

/* The code point at s, and in *n its bytes; -1 and 1 for a byte that belongs to none. */
static int32_t code_point(const uint8_t *s, size_t len, size_t *n)
{
    utf8proc_int32_t c = -1;

    *n = utf8_char_len(s, len);
    if (*n == 0) {
        *n = 1;
        return -1;
    }
    (void)utf8proc_iterate(s, (utf8proc_ssize_t)*n, &c);
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

size_t text_piece(const char *s, size_t len, unsigned int *marks,
                  char piece[static TEXT_PIECE_SIZE], size_t *columns)
{
    size_t n;
    int32_t c = code_point((const uint8_t *)s, len, &n);
    int width;

    *marks = c >= 0x80 && is_mark(c) ? *marks + 1 : 0;
    if (c >= 0 && *marks <= MARKS_MAX && is_printable(c)) {
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

enum seal_status text_escape(struct buffer *out, const char *s, size_t len)
{
    unsigned int marks = 0;

    for (size_t i = 0; i < len;) {
        char piece[TEXT_PIECE_SIZE];
        size_t columns, n = text_piece(s + i, len - i, &marks, piece, &columns);
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

/* Days from 0000-01-01, the first that RFC 3339 can write, to 1970-01-01. */
#define DAYS_BEFORE_1970 719528
/* A whole number of the calendar's cycles of 400 years, that brings any such day behind 1970. */
#define CYCLES 5
#define CYCLE_DAYS 146097

void time_format(char out[static TIME_TEXT_SIZE], struct timestamp t, bool fraction)
{
    const int64_t day_len = 86400;
    int64_t days = t.sec / day_len, rest = t.sec % day_len;
    struct date d;
    char part[16] = "";

    if (rest < 0) {
        days--;
        rest += day_len;
    }
    if (fraction)
        (void)snprintf(part, sizeof part, ".%09u", (unsigned int)(t.nsec % 1000000000));
    if (days < -DAYS_BEFORE_1970 || days >= (int64_t)CYCLE_DAYS * 25 - DAYS_BEFORE_1970) {
        (void)snprintf(out, TIME_TEXT_SIZE, "@%" PRId64 "%s", t.sec, part);
        return;
    }
    d = date_from_days((uint32_t)(days + CYCLES * CYCLE_DAYS));
    (void)snprintf(out, TIME_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", d.year - CYCLES * 400,
                   d.month, d.day, (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60),
                   part);
}
