/*
 * volume: the bytes of one sealed file, read by blocks; and a proof that it is still the same file
 * when it is read again. (Of a set of volumes each is one; stream joins them.)
 *
 * Knows nothing of what the bytes mean. Sizes are in bytes unless they are called blocks.
 */
#ifndef SEAL_VOLUME_H
#define SEAL_VOLUME_H

#include "base/bytes.h"
#include "base/hash.h"
#include "base/status.h"
#include "platform/crew.h"
#include "platform/files.h"

#define VOLUME_BLOCK_LEN 65536
/* Blocks that are read at a time by those who read all of the file. */
#define VOLUME_PIECE_BLOCKS 16
#define VOLUME_PIECE_LEN ((size_t)VOLUME_PIECE_BLOCKS * VOLUME_BLOCK_LEN)
#define VOLUME_TAG_LEN 16
#define VOLUME_KEY_LEN 32

/* A file that is being read. Every block is VOLUME_BLOCK_LEN long, but the last may be shorter. A
 * regular file is read in any order; anything else, such as a pipe, in order and once, and so is a
 * file that cannot be sought in. Below, "a file" is a regular file in which one can seek. */
struct volume_in;

/* ---- Opening ------------------------------------------------------------------------------ */

/* Opens a file and reads its first block. name is kept, not copied; "-" is standard input. SEAL_IO:
 * it cannot be opened or read; SEAL_USAGE: it is a folder; SEAL_NO_MEMORY. */
MUST_USE enum seal_status volume_open(struct volume_in **out, const char *name,
                                      struct fault *fault);
void volume_close(struct volume_in *in);

/* The first block, or what there is of it; valid until volume_close. */
const uint8_t *volume_head(const struct volume_in *in, size_t *len);
/* As given to volume_open; or "standard input". */
const char *volume_name(const struct volume_in *in);
/* Of the whole file, as it was when it was opened; 0 of what is no file. */
uint64_t volume_size(const struct volume_in *in);
/* Its kind, size and time as they are now; size and time 0 if the system does not tell. The kind is
 * PLAT_FILE only of a file. */
void volume_stat(const struct volume_in *in, struct plat_stat *st);
/* Whether it is a file. volume_need_file: SEAL_USAGE if not. */
bool volume_is_file(const struct volume_in *in);
MUST_USE enum seal_status volume_need_file(struct volume_in *in, struct fault *fault);

/* ---- Reading ------------------------------------------------------------------------------ */

/* Consecutive blocks. */
struct volume_piece {
    uint8_t *blocks;             /* the caller's memory: room for them, and for one byte more */
    size_t len;                  /* bytes of all of them */
    bool more;                   /* the file goes on behind them */
    uint8_t tag[VOLUME_TAG_LEN]; /* see volume_hash_reads */
};

/* Reads count blocks from block on: fewer at the end of the file, none behind it. Of a file in any
 * order, also by several threads at once; else block must be the one behind the last that was read.
 * SEAL_IO. */
MUST_USE enum seal_status volume_read(struct volume_in *in, uint64_t block, size_t count,
                                      struct volume_piece *piece, struct fault *fault);
/* Goes back to the first block, which only what is no file needs. SEAL_USAGE: it is a pipe or the
 * like, where that is not possible. */
MUST_USE enum seal_status volume_rewind(struct volume_in *in, struct fault *fault);

/* ---- Whether it is the same file ---------------------------------------------------------- */

/* Between two times that a file is read, somebody may change it, or a failing medium may give other
 * bytes. So the first time its SHA-256 is taken, and a mark; the second time only the mark, which
 * costs little on any processor. The mark is the SHA-256 of Poly1305 tags, one for each piece of
 * VOLUME_PIECE_BLOCKS, under keys that ChaCha20 makes of a key drawn for this file and run. Who can
 * change the file but does not know that key cannot make another file with the same mark. */

/* The first time: reads the whole file; digest gets its SHA-256, mark its mark. crew may be NULL;
 * add, which may be NULL, is told of the bytes as they are read. SEAL_USAGE: it is no file.
 * SEAL_IO, also if the first block is not what volume_head gives. */
MUST_USE enum seal_status
volume_digest(struct volume_in *in, struct crew *crew, const uint8_t key[static VOLUME_KEY_LEN],
              uint8_t digest[static SHA256_LEN], uint8_t mark[static SHA256_LEN],
              void (*add)(void *ctx, uint64_t bytes), void *ctx, struct fault *fault);

/* The second time: from now on, what volume_read gives is hashed; to be called before the first
 * block is read. Of a file all pieces of VOLUME_PIECE_BLOCKS must be read, in any order, and given
 * to volume_note in their order. Then volume_read_digest gives the mark. Of what is no file, and
 * was not read before, volume_read_digest gives the SHA-256 of the bytes. */
void volume_hash_reads(struct volume_in *in, const uint8_t key[static VOLUME_KEY_LEN]);
void volume_note(struct volume_in *in, const struct volume_piece *piece);
void volume_read_digest(struct volume_in *in, uint8_t digest[static SHA256_LEN]);

/* ---- Handing it to another process -------------------------------------------------------- */

/* Returns the descriptor; *ahead gets what was read from it that cannot be read again (valid until
 * volume_close). Afterwards only volume_close may be called. */
int volume_hand_over(const struct volume_in *in, struct span *ahead);
/* In the other process: the same file, of which ahead was read already. fd stays open after
 * volume_close; name is kept, not copied. */
MUST_USE enum seal_status volume_take_over(struct volume_in **out, int fd, struct span ahead,
                                           const char *name, struct fault *fault);

#endif
