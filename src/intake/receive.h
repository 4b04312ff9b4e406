/*
 * A whole drop taken apart, in the worker; private to this room.
 */
#ifndef SEAL_INTAKE_RECEIVE_H
#define SEAL_INTAKE_RECEIVE_H

#include "archive/archive.h"
#include "intake/intake.h"
#include "stream/stream.h"

/* Where a bag is unpacked, and how. */
struct intake_target {
    int dirfd;        /* an empty folder that nobody else may enter; -1: only check */
    bool writable;    /* else it is left read-only, as far as the file system can */
    bool exact_names; /* names that not every system can hold stay as they are */
    struct intake_limits limits;
};

#define TAG_ENTRIES 5 /* the bag's record: its last entries */

/* For who asks for none. */
#define INTAKE_NO_LIMITS ((struct intake_limits){UINT64_MAX, 0, UINT64_MAX, UINT64_MAX})

struct intake_progress {
    void *ctx;
    void (*add)(void *ctx, uint64_t bytes); /* of the sealed file; may be NULL */
};

/* What has come out so far, held against the limits. */
struct tally {
    const struct intake_limits *limits;
    uint64_t bytes, files, folders;
};

/* Before so many bytes come out of from. SEAL_TOO_MUCH. */
MUST_USE enum seal_status tally_bytes(struct tally *t, uint64_t bytes,
                                      const struct stream_reader *from, struct fault *fault);
/* Before an entry does, with the folders above it that are new. Its bytes count as they come: what
 * its head says of them may be a lie. */
MUST_USE enum seal_status tally_entry(struct tally *t, const struct tar_entry *entry,
                                      const struct bag_place *place, struct fault *fault);
/* What the tables at the end of a file that can be sought in say of it: before anything comes out.
 * from was not read yet, and is of no more use. */
MUST_USE enum seal_status intake_declared(struct stream_reader *from, enum content_type type,
                                          const struct intake_limits *limits, struct fault *fault);

/* Unpacks a bag, checking all of it. On any failure what was written is for the caller to remove.
 * SEAL_DAMAGED, SEAL_HOSTILE, SEAL_LOCAL_NAME, SEAL_IO, SEAL_TOO_MUCH. */
MUST_USE enum seal_status intake_bag(struct intake_result *result, struct stream_reader *from,
                                     const struct intake_target *target,
                                     const struct intake_progress *progress, struct fault *fault);
/* Hands a stream's bytes to to, which may be NULL: then they are only checked. What to got is to
 * be trusted only after SEAL_OK. */
MUST_USE enum seal_status intake_stream(struct intake_result *result, struct stream_reader *from,
                                        const struct sink *to, const struct intake_limits *limits,
                                        const struct intake_progress *progress,
                                        struct fault *fault);

#endif
