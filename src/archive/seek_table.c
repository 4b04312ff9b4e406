/*
 * The offsets frame and the seek table, written, and compared with what was read.
 */
#include "archive/seek_table.h"

#include <string.h>

#include "archive/frame_format.h"

_Static_assert(SEEK_ROW_LEN == TABLE_ROW_LEN, "a row of the seek table");

/* ---- Writing ------------------------------------------------------------------------------ */

enum seal_status seek_table_add_row(struct buffer *rows, size_t packed_len, size_t plain_len,
                                    struct fault *fault)
{
    uint8_t row[SEEK_ROW_LEN];

    seek_row_write(row, (uint32_t)packed_len, (uint32_t)plain_len);
    if (buffer_append(rows, row, sizeof row) != SEAL_OK)
        return fault_no_memory(fault);
    return SEAL_OK;
}

static enum seal_status write_skippable(struct stream_writer *to, uint32_t magic, const void *data,
                                        size_t len, struct fault *fault)
{
    uint8_t header[SKIPPABLE_HEADER_LEN];

    if (len > UINT32_MAX)
        return fault_set(fault, REASON_FILES_TOO_MANY, NULL);
    skippable_header_write(header, magic, (uint32_t)len);
    if (stream_write(to, header, sizeof header, fault) != SEAL_OK)
        return fault->status;
    return stream_write(to, data, len, fault);
}

enum seal_status seek_table_write(struct stream_writer *to, struct buffer *rows,
                                  const struct buffer *offsets, struct fault *fault)
{
    uint8_t footer[SEEK_FOOTER_LEN];

    if (offsets != NULL) {
        if (write_skippable(to, MAGIC_OFFSETS, offsets->data, offsets->len, fault) != SEAL_OK ||
            seek_table_add_row(rows, SKIPPABLE_HEADER_LEN + offsets->len, 0, fault) != SEAL_OK)
            return fault->status;
    }
    seek_footer_write(footer, (uint32_t)(rows->len / SEEK_ROW_LEN));
    if (buffer_append(rows, footer, sizeof footer) != SEAL_OK)
        return fault_no_memory(fault);
    return write_skippable(to, MAGIC_SEEK_TABLE, rows->data, rows->len, fault);
}

/* ---- Faults and bytes of content ---------------------------------------------------------- */

static const enum seal_reason table_fault = REASON_SEEK_TABLE_DIFFERS;
static const enum seal_reason offsets_fault = REASON_OFFSETS_DIFFER;

enum seal_status seek_table_differs(struct fault *fault)
{
    return fault_set(fault, REASON_SEEK_TABLE_DIFFERS, NULL);
}

enum seal_status offsets_differ(struct fault *fault)
{
    return fault_set(fault, REASON_OFFSETS_DIFFER, NULL);
}

enum seal_status content_read_exact(struct stream_reader *from, void *out, size_t len,
                                    struct fault *fault)
{
    size_t got;

    if (stream_read(from, out, len, &got, fault) != SEAL_OK)
        return fault->status;
    if (got < len)
        return fault_set(fault, REASON_CONTENT_ENDS_EARLY, NULL);
    return SEAL_OK;
}

enum seal_status content_read_at(struct stream_reader *from, uint64_t off, void *out, size_t len,
                                 struct fault *fault)
{
    if (stream_reader_seek(from, off, fault) != SEAL_OK)
        return fault->status;
    return content_read_exact(from, out, len, fault);
}

/* ---- Reading from begin to end: comparing ------------------------------------------------- */

static void digest_add(struct row_digest *d, const uint8_t row[static TABLE_ROW_LEN])
{
    sha256_add(&d->hash, row, TABLE_ROW_LEN);
    d->count++;
}

static bool digest_equal(struct row_digest *a, struct row_digest *b)
{
    uint8_t x[SHA256_LEN], y[SHA256_LEN];

    sha256_end(&a->hash, x);
    sha256_end(&b->hash, y);
    return a->count == b->count && memcmp(x, y, sizeof x) == 0;
}

void tables_met_start(struct tables_met *met)
{
    met->rows.count = met->offsets.count = 0;
    sha256_start(&met->rows.hash);
    sha256_start(&met->offsets.hash);
}

void tables_met_add_frame(struct tables_met *met, uint32_t packed_len, uint32_t plain_len)
{
    uint8_t row[SEEK_ROW_LEN];

    seek_row_write(row, packed_len, plain_len);
    digest_add(&met->rows, row);
}

void tables_met_add_entry(struct tables_met *met, uint64_t offset)
{
    uint8_t row[TABLE_ROW_LEN];

    store_u64(row, offset);
    digest_add(&met->offsets, row);
}

/* Compares count rows of the content with those that were met. */
static enum seal_status compare_rows(struct stream_reader *from, struct row_digest *met,
                                     uint64_t count, enum seal_reason reason, struct fault *fault)
{
    struct row_digest listed = {.count = 0};
    uint8_t row[TABLE_ROW_LEN];

    sha256_start(&listed.hash);
    for (uint64_t i = 0; i < count; i++) {
        if (content_read_exact(from, row, sizeof row, fault) != SEAL_OK)
            return fault->status;
        digest_add(&listed, row);
    }
    return digest_equal(&listed, met) ? SEAL_OK : fault_set(fault, reason, NULL);
}

/* *magic gets that of the frame behind the offsets. */
static enum seal_status compare_offsets(struct tables_met *met, struct stream_reader *from,
                                        uint32_t *magic, struct fault *fault)
{
    uint8_t size[4], next[MAGIC_LEN];
    uint32_t len;

    if (*magic != MAGIC_OFFSETS)
        return fault_set(fault, REASON_OFFSETS_MISSING, NULL);
    if (content_read_exact(from, size, sizeof size, fault) != SEAL_OK)
        return fault->status;
    len = load_u32(size);
    if (len % TABLE_ROW_LEN != 0 || len > UINT32_MAX - SKIPPABLE_HEADER_LEN)
        return offsets_differ(fault);
    if (compare_rows(from, &met->offsets, len / TABLE_ROW_LEN, offsets_fault, fault) != SEAL_OK)
        return fault->status;
    tables_met_add_frame(met, len + SKIPPABLE_HEADER_LEN, 0);
    if (content_read_exact(from, next, sizeof next, fault) != SEAL_OK)
        return fault->status;
    *magic = load_u32(next);
    return SEAL_OK;
}

static enum seal_status compare_seek_table(struct tables_met *met, struct stream_reader *from,
                                           uint32_t magic, struct fault *fault)
{
    uint8_t size[4], footer[SEEK_FOOTER_LEN], descriptor;
    uint64_t rows = met->rows.count;
    uint32_t footer_rows;

    if (magic != MAGIC_SEEK_TABLE)
        return fault_set(fault, REASON_SEEK_TABLE_MISPLACED, NULL);
    if (content_read_exact(from, size, sizeof size, fault) != SEAL_OK)
        return fault->status;
    if (load_u32(size) != seek_table_body_len(rows))
        return seek_table_differs(fault);
    if (compare_rows(from, &met->rows, rows, table_fault, fault) != SEAL_OK ||
        content_read_exact(from, footer, sizeof footer, fault) != SEAL_OK)
        return fault->status;
    if (!seek_footer_read(footer, &footer_rows, &descriptor) || footer_rows != rows ||
        descriptor != 0)
        return seek_table_differs(fault);
    return SEAL_OK;
}

enum seal_status tables_met_compare(struct tables_met *met, struct stream_reader *from,
                                    uint32_t magic, bool is_bag, struct fault *fault)
{
    if (is_bag && compare_offsets(met, from, &magic, fault) != SEAL_OK)
        return fault->status;
    return compare_seek_table(met, from, magic, fault);
}
