/*
 * The bytes of one file against the digests that manifests list for it. Private to bag/recheck.
 */
#ifndef SEAL_BAG_RECHECK_DIGESTS_H
#define SEAL_BAG_RECHECK_DIGESTS_H

#include "bag/recheck/recheck_state.h"

/* Reads the file open at fd, which at least one manifest of m lists as item, and tells what
 * differs. m is r->payload or r->tags. */
MUST_USE enum seal_status recheck_compare(struct recheck *r, const struct manifest_set *m,
                                          const struct item *item, int fd, struct fault *fault);

#endif
