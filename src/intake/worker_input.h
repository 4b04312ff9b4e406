/*
 * The sealed files that a worker reads, as one stream; private to this room.
 *
 * Of a job that is fed, the program reads the files, hashes them, and feeds the worker: all of it
 * comes once, in order. Files, which have an end, can be looked at there before that.
 */
#ifndef SEAL_INTAKE_WORKER_INPUT_H
#define SEAL_INTAKE_WORKER_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "intake/worker_job.h"
#include "stream/stream.h"

struct worker_input {
    const struct worker_job *job;
    struct stream_volume *volumes; /* job->params.volume_count */
    struct crew *crew;
    struct stream_reader *stream; /* another one after worker_input_restart */
};

/* Opens the volumes of the job, which must outlive the input, at the descriptors that a worker gets
 * them at. crew, which may be NULL, reads and decrypts. SEAL_IO, SEAL_DAMAGED... as
 * stream_reader_new_set. To be closed also after a failure. */
MUST_USE enum seal_status worker_input_open(struct worker_input *in, const struct worker_job *job,
                                            struct crew *crew, struct fault *fault);
/* Begins again at the first block: of what is fed, once the first time is over, and if the job says
 * check_first. */
MUST_USE enum seal_status worker_input_restart(struct worker_input *in, struct fault *fault);
void worker_input_close(struct worker_input *in);

/* Of a job that is fed, the same files, to seek in before anything is read. */
MUST_USE enum seal_status
worker_input_open_files(struct worker_input *in, const struct worker_job *job, struct fault *fault);

#endif
