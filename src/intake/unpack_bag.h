/*
 * Reads a sealed bag from beginning to end, in the worker; private to this room.
 */
#ifndef SEAL_INTAKE_UNPACK_BAG_H
#define SEAL_INTAKE_UNPACK_BAG_H

#include "intake/entry_writer.h"
#include "intake/intake.h"
#include "intake/progress_meter.h"
#include "stream/stream.h"

/* Unpacks a bag, or only checks it, and makes every check. Sets what struct intake_result has of a
 * bag, and digest and receipt. On any failure what was written is for the caller to remove.
 * SEAL_DAMAGED, SEAL_HOSTILE, SEAL_LOCAL_NAME, SEAL_IO, SEAL_TOO_MUCH. */
MUST_USE enum seal_status
intake_unpack_bag(struct intake_result *result, struct stream_reader *from,
                  const struct unpack_target *target, const struct intake_limits *limits,
                  const struct intake_progress *progress, struct fault *fault);

#endif
