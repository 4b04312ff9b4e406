/*
 * intake: what may come out of a sealed file, and where to. Unpacks into one fresh folder, checks
 * everything of format section 6 that the sealing layer does not, and holds no key of the
 * organization.
 */
#ifndef SEAL_INTAKE_H
#define SEAL_INTAKE_H

#include "archive/archive.h"
#include "bag/bag.h"
#include "base/base.h"
#include "stream/stream.h"

/* What an accepted drop came to. Nothing in it is to be shown unless SEAL_OK was returned. */
struct intake_result {
    struct bag_totals totals;   /* of a bag; a stream counts as bytes alone */
    uint8_t digest[SHA256_LEN]; /* D */
    uint8_t receipt[32];        /* for number_text */
    struct buffer remarks;      /* what the record says is missing, a line each, ends with a NUL */
};

void intake_result_free(struct intake_result *result);

struct intake_progress {
    void *ctx;
    void (*add)(void *ctx, uint64_t bytes); /* of the sealed file; may be NULL */
};

/* Unpacks a bag into dirfd, an empty folder that nobody else may enter. On any failure what was
 * written is for the caller to remove. SEAL_DAMAGED, SEAL_HOSTILE, SEAL_LOCAL_NAME, SEAL_IO. */
MUST_USE enum seal_status intake_bag(struct intake_result *result, struct stream_reader *from,
                                     int dirfd, const struct intake_progress *progress,
                                     struct fault *fault);
/* Hands a stream's bytes to to, which may be NULL: then they are only checked. What to got is to
 * be trusted only after SEAL_OK. */
MUST_USE enum seal_status intake_stream(struct intake_result *result, struct stream_reader *from,
                                        const struct sink *to,
                                        const struct intake_progress *progress,
                                        struct fault *fault);

#endif
