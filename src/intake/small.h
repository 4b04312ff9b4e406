/*
 * Small files of a bag, of which there can be very many: hashed, written and finished by any of the
 * crew's threads; private to this room.
 */
#ifndef SEAL_INTAKE_SMALL_H
#define SEAL_INTAKE_SMALL_H

#include "intake/unpack.h"

/* Bytes of the largest that counts as one. */
#define SMALL_LEN ((size_t)64 * 1024)

struct smalls;

/* crew is the thread pool to work on, or NULL; it, check and unpack must outlive the smalls. */
MUST_USE enum seal_status smalls_new(struct smalls **out, struct crew *crew, struct unpack *unpack,
                                     struct bag_check *check, struct fault *fault);
/* Room for SMALL_LEN bytes of the next. */
MUST_USE enum seal_status smalls_room(struct smalls *s, uint8_t **data, struct fault *fault);
/* What was filled, of the payload file that check is at, which begins to be unpacked there. A fault
 * may show in a later call. */
MUST_USE enum seal_status smalls_add(struct smalls *s, const struct tar_entry *entry, size_t len,
                                     struct fault *fault);
/* All there are; check knows their digests then. It is to be called before the first tag file, and
 * in any case before the end. The first fault counts, and comes before one of status, what came of
 * anything behind them. */
MUST_USE enum seal_status smalls_settle(struct smalls *s, enum seal_status status,
                                        struct fault *fault);
void smalls_free(struct smalls *s);

#endif
