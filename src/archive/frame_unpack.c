/*
 * One zstd frame: taken from the stream, decompressed, checked.
 *
 * A frame is walked through block by block before zstd gets it. Only so is it known where the frame
 * ends, and nothing of what lies behind it is taken from the stream.
 */
#include "archive/frame_unpack.h"

#include <stdlib.h>
#include <string.h>

#include <zstd_errors.h>

#include "archive/seek_table.h"

/* Compressed bytes of one frame that are held. No usual compressor makes a longer frame; one that
 * is longer is decompressed part by part. */
#define PACKED_HELD (FRAME_LEN_MAX + FRAME_LEN_MAX / 64)

bool frame_init(struct frame *f)
{
    f->zstd = ZSTD_createDCtx();
    return f->zstd != NULL &&
           !ZSTD_isError(ZSTD_DCtx_setParameter(f->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX));
}

void frame_free(struct frame *f)
{
    (void)ZSTD_freeDCtx(f->zstd);
    buffer_free(&f->packed);
    free(f->plain);
}

/* Memory that zstd could not get is nobody's fault. */
static enum seal_status malformed(size_t zstd_result, struct fault *fault)
{
    if (ZSTD_getErrorCode(zstd_result) == ZSTD_error_memory_allocation)
        return fault_no_memory(fault);
    return fault_set(fault, REASON_FRAME_MALFORMED, NULL);
}

/* ---- Decompressing ------------------------------------------------------------------------ */

/* What is in packed. zstd decompresses a frame that is whole directly to where it is to be. */
void frame_decompress(struct frame *f)
{
    ZSTD_outBuffer out = {f->plain, (size_t)f->header.plain_len, f->plain_len};
    ZSTD_inBuffer in = {f->packed.data, f->packed.len, 0};

    do
        f->zstd_result = ZSTD_decompressStream(f->zstd, &out, &in);
    while (!ZSTD_isError(f->zstd_result) && f->zstd_result != 0 && in.pos < in.size);
    f->plain_len = out.pos;
    if (in.pos < in.size && !ZSTD_isError(f->zstd_result))
        f->zstd_result = 1; /* it left bytes over, which belong to no block */
}

/* ---- Gathering ---------------------------------------------------------------------------- */

/* Where a frame comes from, as frame_gather gets it. */
struct source {
    struct stream_reader *from;
    const struct seek_map *map;
};

/* Appends len bytes of the stream to packed. By seeking, no more than the frame's row says: a frame
 * without an end would be followed to the end of the file. */
static enum seal_status gather(struct frame *f, const struct source *s, size_t len,
                               struct fault *fault)
{
    size_t before = f->packed.len;

    if (s->map != NULL && f->packed_len + len > seek_map_frame_packed_len(s->map))
        return seek_table_differs(fault);
    if (buffer_reserve(&f->packed, len) != SEAL_OK)
        return fault_no_memory(fault);
    if (content_read_exact(s->from, f->packed.data + before, len, fault) != SEAL_OK)
        return fault->status;
    f->packed.len += len;
    f->packed_len += len;
    return SEAL_OK;
}

/* The magic was read. */
static enum seal_status gather_header(struct frame *f, const struct source *s, struct fault *fault)
{
    uint8_t magic[MAGIC_LEN];
    size_t len;
    enum seal_reason reason;

    store_u32(magic, MAGIC_ZSTD);
    if (buffer_append(&f->packed, magic, sizeof magic) != SEAL_OK)
        return fault_no_memory(fault);
    f->packed_len = sizeof magic;
    if (gather(f, s, 1, fault) != SEAL_OK)
        return fault->status;
    len = frame_header_len(f->packed.data[MAGIC_LEN]);
    if (len == 0)
        return fault_set(fault, REASON_FRAME_HEADER, NULL);
    if (gather(f, s, len - 1, fault) != SEAL_OK)
        return fault->status;
    reason = frame_header_read(&f->header, f->packed.data + MAGIC_LEN, len);
    if (reason != REASON_NONE)
        return fault_set(fault, reason, NULL);
    if (s->map != NULL && f->header.plain_len != seek_map_frame_plain_len(s->map))
        return seek_table_differs(fault);
    return SEAL_OK;
}

/* How much a block may hold is checked here: zstd does so only if it gets a frame in parts. */
static enum seal_status gather_block(struct frame *f, const struct source *s, struct fault *fault)
{
    struct block_header block;

    if (gather(f, s, BLOCK_HEADER_LEN, fault) != SEAL_OK)
        return fault->status;
    block_header_read(&block, f->packed.data + f->packed.len - BLOCK_HEADER_LEN);
    f->is_whole = block.is_last;
    if (block.len > f->header.block_len_max)
        return fault_set(fault, REASON_FRAME_MALFORMED, NULL);
    return gather(f, s, block.packed_len, fault);
}

/* To the end of the frame, or as much as is held. */
static enum seal_status gather_blocks(struct frame *f, const struct source *s, struct fault *fault)
{
    while (!f->is_whole && f->packed.len < PACKED_HELD)
        if (gather_block(f, s, fault) != SEAL_OK)
            return fault->status;
    return f->is_whole && f->header.has_checksum ? gather(f, s, FRAME_CHECKSUM_LEN, fault)
                                                 : SEAL_OK;
}

static enum seal_status reserve_plain(struct frame *f, struct fault *fault)
{
    /* zstd wants a place to write to even if there is nothing. */
    size_t wanted = f->header.plain_len > 0 ? (size_t)f->header.plain_len : 1;

    if (wanted > f->plain_cap) {
        free(f->plain);
        f->plain_cap = 0;
        f->plain = malloc(wanted);
        if (f->plain == NULL)
            return fault_no_memory(fault);
        f->plain_cap = wanted;
    }
    return SEAL_OK;
}

/* Of a frame that is longer than what is held, all parts but the last are decompressed here. */
static enum seal_status gather_parts(struct frame *f, const struct source *s, struct fault *fault)
{
    while (!f->is_whole) {
        frame_decompress(f);
        if (ZSTD_isError(f->zstd_result) || f->zstd_result == 0)
            return malformed(f->zstd_result, fault);
        f->packed.len = 0;
        if (gather_blocks(f, s, fault) != SEAL_OK)
            return fault->status;
    }
    return SEAL_OK;
}

enum seal_status frame_gather(struct frame *f, struct stream_reader *from,
                              const struct seek_map *map, struct fault *fault)
{
    const struct source source = {from, map}, *s = &source;
    uint8_t magic[MAGIC_LEN];

    f->packed.len = 0;
    f->packed_len = 0;
    f->plain_len = 0;
    f->is_whole = f->is_end = false;
    (void)ZSTD_DCtx_reset(f->zstd, ZSTD_reset_session_only);
    if (content_read_exact(from, magic, sizeof magic, fault) != SEAL_OK)
        return fault->status;
    f->is_end = load_u32(magic) != MAGIC_ZSTD;
    if (f->is_end) {
        f->end_magic = load_u32(magic);
        return SEAL_OK;
    }
    if (gather_header(f, s, fault) != SEAL_OK || reserve_plain(f, fault) != SEAL_OK ||
        gather_blocks(f, s, fault) != SEAL_OK || gather_parts(f, s, fault) != SEAL_OK)
        return fault->status;
    return SEAL_OK;
}

/* ---- Checking ----------------------------------------------------------------------------- */

enum seal_status frame_check(const struct frame *f, const struct seek_map *map, struct fault *fault)
{
    if (ZSTD_isError(f->zstd_result) || f->zstd_result != 0)
        return malformed(f->zstd_result, fault);
    if (f->plain_len != f->header.plain_len || f->packed_len > UINT32_MAX)
        return fault_set(fault, REASON_FRAME_SIZE, NULL);
    if (map != NULL && (f->packed_len != seek_map_frame_packed_len(map) ||
                        f->plain_len != seek_map_frame_plain_len(map)))
        return seek_table_differs(fault);
    return SEAL_OK;
}
