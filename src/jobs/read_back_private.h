/*
 * read_back: whether the medium has what was written to it. Some media lose what they take: those
 * that fail, and those that are smaller than they say. Private to this room.
 */
#ifndef SEAL_READ_BACK_PRIVATE_H
#define SEAL_READ_BACK_PRIVATE_H

#include "base/hash.h"
#include "envelope/envelope.h"
#include "jobs/seal_request.h"

/* A sealed file that was written, and what its sealer knows about it. */
struct volume_out {
    char *path; /* "-" is standard output */
    struct output output;
    struct envelope *env;               /* its key tells whether each block is as it was */
    uint8_t head_hash[HASH_LEN];        /* of its first env->head_len bytes */
    uint8_t second_head_hash[HASH_LEN]; /* with repair data: of its last block */
};

/* Whether the medium that the volume is on is to be read. */
bool read_back_is_wanted(enum read_back_when when, const struct volume_out *volume);

/* Reads count volumes, all of them through output_finish, from their medium again. They must all be
 * there before the first is read: on a medium that is smaller than it says, what comes later may
 * take the place of what was there before. *was_in_memory is set if the system read from memory.
 * SEAL_IO, with REASON_READS_DIFFERENT if it is not what was written, or REASON_READS_MENDED if its
 * repair data would mend that. */
MUST_USE enum seal_status read_back_all(const struct volume_out *volumes, size_t count,
                                        const struct seal_observer *observer, bool *was_in_memory,
                                        struct fault *fault);

#endif
