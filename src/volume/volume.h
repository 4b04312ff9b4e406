/*
 * volume: the bytes of one file, by blocks. Knows nothing of what they mean.
 */
#ifndef SEAL_VOLUME_H
#define SEAL_VOLUME_H

#include "base/base.h"
#include "platform/platform.h"

#define VOLUME_BLOCK_LEN 65536
/* What is read at a time where all of it is. */
#define VOLUME_PIECE_BLOCKS 16
#define VOLUME_PIECE_LEN ((size_t)VOLUME_PIECE_BLOCKS * VOLUME_BLOCK_LEN)
#define VOLUME_TAG_LEN 16
#define VOLUME_KEY_LEN 32

/* A sealed file being read, by blocks. Every block is VOLUME_BLOCK_LEN long but the last. */
struct volume_in;

/* Blocks that stand one behind the other. */
struct volume_piece {
    uint8_t *blocks; /* the caller's: room for them, and for one byte more */
    size_t len;      /* of all */
    bool more;       /* the file goes on behind them */
    uint8_t tag[VOLUME_TAG_LEN];
};

/* name "-" is standard input. SEAL_IO. */
MUST_USE enum seal_status volume_open(struct volume_in **out, const char *name,
                                      struct fault *fault);
/* The first block, or what there is of it. */
const uint8_t *volume_head(const struct volume_in *in, size_t *len);
/* count blocks from that one on, fewer where the file ends, none behind its end. From a file in any
 * order, also by several threads at once; from anything else one after the other. */
MUST_USE enum seal_status volume_read(struct volume_in *in, uint64_t block, size_t count,
                                      struct volume_piece *piece, struct fault *fault);
/* Whether it can be read in any order; SEAL_USAGE if not. */
bool volume_is_file(const struct volume_in *in);
MUST_USE enum seal_status volume_need_file(struct volume_in *in, struct fault *fault);
/* What is not a file is to be read from the first block again. SEAL_USAGE where that cannot be. */
MUST_USE enum seal_status volume_rewind(struct volume_in *in, struct fault *fault);

/* ---- That it is the same file ---- */

/* SHA-256 of the whole file as it is now; SEAL_USAGE for what is no file, SEAL_IO if its head is
 * not what volume_head gives. mark gets what volume_read_digest gives after the same bytes with the
 * same key. crew may be NULL; add, which may be too, is told of the bytes read. */
MUST_USE enum seal_status
volume_digest(struct volume_in *in, struct crew *crew, const uint8_t key[static VOLUME_KEY_LEN],
              uint8_t digest[static SHA256_LEN], uint8_t mark[static SHA256_LEN],
              void (*add)(void *ctx, uint64_t bytes), void *ctx, struct fault *fault);
/* From the first block on, what is read is to be known again: by its SHA-256; a file, of which that
 * is known already, by a mark, which costs little on any processor: tags of Poly1305 for each piece
 * of VOLUME_PIECE_BLOCKS, under keys that ChaCha20 makes of one drawn for this once. Who can change
 * the file, and does not know the key, cannot make another with the same mark. */
void volume_hash_reads(struct volume_in *in, const uint8_t key[static VOLUME_KEY_LEN]);
/* The pieces of a file, in their order. */
void volume_note(struct volume_in *in, const struct volume_piece *piece);
void volume_read_digest(struct volume_in *in, uint8_t digest[static SHA256_LEN]);

/* ---- Handed on ---- */

/* For another process that reads on: the descriptor, and what was taken from it already, valid
 * until *in is closed, which is all to be done with it then. */
int volume_hand_over(const struct volume_in *in, struct span *ahead);
/* The other side. fd stays open after volume_close. */
MUST_USE enum seal_status volume_take_over(struct volume_in **out, int fd, struct span ahead,
                                           const char *name, struct fault *fault);
/* As given; "standard input". */
const char *volume_name(const struct volume_in *in);
/* Its kind, size and time, as they are now; all zero if they cannot be had. */
void volume_stat(const struct volume_in *in, struct plat_stat *st);
/* Bytes of the whole file, 0 where it cannot be known before the end (a pipe). */
uint64_t volume_size(const struct volume_in *in);
void volume_close(struct volume_in *in);

#endif
