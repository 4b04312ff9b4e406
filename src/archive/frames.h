/*
 * zstd frames, offsets frame and seek table (section 5), private to this room.
 */
#ifndef SEAL_ARCHIVE_FRAMES_H
#define SEAL_ARCHIVE_FRAMES_H

#include "archive/archive.h"

/* What is written. Large enough to lose little to starting afresh, small enough to seek and to hold
 * several. */
#define FRAME_LEN (4 * 1024 * 1024)

/* Writing: bytes are gathered into frames of 4 MiB, each compressed by itself. */
struct frames_writer;

/* crew, which may be NULL, is whose threads compress; to is theirs until frames_writer_finish. */
MUST_USE enum seal_status frames_writer_new(struct frames_writer **out, int level,
                                            struct crew *crew, struct stream_writer *to,
                                            struct fault *fault);
MUST_USE enum seal_status frames_write(struct frames_writer *w, const void *data, size_t len,
                                       struct fault *fault);
/* Likewise, without a copy: room, at least one byte; then how much of it was filled. */
uint8_t *frames_room(struct frames_writer *w, size_t *len);
MUST_USE enum seal_status frames_filled(struct frames_writer *w, size_t len, struct fault *fault);
/* The uncompressed position, that is the offset in the tar. */
uint64_t frames_position(const struct frames_writer *w);
/* Last frame, offsets frame (for a bag: offsets not NULL), seek table. offsets holds u64, as they
 * stand in the file. */
MUST_USE enum seal_status frames_writer_finish(struct frames_writer *w,
                                               const struct buffer *offsets, struct fault *fault);
void frames_writer_free(struct frames_writer *w);

/* Reading. */
struct frames_reader;

/* from's threads decompress ahead as well. */
MUST_USE enum seal_status frames_reader_new(struct frames_reader **out, struct stream_reader *from,
                                            struct fault *fault);
/* Some of what is decompressed and not taken yet; *len is 0 where the data frames end. */
MUST_USE enum seal_status frames_peek(struct frames_reader *r, const uint8_t **data, size_t *len,
                                      struct fault *fault);
void frames_skip(struct frames_reader *r, size_t len);
MUST_USE enum seal_status frames_read(struct frames_reader *r, void *out, size_t len, size_t *got,
                                      struct fault *fault);
uint64_t frames_consumed(const struct frames_reader *r);
/* Notes that the next tar entry begins at that offset. By seeking, the table of offsets says the
 * same, or SEAL_HOSTILE. */
MUST_USE enum seal_status frames_note_offset(struct frames_reader *r, uint64_t offset,
                                             struct fault *fault);
/* Notes that no entry follows: likewise. */
MUST_USE enum seal_status frames_note_end(struct frames_reader *r, struct fault *fault);
/* Offsets frame (for a bag) and seek table, against what was seen. */
MUST_USE enum seal_status frames_reader_finish(struct frames_reader *r, bool is_bag,
                                               struct fault *fault);

/* Reading by seeking: the tables first. Each frame that is read must be as its row says. */
MUST_USE enum seal_status frames_reader_tables(struct frames_reader *r, uint64_t content_len,
                                               uint64_t *entry_count, struct fault *fault);
/* To where a tar entry begins, which is the next to be noted; entry < the count above. */
MUST_USE enum seal_status frames_seek_entry(struct frames_reader *r, uint64_t entry,
                                            struct fault *fault);
/* To an offset in the tar. Frames in between are not read; the frame at hand is gone on with, if
 * the offset lies ahead in it. SEAL_HOSTILE: there is no such offset. */
MUST_USE enum seal_status frames_seek(struct frames_reader *r, uint64_t offset,
                                      struct fault *fault);
void frames_reader_free(struct frames_reader *r);

#endif
