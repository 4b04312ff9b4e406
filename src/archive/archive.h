/*
 * archive: the content of a sealed file (format section 5): a pax tar in zstd frames, with a table
 * of tar offsets and a seek table behind it; or, for a stream, the frames and the seek table alone.
 * Knows nothing of keys or of where files end up.
 */
#ifndef SEAL_ARCHIVE_H
#define SEAL_ARCHIVE_H

#include "base/base.h"
#include "envelope/envelope.h"
#include "platform/platform.h"
#include "stream/stream.h"

/* Section 5's bounds. */
#define FRAME_LEN_MAX (8 * 1024 * 1024)
#define PATH_LEN_MAX 32767
#define PAX_LEN_MAX (1024 * 1024)

#define LEVEL_DEFAULT 2 /* hardly larger than 3, and much quicker */
#define LEVEL_MIN 1
#define LEVEL_MAX 19
#define LEVEL_STORE 0 /* --no-compress */

struct tar_entry {
    const char *path; /* in the bag, NUL-terminated; folders without their final slash */
    size_t path_len;
    bool is_dir;
    bool exec; /* its owner may execute it */
    uint64_t size;
    struct timestamp mtime;
};

/* What section 6 asks of every path: at most PATH_LEN_MAX bytes of UTF-8 without NUL, no empty
 * part, no . or ..; so it is not absolute and does not climb. No final slash here. */
bool tar_path_is_clean(const char *path, size_t len);

/* ---- Writing ------------------------------------------------------------------------------ */

struct content_writer;

/* type CONTENT_BAG: entries; CONTENT_STREAM: content_write_data alone. level is LEVEL_STORE or
 * LEVEL_MIN to LEVEL_MAX. crew, which may be NULL, is whose threads compress. What is made goes to
 * the stream writer, by any of them: it is theirs until content_writer_finish, or _free. */
MUST_USE enum seal_status content_writer_new(struct content_writer **out, enum content_type type,
                                             int level, struct crew *crew, struct stream_writer *to,
                                             struct fault *fault);
/* Begins an entry. A file's size bytes must follow in content_write_data before the next.
 * SEAL_NO_ROOM: the path is longer than PATH_LEN_MAX. */
MUST_USE enum seal_status content_write_entry(struct content_writer *w,
                                              const struct tar_entry *entry, struct fault *fault);
MUST_USE enum seal_status content_write_data(struct content_writer *w, const void *data, size_t len,
                                             struct fault *fault);
/* Likewise, without a copy: room for data, at least one byte; then how much of it was filled. */
uint8_t *content_reserve(struct content_writer *w, size_t *len);
MUST_USE enum seal_status content_commit(struct content_writer *w, size_t len, struct fault *fault);
MUST_USE enum seal_status content_writer_finish(struct content_writer *w, struct fault *fault);
void content_writer_free(struct content_writer *w);

/* ---- How large it will be ----------------------------------------------------------------- */

/* What would be written. */
struct content_plan {
    uint64_t bytes;   /* of all files */
    uint64_t around;  /* of headers and tag files */
    uint64_t entries; /* files and folders */
    int level;
    /* Copies what stands at that place of all files joined; returns how much it could. */
    size_t (*sample)(void *ctx, uint64_t off, void *buf, size_t len);
    void *ctx;
};

/* Bytes of content, judged by samples, and if nothing shrinks. SEAL_NO_MEMORY, SEAL_INTERRUPTED. */
MUST_USE enum seal_status content_estimate_len(const struct content_plan *plan, uint64_t *about,
                                               uint64_t *most, struct fault *fault);

/* ---- Reading ------------------------------------------------------------------------------ */

struct content_reader;

/* from's threads decompress ahead as well. */
MUST_USE enum seal_status content_reader_new(struct content_reader **out, enum content_type type,
                                             struct stream_reader *from, struct fault *fault);
/* The next entry, valid until the next call; what was not read of the one before is skipped.
 * *more is false at the end of the archive. Any path that section 6 forbids, any header that is
 * not of this dialect: SEAL_HOSTILE. */
MUST_USE enum seal_status content_read_entry(struct content_reader *r, struct tar_entry *entry,
                                             bool *more, struct fault *fault);
/* The next piece of the entry's data (or of the stream), valid until the next call; *len is 0 at
 * its end. */
MUST_USE enum seal_status content_read_data(struct content_reader *r, const uint8_t **data,
                                            size_t *len, struct fault *fault);
/* After the end of entries or stream: checks offsets and seek table. The stream reader then stands
 * where content ends. */
MUST_USE enum seal_status content_reader_finish(struct content_reader *r, struct fault *fault);

/* Instead of from begin to end, by seeking, in a bag: reads seek table and offsets, which stand at
 * the end of the content (content_len: the trailer's). They are checked as they are used; 8 bytes
 * are held for each frame. Frames that lie wholly in data which nobody reads are then not read
 * either. SEAL_HOSTILE; SEAL_NO_MEMORY for more than 2^24 frames. */
MUST_USE enum seal_status content_reader_load_tables(struct content_reader *r, uint64_t content_len,
                                                     uint64_t *entry_count, struct fault *fault);
/* content_read_entry then gives this entry, and the ones behind it: each begins where the offsets
 * say. Not to be followed by content_reader_finish. After a failure the next seek works again. */
MUST_USE enum seal_status content_reader_seek_entry(struct content_reader *r, uint64_t entry,
                                                    struct fault *fault);
void content_reader_free(struct content_reader *r);

/* What the tables at the end say, if they agree among themselves: bytes of the tar or the stream,
 * and for a bag its entries. They are not compared with what is there. from can be sought in;
 * content_len: the trailer's. SEAL_HOSTILE: there are no such tables. */
MUST_USE enum seal_status content_read_totals(struct stream_reader *from, enum content_type type,
                                              uint64_t content_len, uint64_t *bytes,
                                              uint64_t *entries, struct fault *fault);

#endif
