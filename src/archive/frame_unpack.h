/*
 * One zstd frame (format section 5.1): taken from the stream, decompressed, checked. Private to
 * this room.
 *
 * Call frame_gather, then frame_decompress, then frame_check; then again for the next frame.
 */
#ifndef SEAL_ARCHIVE_FRAME_UNPACK_H
#define SEAL_ARCHIVE_FRAME_UNPACK_H

#include <zstd.h>

#include "archive/frame_format.h"
#include "archive/seek_map.h"

struct frame {
    ZSTD_DCtx *zstd;
    struct frame_header header; /* header.plain_len: what the frame says it has */
    struct buffer packed;       /* from the magic on; of a long frame, the current part */
    bool is_whole;              /* packed reaches to the end of the frame */
    uint64_t packed_len;        /* of the frame, so far */
    uint8_t *plain;
    size_t plain_cap;
    size_t plain_len;   /* decompressed so far */
    size_t zstd_result; /* of the last call: 0 when the frame is complete, or an error */
    bool is_end;        /* it is no data frame: these have ended; nothing else is set then but */
    uint32_t end_magic; /* the magic that stands in its place */
};

/* False: no memory. Either way frame_free is due. */
MUST_USE bool frame_init(struct frame *f);
void frame_free(struct frame *f);

/* Reads one frame from where the stream stands, to exactly its end. map: NULL, or its position is
 * the row that the frame must not exceed. SEAL_HOSTILE. */
MUST_USE enum seal_status frame_gather(struct frame *f, struct stream_reader *from,
                                       const struct seek_map *map, struct fault *fault);
/* Decompresses what was gathered; may run in any thread. */
void frame_decompress(struct frame *f);
/* What was decompressed must be what the frame and, unless map is NULL, its row say. SEAL_HOSTILE;
 * SEAL_NO_MEMORY. */
MUST_USE enum seal_status frame_check(const struct frame *f, const struct seek_map *map,
                                      struct fault *fault);

#endif
