/*
 * The tables at the end of the content (seek_table.h), loaded to find a place in the tar without
 * reading what lies before it. Private to this room.
 *
 * A fault of SEAL_HOSTILE means that a table breaks the format or differs from what is there.
 */
#ifndef SEAL_ARCHIVE_SEEK_MAP_H
#define SEAL_ARCHIVE_SEEK_MAP_H

#include "archive/archive.h"

/* The loaded tables of a bag, and a position in them: one frame, and one entry. */
struct seek_map;

/* Loads the seek table (8 bytes for each frame) and checks that its rows agree with each other and
 * with content_len, the trailer's. Offsets are read when they are needed. The position is the first
 * frame. SEAL_HOSTILE; SEAL_NO_MEMORY, also for more than 2^24 frames. */
MUST_USE enum seal_status seek_map_new(struct seek_map **out, struct stream_reader *from,
                                       uint64_t content_len, struct fault *fault);
void seek_map_free(struct seek_map *m);
uint64_t seek_map_entry_count(const struct seek_map *m);
/* Of the whole tar. */
uint64_t seek_map_plain_len(const struct seek_map *m);

/* Whether the position is behind the last data frame. */
bool seek_map_at_end(const struct seek_map *m);
/* To the next frame; or to the one in which that offset of the tar lies, which is below
 * seek_map_plain_len. */
void seek_map_next_frame(struct seek_map *m);
void seek_map_find_frame(struct seek_map *m, uint64_t offset);
/* Of the frame at the position: its offset in the content and in the tar, and its row. */
uint64_t seek_map_packed_off(const struct seek_map *m);
uint64_t seek_map_plain_off(const struct seek_map *m);
uint32_t seek_map_frame_packed_len(const struct seek_map *m);
uint32_t seek_map_frame_plain_len(const struct seek_map *m);

/* Sets the entry that comes next, which is below the entry count, and gives its offset in the tar.
 * from may stand elsewhere afterwards. */
MUST_USE enum seal_status seek_map_find_entry(struct seek_map *m, struct stream_reader *from,
                                              uint64_t entry, uint64_t *offset,
                                              struct fault *fault);
/* The entry that comes next was met at that offset: checks this, and goes on to the one behind it.
 * from may stand elsewhere afterwards. */
MUST_USE enum seal_status seek_map_check_entry(struct seek_map *m, struct stream_reader *from,
                                               uint64_t offset, struct fault *fault);
/* The end of the tar was met: checks that the table has no entry left. */
MUST_USE enum seal_status seek_map_check_end(const struct seek_map *m, struct fault *fault);

#endif
