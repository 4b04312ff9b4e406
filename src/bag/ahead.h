/*
 * Small files of the source, read and hashed by other threads before their turn comes, private to
 * this room: so that a medium is asked for many at a time, and not for one after the other.
 */
#ifndef SEAL_BAG_AHEAD_H
#define SEAL_BAG_AHEAD_H

#include "bag/reading.h"
#include "bag/source.h"

#define AHEAD_LEN ((size_t)64 * 1024) /* files up to this size as they were listed */

struct ahead_file {
    int fd;        /* -1: it could not be opened, for the reason error, or is not needed any more */
    int error;     /* errno; 0: none */
    bool is_file;  /* not so: nothing below is of use */
    bool is_read;  /* not so: it is larger now; nothing below is of use */
    uint8_t *data; /* reading.before.size bytes */
    enum reading_change change;
    struct fault fault; /* of the reading: SEAL_NO_MEMORY, SEAL_INTERRUPTED */
    struct reading reading;
    uint8_t digest[SHA256_LEN];
};

struct ahead;

/* crew, which may be NULL, is whose threads read; it and the source must outlive this. */
MUST_USE enum seal_status ahead_new(struct ahead **out, struct bag_source *source,
                                    struct crew *crew, struct fault *fault);
/* The file behind the item of this number; numbers must go up. NULL: it is not read ahead, since
 * it was not small. It is good until the next call. */
struct ahead_file *ahead_take(struct ahead *a, size_t item);
void ahead_free(struct ahead *a);

#endif
