#include "custody/page_file.h"

#include <inttypes.h>
#include <stdio.h>

/* Offsets of bytes, as for files that the sender could read only in part. */
static void say_range(struct page *p, const struct mended_range *r)
{
    char text[64];

    (void)snprintf(text, sizeof text, "%" PRIu64 "-%" PRIu64, r->first * BLOCK_LEN,
                   (r->first + r->count) * BLOCK_LEN - 1);
    page_field(p, T_CUSTODY_MENDED, text, T_NONE);
}

static void say_mended(struct page *p, const struct custody_file *f)
{
    for (size_t i = 0; i < f->mended_count; i++)
        say_range(p, &f->mended[i]);
    if (f->mended_is_cut)
        page_field_text(p, T_CUSTODY_MENDED, T_CUSTODY_MENDED_MORE);
    if (f->unreadable > 0)
        page_number(p, T_CUSTODY_UNREADABLE, f->unreadable);
}

void page_file(struct page *p, const struct custody_file *f)
{
    static const enum text_id heads[CUSTODY_HEADS_COUNT] = {
        [CUSTODY_HEADS_RIGHT] = T_CUSTODY_HEADERS_RIGHT,
        [CUSTODY_FIRST_BAD] = T_CUSTODY_FIRST_BAD,
        [CUSTODY_SECOND_NO_SLOT] = T_CUSTODY_SECOND_NO_SLOT,
        [CUSTODY_SECOND_KEY] = T_CUSTODY_SECOND_KEY,
        [CUSTODY_SECOND_ALTERED] = T_CUSTODY_SECOND_ALTERED,
        [CUSTODY_SECOND_CONTENT] = T_CUSTODY_SECOND_CONTENT};
    char mtime[TIME_TEXT_SIZE];

    page_field(p, T_CUSTODY_NAME, f->name, T_CUSTODY_NO_NAME);
    page_size(p, T_CUSTODY_SIZE, f->size);
    if (f->has_mtime)
        time_format(mtime, f->mtime, true);
    page_field(p, T_CUSTODY_FILE_TIME, f->has_mtime ? mtime : NULL, T_CUSTODY_NOT_KNOWN);
    if (f->has_sha256)
        page_hex(p, T_CUSTODY_SHA256, f->sha256, SHA256_LEN);
    else
        page_field_text(p, T_CUSTODY_SHA256, T_CUSTODY_NOT_KNOWN);
    if (heads[f->heads] != T_NONE)
        page_field_text(p, T_CUSTODY_HEADERS, heads[f->heads]);
    if (f->by_set)
        page_field_text(p, T_CUSTODY_OPENED_BY, T_CUSTODY_BY_SET);
    say_mended(p, f);
}
