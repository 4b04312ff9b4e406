/*
 * The two pipelines of zstd frames (format section 5.1), private to this room: bytes are cut into
 * frames, compressed and written into a stream (frame_write.c); read, decompressed and given out
 * again (frame_read.c). Frames are compressed and decompressed side by side by the threads of a
 * crew, and taken in their order.
 *
 * Offsets are those of the decompressed bytes: in a bag, of the tar.
 */
#ifndef SEAL_ARCHIVE_FRAMES_H
#define SEAL_ARCHIVE_FRAMES_H

#include "archive/archive.h"

/* Bytes in each frame that is written, but the last. Long enough that little is lost by starting
 * the compression afresh, short enough for seeking and for holding several in memory. */
#define FRAME_LEN (4 * 1024 * 1024)

/* ---- Writing ------------------------------------------------------------------------------ */

struct frames_writer;

/* level as in content_writer_new. crew may be NULL: then all is done by the caller's thread. From
 * here to frames_writer_finish the threads of the crew write to `to`. */
MUST_USE enum seal_status frames_writer_new(struct frames_writer **out, int level,
                                            struct crew *crew, struct stream_writer *to,
                                            struct fault *fault);
MUST_USE enum seal_status frames_write(struct frames_writer *w, const void *data, size_t len,
                                       struct fault *fault);
/* The same without a copy: gives a place for *len bytes, at least one; then frames_commit takes the
 * len bytes that were put there. */
uint8_t *frames_reserve(struct frames_writer *w, size_t *len);
MUST_USE enum seal_status frames_commit(struct frames_writer *w, size_t len, struct fault *fault);
/* The offset of the next byte. */
uint64_t frames_position(const struct frames_writer *w);
/* Writes the last frame and the tables. offsets: for a bag a u64 for each entry, as they stand in
 * the offsets frame; NULL for a stream. */
MUST_USE enum seal_status frames_writer_finish(struct frames_writer *w,
                                               const struct buffer *offsets, struct fault *fault);
void frames_writer_free(struct frames_writer *w);

/* ---- Reading ------------------------------------------------------------------------------ */

struct frames_reader;

/* The threads of from's crew decompress ahead. */
MUST_USE enum seal_status frames_reader_new(struct frames_reader **out, struct stream_reader *from,
                                            struct fault *fault);
/* Shows the next decompressed bytes, valid until the next call; *len is 0 behind the last data
 * frame. SEAL_HOSTILE: a frame breaks a rule, or (by seeking) is not as its row says. */
MUST_USE enum seal_status frames_peek(struct frames_reader *r, const uint8_t **data, size_t *len,
                                      struct fault *fault);
/* Takes len bytes of what frames_peek showed. */
void frames_skip(struct frames_reader *r, size_t len);
/* Copies and takes len bytes; *got is less at the end. */
MUST_USE enum seal_status frames_read(struct frames_reader *r, void *out, size_t len, size_t *got,
                                      struct fault *fault);
/* The offset of the next byte. */
uint64_t frames_consumed(const struct frames_reader *r);
/* To be told at which offset each tar entry begins, in order, and then that none follows. By
 * seeking this is compared with the table of offsets at once, else by frames_reader_finish.
 * SEAL_HOSTILE. */
MUST_USE enum seal_status frames_note_offset(struct frames_reader *r, uint64_t offset,
                                             struct fault *fault);
MUST_USE enum seal_status frames_note_end(struct frames_reader *r, struct fault *fault);
/* After frames_peek said that the frames end: compares the tables with what was read. */
MUST_USE enum seal_status frames_reader_finish(struct frames_reader *r, bool is_bag,
                                               struct fault *fault);

/* Instead of reading from begin to end, reading by seeking: first the tables are loaded. Then each
 * frame that is read must be as its row says. frames_reader_finish is not to be called. */
MUST_USE enum seal_status frames_reader_load_tables(struct frames_reader *r, uint64_t content_len,
                                                    uint64_t *entry_count, struct fault *fault);
/* To the begin of that entry (below the count above), which is the next to be noted. */
MUST_USE enum seal_status frames_seek_entry(struct frames_reader *r, uint64_t entry,
                                            struct fault *fault);
/* To an offset. Frames in between are not read; the current frame is kept if the offset lies in it.
 * SEAL_HOSTILE: the tar ends before. */
MUST_USE enum seal_status frames_seek(struct frames_reader *r, uint64_t offset,
                                      struct fault *fault);
void frames_reader_free(struct frames_reader *r);

#endif
