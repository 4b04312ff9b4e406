/*
 * page: a text for people, built line by line. Sentences come from the catalog (text/catalog.h) and
 * are wrapped at 79 columns; values from outside are escaped, and a mark stands where one goes on
 * in another line. Private to custody.
 */
#ifndef SEAL_CUSTODY_PAGE_H
#define SEAL_CUSTODY_PAGE_H

#include "base/bytes.h"
#include "base/status.h"
#include "text/catalog.h"

/* The first failure stays in status, and what follows it does nothing: only the last status needs
 * to be looked at. */
struct page {
    struct buffer *out;
    const struct catalog *catalog;
    enum seal_status status;
};

void page_title(struct page *p, enum text_id id);
void page_heading(struct page *p, enum text_id id);
void page_blank(struct page *p);
/* A paragraph of at most 1000 bytes; a point has a dash before it. */
#define page_say(p, id, ...) page_say_args((p), (id), TEXT_ARGS(__VA_ARGS__))
#define page_point(p, id, ...) page_point_args((p), (id), TEXT_ARGS(__VA_ARGS__))
void page_say_args(struct page *p, enum text_id id, const struct text_args *args);
void page_point_args(struct page *p, enum text_id id, const struct text_args *args);
/* A sentence with names from outside in it that are escaped already. */
void page_shown(struct page *p, const char *words);
/* A line of its own that is not wrapped. */
void page_command(struct page *p, const char *command);
/* "    LABEL      VALUE": value is escaped; if it is NULL or "", the text instead stands there. */
void page_field(struct page *p, enum text_id label, const char *value, enum text_id instead);
void page_field_text(struct page *p, enum text_id label, enum text_id value);
void page_number(struct page *p, enum text_id label, uint64_t number);
void page_size(struct page *p, enum text_id label, uint64_t bytes);
/* Digits on a line of their own, below the label. */
void page_hex(struct page *p, enum text_id label, const uint8_t *data, size_t len);
/* What the sender says, escaped: the mark | stands before it, and > where it goes on. */
void page_quote(struct page *p, struct span value);
/* A name, in the same form; and what is said of it, behind a text, on a line of its own below. */
void page_name(struct page *p, struct span name);
void page_detail(struct page *p, enum text_id before, struct span value);

#endif
