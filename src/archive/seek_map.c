/*
 * The tables at the end of the content, looked up by seeking; and what they sum up to.
 */
#include "archive/seek_map.h"

#include <stdlib.h>
#include <string.h>

#include "archive/frame_format.h"
#include "archive/seek_table.h"

/* A bag that our sealer makes with more rows has over 64 TiB. */
#define SEEK_ROWS_MAX ((uint64_t)1 << 24)
/* Offsets in memory at a time. Whoever takes entries one after the other reads the table only now
 * and then. */
#define OFFSETS_HELD 1024
/* Entries of a tar begin at whole blocks. */
#define OFFSET_UNIT 512

struct seek_map {
    uint8_t *rows;        /* of the data frames and the offsets frame, as in the seek table */
    uint64_t frame_count; /* data frames */
    uint64_t plain_len;   /* of the tar */
    uint64_t offsets_off; /* where in the content the first offset stands */
    uint64_t entry_count;
    uint64_t entry; /* the one that comes next */
    /* The position: */
    uint64_t frame;
    uint64_t packed_off; /* where the frame begins in the content */
    uint64_t plain_off;  /* and in the tar */
    /* Those offsets that are in memory: */
    uint64_t held_first, held_count;
    uint8_t held[OFFSETS_HELD * TABLE_ROW_LEN];
};

/* ---- Loading ------------------------------------------------------------------------------ */

static uint32_t row_packed_len(const struct seek_map *m, uint64_t frame)
{
    return seek_row_packed_len(m->rows + frame * SEEK_ROW_LEN);
}

static uint32_t row_plain_len(const struct seek_map *m, uint64_t frame)
{
    return seek_row_plain_len(m->rows + frame * SEEK_ROW_LEN);
}

static enum seal_status load_footer(struct stream_reader *from, uint64_t content_len,
                                    uint64_t *row_count, struct fault *fault)
{
    uint8_t footer[SEEK_FOOTER_LEN], descriptor;
    uint32_t rows;
    bool is_footer;

    if (content_len < seek_table_len(0))
        return fault_set(fault, REASON_CONTENT_ENDS_EARLY, NULL);
    if (content_read_at(from, content_len - SEEK_FOOTER_LEN, footer, sizeof footer, fault) !=
        SEAL_OK)
        return fault->status;
    is_footer = seek_footer_read(footer, &rows, &descriptor);
    if (!is_footer || descriptor != 0 || seek_table_len(rows) > content_len)
        return seek_table_differs(fault);
    if (rows > SEEK_ROWS_MAX)
        return fault_set(fault, REASON_SEEK_TABLE_LONG, NULL);
    *row_count = rows;
    return SEAL_OK;
}

static enum seal_status load_rows(struct seek_map *m, struct stream_reader *from,
                                  uint64_t table_off, uint64_t row_count, struct fault *fault)
{
    uint8_t header[SKIPPABLE_HEADER_LEN];

    if (content_read_at(from, table_off, header, sizeof header, fault) != SEAL_OK)
        return fault->status;
    if (load_u32(header) != MAGIC_SEEK_TABLE ||
        load_u32(header + MAGIC_LEN) != seek_table_body_len(row_count))
        return seek_table_differs(fault);
    m->rows = malloc((size_t)row_count * SEEK_ROW_LEN);
    if (m->rows == NULL)
        return fault_no_memory(fault);
    return content_read_exact(from, m->rows, (size_t)row_count * SEEK_ROW_LEN, fault);
}

/* All frames, the last of which is that of the offsets, must lead exactly to the seek table. No sum
 * overflows: there are 2^24 rows of less than 2^32 each, at most. */
static enum seal_status check_rows(struct seek_map *m, uint64_t table_off, struct fault *fault)
{
    uint64_t packed = 0;

    for (uint64_t i = 0; i <= m->frame_count; i++) {
        if (row_packed_len(m, i) == 0 || row_plain_len(m, i) > FRAME_LEN_MAX)
            return seek_table_differs(fault);
        if (i == m->frame_count)
            m->offsets_off = packed + SKIPPABLE_HEADER_LEN;
        packed += row_packed_len(m, i);
        m->plain_len += row_plain_len(m, i);
    }
    return packed == table_off && row_plain_len(m, m->frame_count) == 0 ? SEAL_OK
                                                                        : seek_table_differs(fault);
}

static enum seal_status load_offsets_header(struct seek_map *m, struct stream_reader *from,
                                            struct fault *fault)
{
    uint32_t packed_len = row_packed_len(m, m->frame_count);
    uint8_t header[SKIPPABLE_HEADER_LEN];

    if (content_read_at(from, m->offsets_off - SKIPPABLE_HEADER_LEN, header, sizeof header,
                        fault) != SEAL_OK)
        return fault->status;
    if (load_u32(header) != MAGIC_OFFSETS)
        return fault_set(fault, REASON_OFFSETS_MISSING, NULL);
    if (packed_len < SKIPPABLE_HEADER_LEN ||
        load_u32(header + MAGIC_LEN) != packed_len - SKIPPABLE_HEADER_LEN)
        return seek_table_differs(fault);
    if (packed_len % TABLE_ROW_LEN != 0)
        return offsets_differ(fault);
    m->entry_count = (packed_len - SKIPPABLE_HEADER_LEN) / TABLE_ROW_LEN;
    return SEAL_OK;
}

static enum seal_status load_map(struct seek_map *m, struct stream_reader *from,
                                 uint64_t content_len, struct fault *fault)
{
    uint64_t rows = 0, table_off;

    if (load_footer(from, content_len, &rows, fault) != SEAL_OK)
        return fault->status;
    if (rows < 2) /* a bag has at least one frame of data, and that of the offsets */
        return seek_table_differs(fault);
    table_off = content_len - seek_table_len(rows);
    m->frame_count = rows - 1;
    if (load_rows(m, from, table_off, rows, fault) != SEAL_OK ||
        check_rows(m, table_off, fault) != SEAL_OK)
        return fault->status;
    return load_offsets_header(m, from, fault);
}

enum seal_status seek_map_new(struct seek_map **out, struct stream_reader *from,
                              uint64_t content_len, struct fault *fault)
{
    struct seek_map *m = calloc(1, sizeof *m);

    *out = NULL;
    if (m == NULL)
        return fault_no_memory(fault);
    if (load_map(m, from, content_len, fault) != SEAL_OK) {
        seek_map_free(m);
        return fault->status;
    }
    *out = m;
    return SEAL_OK;
}

void seek_map_free(struct seek_map *m)
{
    if (m != NULL)
        free(m->rows);
    free(m);
}

uint64_t seek_map_entry_count(const struct seek_map *m)
{
    return m->entry_count;
}

uint64_t seek_map_plain_len(const struct seek_map *m)
{
    return m->plain_len;
}

/* ---- Frames ------------------------------------------------------------------------------- */

bool seek_map_at_end(const struct seek_map *m)
{
    return m->frame == m->frame_count;
}

uint64_t seek_map_packed_off(const struct seek_map *m)
{
    return m->packed_off;
}

uint64_t seek_map_plain_off(const struct seek_map *m)
{
    return m->plain_off;
}

uint32_t seek_map_frame_packed_len(const struct seek_map *m)
{
    return row_packed_len(m, m->frame);
}

uint32_t seek_map_frame_plain_len(const struct seek_map *m)
{
    return row_plain_len(m, m->frame);
}

void seek_map_next_frame(struct seek_map *m)
{
    m->packed_off += row_packed_len(m, m->frame);
    m->plain_off += row_plain_len(m, m->frame);
    m->frame++;
}

static void previous_frame(struct seek_map *m)
{
    m->frame--;
    m->packed_off -= row_packed_len(m, m->frame);
    m->plain_off -= row_plain_len(m, m->frame);
}

void seek_map_find_frame(struct seek_map *m, uint64_t offset)
{
    while (offset < m->plain_off)
        previous_frame(m);
    while (offset >= m->plain_off + row_plain_len(m, m->frame))
        seek_map_next_frame(m);
}

/* ---- Entries ------------------------------------------------------------------------------ */

/* Reads the piece of the offsets in which this entry's stands. What no honest table can hold is
 * found here, and not only when somebody seeks to such an offset. */
static enum seal_status hold_offsets(struct seek_map *m, struct stream_reader *from, uint64_t entry,
                                     struct fault *fault)
{
    uint64_t first = entry - entry % OFFSETS_HELD;
    uint64_t count = m->entry_count - first;
    uint64_t before = 0;

    if (count > OFFSETS_HELD)
        count = OFFSETS_HELD;
    m->held_count = 0;
    if (content_read_at(from, m->offsets_off + first * TABLE_ROW_LEN, m->held,
                        (size_t)count * TABLE_ROW_LEN, fault) != SEAL_OK)
        return fault->status;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t offset = load_u64(m->held + i * TABLE_ROW_LEN);

        if (offset >= m->plain_len || offset % OFFSET_UNIT != 0 || (i > 0 && offset <= before))
            return offsets_differ(fault);
        before = offset;
    }
    m->held_first = first;
    m->held_count = count;
    return SEAL_OK;
}

static enum seal_status look_up_offset(struct seek_map *m, struct stream_reader *from,
                                       uint64_t entry, uint64_t *offset, struct fault *fault)
{
    if ((entry < m->held_first || entry - m->held_first >= m->held_count) &&
        hold_offsets(m, from, entry, fault) != SEAL_OK)
        return fault->status;
    *offset = load_u64(m->held + (entry - m->held_first) * TABLE_ROW_LEN);
    return SEAL_OK;
}

enum seal_status seek_map_find_entry(struct seek_map *m, struct stream_reader *from, uint64_t entry,
                                     uint64_t *offset, struct fault *fault)
{
    m->entry = entry;
    return look_up_offset(m, from, entry, offset, fault);
}

enum seal_status seek_map_check_entry(struct seek_map *m, struct stream_reader *from,
                                      uint64_t offset, struct fault *fault)
{
    uint64_t listed;

    if (m->entry == m->entry_count)
        return offsets_differ(fault);
    if (look_up_offset(m, from, m->entry++, &listed, fault) != SEAL_OK)
        return fault->status;
    return listed == offset ? SEAL_OK : offsets_differ(fault);
}

enum seal_status seek_map_check_end(const struct seek_map *m, struct fault *fault)
{
    return m->entry == m->entry_count ? SEAL_OK : offsets_differ(fault);
}

/* ---- What the tables sum up to ------------------------------------------------------------ */

/* Rows that are read at a time. */
#define ROWS_HELD 256

struct row_sums {
    uint64_t packed, plain;
    uint8_t last[SEEK_ROW_LEN];
};

/* Without holding all rows: there may be many, and nothing about them is checked yet. */
static enum seal_status sum_rows(struct stream_reader *from, uint64_t off, uint64_t row_count,
                                 struct row_sums *sums, struct fault *fault)
{
    uint8_t rows[ROWS_HELD * SEEK_ROW_LEN];

    *sums = (struct row_sums){.packed = 0};
    while (row_count > 0) {
        size_t n = row_count < ROWS_HELD ? (size_t)row_count : ROWS_HELD;

        if (content_read_at(from, off, rows, n * SEEK_ROW_LEN, fault) != SEAL_OK)
            return fault->status;
        for (size_t i = 0; i < n; i++) {
            const uint8_t *row = rows + i * SEEK_ROW_LEN;

            if (seek_row_plain_len(row) > FRAME_LEN_MAX)
                return seek_table_differs(fault);
            sums->packed += seek_row_packed_len(row);
            sums->plain += seek_row_plain_len(row);
        }
        memcpy(sums->last, rows + (n - 1) * SEEK_ROW_LEN, SEEK_ROW_LEN);
        off += n * SEEK_ROW_LEN;
        row_count -= n;
    }
    return SEAL_OK;
}

enum seal_status content_read_totals(struct stream_reader *from, enum content_type type,
                                     uint64_t content_len, uint64_t *bytes, uint64_t *entries,
                                     struct fault *fault)
{
    uint8_t footer[SEEK_FOOTER_LEN], descriptor;
    bool is_bag = type == CONTENT_BAG, is_footer;
    struct row_sums sums;
    uint32_t row_count;
    uint64_t table_len;

    if (content_len < seek_table_len(0))
        return fault_set(fault, REASON_CONTENT_ENDS_EARLY, NULL);
    if (content_read_at(from, content_len - SEEK_FOOTER_LEN, footer, sizeof footer, fault) !=
        SEAL_OK)
        return fault->status;
    is_footer = seek_footer_read(footer, &row_count, &descriptor);
    table_len = seek_table_len(row_count);
    if (!is_footer || table_len > content_len)
        return seek_table_differs(fault);
    if (sum_rows(from, content_len - table_len + SKIPPABLE_HEADER_LEN, row_count, &sums, fault) !=
        SEAL_OK)
        return fault->status;
    /* The last row of a bag is that of the offsets frame, which holds eight bytes for each entry.
     */
    if (sums.packed != content_len - table_len || (is_bag && seek_row_plain_len(sums.last) != 0))
        return seek_table_differs(fault);
    *bytes = sums.plain;
    *entries = is_bag ? seek_row_packed_len(sums.last) / TABLE_ROW_LEN : 0;
    return SEAL_OK;
}
