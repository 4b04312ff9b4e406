/*
 * mend_job: a sealed file, or one volume, that is damaged, to a copy as it was sealed, which its
 * repair data make possible. Nothing is unpacked. Public.
 */
#ifndef SEAL_MEND_JOB_H
#define SEAL_MEND_JOB_H

#include "jobs/limits.h"
#include "jobs/open_headers.h"

/* All belongs to the caller. */
struct mend_request {
    struct receive_input input; /* of one sealed file */
    struct asked_limits limits;
    const char *output; /* name of the copy */
    unsigned int threads;
};

/* Free it with mend_result_free. */
struct mend_result {
    struct sets sets;           /* of one file; what was found wrong with it is in received */
    struct intake_result found; /* found.mended */
    uint64_t size;              /* of the copy */
    uint8_t sha256[SHA256_LEN];
    uint8_t last[VOLUME_BLOCK_LEN]; /* block of the damaged file, as it was read */
};

/* SEAL_USAGE, also if the file has no repair data; SEAL_BAD_KEY, SEAL_NEWER, SEAL_NO_KEY;
 * SEAL_DAMAGED: too much is lost; SEAL_BROKE, SEAL_TOO_MUCH, SEAL_EXISTS, SEAL_IO, SEAL_NO_MEMORY,
 * SEAL_INTERRUPTED. result is to be freed whatever happens. */
MUST_USE enum seal_status mend_job_run(struct mend_result *result,
                                       const struct mend_request *request,
                                       const struct receive_observer *observer,
                                       struct fault *fault);
void mend_result_free(struct mend_result *result);

#endif
