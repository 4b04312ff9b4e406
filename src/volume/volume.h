/*
 * volume: one logical row of bytes over one or several files. Knows nothing of what they mean.
 * (Sets of several files come with a later version; a reader of blocks is what they need, too.)
 */
#ifndef SEAL_VOLUME_H
#define SEAL_VOLUME_H

#include "base/base.h"
#include "platform/platform.h"

#define VOLUME_BLOCK_LEN 65536

/* A sealed file being read, block by block. Every block is VOLUME_BLOCK_LEN long but the last. */
struct volume_in;

/* name "-" is standard input. SEAL_IO. The first block is there at once: */
MUST_USE enum seal_status volume_open(struct volume_in **out, const char *name,
                                      struct fault *fault);
/* The block at hand: valid until volume_next. len is 0 only for an empty file. */
const uint8_t *volume_block(const struct volume_in *in, size_t *len, bool *is_last);
/* Goes on to the next; not to be called at the last. */
MUST_USE enum seal_status volume_next(struct volume_in *in, struct fault *fault);
/* Back to the first block. SEAL_USAGE where the input cannot be read twice. */
MUST_USE enum seal_status volume_rewind(struct volume_in *in, struct fault *fault);
/* To any block of a file whose size is known; else SEAL_USAGE. SEAL_DAMAGED: there is none of that
 * number. After a failure the next seek works again. */
MUST_USE enum seal_status volume_seek(struct volume_in *in, uint64_t block, struct fault *fault);
/* SHA-256 of the whole file as it is now, which is then back at its first block. SEAL_USAGE where
 * the input cannot be read twice. A stream reader that was in the middle of it is of no use then.
 * add is told of the bytes read; it may be NULL. */
MUST_USE enum seal_status volume_digest(struct volume_in *in, uint8_t digest[static SHA256_LEN],
                                        void (*add)(void *ctx, uint64_t bytes), void *ctx,
                                        struct fault *fault);
/* For input that can be read only once: from the begin on, all that is read is hashed; to be called
 * before volume_next. At its end volume_read_digest gives the digest. */
void volume_hash_reads(struct volume_in *in);
void volume_read_digest(struct volume_in *in, uint8_t digest[static SHA256_LEN]);
/* For another process that reads on: the descriptor, and in ahead the blocks that were taken from
 * it already, up to two, valid until the next call; none where fd is at the begin again. To be
 * called at the first block; *in is only to be closed then. */
MUST_USE enum seal_status volume_hand_over(struct volume_in *in, int *fd, struct span ahead[2],
                                           struct fault *fault);
/* The other side: ahead has what there was of them, joined. fd stays open after volume_close. */
MUST_USE enum seal_status volume_take_over(struct volume_in **out, int fd, struct span ahead,
                                           const char *name, struct fault *fault);
/* Its kind, size and time, as they are now; all zero if they cannot be had. */
void volume_stat(const struct volume_in *in, struct plat_stat *st);
/* Bytes of the whole file, 0 where it cannot be known before the end (a pipe). */
uint64_t volume_size(const struct volume_in *in);
void volume_close(struct volume_in *in);

#endif
