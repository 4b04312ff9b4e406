/*
 * Reads a sealed stream from beginning to end, in the worker; private to this room.
 */
#ifndef SEAL_INTAKE_COPY_STREAM_H
#define SEAL_INTAKE_COPY_STREAM_H

#include "intake/intake.h"
#include "intake/progress_meter.h"
#include "stream/stream.h"

/* Writes the bytes of a stream to a sink and checks them; to may be NULL: then they are only
 * checked. What the sink got is to be trusted only after SEAL_OK. Sets digest, receipt and
 * totals.bytes of the result. SEAL_DAMAGED, SEAL_HOSTILE, SEAL_TOO_MUCH; what the sink returns. */
MUST_USE enum seal_status intake_copy_stream(struct intake_result *result,
                                             struct stream_reader *from, const struct sink *to,
                                             const struct intake_limits *limits,
                                             const struct intake_progress *progress,
                                             struct fault *fault);

#endif
