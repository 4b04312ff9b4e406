/*
 * volume: the bytes of one sealed file, read by blocks. (Of a set of volumes each is one; stream
 * joins them.)
 *
 * Knows nothing of what the bytes mean. Sizes are in bytes unless they are called blocks.
 */
#ifndef SEAL_VOLUME_H
#define SEAL_VOLUME_H

#include "base/bytes.h"
#include "base/hash.h"
#include "base/status.h"
#include "platform/files.h"

#define VOLUME_BLOCK_LEN 65536
/* Blocks that are read at a time by those who read all of the file. */
#define VOLUME_PIECE_BLOCKS 16
#define VOLUME_PIECE_LEN ((size_t)VOLUME_PIECE_BLOCKS * VOLUME_BLOCK_LEN)

/* A file that is being read. Every block is VOLUME_BLOCK_LEN long, but the last may be shorter. A
 * regular file is read in any order; anything else, such as a pipe, in order and once, and so are a
 * file that cannot be sought in, and what another process feeds. Below, "a file" is a regular file
 * in which one can seek. */
struct volume_in;

/* ---- Opening ------------------------------------------------------------------------------ */

/* Opens a file and reads its first block. name is kept, not copied; "-" is standard input. If the
 * first block of a file of several cannot be read, that is no failure: volume_head_fault says it.
 * SEAL_IO: it cannot be opened, or nothing of it be read; SEAL_USAGE: it is a folder;
 * SEAL_NO_MEMORY. */
MUST_USE enum seal_status volume_open(struct volume_in **out, const char *name,
                                      struct fault *fault);
/* The same of what is open already; fd stays open after volume_close. */
MUST_USE enum seal_status volume_open_fd(struct volume_in **out, int fd, const char *name,
                                         struct fault *fault);
/* The next size bytes of what comes through fd, or, if size is 0, all that comes. fd and name as
 * for volume_open_fd. Several can be fed one after the other. */
MUST_USE enum seal_status volume_open_feed(struct volume_in **out, int fd, uint64_t size,
                                           const char *name, struct fault *fault);
void volume_close(struct volume_in *in);

/* The first block, or what there is of it; valid until volume_close. Nothing of a feed, and of a
 * file whose first block could not be read. */
const uint8_t *volume_head(const struct volume_in *in, size_t *len);
/* Why it could not be read; of status SEAL_OK if it was. */
const struct fault *volume_head_fault(const struct volume_in *in);
/* As given to volume_open; or "standard input". */
const char *volume_name(const struct volume_in *in);
/* Of the whole file, as it was when it was opened, or as volume_open_feed was told; else 0. */
uint64_t volume_size(const struct volume_in *in);
/* Its kind, size and time as they are now; size and time 0 if the system does not tell. The kind is
 * PLAT_FILE only of a file. */
void volume_stat(const struct volume_in *in, struct plat_stat *st);
/* Whether it is a file. volume_need_file: SEAL_USAGE if not. */
bool volume_is_file(const struct volume_in *in);
MUST_USE enum seal_status volume_need_file(struct volume_in *in, struct fault *fault);

/* Its descriptor; -1 unless it is a file. */
int volume_fd(const struct volume_in *in);

/* ---- Reading ------------------------------------------------------------------------------ */

/* Consecutive blocks. */
struct volume_piece {
    uint8_t *blocks; /* the caller's memory: room for them, and for one byte more */
    size_t len;      /* bytes of all of them */
    bool more;       /* the file goes on behind them */
};

/* Reads count blocks from block on: fewer at the end of the file, none behind it. Of a file in any
 * order, also by several threads at once; else block must be the one behind the last that was read.
 * SEAL_IO; SEAL_INTERRUPTED. */
MUST_USE enum seal_status volume_read(struct volume_in *in, uint64_t block, size_t count,
                                      struct volume_piece *piece, struct fault *fault);

/* Up to len bytes of a file, from off on; *got is less only at its end. By any thread. SEAL_IO. */
MUST_USE enum seal_status volume_read_at(struct volume_in *in, uint64_t off, void *buf, size_t len,
                                         size_t *got, struct fault *fault);

/* Reads the last VOLUME_BLOCK_LEN bytes of a file that has so many. SEAL_IO, SEAL_INTERRUPTED. */
MUST_USE enum seal_status
volume_read_end(struct volume_in *in, uint8_t block[static VOLUME_BLOCK_LEN], struct fault *fault);

/* Has volume_read_all leave the last VOLUME_BLOCK_LEN bytes that it read in tail, or all there are,
 * at its end: what was there stands before them. NULL: no more. */
void volume_keep_tail(struct volume_in *in, uint8_t *tail);
/* Reads all of it, once and in order, into room, which has VOLUME_PIECE_LEN + 1 bytes. Each piece
 * is hashed first and then given to `to`: nobody sees a byte before it is in the digest. digest
 * gets the SHA-256, len the bytes. Of what is no file nothing was read by volume_read before.
 * SEAL_IO, with REASON_CHANGED if the first block or the size of a file are not those of
 * volume_open; SEAL_INTERRUPTED; what `to` returns. */
MUST_USE enum seal_status volume_read_all(struct volume_in *in, uint8_t *room,
                                          const struct sink *to, uint8_t digest[static SHA256_LEN],
                                          uint64_t *len, struct fault *fault);
/* From now on volume_read and volume_read_all take each block of a file that cannot be read for
 * zeros, for who has repair data. By one thread at a time. volume_unreadable counts them, and tells
 * why the first could not be read. */
void volume_forgive(struct volume_in *in);
uint64_t volume_unreadable(const struct volume_in *in, struct fault *why);

/* Makes volume_read_all, and volume_read of what is no file, return SEAL_INTERRUPTED, in whatever
 * thread they are. */
void volume_give_up(struct volume_in *in);
/* Whether volume_read_all waits for the medium, or for who fills the pipe. */
bool volume_is_waiting(const struct volume_in *in);

#endif
