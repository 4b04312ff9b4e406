#include "intake/worker_input.h"

#include <stdlib.h>

/* Makes the reader. The volumes stand at their first block, and hash what is read from there. */
static enum seal_status start_stream(struct worker_input *in, struct fault *fault)
{
    stream_reader_free(in->stream);
    in->stream = NULL;
    for (size_t i = 0; i < in->volume_count; i++)
        volume_hash_reads(in->volumes[i].in, in->keys[i].mark_key);
    return stream_reader_new_set(&in->stream, in->volumes, in->volume_count, in->crew, fault);
}

enum seal_status worker_input_open(struct worker_input *in, const struct worker_job *job,
                                   struct crew *crew, struct fault *fault)
{
    struct span ahead = {job->ahead.data, job->ahead.len};
    size_t count = job->params.volume_count;

    *in = (struct worker_input){.keys = job->volumes, .crew = crew};
    in->volumes = calloc(count + 1, sizeof *in->volumes);
    if (in->volumes == NULL)
        return fault_no_memory(fault);
    for (size_t i = 0; i < count; i++) {
        int fd = i == 0 ? PLAT_WORKER_FD_FIRST : PLAT_WORKER_FD_MORE + (int)i - 1;
        struct stream_volume *v = &in->volumes[i];

        v->env = &job->volumes[i].env;
        if (volume_take_over(&v->in, fd, ahead, job->volumes[i].name, fault) != SEAL_OK)
            return fault->status;
        in->volume_count++;
        ahead.len = 0;
    }
    return start_stream(in, fault);
}

enum seal_status worker_input_restart(struct worker_input *in, struct fault *fault)
{
    for (size_t i = 0; i < in->volume_count; i++)
        if (volume_rewind(in->volumes[i].in, fault) != SEAL_OK)
            return fault->status;
    return start_stream(in, fault);
}

void worker_input_digest(const struct worker_input *in, uint8_t digest[static SHA256_LEN])
{
    struct sha256 all;

    volume_read_digest(in->volumes[0].in, digest);
    if (in->volume_count == 1)
        return;
    sha256_start(&all);
    sha256_add(&all, digest, SHA256_LEN);
    for (size_t i = 1; i < in->volume_count; i++) {
        volume_read_digest(in->volumes[i].in, digest);
        sha256_add(&all, digest, SHA256_LEN);
    }
    sha256_end(&all, digest);
}

void worker_input_close(struct worker_input *in)
{
    stream_reader_free(in->stream);
    for (size_t i = 0; i < in->volume_count; i++)
        volume_close(in->volumes[i].in);
    free(in->volumes);
}
