/*
 * volumes_out: the files that seal writes, one or the volumes of a set. Each has its own envelope;
 * all get their names at the end, but for those on media that were taken out. Private to this room.
 *
 * volumes_init, perhaps volumes_split, volumes_start; write through stream/stream.h, which asks for
 * the next volume; volumes_commit; volumes_end in any case.
 */
#ifndef SEAL_VOLUMES_OUT_PRIVATE_H
#define SEAL_VOLUMES_OUT_PRIVATE_H

#include "jobs/destination_private.h"
#include "jobs/read_back_private.h"
#include "jobs/recipients_private.h"

struct volumes_out {
    /* Set by the caller, and good until volumes_end: */
    const struct recipients *to;
    struct random *random;
    const struct seal_observer *observer;
    enum read_back_when read_back;
    bool ask_media; /* for another medium where there is no room for a volume */
    /* Set here: */
    struct destination destination;
    struct stream_split split; /* size 0: one file, whatever its size */
    struct stream_second_head second_head;
    bool was_read_back, was_in_memory;
    struct envelope_params params; /* of the set; parity is the caller's */
    uint8_t head[HEAD_LEN_MAX];    /* of the last volume */
    size_t count;
    size_t named; /* the first so many have their names: they are on media that were taken out */
    struct volume_out *files;   /* VOLUMES_MAX */
    struct envelope *envelopes; /* sodium_malloc: their keys must not be swapped out */
    uint8_t *set_key;           /* sodium_malloc: outlives the envelopes of media taken out */
};

/* given is -o, or NULL. SEAL_NO_MEMORY. */
MUST_USE enum seal_status volumes_init(struct volumes_out *v, const char *given,
                                       struct fault *fault);
/* Makes it a set of volumes of that size. False: the destination is one name, and each volume needs
 * a name of its own. */
bool volumes_split(struct volumes_out *v, uint64_t size);
/* Makes the first. */
MUST_USE enum seal_status volumes_start(struct volumes_out *v, enum content_type type,
                                        struct stream_out *first, struct fault *fault);
/* All to the medium, read back if that is wanted, and to their names; or nothing. */
MUST_USE enum seal_status volumes_commit(struct volumes_out *v, struct fault *fault);
/* What a fault without a name is about: the file at hand. */
const char *volumes_name(const struct volumes_out *v);
/* Frees all, and removes what has no name yet. */
void volumes_end(struct volumes_out *v);

#endif
