/*
 * Raw blocks of a frame that is not whole: what is there of them needs nothing that stands in front
 * of them.
 */
#include <string.h>

#include "archive/torn_private.h"

static void add_run(struct torn *t, uint32_t from, uint32_t to)
{
    struct torn_run *last = t->run_count == 0 ? NULL : &t->runs[t->run_count - 1];

    if (last != NULL && last->to == from)
        last->to = to;
    else if (t->run_count < TORN_RUNS_MAX)
        t->runs[t->run_count++] = (struct torn_run){from, to};
}

/* Takes what there is of len bytes of content from off on, which are plain at that place. */
static enum seal_status take_raw(struct torn *t, uint64_t off, uint32_t at, uint32_t len,
                                 struct fault *fault)
{
    const uint64_t end = off + len;

    for (uint64_t from = holed_next(t->from, off), to; from < end; from = holed_next(t->from, to)) {
        to = holed_run_end(t->from, from);
        to = to < end ? to : end;
        if (holed_read(t->from, from, t->plain + at + (from - off), (size_t)(to - from), fault) !=
            SEAL_OK)
            return fault->status;
        add_run(t, at + (uint32_t)(from - off), at + (uint32_t)(to - off));
    }
    return SEAL_OK;
}

/* Whether the bytes that should stand there do: 1; 0: others do; -1: there is a hole. */
static int compare(struct torn *t, uint64_t off, const uint8_t *want, size_t len,
                   struct fault *fault)
{
    uint8_t is[RAW_FRAME_HEADER_LEN];

    if (!holed_has(t->from, off, len) || holed_read(t->from, off, is, len, fault) != SEAL_OK)
        return -1;
    return memcmp(is, want, len) == 0;
}

/* ---- A frame of raw blocks alone ---------------------------------------------------------- */

/* Each block counts only if its own header is there. *is_raw is false if one is not as it is in a
 * frame of raw blocks. */
enum seal_status torn_decode_raw(struct torn *t, const struct torn_frame *f, bool *is_raw,
                                 struct fault *fault)
{
    uint8_t header[RAW_FRAME_HEADER_LEN], block[BLOCK_HEADER_LEN];
    uint64_t off = f->packed_off + sizeof header;

    *is_raw = f->packed_len == raw_frame_len(f->plain_len);
    if (!*is_raw)
        return SEAL_OK;
    raw_frame_header_write(header, f->plain_len);
    *is_raw = compare(t, f->packed_off, header, sizeof header, fault) != 0;
    for (uint32_t at = 0, len; at < f->plain_len && *is_raw && fault->status == SEAL_OK;
         at += len) {
        const uint32_t left = f->plain_len - at;
        int same;

        len = left < ZSTD_BLOCK_LEN_MAX ? left : (uint32_t)ZSTD_BLOCK_LEN_MAX;
        raw_block_header_write(block, len, len == left);
        same = compare(t, off, block, sizeof block, fault);
        *is_raw = same != 0;
        if (same == 1)
            IGNORE_RESULT(take_raw(t, off + sizeof block, at, len, fault));
        off += sizeof block + len;
    }
    return fault->status;
}

/* ---- Raw blocks among others -------------------------------------------------------------- */

#define FULL_BLOCKS_MAX (FRAME_LEN_MAX / ZSTD_BLOCK_LEN_MAX)

/* The blocks of a frame, each of which has ZSTD_BLOCK_LEN_MAX bytes, decompressed. */
struct full_blocks {
    uint64_t offs[FULL_BLOCKS_MAX]; /* in the content, behind the header */
    bool is_raw[FULL_BLOCKS_MAX];   /* as its header says, which is there */
    uint32_t count;
};

/* Where blocks begin. *off: behind the header of the frame; 0: that is not there. */
static enum seal_status find_blocks_off(struct torn *t, const struct torn_frame *f, uint64_t *off,
                                        bool *has_checksum, struct fault *fault)
{
    uint8_t start[MAGIC_LEN + 15];
    struct frame_header header;
    size_t len;

    *off = 0;
    if (!holed_has(t->from, f->packed_off, sizeof start) || f->packed_len < sizeof start)
        return SEAL_OK;
    if (holed_read(t->from, f->packed_off, start, sizeof start, fault) != SEAL_OK)
        return fault->status;
    len = frame_header_len(start[MAGIC_LEN]);
    if (load_u32(start) != MAGIC_ZSTD || len == 0 ||
        frame_header_read(&header, start + MAGIC_LEN, len) != REASON_NONE ||
        header.plain_len != f->plain_len)
        return SEAL_OK;
    *off = f->packed_off + MAGIC_LEN + len;
    *has_checksum = header.has_checksum;
    return SEAL_OK;
}

/* One whose header is lost is taken for a full raw one; whether that was right, the end tells. */
static enum seal_status next_block(struct torn *t, uint64_t off, struct full_blocks *b,
                                   struct block_header *block, struct fault *fault)
{
    uint8_t bytes[BLOCK_HEADER_LEN], full[BLOCK_HEADER_LEN];
    const bool is_there = holed_has(t->from, off, sizeof bytes);

    raw_block_header_write(full, ZSTD_BLOCK_LEN_MAX, false);
    memcpy(bytes, full, sizeof bytes);
    if (is_there && holed_read(t->from, off, bytes, sizeof bytes, fault) != SEAL_OK)
        return fault->status;
    block_header_read(block, bytes);
    b->offs[b->count] = off + sizeof bytes;
    b->is_raw[b->count++] = is_there && (bytes[0] & ~1) == full[0] &&
                            memcmp(bytes + 1, full + 1, sizeof bytes - 1) == 0;
    return SEAL_OK;
}

/* All of them are full if there are no more than the frame needs; and they are these if they lead
 * to its end. */
static enum seal_status find_full_blocks(struct torn *t, const struct torn_frame *f,
                                         struct full_blocks *b, bool *found, struct fault *fault)
{
    const uint64_t end = f->packed_off + f->packed_len;
    struct block_header block = {.is_last = false};
    bool has_checksum = false;
    uint64_t off;

    b->count = 0;
    *found = false;
    if (find_blocks_off(t, f, &off, &has_checksum, fault) != SEAL_OK || off == 0)
        return fault->status;
    while (!block.is_last && b->count < FULL_BLOCKS_MAX && off < end) {
        if (next_block(t, off, b, &block, fault) != SEAL_OK)
            return fault->status;
        off += BLOCK_HEADER_LEN + block.packed_len;
    }
    *found = block.is_last && off + (has_checksum ? FRAME_CHECKSUM_LEN : 0) == end &&
             (uint64_t)b->count * ZSTD_BLOCK_LEN_MAX == f->plain_len;
    return SEAL_OK;
}

enum seal_status torn_add_raw(struct torn *t, const struct torn_frame *f, struct fault *fault)
{
    const uint32_t done = t->run_count == 0 ? 0 : t->runs[t->run_count - 1].to;
    struct full_blocks blocks;
    bool found;

    if (f->plain_len == 0 || f->plain_len % ZSTD_BLOCK_LEN_MAX != 0 ||
        find_full_blocks(t, f, &blocks, &found, fault) != SEAL_OK || !found)
        return fault->status;
    for (uint32_t i = 0; i < blocks.count && fault->status == SEAL_OK; i++) {
        const uint32_t at = i * (uint32_t)ZSTD_BLOCK_LEN_MAX;

        if (blocks.is_raw[i] && at >= done)
            IGNORE_RESULT(take_raw(t, blocks.offs[i], at, (uint32_t)ZSTD_BLOCK_LEN_MAX, fault));
    }
    return fault->status;
}
