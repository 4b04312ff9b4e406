#include "intake/feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "intake/messages.h"
#include "platform/files.h"

/* ---- The thread --------------------------------------------------------------------------- */

/* A worker that has ended, or has refused the rest, closes the pipe: that is no failure here. After
 * any other, the worker must not be taken for one that saw the end of the file. */
static enum seal_status pass_on(void *self, const void *data, size_t len, struct fault *fault)
{
    struct feed *f = self;
    struct fault failed = {.status = SEAL_OK};

    atomic_fetch_add(&f->bytes, len);
    if (f->is_cut || fd_write_full(f->ends[1], data, len, &failed) == SEAL_OK)
        return SEAL_OK;
    if (failed.status == SEAL_INTERRUPTED) {
        *fault = failed;
        return fault->status;
    }
    if (failed.sys != EPIPE) {
        errno = failed.sys;
        return fault_set_errno(fault, REASON_WORKER_START, NULL);
    }
    f->is_cut = true;
    return SEAL_OK;
}

/* The second header, in the last block. A file that does not end at a block has none. */
static void look_at_tail(const struct feed *f, const struct intake_volume *v,
                         struct intake_sealed *sealed)
{
    sealed->second =
        sealed->len < BLOCK_LEN
            ? SECOND_HEAD_ALTERED
            : envelope_check_second(v->env, f->tail, NULL,
                                    v->told.count != 0 ? v->told.count : sealed->len / BLOCK_LEN);
    if (v->last != NULL)
        memcpy(v->last, f->tail, BLOCK_LEN);
}

static enum seal_status read_volume(struct feed *f, size_t number, struct intake_sealed *sealed)
{
    const struct intake_volume *v = &f->job->volumes[number];
    const struct sink to = {pass_on, f};
    bool has_second = v->env != NULL && v->env->params.parity > 0;

    atomic_store(&f->current, number);
    *sealed = (struct intake_sealed){.is_whole = false};
    volume_keep_tail(v->in, has_second ? f->tail : NULL);
    if (has_second)
        volume_forgive(v->in);
    sealed->is_whole =
        volume_read_all(v->in, f->room, &to, sealed->sha256, &sealed->len, &f->fault) == SEAL_OK;
    volume_keep_tail(v->in, NULL);
    sealed->unreadable = volume_unreadable(v->in, &f->unread);
    if (sealed->is_whole && has_second)
        look_at_tail(f, v, sealed);
    return f->fault.status;
}

/* What is checked first is read twice; a medium that then gives other bytes is found out. */
static enum seal_status read_again(struct feed *f, size_t number)
{
    const struct intake_sealed *first = &f->sealed[number];
    struct intake_sealed again;

    if (read_volume(f, number, &again) == SEAL_OK &&
        (again.len != first->len || memcmp(again.sha256, first->sha256, SHA256_LEN) != 0))
        return fault_set(&f->fault, REASON_CHANGED, f->job->volumes[number].name);
    return f->fault.status;
}

static void run(void *ctx)
{
    struct feed *f = ctx;

    for (size_t i = 0; i < f->job->volume_count; i++)
        if (read_volume(f, i, &f->sealed[i]) != SEAL_OK)
            break;
    for (size_t i = 0; i < f->job->volume_count && f->job->check_first && !f->is_cut; i++)
        if (f->fault.status != SEAL_OK || read_again(f, i) != SEAL_OK)
            break;
    (void)plat_close(f->ends[1]);
    f->ends[1] = -1;
}

/* ---- The caller --------------------------------------------------------------------------- */

enum seal_status feed_init(struct feed *f, const struct intake_job *job, struct fault *fault)
{
    *f = (struct feed){.job = job, .ends = {-1, -1}};
    if (!task_is_fed(job->task))
        return SEAL_OK;
    f->sealed = calloc(job->volume_count, sizeof *f->sealed);
    f->room = malloc(VOLUME_PIECE_LEN + 1);
    f->tail = malloc(BLOCK_LEN);
    if (f->sealed == NULL || f->room == NULL || f->tail == NULL)
        return fault_no_memory(fault);
    return plat_pipe(f->ends) == 0 ? SEAL_OK : fault_set_errno(fault, REASON_WORKER_START, NULL);
}

int feed_fd(const struct feed *f)
{
    return f->ends[0];
}

/* Only the worker has its end open from here on: when that is closed, the thread's writing fails.
 */
enum seal_status feed_start(struct feed *f, struct fault *fault)
{
    if (f->ends[0] < 0)
        return SEAL_OK;
    (void)plat_close(f->ends[0]);
    f->ends[0] = -1;
    f->thread = side_thread_start(run, f);
    return f->thread != NULL ? SEAL_OK : fault_set_errno(fault, REASON_WORKER_START, NULL);
}

bool feed_is_waiting(const struct feed *f)
{
    return f->thread != NULL && volume_is_waiting(f->job->volumes[atomic_load(&f->current)].in);
}

uint64_t feed_bytes(const struct feed *f)
{
    return f->thread != NULL ? atomic_load(&f->bytes) : UINT64_MAX;
}

static void give_up(struct feed *f)
{
    for (size_t i = 0; i < f->job->volume_count; i++)
        volume_give_up(f->job->volumes[i].in);
}

#define INTERVAL 200 /* milliseconds between two words on how far it is */

void feed_end(struct feed *f, bool reads_on, uint64_t known, const struct intake_observer *observer,
              struct fault *fault)
{
    if (f->thread == NULL)
        return;
    if (!reads_on)
        give_up(f);
    while (!side_thread_await(f->thread, INTERVAL)) {
        uint64_t bytes = atomic_load(&f->bytes);

        if (!reads_on || stop_requested())
            side_thread_interrupt(f->thread);
        if (bytes > known && observer->progress != NULL)
            observer->progress(observer->ctx, bytes - known);
        known = bytes > known ? bytes : known;
    }
    if (fault->status != SEAL_INTERRUPTED && f->fault.status != SEAL_OK &&
        (reads_on || f->fault.status != SEAL_INTERRUPTED)) /* which is what giving up comes to */
        *fault = f->fault;
    else if (fault->status == SEAL_DAMAGED && f->unread.status != SEAL_OK)
        *fault = f->unread; /* what could be read may be right */
}

void feed_free(struct feed *f, struct intake_result *result)
{
    side_thread_end(f->thread);
    for (size_t i = 0; i < 2; i++)
        if (f->ends[i] >= 0)
            (void)plat_close(f->ends[i]);
    free(f->room);
    free(f->tail);
    result->sealed = f->sealed;
}
