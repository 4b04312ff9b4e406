/*
 * stream: the payload of a sealed file (format section 3): content, padding and trailer, cut into
 * chunks that are encrypted each by itself; and the receipt. One file, or a set of volumes as if it
 * were one.
 *
 * Knows nothing of recipients or of what the content is. Lengths and offsets are in bytes.
 */
#ifndef SEAL_STREAM_H
#define SEAL_STREAM_H

#include "base/bytes.h"
#include "base/random.h"
#include "base/status.h"
#include "envelope/envelope.h"
#include "platform/crew.h"
#include "volume/volume.h"

#define TAG_LEN 16
#define TRAILER_LEN 256
/* Every allowed length is a multiple of this. */
#define LENGTH_UNIT 2048
#define STREAM_BLOCKS_MAX (UINT64_C(1) << 32)

/* ---- Lengths (section 3.5) ---------------------------------------------------------------- */

enum padding_rule { PAD_PADME, PAD_POW2, PAD_MIB, PAD_ROUND, PAD_FIXED };

struct padding {
    enum padding_rule rule;
    uint64_t size; /* PAD_FIXED: the length of the whole file; one of stream_fixed_len */
};

/* What the length of a file depends on besides its content and the padding. */
struct file_shape {
    size_t head_len;
    unsigned int parity; /* m of its envelope */
};

/* The length of the sealed file for that much content; 0 if there is no allowed length for it. */
uint64_t stream_total_len(struct file_shape shape, uint64_t content_len, struct padding padding);

/* The most content that a file of that length holds; 0 also if it is no length for that shape. */
uint64_t stream_content_max(struct file_shape shape, uint64_t total_len);

/* The largest length of a file, up to len, that there is with that repair data (m); 0: none. */
uint64_t stream_fixed_len(uint64_t len, unsigned int m);

/* ---- Writing: the caller pushes content --------------------------------------------------- */

struct stream_writer;

/* Call order: stream_writer_new; stream_writer_split for volumes; stream_writer_repair for
 * repair data; stream_write as often as wanted;
 * stream_writer_finish; stream_writer_free.
 *
 * The sealed file is written to fd, which stays the caller's. head (env->head_len bytes, as
 * envelope_make made it) is copied; env must outlive the writer. The threads of crew encrypt and
 * write; it may be NULL for none besides the caller. A fault that a thread met shows in a later
 * call. SEAL_NO_MEMORY. */
MUST_USE enum seal_status stream_writer_new(struct stream_writer **out, const struct envelope *env,
                                            const uint8_t *head, struct padding padding,
                                            struct crew *crew, int fd, struct fault *fault);

/* The next volume: its head as envelope_make made it, with FLAG_VOLUME and the next index, and
 * where to write it. All three must stay valid until the volume after it is asked for. */
struct stream_out {
    const struct envelope *env;
    const uint8_t *head;
    int fd;
};

struct stream_split {
    /* Of each volume but the last, which may be shorter; one of stream_fixed_len. */
    uint64_t size;
    struct random *random; /* used by the thread that calls next */
    /* The volume before is written completely; gives the next. It may be called from a thread of
     * the crew, while another call of the writer waits or goes on. */
    enum seal_status (*next)(void *ctx, struct stream_out *out, struct fault *fault);
    void *ctx;
};

/* Makes a set of volumes; what was given to stream_writer_new is the first. split must outlive the
 * writer. */
void stream_writer_split(struct stream_writer *w, const struct stream_split *split);

/* The second head (section 3a) of the file that env is of, which has so many blocks: BLOCK_LEN
 * bytes, as envelope_make_second makes it. */
struct stream_second_head {
    enum seal_status (*make)(void *ctx, const struct envelope *env, uint64_t blocks, uint8_t *block,
                             struct fault *fault);
    void *ctx;
};

/* Must be called before content is written where the envelope has repair data. second_head must
 * outlive the writer; it may be called as stream_split.next is. SEAL_NO_MEMORY. */
MUST_USE enum seal_status stream_writer_repair(struct stream_writer *w,
                                               const struct stream_second_head *second_head,
                                               struct fault *fault);

/* Content. SEAL_NO_ROOM as soon as it cannot fit the fixed size or 2^32 blocks; SEAL_IO;
 * SEAL_INTERRUPTED. */
MUST_USE enum seal_status stream_write(struct stream_writer *w, const void *data, size_t len,
                                       struct fault *fault);
/* Writes padding, trailer and last block (of the last volume), and waits for all threads. digest is
 * D, which the trailer keeps; receipt gets the 32 bytes that number_text prints. */
MUST_USE enum seal_status stream_writer_finish(struct stream_writer *w,
                                               const uint8_t digest[static 32],
                                               struct random *random, uint8_t receipt[static 32],
                                               struct fault *fault);
/* Bytes of all files together; after stream_writer_finish. */
uint64_t stream_written(const struct stream_writer *w);
void stream_writer_free(struct stream_writer *w);

/* ---- Reading: the caller pulls plaintext -------------------------------------------------- */

struct stream_reader;

/* Reads the file from which env was opened. Nothing of `in` was read by volume_read before. env, in
 * and crew must outlive the reader. The threads of crew read and decrypt ahead; it may be NULL.
 *
 * Call order: stream_peek and stream_skip, or stream_read, to where content ends, then
 * stream_reader_finish; or stream_reader_copy or stream_reader_check alone; or seek (below). At the
 * end stream_reader_free.
 *
 * All calls below: SEAL_DAMAGED, a chunk is not authentic or the file is cut short; SEAL_HOSTILE,
 * it is authentic and breaks a rule of the format; SEAL_IO, also with REASON_CHANGED; SEAL_USAGE
 * with REASON_VOLUMES_BEHIND_MISSING; SEAL_INTERRUPTED. */
MUST_USE enum seal_status stream_reader_new(struct stream_reader **out, const struct envelope *env,
                                            struct volume_in *in, struct crew *crew,
                                            struct fault *fault);

/* How many blocks a file with repair data has when nothing is missing, as the second head at its
 * end tells. is_sure: that head opened the file, and what it says must be true; else a last data
 * block that stands where it should says more. */
struct told_blocks {
    uint64_t count; /* 0: there is no such head, or it is not this file's */
    bool is_sure;
};

struct stream_volume {
    const struct envelope *env;
    struct volume_in *in;
    /* With repair data: */
    struct volume_in *again; /* the same file, to be read in any order, where `in` cannot; NULL:
                                then bad blocks are not mended */
    struct told_blocks told;
    uint64_t blocks; /* set by the reader; 0: not known */
};

/* Data blocks that were not as they should be and were mended, in ascending order for who does not
 * seek. Those that do not fit are counted only. */
#define MENDED_RANGES_MAX 256
struct stream_mended {
    struct mended_range {
        uint32_t volume;
        uint64_t first, count; /* blocks of 64 KiB, from 0, where they should stand in the file */
    } ranges[MENDED_RANGES_MAX];
    size_t range_count;
    uint64_t block_count; /* of all ranges, also those that are not listed */
};

/* The same for a set of volumes, in the order of their index. All are files, of which the next is
 * read where one ends; the trailer of each is checked on the way. volumes is copied; what it
 * points to must outlive the reader. */
MUST_USE enum seal_status stream_reader_new_set(struct stream_reader **out,
                                                const struct stream_volume *volumes, size_t count,
                                                struct crew *crew, struct fault *fault);
/* What was mended so far; valid as long as the reader. */
const struct stream_mended *stream_reader_mended(const struct stream_reader *r);
/* Blocks that a volume with repair data has when nothing is missing; 0: that is not known. */
uint64_t stream_reader_blocks(const struct stream_reader *r, size_t volume);
/* The crew given to the reader. */
struct crew *stream_reader_crew(const struct stream_reader *r);
/* Shows the next piece of authentic plaintext, valid until the next call: at least one byte; *len
 * is 0 at the end. Content comes first, then padding. Where content ends, its own structure says.
 */
MUST_USE enum seal_status stream_peek(struct stream_reader *r, const uint8_t **data, size_t *len,
                                      struct fault *fault);
/* Takes len bytes of what stream_peek showed. */
void stream_skip(struct stream_reader *r, size_t len);
/* Copies and takes len bytes; *got is less only at the end. */
MUST_USE enum seal_status stream_read(struct stream_reader *r, void *out, size_t len, size_t *got,
                                      struct fault *fault);
/* To be called where content has ended: reads the rest, checks that the padding is zero, the
 * trailer, and that its content_len is what was taken. digest gets D. */
MUST_USE enum seal_status stream_reader_finish(struct stream_reader *r, uint8_t digest[static 32],
                                               uint8_t receipt[static 32], struct fault *fault);
/* Reads all, for a caller that does not parse content: hands plaintext, padding included, to `to`,
 * checks as stream_reader_finish does, and tells at the end how much of it was content. */
MUST_USE enum seal_status stream_reader_copy(struct stream_reader *r, const struct sink *to,
                                             uint64_t *content_len, uint8_t digest[static 32],
                                             uint8_t receipt[static 32], struct fault *fault);
/* Has stream_reader_check look at repair data, too, which else are read only if they are needed:
 * what is not right of them counts as mended. To be called before anything is read. */
void stream_reader_check_parity(struct stream_reader *r);
/* Reads and checks one volume by itself, whatever its index and whether there are others. *is_last:
 * it is the last of its set. progress, which may be NULL, is told the bytes of each block. */
MUST_USE enum seal_status stream_reader_check(struct stream_reader *r, bool *is_last,
                                              void (*progress)(void *ctx, uint64_t bytes),
                                              void *ctx, struct fault *fault);
/* The same; digest gets the SHA-256 of all plaintext of the volume, but for the source tag: two
 * volumes with the same one hold the same, and say the same of the set. */
MUST_USE enum seal_status stream_reader_check_digest(struct stream_reader *r, bool *is_last,
                                                     uint8_t digest[static SHA256_LEN],
                                                     struct fault *fault);

/* Writes a damaged volume by itself as it was sealed, bit for bit, whatever its repair data mend.
 * The headers cannot be made again: each is copied from the file, with random bytes in the place of
 * one that is not there. Only with repair data, of a volume that has `again`. */
MUST_USE enum seal_status stream_reader_remake(struct stream_reader *r, const struct sink *to,
                                               struct fault *fault);

/* ---- Reading single places, by seeking ---------------------------------------------------- */

/* Only of files; SEAL_USAGE for a pipe. First stream_reader_trailer, which reads the last block
 * alone. Then content from any offset on, by stream_reader_seek and stream_peek, stream_skip,
 * stream_read. What was not read was not checked, so stream_reader_finish and stream_reader_copy
 * are not to be called afterwards. After a failure the next seek works again. */
MUST_USE enum seal_status stream_reader_trailer(struct stream_reader *r, uint64_t *content_len,
                                                uint8_t digest[static 32],
                                                uint8_t receipt[static 32], struct fault *fault);
/* content_off: at most the content_len that the trailer has. */
MUST_USE enum seal_status stream_reader_seek(struct stream_reader *r, uint64_t content_off,
                                             struct fault *fault);

/* Bytes of the sealed file in the blocks that were read so far, for progress. */
uint64_t stream_consumed(const struct stream_reader *r);
/* All of its bytes; of a pipe, which does not tell its length, those of stream_consumed. */
uint64_t stream_extent(const struct stream_reader *r);
void stream_reader_free(struct stream_reader *r);

#endif
