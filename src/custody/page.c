#include "custody/page.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS 79

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

static void put_underlined(struct page *p, const char *text, char line)
{
    put_text(p, text);
    page_blank(p);
    for (size_t i = 0; i < strlen(text); i++)
        put(p, &line, 1);
    put_text(p, "\n\n");
}

void page_title(struct page *p, const char *text)
{
    put_underlined(p, text, '=');
}

void page_heading(struct page *p, const char *text)
{
    page_blank(p);
    put_underlined(p, text, '-');
}

/* Wraps words that one blank parts; the first line begins with first, others with indent. */
static void put_wrapped(struct page *p, const char *first, const char *indent, const char *words)
{
    size_t column = strlen(first);

    put_text(p, first);
    for (bool begins = true; *words != '\0'; begins = false) {
        size_t len = strcspn(words, " ");

        if (!begins && column + 1 + len > COLUMNS) {
            page_blank(p);
            put_text(p, indent);
            column = strlen(indent);
        } else if (!begins) {
            put_text(p, " ");
            column++;
        }
        put(p, words, len);
        column += len;
        words += len + (words[len] == ' ');
    }
    page_blank(p);
}

#define SENTENCES_SIZE 1001

void page_say(struct page *p, const char *format, ...)
{
    char words[SENTENCES_SIZE];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(words, sizeof words, format, args);
    va_end(args);
    put_wrapped(p, "", "", words);
}

void page_point(struct page *p, const char *format, ...)
{
    char words[SENTENCES_SIZE];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(words, sizeof words, format, args);
    va_end(args);
    put_wrapped(p, "  - ", "    ", words);
}

void page_command(struct page *p, const char *command)
{
    put_text(p, "        ");
    put_text(p, command);
    page_blank(p);
}

void page_value(struct page *p, const char *before, struct span value)
{
    put_text(p, before);
    if (p->status == SEAL_OK)
        p->status = text_escape(p->out, value.data, value.len);
    page_blank(p);
}

void page_field(struct page *p, const char *label, const char *value, const char *instead)
{
    char before[64];

    if (value == NULL || value[0] == '\0')
        value = instead;
    (void)snprintf(before, sizeof before, "    %-19s ", label);
    page_value(p, before, (struct span){value, strlen(value)});
}

void page_number(struct page *p, const char *label, uint64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRIu64, number);
    page_field(p, label, text, "");
}

void page_size(struct page *p, const char *label, uint64_t bytes)
{
    char rounded[SIZE_TEXT_SIZE], text[SIZE_TEXT_SIZE + 40];

    size_format(rounded, bytes);
    if (bytes < 1000)
        (void)snprintf(text, sizeof text, "%s", rounded);
    else
        (void)snprintf(text, sizeof text, "%" PRIu64 " bytes (%s)", bytes, rounded);
    page_field(p, label, text, "");
}

void page_hex(struct page *p, const char *label, const uint8_t *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    put_text(p, "    ");
    put_text(p, label);
    put_text(p, "\n        ");
    for (size_t i = 0; i < len; i++) {
        put(p, &digits[data[i] >> 4], 1);
        put(p, &digits[data[i] & 15], 1);
    }
    page_blank(p);
}
