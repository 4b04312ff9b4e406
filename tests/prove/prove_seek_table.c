/*
 * Frame headers, rows of the seek table, and its end in the content: any bytes, in content of any
 * length.
 */
#include <string.h>

#include "prove.h"

#include "base/bytes.c"
#include "base/status.c"
#include "archive/frame_format.c"
#include "archive/seek_map.c"
#include "archive/seek_table.h"

/* ---- What is supposed of the rest --------------------------------------------------------- */

static uint64_t any_content_len;

/* Gives any bytes, within the content, or fails. */
enum seal_status content_read_at(struct stream_reader *from, uint64_t off, void *out, size_t len,
                                 struct fault *fault)
{
    (void)from;
    PROVE(off <= any_content_len && len <= any_content_len - off);
    PROVE(__CPROVER_w_ok(out, len));
    if (nondet_bool())
        return fault_set(fault, REASON_READ, NULL);
    __CPROVER_havoc_slice(out, len);
    return SEAL_OK;
}

enum seal_status content_read_exact(struct stream_reader *from, void *out, size_t len,
                                    struct fault *fault)
{
    return content_read_at(from, 0, out, len, fault);
}

enum seal_status seek_table_differs(struct fault *fault)
{
    return fault_set(fault, REASON_SEEK_TABLE_DIFFERS, NULL);
}

enum seal_status offsets_differ(struct fault *fault)
{
    return fault_set(fault, REASON_OFFSETS_DIFFER, NULL);
}

/* ---- Frames ------------------------------------------------------------------------------- */

static void read_frame_header(void)
{
    uint8_t descriptor = nondet_u8();
    size_t len = frame_header_len(descriptor);
    struct frame_header out;
    uint8_t *header;

    PROVE(len == 0 || (len >= 2 && len <= 14));
    if (len == 0)
        return;
    header = any_bytes(len);
    header[0] = descriptor;
    if (frame_header_read(&out, header, len) == REASON_NONE) {
        PROVE(out.plain_len <= FRAME_LEN_MAX);
        PROVE(out.block_len_max <= ZSTD_BLOCK_LEN_MAX);
        PROVE(out.has_checksum == ((descriptor & 4) != 0));
    }
}

static void write_frame_header(void)
{
    size_t plain_len = any_up_to(FRAME_LEN_MAX);
    uint8_t *header = any_bytes(RAW_FRAME_HEADER_LEN);
    struct frame_header out;

    raw_frame_header_write(header, plain_len);
    PROVE(frame_header_len(header[4]) == RAW_FRAME_HEADER_LEN - MAGIC_LEN);
    PROVE(frame_header_read(&out, header + 4, RAW_FRAME_HEADER_LEN - 4) == REASON_NONE);
    PROVE(out.plain_len == plain_len && !out.has_checksum);
    PROVE(raw_frame_len(plain_len) <= UINT32_MAX);
}

static void block_headers(void)
{
    const uint8_t *header = any_bytes(BLOCK_HEADER_LEN);
    uint8_t *again = any_bytes(BLOCK_HEADER_LEN);
    size_t len = any_up_to(ZSTD_BLOCK_LEN_MAX);
    bool is_last = nondet_bool();
    struct block_header out;

    block_header_read(&out, header);
    PROVE(out.len < (size_t)1 << 21 && (out.packed_len == 1 || out.packed_len == out.len));
    raw_block_header_write(again, len, is_last);
    block_header_read(&out, again);
    PROVE(out.len == len && out.packed_len == len && out.is_last == is_last);
}

/* ---- The seek table ----------------------------------------------------------------------- */

static void rows_and_footer(void)
{
    uint8_t *row = any_bytes(SEEK_ROW_LEN), *footer = any_bytes(SEEK_FOOTER_LEN), descriptor;
    uint32_t packed = nondet_u32(), plain = nondet_u32(), count = nondet_u32(), again;

    (void)seek_footer_read(footer, &again, &descriptor);
    seek_row_write(row, packed, plain);
    PROVE(seek_row_packed_len(row) == packed && seek_row_plain_len(row) == plain);
    seek_footer_write(footer, count);
    PROVE(seek_footer_read(footer, &again, &descriptor) && again == count && descriptor == 0);
    PROVE(seek_table_len(count) == 8 + 8 * (uint64_t)count + 9);
}

/* The table lies within the content, and has no more rows than are held. */
static void footer_in_content(void)
{
    uint64_t rows = nondet_u64();
    struct fault fault = {.status = SEAL_OK};

    any_content_len = nondet_u64();
    if (load_footer(NULL, any_content_len, &rows, &fault) == SEAL_OK)
        PROVE(rows <= SEEK_ROWS_MAX && seek_table_len(rows) <= any_content_len);
    else
        PROVE(fault.status == SEAL_HOSTILE || fault.status == SEAL_IO ||
              fault.status == SEAL_NO_MEMORY);
}

#define ROWS_MAX 4 /* more than the run lets be held at a time */

/* What was taken for a map adds up. */
static void map_rows(void)
{
    uint64_t rows = 2 + any_up_to(ROWS_MAX - 2), table_off = nondet_u64(), plain = 0, packed = 0;
    struct seek_map m = {.rows = any_bytes(ROWS_MAX * SEEK_ROW_LEN), .frame_count = rows - 1};
    struct fault fault = {.status = SEAL_OK};

    any_content_len = UINT64_MAX;
    if (check_rows(&m, table_off, &fault) != SEAL_OK ||
        load_offsets_header(&m, NULL, &fault) != SEAL_OK)
        return;
    for (uint64_t i = 0; i < rows; i++) {
        PROVE(row_plain_len(&m, i) <= FRAME_LEN_MAX && row_packed_len(&m, i) > 0);
        packed += row_packed_len(&m, i);
        plain += row_plain_len(&m, i);
    }
    PROVE(packed == table_off && plain == m.plain_len);
    PROVE(m.offsets_off + 8 * m.entry_count == table_off);
}

/* Totals of content that has room for ROWS_MAX rows. */
static void sum_tables(void)
{
    uint64_t bytes = nondet_u64(), entries = nondet_u64();
    enum content_type type = nondet_bool() ? CONTENT_BAG : CONTENT_STREAM;
    struct fault fault = {.status = SEAL_OK};

    any_content_len = any_up_to((size_t)seek_table_len(ROWS_MAX) + SEEK_ROW_LEN - 1);
    if (content_read_totals(NULL, type, any_content_len, &bytes, &entries, &fault) == SEAL_OK)
        PROVE(bytes <= ROWS_MAX * (uint64_t)FRAME_LEN_MAX && entries <= any_content_len / 8);
}

static bool offset_fits(const struct seek_map *m, uint64_t offset)
{
    return offset < m->plain_len && offset % OFFSET_UNIT == 0;
}

/* Any entry of any table, whichever offsets are held already. */
static void look_up_any(void)
{
    struct seek_map *m = any_bytes(sizeof *m);
    uint64_t entry = nondet_u64(), offset = nondet_u64();
    struct fault fault = {.status = SEAL_OK};

    any_content_len = nondet_u64();
    ASSUME(m->entry_count <= UINT32_MAX / TABLE_ROW_LEN && entry < m->entry_count);
    ASSUME(m->offsets_off <= any_content_len);
    ASSUME(m->entry_count * TABLE_ROW_LEN <= any_content_len - m->offsets_off);
    ASSUME(m->held_count <= OFFSETS_HELD && m->held_first <= m->entry_count);
    for (uint64_t i = 0; i < OFFSETS_HELD; i++)
        ASSUME(i >= m->held_count || offset_fits(m, load_u64(m->held + i * TABLE_ROW_LEN)));
    if (look_up_offset(m, NULL, entry, &offset, &fault) == SEAL_OK)
        PROVE(offset_fits(m, offset));
}

int main(void)
{
    read_frame_header();
    write_frame_header();
    block_headers();
    rows_and_footer();
    footer_in_content();
    map_rows();
    sum_tables();
    look_up_any();
    return 0;
}
