/*
 * stream: the payload of a sealed file (format section 3): chunks, padding, trailer, receipt.
 * Knows nothing of recipients or of what the content is.
 */
#ifndef SEAL_STREAM_H
#define SEAL_STREAM_H

#include "base/base.h"
#include "envelope/envelope.h"
#include "platform/platform.h"
#include "volume/volume.h"

#define TAG_LEN 16
#define TRAILER_LEN 256
/* What every allowed length is a multiple of. */
#define LENGTH_UNIT 2048
#define STREAM_BLOCKS_MAX (UINT64_C(1) << 32)

enum padding_rule { PAD_PADME, PAD_POW2, PAD_FIXED };

struct padding {
    enum padding_rule rule;
    uint64_t size; /* PAD_FIXED: the length of the whole file, a multiple of LENGTH_UNIT */
};

/* Bytes of the sealed file for that much content; 0 if there is no allowed length for it. */
uint64_t stream_total_len(size_t head_len, uint64_t content_len, struct padding padding);

/* Content of a file of that length, at most. */
uint64_t stream_content_max(size_t head_len, uint64_t total_len);

/* ---- Writing: push ------------------------------------------------------------------------ */

struct stream_writer;

/* head (env->head_len bytes) is copied; env must outlive the writer. What is sealed goes to fd.
 * crew, which may be NULL, is whose threads encrypt and write; a fault of theirs shows in a later
 * call. */
MUST_USE enum seal_status stream_writer_new(struct stream_writer **out, const struct envelope *env,
                                            const uint8_t *head, struct padding padding,
                                            struct crew *crew, int fd, struct fault *fault);

/* ---- As a set of volumes ---- */

/* A sealed file to be written: its head as envelope_make made it, with FLAG_VOLUME and the next
 * index. All three must stay good until the next one is asked for. */
struct stream_out {
    const struct envelope *env;
    const uint8_t *head;
    int fd;
};

struct stream_split {
    uint64_t
        size; /* of each volume but the last, which may be shorter; a multiple of LENGTH_UNIT */
    struct random *random; /* used by next's thread */
    /* The volume before is written; gives the next. It may be called from a thread of the crew,
     * while another call of the writer waits or goes on. */
    enum seal_status (*next)(void *ctx, struct stream_out *out, struct fault *fault);
    void *ctx;
};

/* Before anything is written: what was given to stream_writer_new is the first volume. */
void stream_writer_split(struct stream_writer *w, const struct stream_split *split);

/* ---- What is written ---- */

/* Content. SEAL_NO_ROOM as soon as it cannot fit the fixed size or 2^32 blocks. */
MUST_USE enum seal_status stream_write(struct stream_writer *w, const void *data, size_t len,
                                       struct fault *fault);
/* Padding, trailer, last block. With volumes: of the last of them. digest is D; receipt gets the 32
 * bytes that number_text prints. */
MUST_USE enum seal_status stream_writer_finish(struct stream_writer *w,
                                               const uint8_t digest[static 32],
                                               struct random *random, uint8_t receipt[static 32],
                                               struct fault *fault);
/* Bytes written, of all volumes; after stream_writer_finish. */
uint64_t stream_written(const struct stream_writer *w);
void stream_writer_free(struct stream_writer *w);

/* ---- Reading: pull ------------------------------------------------------------------------ */

struct stream_reader;

/* From the first block on, from which env was opened; env, in and crew must outlive the reader.
 * crew, which may be NULL, is whose threads read and decrypt ahead. */
MUST_USE enum seal_status stream_reader_new(struct stream_reader **out, const struct envelope *env,
                                            struct volume_in *in, struct crew *crew,
                                            struct fault *fault);
/* A set of volumes, in the order of their index, all of them files. Each is followed by the next as
 * if they were one; its own trailer is checked on the way. SEAL_USAGE with this clause from any of
 * the calls below: its last volume says that there are more. */
#define STREAM_HAS_MORE "the volumes behind it are missing"
struct stream_volume {
    const struct envelope *env;
    struct volume_in *in;
};
MUST_USE enum seal_status stream_reader_new_set(struct stream_reader **out,
                                                const struct stream_volume *volumes, size_t count,
                                                struct crew *crew, struct fault *fault);
/* That crew. */
struct crew *stream_reader_crew(const struct stream_reader *r);
/* Clause of SEAL_IO: a file has not the size that it had when it was opened. */
#define STREAM_CHANGED "it changed while it was read; try again"
/* The next piece of authentic plaintext, at least one byte; *len is 0 at the end. Content first;
 * where it ends is for the caller to know, padding follows. SEAL_DAMAGED. */
MUST_USE enum seal_status stream_peek(struct stream_reader *r, const uint8_t **data, size_t *len,
                                      struct fault *fault);
/* Takes len bytes of what stream_peek showed. */
void stream_skip(struct stream_reader *r, size_t len);
/* Copies exactly len bytes; *got is less at the end. */
MUST_USE enum seal_status stream_read(struct stream_reader *r, void *out, size_t len, size_t *got,
                                      struct fault *fault);
/* To be called where content has ended: reads the rest, checks padding and trailer, and that
 * content_len is what was taken. SEAL_DAMAGED, SEAL_HOSTILE. */
MUST_USE enum seal_status stream_reader_finish(struct stream_reader *r, uint8_t digest[static 32],
                                               uint8_t receipt[static 32], struct fault *fault);
/* Where content ends is not known without parsing it: hands all plaintext but the trailer to to,
 * checks as above, and says how much of it was content. */
MUST_USE enum seal_status stream_reader_copy(struct stream_reader *r, const struct sink *to,
                                             uint64_t *content_len, uint8_t digest[static 32],
                                             uint8_t receipt[static 32], struct fault *fault);
/* One volume by itself, whatever its index and whichever others there are: all of it, and whether
 * it is the last of its set. progress, which may be NULL, hears of each block. SEAL_DAMAGED,
 * SEAL_HOSTILE. */
MUST_USE enum seal_status stream_reader_check(struct stream_reader *r, bool *is_last,
                                              void (*progress)(void *ctx, uint64_t bytes),
                                              void *ctx, struct fault *fault);
/* By seeking, in a file whose size is known; else SEAL_USAGE. First the trailer, which is at the
 * end of the last chunk; then content from any place on, by stream_peek and the others. What was
 * not read was not checked, so stream_reader_finish and stream_reader_copy are not for a reader
 * that did this. After a failure the next seek works again. */
MUST_USE enum seal_status stream_reader_trailer(struct stream_reader *r, uint64_t *content_len,
                                                uint8_t digest[static 32],
                                                uint8_t receipt[static 32], struct fault *fault);
/* content_off: at most the content_len that the trailer has. */
MUST_USE enum seal_status stream_reader_seek(struct stream_reader *r, uint64_t content_off,
                                             struct fault *fault);
/* Bytes of the sealed file taken so far. */
uint64_t stream_consumed(const struct stream_reader *r);
/* All of its bytes, if that is known; else as above. */
uint64_t stream_extent(const struct stream_reader *r);
void stream_reader_free(struct stream_reader *r);

#endif
