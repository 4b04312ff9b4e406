/*
 * The job of a worker, as the program sends it; private to this room.
 */
#ifndef SEAL_INTAKE_WORKER_JOB_H
#define SEAL_INTAKE_WORKER_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "intake/messages.h"

/* One sealed file, opened by the program, which holds the keys to it. */
struct job_volume {
    struct envelope env;
    uint64_t size; /* 0: it is no file */
    struct told_blocks told;
    char name[INPUT_NAME_SIZE]; /* for faults: input_name of its number */
};

struct worker_job {
    struct job_params params;
    struct job_volume *volumes; /* params.volume_count; in sodium_malloc: file keys are in it */
    char **paths;               /* INTAKE_EXTRACT */
    size_t path_count;
};

/* Receives JOB to GO. SEAL_BROKE: a message is malformed, unknown or in the wrong place. */
MUST_USE enum seal_status worker_job_receive(struct worker_job *job, struct channel *c,
                                             struct fault *fault);
/* Also after a failure. */
void worker_job_free(struct worker_job *job);

#endif
