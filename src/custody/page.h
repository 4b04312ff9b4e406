/*
 * page: a text for people in the making. Our own words are wrapped; what comes from outside is
 * escaped and never begins a line. Private to custody.
 */
#ifndef SEAL_CUSTODY_PAGE_H
#define SEAL_CUSTODY_PAGE_H

#include "base/bytes.h"
#include "base/status.h"

/* The first failure stays, so that a text can be put down line by line and looked at once. */
struct page {
    struct buffer *out;
    enum seal_status status;
};

void page_title(struct page *p, const char *text);
void page_heading(struct page *p, const char *text);
void page_blank(struct page *p);
/* Our own words, printf-like and at most 1000 characters, wrapped at 79 columns. */
void page_say(struct page *p, const char *format, ...) PRINTF_LIKE(2, 3);
/* Likewise, with a dash before it. */
void page_point(struct page *p, const char *format, ...) PRINTF_LIKE(2, 3);
/* Our own words on a line of their own that must not be wrapped: a command. */
void page_command(struct page *p, const char *command);
/* "    LABEL      VALUE": value is escaped; NULL or "" becomes instead. */
void page_field(struct page *p, const char *label, const char *value, const char *instead);
void page_number(struct page *p, const char *label, uint64_t number);
void page_size(struct page *p, const char *label, uint64_t bytes);
/* Digits on a line of their own, below the label. */
void page_hex(struct page *p, const char *label, const uint8_t *data, size_t len);
/* "BEFORE", and a value from outside, escaped, on one line. */
void page_value(struct page *p, const char *before, struct span value);

#endif
