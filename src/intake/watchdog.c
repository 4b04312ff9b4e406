#include "intake/watchdog.h"

#include "platform/files.h"
#include "platform/process.h"

/* ---- Free space --------------------------------------------------------------------------- */

/* The worker counts what it writes, against the limits. One that was taken over writes what it
 * likes, so the program watches the disk: a twentieth of what was free at first stays free. */
static void start_room(struct watchdog *w, const struct intake_job *job)
{
    struct plat_space room;

    if (job->output < 0 || job->limits.room == UINT64_MAX || plat_space_fd(job->output, &room) != 0)
        return;
    w->free_min = room.free / 20;
    w->files_min = room.files == UINT64_MAX ? 0 : room.files / 20;
    w->free_then = room.free;
    w->watches_room = w->free_min > 0;
}

/* free: what is free now. */
static enum seal_status look_at_room(const struct watchdog *w, uint64_t *free, struct fault *fault)
{
    struct plat_space room;

    *free = w->free_then;
    if (!w->watches_room || plat_space_fd(w->out, &room) != 0)
        return SEAL_OK;
    *free = room.free;
    return room.free >= w->free_min && room.files >= w->files_min
               ? SEAL_OK
               : fault_set(fault, REASON_OVER_ROOM, NULL);
}

/* ---- Processor time ----------------------------------------------------------------------- */

/* What the slowest machines need, and some more: for start and end, for each file, and for what
 * comes out. */
#define CPU_BASE 120.0                 /* seconds */
#define CPU_PER_FILE 0.0005            /* seconds */
#define CPU_BYTES (16.0 * 1024 * 1024) /* in a second */

static double cpu_allowed(const struct intake_job *job, uint64_t sealed)
{
    const struct intake_limits *l = &job->limits;
    double bytes = (double)l->per_byte * (double)sealed;

    if (job->task == INTAKE_RECHECK) /* nothing comes out, and there is no limit */
        bytes = 0;
    else if (bytes < (double)l->bytes)
        bytes = (double)l->bytes;
    return CPU_BASE + (double)l->files * CPU_PER_FILE + bytes / CPU_BYTES;
}

/* Of a pipe, or a bag on disk, which may have any size, so much for each step that it reads. */
static void renew_cpu(struct watchdog *w, double cpu)
{
    if (w->size == 0)
        w->cpu_max = cpu + w->cpu_step;
}

/* ---- Signs of life ------------------------------------------------------------------------ */

/* An honest worker computes, reads or writes nearly always. */
#define CPU_STEP 1.0                    /* seconds */
#define READ_STEP (UINT64_C(1) << 20)   /* bytes; it says each MiB */
#define WRITE_STEP (UINT64_C(16) << 20) /* bytes */
#define IDLE_MAX 60.0                   /* seconds without any */
#define DISK_WEIGHT 0.125               /* of a second in which it waits for the disk */
#define LOOK_MAX 1.0 /* seconds between two looks; after more this program itself was stopped */

/* What it says it has read, as far as that can be. */
static uint64_t bytes_read(const struct watchdog *w)
{
    uint64_t fed = feed_bytes(w->feed);
    uint64_t most = w->size == 0 || fed < w->size ? fed : w->size;

    return *w->read < most ? *w->read : most;
}

static bool is_alive(struct watchdog *w, double cpu, uint64_t free)
{
    uint64_t read = bytes_read(w);
    bool has_read = read - w->read_then >= READ_STEP;

    if (cpu < w->cpu + CPU_STEP && !has_read &&
        (free >= w->free_then || w->free_then - free < WRITE_STEP))
        return false;
    if (has_read)
        renew_cpu(w, cpu);
    w->cpu = cpu;
    w->read_then = read;
    w->free_then = free;
    return true;
}

/* How much of the time since the last look counts. Waiting for whoever fills or empties a pipe may
 * take for ever. */
static double weight_of(const struct watchdog *w)
{
    if (feed_is_waiting(w->feed))
        return 0;
    switch (plat_worker_waits(w->worker, w->in, w->out)) {
    case PLAT_WAITS_PIPE:
        return 0;
    case PLAT_WAITS_DISK:
        return DISK_WEIGHT;
    default:
        return 1;
    }
}

static enum seal_status look_at_life(struct watchdog *w, uint64_t free, struct fault *fault)
{
    double now = plat_monotonic(), passed = now - w->now, cpu;

    w->now = now;
    if (!plat_worker_cpu(w->worker, &cpu)) /* it has ended, or the system does not tell */
        return SEAL_OK;
    if (is_alive(w, cpu, free))
        w->idle = 0;
    else
        w->idle += (passed < LOOK_MAX ? passed : LOOK_MAX) * weight_of(w);
    return w->idle < IDLE_MAX && cpu < w->cpu_max ? SEAL_OK
                                                  : fault_set(fault, REASON_WORKER_HANGS, NULL);
}

/* ---- All of it ---------------------------------------------------------------------------- */

static uint64_t size_of_input(const struct intake_job *job)
{
    uint64_t size = 0;

    for (size_t i = 0; i < job->volume_count; i++)
        size += volume_size(job->volumes[i].in);
    return size;
}

/* A bag on disk, or the first volume. */
static int input_of(const struct intake_job *job)
{
    if (job->task == INTAKE_RECHECK)
        return job->output;
    return job->volume_count > 0 ? volume_fd(job->volumes[0].in) : -1;
}

void watchdog_start(struct watchdog *w, const struct intake_job *job, const struct feed *feed,
                    const uint64_t *read, const struct plat_worker *worker)
{
    const uint64_t sealed = size_of_input(job);

    *w = (struct watchdog){.worker = worker,
                           .feed = feed,
                           .in = input_of(job),
                           .out = job->output,
                           .read = read,
                           .size = sealed,
                           .now = plat_monotonic(),
                           .cpu_step = cpu_allowed(job, sealed)};
    w->cpu_max = w->cpu_step;
    start_room(w, job);
}

enum seal_status watchdog_look(void *ctx, struct fault *fault)
{
    struct watchdog *w = ctx;
    uint64_t free;

    return look_at_room(w, &free, fault) == SEAL_OK ? look_at_life(w, free, fault) : fault->status;
}
