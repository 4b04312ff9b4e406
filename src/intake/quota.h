/*
 * How much may come out of a sealed file: counted against the limits of the job while it comes;
 * private to this room.
 */
#ifndef SEAL_INTAKE_QUOTA_H
#define SEAL_INTAKE_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/archive.h"
#include "intake/intake.h"
#include "stream/stream.h"

/* Files of the bag's record, the last entries of its archive: manifest, listing, bag-info, bagit
 * and tagmanifest. */
#define RECORD_ENTRIES 5

/* Limits that nothing exceeds. */
#define INTAKE_NO_LIMITS                               \
    ((struct intake_limits){.bytes = UINT64_MAX,       \
                            .room = UINT64_MAX,        \
                            .files = UINT64_MAX,       \
                            .files_least = UINT64_MAX, \
                            .names = UINT64_MAX})

struct quota {
    const struct intake_limits *limits;
    const struct stream_reader *from; /* its length counts for limits.per_byte; NULL: sealed does */
    uint64_t sealed;
    uint64_t bytes, files, folders; /* that came out so far */
    uint64_t lists;                 /* bytes of pax records, of tag files, and of names in lists */
};

/* To be called before so many bytes are written. SEAL_TOO_MUCH. */
MUST_USE enum seal_status quota_add_bytes(struct quota *q, uint64_t bytes, struct fault *fault);
/* To be called with each entry of a bag, and at the end of its archive, of which so many bytes were
 * read. Headers count as well, for they cost as much as data. SEAL_TOO_MUCH. */
MUST_USE enum seal_status quota_reach(struct quota *q, uint64_t bytes, struct fault *fault);
/* To be called with each piece of a tag file that was checked. What it lists takes memory, links
 * included, whether it is there or not; and each line takes time. SEAL_TOO_MUCH. */
MUST_USE enum seal_status quota_add_listed(struct quota *q, uint64_t bytes,
                                           const struct bag_check *check, struct fault *fault);
/* To be called with each name that is told or listed apart from that, as long as it is.
 * SEAL_TOO_MUCH.
 */
MUST_USE enum seal_status quota_add_name(struct quota *q, uint64_t bytes, struct fault *fault);
/* To be called before an entry is unpacked, which check has seen; also counts the folders above it
 * that are new. Its bytes are to be added as they come, since the size in its header may be a lie.
 * SEAL_TOO_MUCH. */
MUST_USE enum seal_status quota_add_entry(struct quota *q, const struct tar_entry *entry,
                                          const struct bag_place *place,
                                          const struct bag_check *check, struct fault *fault);
/* To be called before a file is made that has no entry. SEAL_TOO_MUCH. */
MUST_USE enum seal_status quota_add_file(struct quota *q, struct fault *fault);
/* Checks the sizes that the tables at the end of a file declare, before anything comes out. Tables
 * that cannot be read are let pass: reading finds out what is wrong with them. from is a file of
 * which nothing was read yet; to read it afterwards, make a new reader. SEAL_TOO_MUCH. */
MUST_USE enum seal_status quota_check_declared(struct stream_reader *from, enum content_type type,
                                               const struct intake_limits *limits,
                                               struct fault *fault);

#endif
