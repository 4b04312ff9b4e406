/*
 * sealed_size: how large the sealed file will be, before it is made. Public as a part of dry_run.h.
 */
#ifndef SEAL_SEALED_SIZE_H
#define SEAL_SEALED_SIZE_H

#include "jobs/seal_request.h"

/* In bytes of the sealed file, of all its volumes. 0: the content does not fit the fixed size. */
struct sealed_size {
    uint64_t about, most;
    uint64_t about_volumes, most_volumes; /* 0 without split */
};

/* Bytes to be sealed that nobody knows. */
#define CONTENT_UNKNOWN UINT64_MAX
/* Where nobody says whether a file gets repair data, it does for more than so many bytes of files,
 * also if they shrink: what they become is not known before they are read. */
#define REPAIR_FROM (UINT64_C(2) << 20)

/* Which repair data (*parity, m of the envelope) a file gets for so many bytes of files, and how
 * long its volumes are (*split; 0: one file). SEAL_USAGE: those that are asked for do not go with
 * the size that is. */
MUST_USE enum seal_status repair_choose(uint8_t *parity, uint64_t *split,
                                        const struct seal_request *request, uint64_t bytes,
                                        struct fault *fault);

/* source is listed; survey is what bag_source_estimate found in it. Reads samples of it. */
MUST_USE enum seal_status sealed_size_expect(struct sealed_size *size,
                                             const struct seal_request *request, size_t key_count,
                                             struct bag_source *source,
                                             const struct bag_estimate *survey,
                                             struct fault *fault);

#endif
