/*
 * The program's side of a worker: starts it, sends it the job, receives what it sends, waits for
 * its end, and judges what the whole came to.
 */
#include "intake/intake.h"

#include <stdlib.h>
#include <string.h>

#include "intake/feed.h"
#include "intake/messages.h"
#include "intake/receiver.h"
#include "intake/watchdog.h"

void intake_result_free(struct intake_result *result)
{
    buffer_free(&result->remarks);
    buffer_free(&result->bag_info);
    free(result->sealed);
}

/* ---- The job ------------------------------------------------------------------------------ */

/* The descriptors that a worker gets besides the channel. */
struct worker_fds {
    int feed;                       /* -1, as below: there is none */
    int first[2];                   /* the first volume or the record, and the output */
    int more[PLAT_WORKER_MORE_MAX]; /* the other volumes */
    size_t more_count;
    bool keeps_user; /* another user than this one could not use them */
};

static void collect_fds(struct worker_fds *fds, const struct intake_job *job,
                        const struct feed *feed)
{
    *fds = (struct worker_fds){.feed = feed_fd(feed), .first = {-1, job->output}};
    if (job->has_record)
        fds->first[0] = job->record;
    else if (job->volume_count > 0)
        fds->first[0] = volume_fd(job->volumes[0].in);
    for (size_t i = 1; i < job->volume_count; i++)
        fds->more[fds->more_count++] = volume_fd(job->volumes[i].in);
    fds->keeps_user = plat_worker_is_shut_out(fds->first, 2) ||
                      plat_worker_is_shut_out(fds->more, fds->more_count);
}

/* What is not fed is sought in. */
static enum seal_status check_volumes(const struct intake_job *job, struct fault *fault)
{
    for (size_t i = 0; i < job->volume_count && !task_is_fed(job->task); i++)
        if (volume_need_file(job->volumes[i].in, fault) != SEAL_OK)
            return fault->status;
    return SEAL_OK;
}

static struct job_params params_of(const struct intake_job *job, bool keeps_user)
{
    return (struct job_params){.task = job->task,
                               .volume_count = (uint32_t)job->volume_count,
                               .has_output = job->output >= 0,
                               .check_first = job->check_first,
                               .writable = job->writable,
                               .exact_names = job->exact_names,
                               .has_record = job->has_record,
                               .whole_cage = job->whole_cage,
                               .keeps_user = keeps_user,
                               .threads = job->threads,
                               .limits = job->limits};
}

static enum seal_status send_job(struct channel *c, const struct intake_job *job,
                                 const struct worker_fds *fds, struct fault *fault)
{
    const struct job_params params = params_of(job, fds->keeps_user);

    if (message_write_job(c, &params, fault) != SEAL_OK)
        return fault->status;
    for (size_t i = 0; i < job->volume_count; i++)
        if (message_write_volume(c, job->volumes[i].env, volume_size(job->volumes[i].in),
                                 job->volumes[i].told, fault) != SEAL_OK)
            return fault->status;
    for (size_t i = 0; i < job->path_count; i++)
        if (message_write_path(c, job->paths[i], fault) != SEAL_OK)
            return fault->status;
    return message_write_go(c, fault) == SEAL_OK ? channel_flush(c, fault) : fault->status;
}

/* ---- The end ------------------------------------------------------------------------------ */

static enum seal_status broke(struct fault *fault, enum seal_reason reason)
{
    *fault = (struct fault){.status = SEAL_BROKE, .reason = reason};
    return SEAL_BROKE;
}

/* fault: what talking to the worker came to; becomes what the job came to. When the worker stopped
 * talking, how its process ended says why. */
static enum seal_status judge_end(const struct receiver *r, enum plat_worker_end end,
                                  struct fault *fault)
{
    if (r->observer_ended ||
        (fault->status != SEAL_OK && fault->status != SEAL_IO && fault->status != SEAL_BROKE))
        return fault->status;
    if (end == PLAT_WORKER_FORBIDDEN)
        return broke(fault, REASON_WORKER_FORBIDDEN);
    if (end == PLAT_WORKER_CRASHED)
        return broke(fault, REASON_WORKER_CRASHED);
    if (fault->status == SEAL_BROKE &&
        (end != PLAT_WORKER_KILLED || fault->reason != REASON_WORKER_MESSAGE_CUT))
        return fault->status;
    *fault = (struct fault){.status = SEAL_OK};
    if (end == PLAT_WORKER_KILLED)
        return fault_set(fault, REASON_WORKER_KILLED, NULL);
    if (end == PLAT_WORKER_FAILED || !r->is_done)
        return fault_set(fault, REASON_WORKER_START, NULL);
    *fault = r->outcome;
    return fault->status;
}

/* The real name of a volume, of which the worker knows a number; NULL if the name is another. */
static const char *find_volume_name(const struct intake_job *job, const char *name)
{
    for (size_t i = 0; i < job->volume_count; i++) {
        char input[INPUT_NAME_SIZE];

        input_name(input, i);
        if (strcmp(name, input) == 0)
            return job->volumes[i].name;
    }
    return NULL;
}

/* Puts real names in the place of WORKER_INPUT and WORKER_OUTPUT. */
static void restore_name(const struct intake_job *job, struct fault *fault)
{
    const char *name = strcmp(fault->name, WORKER_OUTPUT) == 0 ? job->output_name
                                                               : find_volume_name(job, fault->name);

    if (name == NULL)
        return;
    fault->name[0] = '\0';
    fault_add_name(fault, name);
}

#define END_INTERVAL 200 /* milliseconds between two looks */
#define END_WITHIN 20000 /* an honest worker has only to free its memory */

/* The worker has sent everything. One that was taken over may go on all the same: not after a
 * signal asks us to stop, nor until the disk is full, nor longer than END_WITHIN. SEAL_OK: it has
 * ended by itself. */
static enum seal_status await_end(const struct plat_worker *worker, struct watchdog *watchdog,
                                  struct fault *fault)
{
    for (int waited = 0; !plat_worker_has_ended(worker, END_INTERVAL); waited += END_INTERVAL) {
        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (watchdog_look(watchdog, fault) != SEAL_OK)
            return fault->status;
        if (waited >= END_WITHIN)
            return broke(fault, REASON_WORKER_STAYS);
    }
    return SEAL_OK;
}

/* ---- From start to end -------------------------------------------------------------------- */

static enum seal_status converse(struct receiver *r, const struct intake_job *job,
                                 const struct plat_worker *worker, const struct worker_fds *fds,
                                 struct watchdog *watchdog, struct fault *fault)
{
    if (channel_new(&r->channel, worker->from, worker->to, fault) != SEAL_OK)
        return fault->status;
    /* Only waiting with a watch notices a signal that comes right before a read. */
    channel_watch(r->channel, watchdog_look, watchdog);
    if (send_job(r->channel, job, fds, fault) == SEAL_OK)
        IGNORE_RESULT(receiver_run(r, fault));
    channel_free(r->channel);
    return fault->status;
}

/* The channel broke, or a message did: judge_end wants to know how the worker ends by itself. */
static bool may_be_ending(const struct plat_worker *worker, const struct fault *fault)
{
    return fault->status == SEAL_IO || (fault->reason == REASON_WORKER_MESSAGE_CUT &&
                                        plat_worker_has_ended(worker, END_INTERVAL));
}

static enum seal_status run_worker(struct receiver *r, const struct intake_job *job,
                                   const struct worker_fds *fds, struct feed *feed,
                                   struct fault *fault)
{
    struct fault late = {.status = SEAL_OK};
    struct watchdog watchdog;
    struct plat_worker worker;
    enum plat_worker_end end;
    bool is_fed, stopped;

    if (plat_worker_start(&worker, fds->feed, fds->first, 2, fds->more, fds->more_count) != 0)
        return fault_set_errno(fault, REASON_WORKER_START, NULL);
    is_fed = feed_start(feed, fault) == SEAL_OK;
    watchdog_start(&watchdog, job, feed, &r->bytes_read, &worker);
    stopped = !is_fed || (converse(r, job, &worker, fds, &watchdog, fault) != SEAL_OK &&
                          !may_be_ending(&worker, fault));
    plat_worker_disconnect(&worker);
    if (!stopped && await_end(&worker, &watchdog, &late) != SEAL_OK) {
        stopped = true;
        *fault = late;
    }
    end = plat_worker_wait(&worker, stopped);
    if (is_fed)
        (void)judge_end(r, end, fault);
    restore_name(job, fault);
    return fault->status;
}

/* ---- Whose fault it is -------------------------------------------------------------------- */

/* Whether a worker that gets nothing of what a sender made breaks down as well: by a library that
 * is loaded into every program, a system that it was not made for, or a medium that loses it. */
static bool breaks_without_content(const struct intake_job *broken)
{
    const struct intake_job job = {
        .task = INTAKE_TRIAL, .output = -1, .threads = broken->threads, .limits = broken->limits};
    const struct intake_observer observer = {.ctx = NULL};
    struct intake_result result = {.is_read_only = false};
    struct receiver r = {.task = job.task,
                         .volume_count = job.volume_count,
                         .observer = &observer,
                         .result = &result};
    struct fault fault = {.status = SEAL_OK};
    struct feed feed = {.ends = {-1, -1}};
    struct worker_fds fds;

    collect_fds(&fds, &job, &feed);
    (void)run_worker(&r, &job, &fds, &feed, &fault);
    intake_result_free(&result);
    return fault.status != SEAL_OK && fault.status != SEAL_INTERRUPTED;
}

static bool makes_folder(const struct intake_job *job)
{
    return job->output >= 0 &&
           (job->task == INTAKE_BAG || job->task == INTAKE_EXTRACT || job->task == INTAKE_SALVAGE);
}

/* A worker that says so has seen all that it needs. */
static bool is_refused(const struct fault *fault)
{
    return fault->status == SEAL_DAMAGED || fault->status == SEAL_HOSTILE ||
           fault->status == SEAL_BROKE;
}

static enum seal_status run_fed(struct receiver *r, const struct intake_job *job, struct feed *feed,
                                struct fault *fault)
{
    struct worker_fds fds;

    collect_fds(&fds, job, feed);
    if (makes_folder(job) && !fds.keeps_user)
        plat_chown_to_worker(job->output);
    (void)run_worker(r, job, &fds, feed, fault);
    if (fault->status == SEAL_BROKE && breaks_without_content(job))
        *fault = (struct fault){.status = SEAL_IO, .reason = REASON_WORKER_UNFIT};
    feed_end(feed, fault->status == SEAL_OK || (job->reads_rest && is_refused(fault)),
             r->bytes_read, r->observer, fault);
    if (makes_folder(job) && plat_chown_from_worker(job->output) != 0 && fault->status == SEAL_OK)
        (void)fault_set_errno(fault, REASON_TAKE_BACK, job->output_name);
    return fault->status;
}

enum seal_status intake_run(struct intake_result *result, const struct intake_job *job,
                            const struct intake_observer *observer, struct fault *fault)
{
    struct receiver r = {.task = job->task,
                         .files_max = job->limits.files,
                         .volume_count = job->volume_count,
                         .whole_cage = job->whole_cage,
                         .observer = observer,
                         .result = result};
    struct feed feed;

    *result = (struct intake_result){.is_read_only = false};
    if (check_volumes(job, fault) != SEAL_OK)
        return fault->status;
    if (feed_init(&feed, job, fault) == SEAL_OK)
        IGNORE_RESULT(run_fed(&r, job, &feed, fault));
    feed_free(&feed, result);
    return fault->status;
}
