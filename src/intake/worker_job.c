#include "intake/worker_job.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

static enum seal_status malformed(struct fault *fault)
{
    return fault_set(fault, REASON_JOB_MESSAGE, NULL);
}

static enum seal_status take_params(struct worker_job *job, struct fields *f, struct fault *fault)
{
    if (job->volumes != NULL || !message_read_job(f, &job->params))
        return malformed(fault);
    job->volumes = sodium_allocarray(job->params.volume_count + 1, sizeof *job->volumes);
    return job->volumes == NULL ? fault_no_memory(fault) : SEAL_OK;
}

static enum seal_status take_volume(struct worker_job *job, size_t number, struct fields *f,
                                    struct fault *fault)
{
    struct job_volume *v;

    if (number >= job->params.volume_count)
        return malformed(fault);
    v = &job->volumes[number];
    memset(v, 0, sizeof *v);
    input_name(v->name, number);
    return message_read_volume(f, &v->env, &v->size, &v->told) ? SEAL_OK : malformed(fault);
}

static enum seal_status take_path(struct worker_job *job, struct fields *f, struct fault *fault)
{
    char **paths = realloc(job->paths, (job->path_count + 1) * sizeof *paths);
    const char *path;

    if (paths == NULL)
        return fault_no_memory(fault);
    job->paths = paths;
    if (!message_read_path(f, &path))
        return malformed(fault);
    paths[job->path_count] = strdup(path);
    return paths[job->path_count++] == NULL ? fault_no_memory(fault) : SEAL_OK;
}

/* volume_count: of those that came so far. */
static enum seal_status take_message(struct worker_job *job, size_t *volume_count,
                                     enum message_type type, struct fields *f, struct fault *fault)
{
    switch (type) {
    case MESSAGE_JOB:
        return take_params(job, f, fault);
    case MESSAGE_VOLUME:
        return take_volume(job, (*volume_count)++, f, fault);
    case MESSAGE_PATH:
        return take_path(job, f, fault);
    case MESSAGE_GO:
        return job->volumes != NULL && *volume_count == job->params.volume_count ? SEAL_OK
                                                                                 : malformed(fault);
    default:
        return malformed(fault);
    }
}

enum seal_status worker_job_receive(struct worker_job *job, struct channel *c, struct fault *fault)
{
    enum message_type type = MESSAGE_NONE;
    size_t volume_count = 0;

    *job = (struct worker_job){.path_count = 0};
    while (type != MESSAGE_GO) {
        struct fields f;

        if (message_receive(c, &type, &f, fault) != SEAL_OK ||
            take_message(job, &volume_count, type, &f, fault) != SEAL_OK)
            return fault->status;
    }
    return SEAL_OK;
}

void worker_job_free(struct worker_job *job)
{
    sodium_free(job->volumes);
    for (size_t i = 0; i < job->path_count; i++)
        free(job->paths[i]);
    free(job->paths);
}
