/*
 * Inside a stream reader, private to this room: stream_read.c keeps it and moves it from block to
 * block; stream_check.c reads to the end and checks what only the end tells; stream_seek.c goes to
 * single places.
 */
#ifndef SEAL_STREAM_READER_H
#define SEAL_STREAM_READER_H

#include "platform/crew.h"
#include "stream/chunk.h"
#include "stream/trailer.h"

/* A piece of the file that is read and decrypted ahead. */
struct piece_ahead {
    struct task task; /* first, so that a task's address is its piece's */
    struct stream_reader *reader;
    uint64_t number; /* of its first block */
    struct volume_piece piece;
    size_t filled;      /* bytes of its blocks that ever held anything */
    size_t good_count;  /* blocks from its begin that are authentic, and plaintext by now */
    struct fault fault; /* of the block behind those */
};

struct stream_reader {
    const struct stream_volume *volumes;
    size_t volume_count;
    struct stream_volume one; /* volumes points here where there is no set */
    struct crew *crew;
    struct lane lane;
    bool seeks;         /* then the first piece alone is used, with one block */
    struct fault fault; /* what reading ended by */
    uint64_t consumed;  /* plaintext taken, without trailers */
    uint64_t file_pos;  /* bytes of the files in the blocks taken */
    /* The current volume: */
    size_t volume;
    const struct envelope *env;
    struct volume_in *in;
    bool more; /* of what comes in order: there is something to be read */
    uint8_t key[KEY_LEN];
    uint64_t content_before; /* of the volumes before it */
    /* Pieces stand in a ring: */
    struct piece_ahead *pieces;
    size_t piece_count, current;
    /* The current block: */
    bool has_block;
    size_t block;        /* its number in the current piece */
    bool is_last;        /* of its volume; then the trailer was taken off: */
    const uint8_t *text; /* plaintext, of which pos to end is not taken yet */
    size_t pos, end;
    uint8_t trailer[TRAILER_LEN];
};

/* Makes the next block the current one, in the next volume if this one is used up. Not to be called
 * at the end. */
MUST_USE enum seal_status reader_next_block(struct stream_reader *r, struct fault *fault);
/* Makes that block of that volume the current one, unless it is. From then on the reader seeks. */
MUST_USE enum seal_status reader_seek_block(struct stream_reader *r, size_t volume, uint64_t number,
                                            struct fault *fault);
/* Whether the current block is the last of the last volume there is. */
bool reader_is_at_end(const struct stream_reader *r);
/* Whether the current file says that it is a volume. */
bool reader_is_volume(const struct stream_reader *r);
/* All volumes of a set are as long as the first, but the last, which may be shorter: whether the
 * current one is so. */
bool reader_has_right_size(const struct stream_reader *r);
/* Content of a volume that others follow. */
uint64_t stream_volume_content_len(const struct stream_volume *v);
enum seal_status reader_cut_short(struct fault *fault);

#endif
