#include "custody/page.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS 79
#define LABEL_INDENT "    "
#define LABEL_COLUMNS 19
#define FIELD_MORE "                      > " /* as wide as both and a blank */

static void put(struct page *p, const char *s, size_t len)
{
    if (p->status == SEAL_OK)
        p->status = buffer_append(p->out, s, len);
}

static void put_text(struct page *p, const char *text)
{
    put(p, text, strlen(text));
}

void page_blank(struct page *p)
{
    put_text(p, "\n");
}

static void put_line(struct page *p, size_t len, char line)
{
    while (len-- > 0)
        put(p, &line, 1);
    put_text(p, "\n\n");
}

static void put_underlined(struct page *p, enum text_id id, char line)
{
    const char *text = text_plain(p->catalog, id);

    put_text(p, text);
    page_blank(p);
    put_line(p, text_columns(text, strlen(text)), line);
}

void page_title(struct page *p, enum text_id id)
{
    put_underlined(p, id, '=');
}

void page_heading(struct page *p, enum text_id id)
{
    page_blank(p);
    put_underlined(p, id, '-');
}

/* Wraps at blanks; the first line begins with first, others with indent. */
static void put_wrapped(struct page *p, const char *first, const char *indent, const char *words)
{
    size_t column = strlen(first);

    put_text(p, first);
    for (bool begins = true; *words != '\0'; begins = false) {
        size_t len = strcspn(words, " "), columns = text_columns(words, len);

        if (!begins && column + 1 + columns > COLUMNS) {
            page_blank(p);
            put_text(p, indent);
            column = strlen(indent);
        } else if (!begins) {
            put_text(p, " ");
            column++;
        }
        put(p, words, len);
        column += columns;
        words += len + (words[len] == ' ');
    }
    page_blank(p);
}

#define PARAGRAPH_SIZE 1001

void page_say_args(struct page *p, enum text_id id, const struct text_args *args)
{
    char words[PARAGRAPH_SIZE];

    (void)text_format(words, sizeof words, p->catalog, id, args);
    put_wrapped(p, "", "", words);
}

void page_point_args(struct page *p, enum text_id id, const struct text_args *args)
{
    char words[PARAGRAPH_SIZE];

    (void)text_format(words, sizeof words, p->catalog, id, args);
    put_wrapped(p, "  - ", "    ", words);
}

void page_shown(struct page *p, const char *words)
{
    put_wrapped(p, "", "  > ", words);
}

void page_command(struct page *p, const char *command)
{
    put_text(p, "        ");
    put_text(p, command);
    page_blank(p);
}

/* As text_piece, and a backslash as text_escape shows it. */
static size_t next_piece(struct span *value, struct text_look *look,
                         char piece[static TEXT_PIECE_SIZE])
{
    size_t columns, n = text_piece(value->data, value->len, look, piece, &columns);

    value->data = (const char *)value->data + n;
    value->len -= n;
    if (strcmp(piece, "\\") != 0)
        return columns;
    memcpy(piece, "\\x5C", sizeof "\\x5C");
    return sizeof "\\x5C" - 1;
}

/* The columns up to the next blank, as far as they matter. */
static size_t word_columns(struct span value, struct text_look look)
{
    char piece[TEXT_PIECE_SIZE] = "";
    size_t sum = 0;

    while (value.len > 0 && sum <= COLUMNS && *(const char *)value.data != ' ')
        sum += next_piece(&value, &look, piece);
    return sum;
}

/* Escaped, from this column on. Each further line begins with more: if the viewer broke the line, a
 * sender could choose what begins the next one. */
static void put_value(struct page *p, size_t column, const char *more, struct text_look look,
                      struct span value)
{
    size_t margin = strlen(more);

    for (bool is_word = true; value.len > 0;) {
        char piece[TEXT_PIECE_SIZE] = "";
        size_t word = is_word ? word_columns(value, look) : 0;
        size_t columns = next_piece(&value, &look, piece);

        /* A word that has no room in any line is broken where this one ends. */
        if (column + columns > COLUMNS || (column + word > COLUMNS && margin + word <= COLUMNS)) {
            page_blank(p);
            put_text(p, more);
            column = margin;
        }
        put_text(p, piece);
        column += columns;
        is_word = strcmp(piece, " ") == 0;
    }
    page_blank(p);
}

#define QUOTE "    | "
#define QUOTE_MORE "    > "
#define DETAIL QUOTE "    "
#define DETAIL_MORE QUOTE_MORE "    "

void page_quote(struct page *p, struct span value)
{
    put_text(p, QUOTE);
    put_value(p, sizeof QUOTE - 1, QUOTE_MORE, (struct text_look){.more_blanks = 1}, value);
}

void page_name(struct page *p, struct span name)
{
    put_text(p, QUOTE);
    put_value(p, sizeof QUOTE - 1, QUOTE_MORE, (struct text_look){0}, name);
}

void page_detail(struct page *p, enum text_id before, struct span value)
{
    const char *text = text_plain(p->catalog, before);

    put_text(p, DETAIL);
    put_text(p, text);
    put_value(p, sizeof DETAIL - 1 + text_columns(text, strlen(text)), DETAIL_MORE,
              (struct text_look){0}, value);
}

static void put_label(struct page *p, enum text_id label)
{
    const char *text = text_plain(p->catalog, label);

    put_text(p, LABEL_INDENT);
    put_text(p, text);
    for (size_t columns = text_columns(text, strlen(text)); columns < LABEL_COLUMNS; columns++)
        put_text(p, " ");
    put_text(p, " ");
}

void page_field(struct page *p, enum text_id label, const char *value, enum text_id instead)
{
    if (value == NULL || value[0] == '\0')
        value = text_plain(p->catalog, instead);
    put_label(p, label);
    put_value(p, sizeof FIELD_MORE - 1, FIELD_MORE, (struct text_look){0},
              (struct span){value, strlen(value)});
}

void page_field_text(struct page *p, enum text_id label, enum text_id value)
{
    page_field(p, label, NULL, value);
}

void page_number(struct page *p, enum text_id label, uint64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRIu64, number);
    page_field(p, label, text, T_NONE);
}

void page_size(struct page *p, enum text_id label, uint64_t bytes)
{
    char text[SIZE_TEXT_SIZE + 80];

    if (bytes < 1000)
        size_format(text, bytes);
    else
        (void)text_format(text, sizeof text, p->catalog, T_CUSTODY_BYTES,
                          TEXT_ARGS(.count = bytes, .size = bytes));
    page_field(p, label, text, T_NONE);
}

void page_hex(struct page *p, enum text_id label, const uint8_t *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    put_text(p, LABEL_INDENT);
    put_text(p, text_plain(p->catalog, label));
    put_text(p, "\n        ");
    for (size_t i = 0; i < len; i++) {
        put(p, &digits[data[i] >> 4], 1);
        put(p, &digits[data[i] & 15], 1);
    }
    page_blank(p);
}
