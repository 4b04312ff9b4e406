/*
 * archive: the content of a sealed file (format section 5). For a bag that is a pax tar, cut into
 * zstd frames, with a table of tar offsets and a seek table behind them; for a stream the frames
 * and the seek table alone. Content is written into a stream_writer and read from a stream_reader.
 *
 * Knows nothing of keys, of what the entries mean, or of where files end up. Names begin with
 * content_ or tar_; archive_ belongs to libarchive.
 */
#ifndef SEAL_ARCHIVE_H
#define SEAL_ARCHIVE_H

#include "base/clock.h"
#include "base/status.h"
#include "envelope/envelope.h"
#include "stream/stream.h"

/* Limits of section 5.1, in bytes. */
#define FRAME_LEN_MAX (8 * 1024 * 1024) /* decompressed */
#define PATH_LEN_MAX 32767
#define PATH_PARTS_MAX 256        /* between slashes */
#define PAX_LEN_MAX (1024 * 1024) /* records of one pax header */
#define PAX_KEYWORDS_MAX 128      /* in one of them; a limit of ours, not of the format */

/* Compression levels, those of zstd. */
#define LEVEL_DEFAULT 2 /* hardly larger than 3, and much quicker */
#define LEVEL_MIN 1
#define LEVEL_MAX 19
#define LEVEL_STORE 0 /* do not compress: --no-compress */

/* A file or folder in the tar. */
struct tar_entry {
    const char *path; /* in the bag, NUL-terminated, without the final slash of a folder */
    size_t path_len;
    bool is_dir;
    bool exec; /* its owner may execute it */
    uint64_t size;
    struct timestamp mtime;
    size_t pax_len; /* reading: bytes of its pax records */
};

/* Whether a path is one that section 6 allows: 1 to PATH_LEN_MAX bytes of UTF-8 without NUL, in
 * which no part between slashes is empty, "." or "..". So it is relative and stays in its folder. A
 * final slash is not allowed here. */
bool tar_path_is_clean(const char *path, size_t len);
/* How many parts it has between slashes: at most PATH_PARTS_MAX in a bag. */
size_t tar_path_parts(const char *path, size_t len);
/* The time that the tar can have for t: it has none between -1 s and 0, and -1 s stands for these.
 */
struct timestamp tar_time_floor(struct timestamp t);

/* ---- Writing ------------------------------------------------------------------------------ */

struct content_writer;

/* Call order for CONTENT_BAG: content_write_entry and its data, for each entry;
 * content_writer_finish; content_writer_free. For CONTENT_STREAM: data; finish; free.
 *
 * level: LEVEL_STORE, or from LEVEL_MIN to LEVEL_MAX. The threads of crew compress; it may be NULL
 * for none besides the caller. They also write to `to`, which is theirs until content_writer_finish
 * or content_writer_free has returned. What is written does not depend on the number of threads. A
 * fault that a thread met shows in a later call. SEAL_NO_MEMORY. */
MUST_USE enum seal_status content_writer_new(struct content_writer **out, enum content_type type,
                                             int level, struct crew *crew, struct stream_writer *to,
                                             struct fault *fault);
/* Begins an entry. Exactly entry->size bytes of data must follow before the next. SEAL_NO_ROOM: the
 * path is longer than PATH_LEN_MAX. */
MUST_USE enum seal_status content_write_entry(struct content_writer *w,
                                              const struct tar_entry *entry, struct fault *fault);
MUST_USE enum seal_status content_write_data(struct content_writer *w, const void *data, size_t len,
                                             struct fault *fault);
/* The same without a copy: content_reserve gives a place for *len bytes, at least one, valid until
 * the next call; content_commit takes the len bytes that were put there, which may be fewer. */
uint8_t *content_reserve(struct content_writer *w, size_t *len);
MUST_USE enum seal_status content_commit(struct content_writer *w, size_t len, struct fault *fault);
/* Writes the end of the tar and the tables, and waits for all threads. */
MUST_USE enum seal_status content_writer_finish(struct content_writer *w, struct fault *fault);
void content_writer_free(struct content_writer *w);

/* ---- Estimating the length ---------------------------------------------------------------- */

/* What would be written. */
struct content_plan {
    uint64_t bytes;   /* of all files */
    uint64_t around;  /* of headers and tag files */
    uint64_t entries; /* files and folders */
    int level;
    /* Copies up to len bytes from offset off of all files joined; returns how many. */
    size_t (*sample)(void *ctx, uint64_t off, void *buf, size_t len);
    void *ctx;
};

/* The length of the content in bytes: *about is judged from samples, *most holds if nothing
 * shrinks. SEAL_NO_MEMORY, SEAL_INTERRUPTED. */
MUST_USE enum seal_status content_estimate_len(const struct content_plan *plan, uint64_t *about,
                                               uint64_t *most, struct fault *fault);

/* ---- Reading ------------------------------------------------------------------------------ */

struct content_reader;

/* Call order for CONTENT_BAG: content_read_entry and, as far as wanted, its data, until there are
 * no more entries; content_reader_finish; content_reader_free. For CONTENT_STREAM: data to its end;
 * finish; free. The threads of from's crew decompress ahead. SEAL_NO_MEMORY.
 *
 * All calls below: SEAL_HOSTILE where the content breaks a rule of the format, and whatever reading
 * from the stream comes to. */
MUST_USE enum seal_status content_reader_new(struct content_reader **out, enum content_type type,
                                             struct stream_reader *from, struct fault *fault);
/* The next entry, valid until the next call; data of the one before that was not read is skipped.
 * *more is false at the end of the tar. Refused is any path that section 6 forbids and any header
 * that is not of the dialect of section 5.1. */
MUST_USE enum seal_status content_read_entry(struct content_reader *r, struct tar_entry *entry,
                                             bool *more, struct fault *fault);
/* The next piece of the entry's data, or of the stream, valid until the next call; *len is 0 at the
 * end. */
MUST_USE enum seal_status content_read_data(struct content_reader *r, const uint8_t **data,
                                            size_t *len, struct fault *fault);
/* How many bytes of the tar or stream were given out or passed over so far. */
uint64_t content_reader_consumed(const struct content_reader *r);
/* At the end of entries or stream: checks the tables against what was read. The stream reader then
 * stands where content ends. */
MUST_USE enum seal_status content_reader_finish(struct content_reader *r, struct fault *fault);

/* ---- Reading single entries of a bag, by seeking ------------------------------------------ */

/* Loads the tables at the end of the content (content_len: the trailer's), 8 bytes for each frame.
 * Call this before anything is read, then content_reader_seek_entry, content_read_entry,
 * content_read_data as often as wanted; never content_reader_finish. What is read is checked
 * against the tables; frames that nobody asks for are not read. SEAL_NO_MEMORY also for more than
 * 2^24 frames; SEAL_USAGE for a stream. */
MUST_USE enum seal_status content_reader_load_tables(struct content_reader *r, uint64_t content_len,
                                                     uint64_t *entry_count, struct fault *fault);
/* Makes content_read_entry give this entry, counted from 0, and then the ones behind it.
 * SEAL_USAGE: there is no such entry. After a failure the next seek works again. */
MUST_USE enum seal_status content_reader_seek_entry(struct content_reader *r, uint64_t entry,
                                                    struct fault *fault);
void content_reader_free(struct content_reader *r);

/* What the tables say, for a first look at how much there is: bytes of the tar or stream, and the
 * entries of a bag. It is checked that the tables agree with each other and with content_len (the
 * trailer's), not that the content is so. from must be able to seek. */
MUST_USE enum seal_status content_read_totals(struct stream_reader *from, enum content_type type,
                                              uint64_t content_len, uint64_t *bytes,
                                              uint64_t *entries, struct fault *fault);

#endif
