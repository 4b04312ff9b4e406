/*
 * The worker: the process that reads what senders wrote, and can do nothing else. Receives a job,
 * enters its cage, does the task, and sends the result.
 */
#include "intake/intake.h"

#include <sodium.h>

#include "intake/worker_job.h"
#include "intake/worker_report.h"
#include "intake/worker_tasks.h"

/* ---- The cage ----------------------------------------------------------------------------- */

/* Bytes of memory: for what does not grow with the number of names, for each file that may come
 * out, for each thread; and at most for all files. */
#define MEMORY_BASE (UINT64_C(480) << 20)
#define MEMORY_PER_FILE UINT64_C(2048)
#define MEMORY_PER_THREAD (UINT64_C(32) << 20)
#define MEMORY_FILES_MAX (UINT64_C(16) << 30)

static struct plat_cage cage_for(const struct job_params *p, int output)
{
    bool makes_folder =
        p->task == INTAKE_BAG || p->task == INTAKE_EXTRACT || p->task == INTAKE_SALVAGE;
    bool rechecks = p->task == INTAKE_RECHECK;
    uint64_t files = p->limits.files;

    return (struct plat_cage){
        .folder = makes_folder || rechecks ? output : -1,
        .folder_is_read = rechecks,
        .keeps_user = p->keeps_user,
        .threads = p->threads,
        .memory = MEMORY_BASE + p->threads * MEMORY_PER_THREAD +
                  (files > MEMORY_FILES_MAX / MEMORY_PER_FILE ? MEMORY_FILES_MAX
                                                              : files * MEMORY_PER_FILE),
        .file_size = output < 0 ? 0 : p->limits.room,
    };
}

/* Tells the program which pieces of the cage are missing. SEAL_IO if there are such and the job
 * does not allow that. *crew gets the threads. */
static enum seal_status enter_cage(struct channel *c, const struct job_params *p, int output,
                                   struct crew **crew, struct fault *fault)
{
    const struct plat_cage cage = cage_for(p, output);
    unsigned int missing = plat_cage_enter(&cage, crew);

    if (message_write_cage(c, missing, fault) != SEAL_OK || channel_flush(c, fault) != SEAL_OK)
        return fault->status;
    if (missing != 0 && p->whole_cage)
        return fault_set(fault, REASON_WORKER_UNCAGED, NULL);
    return SEAL_OK;
}

/* ---- From start to end -------------------------------------------------------------------- */

static bool has_mended(const struct intake_result *result, size_t volumes)
{
    for (size_t i = 0; i < volumes; i++)
        if (result->blocks[i] != 0)
            return true;
    return false;
}

static enum seal_status send_result(struct channel *c, const struct fault *outcome,
                                    const struct intake_result *result, size_t volumes,
                                    struct fault *fault)
{
    if (has_mended(result, volumes) && message_write_mended(c, result, volumes, fault) != SEAL_OK)
        return fault->status;
    if (outcome->status == SEAL_OK &&
        (message_write_text(c, MESSAGE_INFO, &result->bag_info, fault) != SEAL_OK ||
         message_write_text(c, MESSAGE_REMARKS, &result->remarks, fault) != SEAL_OK))
        return fault->status;
    if (message_write_done(c, outcome, result, fault) != SEAL_OK)
        return fault->status;
    return channel_flush(c, fault);
}

/* What the task came to is sent; only a failure to talk to the program is returned. */
static enum seal_status do_job(struct channel *c, const struct worker_job *job, struct fault *fault)
{
    const int output = job->params.has_output ? PLAT_WORKER_FD_FIRST + 1 : -1;
    struct worker_report report = {.channel = c};
    struct intake_result result = {.is_read_only = false};
    struct fault outcome = {.status = SEAL_OK};
    struct crew *crew = NULL;

    if (enter_cage(c, &job->params, output, &crew, &outcome) == SEAL_OK)
        IGNORE_RESULT(worker_run_task(&result, job, output, crew, &report, &outcome));
    IGNORE_RESULT(send_result(c, &outcome, &result, job->params.volume_count, fault));
    crew_free(crew);
    intake_result_free(&result);
    return fault->status;
}

int intake_worker(void)
{
    struct fault fault = {.status = SEAL_OK}; /* goes nowhere but into the exit code */
    struct worker_job job = {.path_count = 0};
    struct channel *c = NULL;

    if (sodium_init() < 0)
        return 1;
    if (channel_new(&c, PLAT_WORKER_FD_IN, PLAT_WORKER_FD_OUT, &fault) == SEAL_OK &&
        worker_job_receive(&job, c, &fault) == SEAL_OK)
        IGNORE_RESULT(do_job(c, &job, &fault));
    worker_job_free(&job);
    channel_free(c);
    return fault.status == SEAL_OK ? 0 : 1;
}
