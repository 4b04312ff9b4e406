/*
 * The sealed files that a worker reads, as one stream; private to this room.
 */
#ifndef SEAL_INTAKE_WORKER_INPUT_H
#define SEAL_INTAKE_WORKER_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "intake/worker_job.h"
#include "stream/stream.h"

struct worker_input {
    const struct job_volume *keys; /* of each volume */
    struct stream_volume *volumes;
    size_t volume_count;
    struct crew *crew;
    struct stream_reader *stream; /* another one after worker_input_restart */
};

/* Opens the volumes of the job, which must outlive the input, at the descriptors that a worker gets
 * them at. crew, which may be NULL, reads and decrypts. SEAL_IO, SEAL_DAMAGED... as
 * stream_reader_new_set. To be closed also after a failure. */
MUST_USE enum seal_status worker_input_open(struct worker_input *in, const struct worker_job *job,
                                            struct crew *crew, struct fault *fault);
/* Begins again at the first block. SEAL_USAGE if the input is a pipe of which more was read. */
MUST_USE enum seal_status worker_input_restart(struct worker_input *in, struct fault *fault);
/* After all of it was read: the digest or mark of struct intake_result's sealed_digest. */
void worker_input_digest(const struct worker_input *in, uint8_t digest[static SHA256_LEN]);
void worker_input_close(struct worker_input *in);

#endif
