/*
 * sealed_heads: the headers of one sealed file as they lie there: at the beginning, and, if it has
 * repair data, at the end. Private to this room.
 */
#ifndef SEAL_SEALED_HEADS_PRIVATE_H
#define SEAL_SEALED_HEADS_PRIVATE_H

#include "envelope/envelope.h"
#include "volume/volume.h"

struct sealed_heads {
    struct volume_in *in; /* must outlive it */
    const uint8_t *first; /* a block; NULL: the file is shorter, or the block cannot be read */
    uint8_t *room;        /* malloc'ed when the second was asked for */
    bool has_second, was_read;
};

struct sealed_heads sealed_heads_of(struct volume_in *in);
/* The last block of the file, which is read when it is asked for first; valid until
 * sealed_heads_free. NULL: it is no file, or not longer than a block, or cannot be read. */
const uint8_t *sealed_heads_second(struct sealed_heads *h);
void sealed_heads_free(struct sealed_heads *h);

#endif
