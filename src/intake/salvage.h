/*
 * Takes out of a damaged sealed file what is authentic, in the worker; private to this room.
 */
#ifndef SEAL_INTAKE_SALVAGE_H
#define SEAL_INTAKE_SALVAGE_H

#include "intake/entry_writer.h"
#include "intake/intake.h"
#include "intake/progress_meter.h"
#include "stream/holed.h"

struct salvage_job {
    const struct holed_volume *volumes;
    size_t count;
    struct unpack_target target; /* an empty folder (salvage_out.h) */
    const struct intake_limits *limits;
    const struct intake_progress *progress;
    /* Is told of each file. */
    enum seal_status (*each)(void *ctx, const struct custody_piece *piece, struct fault *fault);
    void *ctx;
};

/* Sets salvage of the result, and of what the sender says as much as is there. SEAL_USAGE: nothing
 * is damaged; SEAL_DAMAGED: nothing is left; SEAL_LOCAL_NAME, SEAL_IO, SEAL_TOO_MUCH. */
MUST_USE enum seal_status intake_salvage(struct intake_result *result,
                                         const struct salvage_job *job, struct fault *fault);

#endif
