/*
 * What there is of a file that is salvaged, before anything is written; private to this room.
 */
#ifndef SEAL_INTAKE_SALVAGE_LOOK_H
#define SEAL_INTAKE_SALVAGE_LOOK_H

#include "archive/torn.h"
#include "base/hash.h"
#include "custody/custody.h"

struct salvage_look {
    struct custody_piece piece; /* but state and path */
    uint8_t digest[SHA256_LEN]; /* if nothing is lost */
};

/* Of the size bytes from off on. SEAL_IO, SEAL_NO_MEMORY, SEAL_INTERRUPTED. */
MUST_USE enum seal_status salvage_look_at(struct torn *from, struct salvage_look *look,
                                          uint64_t off, uint64_t size, struct fault *fault);
/* Calls each for every part of the size bytes from off on: there, or lost (data is NULL). What lies
 * behind the end of the stretch is lost. at counts from off. Likewise. */
MUST_USE enum seal_status salvage_each_part(struct torn *from, uint64_t off, uint64_t size,
                                            enum seal_status (*each)(void *ctx, const uint8_t *data,
                                                                     uint64_t at, uint64_t len,
                                                                     struct fault *fault),
                                            void *ctx, struct fault *fault);
/* Notes len bytes at that offset of the file. */
void salvage_note_part(struct custody_piece *piece, bool is_there, uint64_t at, uint64_t len);

#endif
