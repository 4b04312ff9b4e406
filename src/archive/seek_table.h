/*
 * The two tables at the end of the content (format section 5.1): the offsets frame, which says
 * where each tar entry begins, and the seek table, which says how long each frame is. They are
 * written, and compared with what was read from begin to end; seek_map.h has the way to look
 * something up in them. Private to this room.
 *
 * A fault of SEAL_HOSTILE means that a table breaks the format or differs from what is there.
 */
#ifndef SEAL_ARCHIVE_SEEK_TABLE_H
#define SEAL_ARCHIVE_SEEK_TABLE_H

#include "archive/archive.h"

/* Of a row in either table. */
#define TABLE_ROW_LEN 8

/* ---- Writing ------------------------------------------------------------------------------ */

/* Adds the row of one frame to rows. */
MUST_USE enum seal_status seek_table_add_row(struct buffer *rows, size_t packed_len,
                                             size_t plain_len, struct fault *fault);
/* Writes the offsets frame (for a bag: offsets not NULL, of one u64 for each entry as it stands in
 * the file) and the seek table. rows gets what is missing: the offsets' row and the footer. */
MUST_USE enum seal_status seek_table_write(struct stream_writer *to, struct buffer *rows,
                                           const struct buffer *offsets, struct fault *fault);

/* ---- Reading from begin to end: comparing ------------------------------------------------- */

/* What was met while reading. Only a digest of the rows is kept, not the rows: so the memory does
 * not depend on what a stranger sends. */
struct row_digest {
    struct sha256 hash;
    uint64_t count;
};
struct tables_met {
    struct row_digest rows, offsets;
};

void tables_met_start(struct tables_met *met);
void tables_met_add_frame(struct tables_met *met, uint32_t packed_len, uint32_t plain_len);
void tables_met_add_entry(struct tables_met *met, uint64_t offset);
/* Reads the tables and compares them. The stream stands behind magic, which is the first that is
 * not of a zstd frame. */
MUST_USE enum seal_status tables_met_compare(struct tables_met *met, struct stream_reader *from,
                                             uint32_t magic, bool is_bag, struct fault *fault);

/* ---- Also used by the other readers of this room ------------------------------------------ */

/* Exactly len bytes of content, from where the stream stands or from an offset in the content.
 * SEAL_HOSTILE: there are fewer. */
MUST_USE enum seal_status content_read_exact(struct stream_reader *from, void *out, size_t len,
                                             struct fault *fault);
MUST_USE enum seal_status content_read_at(struct stream_reader *from, uint64_t off, void *out,
                                          size_t len, struct fault *fault);
/* Note that a table differs from what is there; they return SEAL_HOSTILE. */
enum seal_status seek_table_differs(struct fault *fault);
enum seal_status offsets_differ(struct fault *fault);

#endif
