/*
 * damaged: a sealed file with repair data that a test damages and reads.
 */
#ifndef SEAL_DAMAGED_H
#define SEAL_DAMAGED_H

#include "lib/payload.h"

/* A file that is being damaged. */
struct damaged {
    struct sealed s;
    struct buffer file;
    uint64_t told; /* blocks, as a second head tells; 0: it does not */
    struct stream_mended mended;
};

/* One of so many data blocks, undamaged. */
struct damaged damaged_make(uint8_t m, uint64_t data_blocks);
/* As it was. */
void damaged_restore(struct damaged *d);
/* Only true content comes out, all of it if nothing is wrong; sets mended. */
enum seal_status damaged_read(struct damaged *d);
void damaged_free(struct damaged *d);

#endif
