/*
 * Inside a stream reader, private to this room: ahead.c reads and decrypts pieces ahead;
 * stream_blocks.c moves the reader from block to block; stream_read.c begins and ends it and gives
 * out what is in a block; stream_check.c reads to the end and checks what only the end tells;
 * stream_seek.c goes to single places.
 */
#ifndef SEAL_STREAM_READER_H
#define SEAL_STREAM_READER_H

#include "platform/crew.h"
#include "stream/chunk.h"
#include "stream/mender.h"
#include "stream/trailer.h"

struct block_ahead {
    uint64_t number; /* of the data block */
    bool is_data;    /* else it is repair data, and not looked at */
    bool is_good;    /* it is authentic, and plaintext by now */
    bool is_final;   /* the last data block */
};

/* A piece of the file that is read and decrypted ahead. */
struct piece_ahead {
    struct task task; /* first, so that a task's address is its piece's */
    struct stream_reader *reader;
    uint64_t number; /* of its first block */
    struct volume_piece piece;
    size_t filled; /* bytes of its blocks that ever held anything */
    struct block_ahead blocks[VOLUME_PIECE_BLOCKS];
    size_t count;       /* of these */
    struct fault fault; /* of the first one that is not good */
};

struct stream_reader {
    struct stream_volume *volumes; /* owned */
    size_t volume_count;
    struct crew *crew;
    struct lane lane;
    bool checks_parity; /* of files */
    bool seeks;         /* then no pieces are read ahead; the first one is room for a block */
    struct fault fault; /* what reading ended by */
    uint64_t consumed;  /* plaintext taken, without trailers */
    uint64_t file_pos;  /* bytes of the files in the blocks taken */
    /* The current volume: */
    size_t volume;
    const struct envelope *env;
    struct volume_in *in;
    uint64_t blocks; /* with repair data: of the file, if nothing is missing; 0: not known yet */
    bool is_odd;     /* it has not the length that it should have */
    bool more;       /* of what comes in order: there is something to be read */
    uint8_t key[KEY_LEN];
    uint64_t content_before; /* of the volumes before it */
    /* Pieces stand in a ring: */
    struct piece_ahead *pieces;
    size_t piece_count, current;
    /* The current block: */
    bool has_block;
    uint64_t number;     /* of the data block */
    size_t block;        /* its number in the current piece */
    bool is_last;        /* of its volume; then the trailer was taken off: */
    const uint8_t *text; /* plaintext, of which pos to end is not taken yet */
    size_t pos, end;
    uint8_t trailer[TRAILER_LEN];
    /* Blocks that are not as they should be: */
    struct mender *mender; /* NULL: none was met */
    struct stream_mended mended;
};

/* ---- Reading ahead ---- */

bool ahead_make(struct stream_reader *r);
/* Gives the first pieces of the current volume to the crew. */
void ahead_start(struct stream_reader *r);
/* The current piece is used up: it is posted again for what lies behind all others, and the next
 * one becomes current. */
void ahead_next(struct stream_reader *r);
/* Decrypts what was read into a piece. */
void ahead_open(struct piece_ahead *a);
/* Waits until no piece is under way. */
void ahead_await(struct stream_reader *r);
void ahead_free(struct stream_reader *r);
/* Of a block of the piece; with head and tag. */
size_t ahead_block_len(const struct piece_ahead *a, size_t block);

/* ---- From block to block ---- */

static inline enum seal_status reader_cut_short(struct fault *fault)
{
    return fault_set(fault, REASON_CUT_SHORT, NULL);
}
/* Bytes at the begin of the data block that are no ciphertext. */
static inline size_t reader_head_len(const struct stream_reader *r, uint64_t number)
{
    return number == 0 ? r->env->head_len : 0;
}
/* No piece of the volume before is under way any more. */
void reader_enter_volume(struct stream_reader *r, size_t number);
/* To fetch blocks of that volume; in is NULL if they cannot be read in any order. */
struct mender_file reader_mender_file(const struct stream_reader *r, const struct stream_volume *v);

/* Makes the next block the current one, in the next volume if this one is used up. Not to be called
 * at the end. */
MUST_USE enum seal_status reader_next_block(struct stream_reader *r, struct fault *fault);
/* Makes that data block of that volume the current one, unless it is. From then on the reader
 * seeks. */
MUST_USE enum seal_status reader_seek_block(struct stream_reader *r, size_t volume, uint64_t number,
                                            struct fault *fault);
/* Whether the current block is the last of the last volume there is. */
bool reader_is_at_end(const struct stream_reader *r);
/* Whether the current file says that it is a volume. */
bool reader_is_volume(const struct stream_reader *r);
/* All volumes of a set are as long as the first, but the last, which may be shorter: whether the
 * current one is so. */
bool reader_has_right_size(const struct stream_reader *r);
/* Reads what comes in order behind the last data block: repair data. */
MUST_USE enum seal_status reader_drain(struct stream_reader *r, struct fault *fault);
/* Bytes of the volume as it was sealed, if nothing is missing of it. */
uint64_t stream_volume_len(const struct stream_volume *v);
/* Content of a volume that others follow. */
uint64_t stream_volume_content_len(const struct stream_volume *v);

#endif
