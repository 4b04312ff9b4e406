#include "custody/page.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS 79
#define LABEL_INDENT "    "
#define LABEL_COLUMNS 19

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

void page_line(struct page *p, const char *text)
{
    put_text(p, text);
    page_blank(p);
}

void page_command(struct page *p, const char *command)
{
    put_text(p, "        ");
    page_line(p, command);
}

static void put_escaped(struct page *p, struct span value)
{
    if (p->status == SEAL_OK)
        p->status = text_escape(p->out, value.data, value.len);
}

void page_value(struct page *p, const char *indent, struct span value)
{
    put_text(p, indent);
    put_escaped(p, value);
    page_blank(p);
}

void page_value_in(struct page *p, const char *indent, enum text_id id, struct span value)
{
    static const char field[] = "{words}";
    const char *text = text_plain(p->catalog, id), *at = strstr(text, field);

    put_text(p, indent);
    put(p, text, at == NULL ? strlen(text) : (size_t)(at - text));
    put_escaped(p, value);
    put_text(p, at == NULL ? "" : at + sizeof field - 1);
    page_blank(p);
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
    page_value(p, "", (struct span){value, strlen(value)});
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
