/*
 * Reads content: the entries of a pax tar, or a stream as it is, from frames. A strict reader of
 * its own, not a general one: the format refuses most of what those are made to accept
 * (docs/ARCHITECTURE.md says more).
 */
#include <stdlib.h>
#include <string.h>

#include "archive/frames.h"
#include "archive/tar.h"

/* The end of a tar may be padded to a multiple of this. */
#define TAR_RECORD_LEN 10240

struct content_reader {
    struct frames_reader *frames;
    enum content_type type;
    bool seeks;           /* the tables are loaded */
    uint64_t entry_count; /* then: of the whole tar */
    uint64_t data_left;   /* bytes of the current entry's data that were not given out */
    size_t padding_len;   /* behind them */
    size_t shown_len;     /* of the piece that was given out last, not yet taken from the frames */
    struct buffer path;
    struct buffer pax; /* the records of one header */
};

enum seal_status content_reader_new(struct content_reader **out, enum content_type type,
                                    struct stream_reader *from, struct fault *fault)
{
    struct content_reader *r = calloc(1, sizeof *r);

    *out = NULL;
    if (r == NULL)
        return fault_no_memory(fault);
    r->type = type;
    if (frames_reader_new(&r->frames, from, fault) != SEAL_OK) {
        free(r);
        return fault->status;
    }
    *out = r;
    return SEAL_OK;
}

static enum seal_status malformed(struct fault *fault)
{
    return fault_set(fault, REASON_ARCHIVE_MALFORMED, NULL);
}

static enum seal_status read_block(struct content_reader *r, void *block, struct fault *fault)
{
    size_t got;

    if (frames_read(r->frames, block, TAR_BLOCK_LEN, &got, fault) != SEAL_OK)
        return fault->status;
    if (got != TAR_BLOCK_LEN)
        return fault_set(fault, REASON_ARCHIVE_NO_END, NULL);
    return SEAL_OK;
}

/* ---- Headers ------------------------------------------------------------------------------ */

/* Reads the records behind the header of an x entry. */
static enum seal_status read_pax(struct content_reader *r, const struct ustar_header *h,
                                 struct pax_values *values, struct fault *fault)
{
    uint64_t size;
    size_t got, whole;

    if (!USTAR_READ(&size, h->size))
        return malformed(fault);
    if (size > PAX_LEN_MAX)
        return fault_set(fault, REASON_ARCHIVE_HEADER_LONG, NULL);
    whole = (size_t)size + tar_padding_len(size);
    r->pax.len = 0;
    if (buffer_reserve(&r->pax, whole + 1) != SEAL_OK)
        return fault_no_memory(fault);
    if (frames_read(r->frames, r->pax.data, whole, &got, fault) != SEAL_OK)
        return fault->status;
    if (got != whole)
        return malformed(fault);
    if (!bytes_are_zero(r->pax.data + size, whole - (size_t)size))
        return fault_set(fault, REASON_ARCHIVE_PADDING, NULL);
    r->pax.len = (size_t)size;
    return pax_read(values, (const char *)r->pax.data, r->pax.len, fault);
}

/* Makes the entry of its header, and of the pax records in front. */
static enum seal_status take_header(struct content_reader *r, struct tar_entry *e,
                                    const struct ustar_header *h, const struct pax_values *pax,
                                    struct fault *fault)
{
    if (tar_entry_take(e, h, pax, fault) != SEAL_OK)
        return fault->status;
    e->pax_len = r->pax.len;
    r->data_left = e->size;
    r->padding_len = tar_padding_len(e->size);
    return SEAL_OK;
}

/* The end is two zero blocks, of which the first was read; behind them nothing, or zeros up to a
 * full record. */
static enum seal_status read_end(struct content_reader *r, struct fault *fault)
{
    enum seal_reason reason = REASON_ARCHIVE_TRAILING;
    uint8_t block[TAR_BLOCK_LEN];
    uint64_t end, most;

    if (read_block(r, block, fault) != SEAL_OK)
        return fault->status;
    if (!bytes_are_zero(block, sizeof block))
        return malformed(fault);
    end = frames_consumed(r->frames);
    most = (end + TAR_RECORD_LEN - 1) / TAR_RECORD_LEN * TAR_RECORD_LEN;
    for (;;) {
        const uint8_t *data;
        size_t len;

        if (frames_peek(r->frames, &data, &len, fault) != SEAL_OK)
            return fault->status;
        if (len == 0)
            break;
        if (!bytes_are_zero(data, len) || len > most - frames_consumed(r->frames))
            return fault_set(fault, reason, NULL);
        frames_skip(r->frames, len);
    }
    if (frames_consumed(r->frames) != end && frames_consumed(r->frames) != most)
        return fault_set(fault, reason, NULL);
    return SEAL_OK;
}

/* ---- Entries ------------------------------------------------------------------------------ */

/* No sum overflows: the size of an entry is less than 2^63, and no tar that fits a sealed file
 * comes near that. */
static enum seal_status jump_to_next(struct content_reader *r, struct fault *fault)
{
    uint64_t rest = r->shown_len + r->data_left + r->padding_len;

    r->data_left = r->padding_len = r->shown_len = 0;
    return frames_seek(r->frames, frames_consumed(r->frames) + rest, fault);
}

static enum seal_status read_to_next(struct content_reader *r, struct fault *fault)
{
    uint8_t padding[TAR_BLOCK_LEN];
    const uint8_t *data;
    size_t len, got;

    do {
        if (content_read_data(r, &data, &len, fault) != SEAL_OK)
            return fault->status;
    } while (len > 0);
    if (frames_read(r->frames, padding, r->padding_len, &got, fault) != SEAL_OK)
        return fault->status;
    if (got != r->padding_len)
        return malformed(fault);
    if (!bytes_are_zero(padding, got))
        return fault_set(fault, REASON_ARCHIVE_PADDING, NULL);
    r->padding_len = 0;
    return SEAL_OK;
}

enum seal_status content_read_entry(struct content_reader *r, struct tar_entry *e, bool *more,
                                    struct fault *fault)
{
    struct pax_values pax = {.path = &r->path};
    struct ustar_header h;
    uint64_t offset;

    *more = false;
    r->pax.len = 0;
    /* What was read to its end is judged by seeking, too. */
    if ((r->seeks && r->data_left > 0 ? jump_to_next(r, fault) : read_to_next(r, fault)) != SEAL_OK)
        return fault->status;
    offset = frames_consumed(r->frames);
    if (read_block(r, &h, fault) != SEAL_OK)
        return fault->status;
    if (bytes_are_zero(&h, sizeof h))
        return frames_note_end(r->frames, fault) == SEAL_OK ? read_end(r, fault) : fault->status;
    if (!ustar_is_valid(&h))
        return malformed(fault);
    if (h.type == TAR_TYPE_PAX) {
        if (read_pax(r, &h, &pax, fault) != SEAL_OK || read_block(r, &h, fault) != SEAL_OK)
            return fault->status;
        if (!ustar_is_valid(&h))
            return malformed(fault);
    }
    if (frames_note_offset(r->frames, offset, fault) != SEAL_OK)
        return fault->status;
    *more = true;
    return take_header(r, e, &h, &pax, fault);
}

enum seal_status content_read_data(struct content_reader *r, const uint8_t **data, size_t *len,
                                   struct fault *fault)
{
    frames_skip(r->frames, r->shown_len);
    r->shown_len = 0;
    *len = 0;
    if (r->type == CONTENT_BAG && r->data_left == 0)
        return SEAL_OK;
    if (frames_peek(r->frames, data, len, fault) != SEAL_OK)
        return fault->status;
    if (r->type == CONTENT_BAG) {
        if (*len == 0)
            return fault_set(fault, REASON_ARCHIVE_CUT_IN_FILE, NULL);
        if (*len > r->data_left)
            *len = (size_t)r->data_left;
        r->data_left -= *len;
    }
    r->shown_len = *len;
    return SEAL_OK;
}

uint64_t content_reader_consumed(const struct content_reader *r)
{
    return frames_consumed(r->frames);
}

enum seal_status content_reader_finish(struct content_reader *r, struct fault *fault)
{
    return frames_reader_finish(r->frames, r->type == CONTENT_BAG, fault);
}

/* ---- Seeking ------------------------------------------------------------------------------ */

enum seal_status content_reader_load_tables(struct content_reader *r, uint64_t content_len,
                                            uint64_t *entry_count, struct fault *fault)
{
    if (r->type != CONTENT_BAG)
        return fault_set(fault, REASON_STREAM_NO_FILES, NULL);
    r->data_left = r->padding_len = r->shown_len = 0;
    r->seeks = false;
    r->entry_count = 0;
    if (frames_reader_load_tables(r->frames, content_len, &r->entry_count, fault) != SEAL_OK)
        return fault->status;
    r->seeks = true;
    *entry_count = r->entry_count;
    return SEAL_OK;
}

enum seal_status content_reader_seek_entry(struct content_reader *r, uint64_t entry,
                                           struct fault *fault)
{
    if (entry >= r->entry_count)
        return fault_set(fault, REASON_ENTRY_BEYOND, NULL);
    r->data_left = r->padding_len = r->shown_len = 0;
    return frames_seek_entry(r->frames, entry, fault);
}

void content_reader_free(struct content_reader *r)
{
    if (r == NULL)
        return;
    frames_reader_free(r->frames);
    buffer_free(&r->path);
    buffer_free(&r->pax);
    free(r);
}
