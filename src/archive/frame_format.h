/*
 * The bytes of zstd frames, of skippable frames and of the rows of the seek table (format section
 * 5.1; RFC 8878; the zstd seekable format). Pure encoding, both ways: nothing here reads a stream
 * or calls zstd. Private to this room.
 *
 * Functions that return an enum seal_reason give REASON_NONE, or the rule that is broken.
 */
#ifndef SEAL_ARCHIVE_FRAME_FORMAT_H
#define SEAL_ARCHIVE_FRAME_FORMAT_H

#include "archive/archive.h"

#define MAGIC_LEN 4
#define MAGIC_ZSTD 0xFD2FB528u
#define MAGIC_OFFSETS 0x184D2A5Cu
#define MAGIC_SEEK_TABLE 0x184D2A5Eu

/* Of a frame and of a window, as a power of two: what zstd's decoder is told. */
#define WINDOW_LOG_MAX 23
_Static_assert((1 << WINDOW_LOG_MAX) == FRAME_LEN_MAX, "section 5: window and frame, 8 MiB");

/* ---- zstd frames: frame header, blocks, checksum (RFC 8878, 3.1.1) ------------------------- */

#define FRAME_CHECKSUM_LEN 4
#define BLOCK_HEADER_LEN 3
#define ZSTD_BLOCK_LEN_MAX ((size_t)128 * 1024)

struct frame_header {
    bool has_checksum;
    size_t block_len_max; /* no block may hold more, decompressed */
    uint64_t plain_len;   /* of the whole frame, decompressed; at most FRAME_LEN_MAX */
};

/* The length of the frame header behind the magic, told from its first byte, the descriptor. 0: the
 * header does not state the frame's size, or sets the reserved bit. */
size_t frame_header_len(uint8_t descriptor);
/* header: the len bytes that frame_header_len said. REASON_NONE, or why such a frame is refused. */
enum seal_reason frame_header_read(struct frame_header *out, const uint8_t *header, size_t len);

struct block_header {
    bool is_last;
    size_t len;        /* the field Block_Size */
    size_t packed_len; /* bytes that follow the header: 1 for a block of one repeated byte */
};

void block_header_read(struct block_header *out, const uint8_t header[static BLOCK_HEADER_LEN]);

/* Frames of raw blocks hold the bytes as they are. All blocks but the last have ZSTD_BLOCK_LEN_MAX
 * bytes; an empty frame has one block, too, which is empty. */
#define RAW_FRAME_HEADER_LEN 9 /* with the magic */
size_t raw_block_count(size_t plain_len);
size_t raw_frame_len(size_t plain_len);
void raw_frame_header_write(uint8_t header[static RAW_FRAME_HEADER_LEN], size_t plain_len);
void raw_block_header_write(uint8_t header[static BLOCK_HEADER_LEN], size_t len, bool is_last);

/* ---- Skippable frames: magic, length of what follows -------------------------------------- */

#define SKIPPABLE_HEADER_LEN 8

void skippable_header_write(uint8_t header[static SKIPPABLE_HEADER_LEN], uint32_t magic,
                            uint32_t len);

/* ---- The seek table: header, rows, footer ------------------------------------------------- */

#define SEEK_ROW_LEN 8
#define SEEK_FOOTER_LEN 9

/* A row: the length of one frame as it lies in the content, and decompressed. */
void seek_row_write(uint8_t row[static SEEK_ROW_LEN], uint32_t packed_len, uint32_t plain_len);
uint32_t seek_row_packed_len(const uint8_t row[static SEEK_ROW_LEN]);
uint32_t seek_row_plain_len(const uint8_t row[static SEEK_ROW_LEN]);

void seek_footer_write(uint8_t footer[static SEEK_FOOTER_LEN], uint32_t row_count);
/* False: it is no footer. *descriptor tells what else the table has; section 5.1 wants 0. */
bool seek_footer_read(const uint8_t footer[static SEEK_FOOTER_LEN], uint32_t *row_count,
                      uint8_t *descriptor);

/* The length of the table from its magic to its footer, and of what its header says follows. */
uint64_t seek_table_len(uint64_t row_count);
uint64_t seek_table_body_len(uint64_t row_count);

#endif
