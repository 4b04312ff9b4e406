/*
 * text: UTF-8, and forms of names, sizes and numbers that are safe to show.
 */
#ifndef SEAL_TEXT_H
#define SEAL_TEXT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* The length of the well-formed UTF-8 character at s (1 to 4), or 0: no overlong forms, no
 * surrogates, nothing above U+10FFFF (RFC 3629). len > 0. */
size_t utf8_char_len(const uint8_t *s, size_t len);
/* The code point at s (len > 0), and in *n how many bytes it has; -1 and 1 for one byte that is
 * part of no well-formed character. */
int32_t utf8_char(const char *s, size_t len, size_t *n);
/* How many characters there are, and such bytes. */
size_t utf8_count(const char *s, size_t len);
bool utf8_is_valid(const void *s, size_t len);

/* The first len bytes of s, or all up to its NUL, malloc'ed; NULL for want of memory. */
char *text_copy(const char *s, size_t len);

/* ---- ASCII letters in either case, the same in every locale ---------------------------------- */

char ascii_lower(char c);
/* Whether text begins with word. */
bool text_begins(const char *text, const char *word);

/* ---- Text that is safe to show ------------------------------------------------------------ */

#define TEXT_PIECE_SIZE 16

/* How a text is shown, and what came before the next character. {0}: of several blanks in a row
 * only the first is shown as it is. Rows of blanks would push what follows to the begin of another
 * line of the terminal or page, where it looks like a line of ours. */
struct text_look {
    unsigned int more_blanks; /* so many more are shown */
    unsigned int marks, blanks;
};
/* A text of ours with what was shown already in it. */
#define TEXT_LOOK_SHOWN ((struct text_look){.more_blanks = UINT_MAX})

/* The next character of s (len > 0) as it may be shown: printable UTF-8 as it is, everything else
 * (control, bidirectional, zero width, malformed, many blanks, many marks that combine with one
 * letter) as \xHH or \u{HHHH}. Returns the bytes of s it stands for, and in *columns its width,
 * where such a mark counts as one. */
size_t text_piece(const char *s, size_t len, struct text_look *look,
                  char piece[static TEXT_PIECE_SIZE], size_t *columns);
/* The width of len bytes of s as it may be shown, in columns. */
size_t text_columns(const char *s, size_t len);
/* Appends all of s in that form. A backslash is written \x5C: what comes out can be read back. */
MUST_USE enum seal_status text_escape(struct buffer *out, const char *s, size_t len);
/* The same for a cell of a table: no spreadsheet takes it for a formula, or for more than one cell
 * with one in it. There is no double quote in it, but there may be commas and semicolons. */
MUST_USE enum seal_status text_escape_cell(struct buffer *out, const char *s, size_t len);

#define SIZE_TEXT_SIZE 32
/* "1.2 GB", "340 bytes": decimal units. */
void size_format(char out[static SIZE_TEXT_SIZE], uint64_t bytes);

/* ---- Numbers people read to each other ---------------------------------------------------- */

#define FINGERPRINT_GROUPS 9
#define RECEIPT_GROUPS 5
#define NUMBER_TEXT_SIZE(groups) (groups * 5) /* groups: a number, no expression */

/* value, 32 bytes little-endian, mod 10^(4 * groups), as groups of four digits with one space
 * between them and a NUL (sections 2 and 3). out holds NUMBER_TEXT_SIZE(groups). */
void number_text(char *out, const uint8_t value[static 32], size_t groups);

/* out takes 2 * len digits, lower case, and a NUL. */
void hex_encode(char *out, const uint8_t *data, size_t len);
/* Reads exactly 2 * len digits of either case; false if one is none. */
bool hex_decode(uint8_t *out, size_t len, const char *digits);

#endif
