/*
 * The frames of a torn content by the tables at its end.
 */
#include <stdlib.h>

#include "archive/seek_table.h"
#include "archive/tar.h"
#include "archive/torn_private.h"

/* As many as a seek map holds; offsets likewise. */
#define ROWS_MAX TORN_FRAMES_MAX
#define OFFSETS_MAX ((uint64_t)1 << 24)

/* The seek table as it stands in the content. */
struct rows {
    uint8_t *data;
    uint64_t count;
    uint64_t table_off;
    uint64_t frame_count; /* data frames */
};

static enum seal_status read_if_there(struct torn *t, uint64_t off, void *out, size_t len,
                                      bool *there, struct fault *fault)
{
    *there = holed_has(t->from, off, len);
    return *there ? holed_read(t->from, off, out, len, fault) : SEAL_OK;
}

static enum seal_status load_footer(struct torn *t, struct rows *r, bool *found,
                                    struct fault *fault)
{
    uint8_t footer[SEEK_FOOTER_LEN], descriptor, digest[32];
    uint64_t end;
    uint32_t count = 0;

    *found = holed_end(t->from, &end, digest) && end >= seek_table_len(0);
    if (!*found)
        return SEAL_OK;
    if (read_if_there(t, end - sizeof footer, footer, sizeof footer, found, fault) != SEAL_OK)
        return fault->status;
    *found = *found && seek_footer_read(footer, &count, &descriptor) && descriptor == 0 &&
             count > 0 && count <= ROWS_MAX && seek_table_len(count) <= end;
    r->count = count;
    r->table_off = end - seek_table_len(count);
    return SEAL_OK;
}

static enum seal_status load_rows(struct torn *t, struct rows *r, bool *found, struct fault *fault)
{
    const size_t len = (size_t)r->count * SEEK_ROW_LEN;
    uint8_t header[SKIPPABLE_HEADER_LEN];

    if (read_if_there(t, r->table_off, header, sizeof header, found, fault) != SEAL_OK)
        return fault->status;
    *found = *found && load_u32(header) == MAGIC_SEEK_TABLE &&
             load_u32(header + MAGIC_LEN) == seek_table_body_len(r->count);
    if (!*found)
        return SEAL_OK;
    r->data = malloc(len);
    if (r->data == NULL)
        return fault_no_memory(fault);
    return read_if_there(t, r->table_off + sizeof header, r->data, len, found, fault);
}

static uint32_t packed_len(const struct rows *r, uint64_t i)
{
    return seek_row_packed_len(r->data + i * SEEK_ROW_LEN);
}

static uint32_t plain_len(const struct rows *r, uint64_t i)
{
    return seek_row_plain_len(r->data + i * SEEK_ROW_LEN);
}

/* All rows must lead exactly to the seek table; of a lone volume this tells where it stands. */
static bool rows_fit(struct torn *t, struct rows *r)
{
    uint64_t packed = 0;

    r->frame_count = t->type == CONTENT_BAG ? r->count - 1 : r->count;
    for (uint64_t i = 0; i < r->count; i++) {
        if (packed_len(r, i) == 0 || plain_len(r, i) > FRAME_LEN_MAX)
            return false;
        packed += packed_len(r, i);
    }
    if (t->type == CONTENT_BAG && plain_len(r, r->frame_count) != 0)
        return false;
    if (packed == r->table_off)
        return true;
    if (!holed_correct_end(t->from, packed + seek_table_len(r->count)))
        return false;
    r->table_off = packed;
    return true;
}

static enum seal_status take_frames(struct torn *t, const struct rows *r, struct fault *fault)
{
    uint64_t packed = 0;

    for (uint64_t i = 0; i < r->frame_count; i++) {
        if (torn_add_frame(t, packed, packed_len(r, i), plain_len(r, i), i == 0, fault) != SEAL_OK)
            return fault->status;
        packed += packed_len(r, i);
    }
    return SEAL_OK;
}

/* ---- Offsets ------------------------------------------------------------------------------ */

static bool offsets_fit(const struct torn *t, const uint64_t *offsets, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        if (offsets[i] % TAR_BLOCK_LEN != 0 || offsets[i] >= t->plain_len ||
            (i > 0 && offsets[i] <= offsets[i - 1]))
            return false;
    return count > 0 && offsets[0] == 0;
}

static enum seal_status read_offsets(struct torn *t, uint64_t off, uint64_t count,
                                     struct fault *fault)
{
    uint64_t *offsets = malloc((size_t)count * sizeof *offsets);
    uint8_t *bytes = (uint8_t *)offsets;

    if (offsets == NULL)
        return fault_no_memory(fault);
    if (holed_read(t->from, off, bytes, (size_t)count * TABLE_ROW_LEN, fault) == SEAL_OK)
        for (uint64_t i = 0; i < count; i++)
            offsets[i] = load_u64(bytes + i * TABLE_ROW_LEN);
    if (fault->status == SEAL_OK && offsets_fit(t, offsets, count)) {
        t->offsets = offsets;
        t->entry_count = (size_t)count;
        t->facts.has_offsets = true;
    } else {
        free(offsets);
    }
    return fault->status;
}

static enum seal_status load_offsets(struct torn *t, const struct rows *r, struct fault *fault)
{
    const uint64_t len = packed_len(r, r->frame_count), off = r->table_off - len;
    const uint64_t count = len < SKIPPABLE_HEADER_LEN ? 0 : (len - SKIPPABLE_HEADER_LEN) / 8;
    uint8_t header[SKIPPABLE_HEADER_LEN];

    if (!holed_has(t->from, off, len) || count == 0 || count > OFFSETS_MAX ||
        len % TABLE_ROW_LEN != 0)
        return SEAL_OK;
    if (holed_read(t->from, off, header, sizeof header, fault) != SEAL_OK)
        return fault->status;
    if (load_u32(header) != MAGIC_OFFSETS || load_u32(header + MAGIC_LEN) != len - sizeof header)
        return SEAL_OK;
    return read_offsets(t, off + sizeof header, count, fault);
}

enum seal_status torn_load_tables(struct torn *t, bool *found, struct fault *fault)
{
    struct rows r = {.data = NULL};

    if (load_footer(t, &r, found, fault) == SEAL_OK && *found)
        IGNORE_RESULT(load_rows(t, &r, found, fault));
    *found = *found && fault->status == SEAL_OK && rows_fit(t, &r);
    if (*found && take_frames(t, &r, fault) == SEAL_OK && t->type == CONTENT_BAG)
        IGNORE_RESULT(load_offsets(t, &r, fault));
    t->facts.has_tables = *found;
    free(r.data);
    return fault->status;
}
