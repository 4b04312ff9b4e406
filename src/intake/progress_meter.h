/*
 * Progress of reading a sealed file; private to this room.
 */
#ifndef SEAL_INTAKE_PROGRESS_METER_H
#define SEAL_INTAKE_PROGRESS_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream/stream.h"

struct intake_progress {
    void *ctx;
    void (*add)(void *ctx, uint64_t bytes); /* of the sealed file; may be NULL */
};

struct progress_meter {
    const struct stream_reader *from;
    const struct intake_progress *progress;
    uint64_t reported; /* bytes */
};

/* Reports what was read since the last call. */
void progress_meter_update(struct progress_meter *m);

#endif
