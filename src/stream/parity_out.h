/*
 * The repair data of the group that is being written (format section 3a), private to this room: the
 * symbols of its data blocks go in, by any thread, and those of its parity blocks come out.
 */
#ifndef SEAL_STREAM_PARITY_OUT_H
#define SEAL_STREAM_PARITY_OUT_H

#include "base/status.h"
#include "platform/crew.h"
#include "stream/layout.h"

struct parity_out;

/* m: 4, 8 or 16. crew must outlive it, and may be NULL. */
MUST_USE enum seal_status parity_out_new(struct parity_out **out, unsigned int m, struct crew *crew,
                                         struct fault *fault);
/* Begins a group. SEAL_NO_MEMORY. */
MUST_USE enum seal_status parity_out_begin(struct parity_out *p, const struct group *group,
                                           struct fault *fault);
/* Data block i of the group (from 0), which is len bytes long without its tag, and its head. */
void parity_out_add(struct parity_out *p, uint64_t i, const uint8_t *symbol, size_t len);
/* All data blocks of the group were added, and it has as many as group says. The symbol of its
 * parity block i (from 0): CHUNK_LEN bytes, valid until the next group begins. */
const uint8_t *parity_out_symbol(const struct parity_out *p, const struct group *group, uint64_t i);
/* NULL does nothing. */
void parity_out_free(struct parity_out *p);

#endif
