/*
 * The program's ear: receives what a worker sends, checks it, and tells the observer; private to
 * this room. Everything comes from a process that a hostile file may have taken over.
 */
#ifndef SEAL_INTAKE_RECEIVER_H
#define SEAL_INTAKE_RECEIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "intake/messages.h"

struct receiver {
    /* To be set before. */
    struct channel *channel;
    enum intake_task task;
    uint64_t files_max; /* job.limits.files */
    size_t volume_count;
    bool whole_cage; /* then the observer is not told that the cage has gaps */
    const struct intake_observer *observer;
    struct intake_result *result;

    /* Set by receiver_run. */
    bool is_done;         /* DONE came, with this outcome */
    struct fault outcome; /* what the worker says that its task came to */
    bool observer_ended;  /* the observer did not want any more items */
    uint64_t bytes_received, files_extracted;
    uint64_t bytes_read; /* of its input, as it says */
};

/* Receives until DONE, or until the worker closes the channel, which is no failure here.
 * SEAL_BROKE: a message is malformed, not allowed for the task, or they are too many. SEAL_IO,
 * SEAL_INTERRUPTED; what the observer or the channel's watch returned. */
MUST_USE enum seal_status receiver_run(struct receiver *r, struct fault *fault);

#endif
