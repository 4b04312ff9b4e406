#include "intake/worker_input.h"

#include <stdlib.h>

static enum seal_status open_file(struct volume_in **in, const struct worker_job *job, size_t i,
                                  struct fault *fault)
{
    int fd = i == 0 ? PLAT_WORKER_FD_FIRST : PLAT_WORKER_FD_MORE + (int)i - 1;

    return volume_open_fd(in, fd, job->volumes[i].name, fault);
}

static enum seal_status open_feed(struct volume_in **in, const struct worker_job *job, size_t i,
                                  struct fault *fault)
{
    const struct job_volume *v = &job->volumes[i];

    return volume_open_feed(in, PLAT_WORKER_FD_FEED, v->size, v->name, fault);
}

static void close_volumes(struct worker_input *in)
{
    stream_reader_free(in->stream);
    in->stream = NULL;
    for (size_t i = 0; in->volumes != NULL && i < in->job->params.volume_count; i++) {
        volume_close(in->volumes[i].in);
        volume_close(in->volumes[i].again);
        in->volumes[i].in = in->volumes[i].again = NULL;
    }
}

static enum seal_status start(struct worker_input *in, bool is_fed, struct fault *fault)
{
    const size_t count = in->job->params.volume_count;

    for (size_t i = 0; i < count; i++) {
        struct stream_volume *v = &in->volumes[i];

        v->env = &in->job->volumes[i].env;
        v->told = in->job->volumes[i].told;
        if (is_fed && v->env->params.parity != 0 && in->job->volumes[i].size != 0 &&
            open_file(&v->again, in->job, i, fault) != SEAL_OK)
            return fault->status;
        if ((is_fed ? open_feed : open_file)(&v->in, in->job, i, fault) != SEAL_OK)
            return fault->status;
    }
    return stream_reader_new_set(&in->stream, in->volumes, count, in->crew, fault);
}

static enum seal_status open_input(struct worker_input *in, bool is_fed, struct fault *fault)
{
    in->volumes = calloc(in->job->params.volume_count + 1, sizeof *in->volumes);
    if (in->volumes == NULL)
        return fault_no_memory(fault);
    return start(in, is_fed, fault);
}

enum seal_status worker_input_open(struct worker_input *in, const struct worker_job *job,
                                   struct crew *crew, struct fault *fault)
{
    *in = (struct worker_input){.job = job, .crew = crew};
    return open_input(in, task_is_fed(job->params.task), fault);
}

enum seal_status worker_input_open_files(struct worker_input *in, const struct worker_job *job,
                                         struct fault *fault)
{
    *in = (struct worker_input){.job = job};
    return open_input(in, false, fault);
}

enum seal_status worker_input_restart(struct worker_input *in, struct fault *fault)
{
    close_volumes(in);
    return start(in, task_is_fed(in->job->params.task), fault);
}

void worker_input_close(struct worker_input *in)
{
    close_volumes(in);
    free(in->volumes);
}
