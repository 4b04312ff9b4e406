/*
 * The bytes of zstd frames, of skippable frames and of the seek table, written and read.
 */
#include "archive/frame_format.h"

#include <string.h>

#define MAGIC_SEEK_FOOTER 0x8F92EAB1u

/* Bits of the frame header's first byte (RFC 8878, 3.1.1.1.1). */
#define DESCRIPTOR_SINGLE_SEGMENT 0x20
#define DESCRIPTOR_RESERVED 0x08
#define DESCRIPTOR_CHECKSUM 0x04
#define DESCRIPTOR_DICTIONARY_ID 0x03
#define DESCRIPTOR_SIZE_SHIFT 6

#define BLOCK_TYPE_RAW 0u
#define BLOCK_TYPE_RLE 1u

/* ---- zstd frames -------------------------------------------------------------------------- */

size_t frame_header_len(uint8_t descriptor)
{
    static const uint8_t dictionary_id_lens[4] = {0, 1, 2, 4};
    static const uint8_t size_lens[4] = {0, 2, 4, 8};
    bool is_single = (descriptor & DESCRIPTOR_SINGLE_SEGMENT) != 0;
    size_t size_len = size_lens[descriptor >> DESCRIPTOR_SIZE_SHIFT];

    if (size_len == 0 && is_single)
        size_len = 1;
    if (size_len == 0 || (descriptor & DESCRIPTOR_RESERVED) != 0)
        return 0;
    return (is_single ? 1u : 2u) + dictionary_id_lens[descriptor & DESCRIPTOR_DICTIONARY_ID] +
           size_len;
}

/* The fields: descriptor, window (not in a single segment), dictionary id, content size. */
enum seal_reason frame_header_read(struct frame_header *out, const uint8_t *header, size_t len)
{
    bool is_single = (header[0] & DESCRIPTOR_SINGLE_SEGMENT) != 0;
    unsigned int size_code = header[0] >> DESCRIPTOR_SIZE_SHIFT;
    size_t size_len = size_code == 0 ? 1 : (size_t)1 << size_code;
    uint64_t base = UINT64_C(1) << (10 + (header[1] >> 3));
    uint64_t window_len = base + base / 8 * (header[1] & 7);
    uint8_t size[8] = {0};

    if (!is_single && window_len > FRAME_LEN_MAX)
        return REASON_FRAME_MEMORY;
    /* A dictionary id of zero means that there is no dictionary. */
    if (!bytes_are_zero(header + 1 + !is_single, len - 1 - !is_single - size_len))
        return REASON_FRAME_DICTIONARY;
    memcpy(size, header + len - size_len, size_len);
    out->plain_len = load_u64(size) + (size_len == 2 ? 256 : 0);
    if (is_single)
        window_len = out->plain_len;
    out->block_len_max = window_len < ZSTD_BLOCK_LEN_MAX ? (size_t)window_len : ZSTD_BLOCK_LEN_MAX;
    out->has_checksum = (header[0] & DESCRIPTOR_CHECKSUM) != 0;
    return out->plain_len > FRAME_LEN_MAX ? REASON_FRAME_LARGE : REASON_NONE;
}

void block_header_read(struct block_header *out, const uint8_t header[static BLOCK_HEADER_LEN])
{
    uint32_t bits = header[0] | (uint32_t)header[1] << 8 | (uint32_t)header[2] << 16;

    out->is_last = (bits & 1) != 0;
    out->len = bits >> 3;
    out->packed_len = (bits >> 1 & 3) == BLOCK_TYPE_RLE ? 1 : bits >> 3;
}

size_t raw_block_count(size_t plain_len)
{
    return plain_len == 0 ? 1 : (plain_len + ZSTD_BLOCK_LEN_MAX - 1) / ZSTD_BLOCK_LEN_MAX;
}

size_t raw_frame_len(size_t plain_len)
{
    return RAW_FRAME_HEADER_LEN + raw_block_count(plain_len) * BLOCK_HEADER_LEN + plain_len;
}

void raw_frame_header_write(uint8_t header[static RAW_FRAME_HEADER_LEN], size_t plain_len)
{
    store_u32(header, MAGIC_ZSTD);
    header[4] = 2 << DESCRIPTOR_SIZE_SHIFT | DESCRIPTOR_SINGLE_SEGMENT; /* a size of four bytes */
    store_u32(header + 5, (uint32_t)plain_len);
}

void raw_block_header_write(uint8_t header[static BLOCK_HEADER_LEN], size_t len, bool is_last)
{
    uint8_t bits[4];

    store_u32(bits, (uint32_t)len << 3 | BLOCK_TYPE_RAW << 1 | is_last);
    memcpy(header, bits, BLOCK_HEADER_LEN);
}

/* ---- Skippable frames --------------------------------------------------------------------- */

void skippable_header_write(uint8_t header[static SKIPPABLE_HEADER_LEN], uint32_t magic,
                            uint32_t len)
{
    store_u32(header, magic);
    store_u32(header + MAGIC_LEN, len);
}

/* ---- The seek table ----------------------------------------------------------------------- */

void seek_row_write(uint8_t row[static SEEK_ROW_LEN], uint32_t packed_len, uint32_t plain_len)
{
    store_u32(row, packed_len);
    store_u32(row + 4, plain_len);
}

uint32_t seek_row_packed_len(const uint8_t row[static SEEK_ROW_LEN])
{
    return load_u32(row);
}

uint32_t seek_row_plain_len(const uint8_t row[static SEEK_ROW_LEN])
{
    return load_u32(row + 4);
}

void seek_footer_write(uint8_t footer[static SEEK_FOOTER_LEN], uint32_t row_count)
{
    store_u32(footer, row_count);
    footer[4] = 0; /* descriptor: no checksums */
    store_u32(footer + 5, MAGIC_SEEK_FOOTER);
}

bool seek_footer_read(const uint8_t footer[static SEEK_FOOTER_LEN], uint32_t *row_count,
                      uint8_t *descriptor)
{
    *row_count = load_u32(footer);
    *descriptor = footer[4];
    return load_u32(footer + 5) == MAGIC_SEEK_FOOTER;
}

uint64_t seek_table_body_len(uint64_t row_count)
{
    return row_count * SEEK_ROW_LEN + SEEK_FOOTER_LEN;
}

uint64_t seek_table_len(uint64_t row_count)
{
    return SKIPPABLE_HEADER_LEN + seek_table_body_len(row_count);
}
