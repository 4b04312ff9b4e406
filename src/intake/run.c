/*
 * The program's side of a worker: starts it, tells it what to do, and believes nothing that it
 * says but what has the right form.
 */
#include "intake/intake.h"

#include <string.h>

#include "base/text.h"
#include "intake/channel.h"

void intake_result_free(struct intake_result *result)
{
    buffer_free(&result->remarks);
    buffer_free(&result->bag_info);
}

/* ---- To the worker ------------------------------------------------------------------------ */

static enum seal_status send_ahead(struct run *r, struct span ahead, struct fault *fault)
{
    if (ahead.len == 0)
        return SEAL_OK;
    channel_begin(r->channel, MESSAGE_AHEAD);
    channel_put_bytes(r->channel, ahead.data, ahead.len);
    return channel_end(r->channel, fault);
}

static enum seal_status send_errand(struct run *r, struct span ahead, struct fault *fault)
{
    const struct intake_job *job = r->job;

    if (send_job(r->channel, job, fault) != SEAL_OK || send_ahead(r, ahead, fault) != SEAL_OK)
        return fault->status;
    for (size_t i = 0; i < job->path_count; i++) {
        channel_begin(r->channel, MESSAGE_PATH);
        channel_put_text(r->channel, job->paths[i]);
        if (channel_end(r->channel, fault) != SEAL_OK)
            return fault->status;
    }
    channel_begin(r->channel, MESSAGE_GO);
    return channel_end(r->channel, fault) == SEAL_OK ? channel_flush(r->channel, fault)
                                                     : fault->status;
}

/* ---- From the worker ---------------------------------------------------------------------- */

static enum seal_status broken(struct fault *fault)
{
    return fault_set(fault, REASON_WORKER_MESSAGE, NULL);
}

static enum seal_status hear_item(struct run *r, struct fields *f, struct fault *fault)
{
    uint8_t digest[SHA256_LEN];
    struct bag_item item;

    if (!take_item(f, &item, digest) || !fields_end(f) ||
        !utf8_is_valid(item.path, strlen(item.path)))
        return broken(fault);
    r->gave_up = r->observer->item(r->observer->ctx, &item, fault) != SEAL_OK;
    return r->gave_up ? fault_set(fault, REASON_IO, NULL) : SEAL_OK;
}

static enum seal_status hear_extracted(struct run *r, struct fields *f, struct fault *fault)
{
    uint8_t digest[SHA256_LEN];
    struct bag_item item;
    const char *on_disk;

    if (!take_item(f, &item, digest) || item.digest == NULL)
        return broken(fault);
    on_disk = field_text(f);
    if (!fields_end(f) || ++r->extracted > r->job->limits.files)
        return broken(fault);
    r->observer->extracted(r->observer->ctx, &item, on_disk);
    return SEAL_OK;
}

static enum seal_status hear_change(struct run *r, struct fields *f, struct fault *fault)
{
    unsigned int kind = field_u8(f), has_detail = field_u8(f);
    const char *path = field_text(f), *detail = field_text(f);

    if (!fields_end(f) || kind >= BAG_CHANGE_KINDS || has_detail > 1)
        return broken(fault);
    r->observer->change(r->observer->ctx, (enum bag_change)kind, path,
                        has_detail == 1 ? detail : NULL);
    return SEAL_OK;
}

static enum seal_status hear_note(struct run *r, struct fields *f, struct fault *fault)
{
    const char *path = field_text(f), *reason = field_text(f);

    if (!fields_end(f))
        return broken(fault);
    r->observer->note(r->observer->ctx, path, reason);
    return SEAL_OK;
}

static enum seal_status hear_text(struct buffer *to, struct fields *f, struct fault *fault)
{
    bool no_memory = false;

    if (take_piece(f, to, &no_memory))
        return SEAL_OK;
    return no_memory ? fault_no_memory(fault) : broken(fault);
}

static enum seal_status hear_numbers(struct run *r, unsigned int type, struct fields *f,
                                     struct fault *fault)
{
    uint64_t number = type == MESSAGE_CAGE ? field_u32(f) : field_u64(f);

    if (!fields_end(f))
        return broken(fault);
    if (type == MESSAGE_PROGRESS && r->observer->progress != NULL)
        r->observer->progress(r->observer->ctx, number);
    if (type == MESSAGE_CAGE)
        r->result->uncaged = (unsigned int)number & PLAT_CAGE_ALL;
    if (type == MESSAGE_CAGE && r->result->uncaged != 0 && !r->job->whole_cage &&
        r->observer->uncaged != NULL)
        r->observer->uncaged(r->observer->ctx, r->result->uncaged);
    return SEAL_OK;
}

/* More than an honest one has to say, in bytes: what we print and keep must have an end. */
#define HEARD_LEAST (UINT64_C(64) << 20)
#define HEARD_A_FILE UINT64_C(1024)

static bool is_too_much(const struct run *r)
{
    return r->heard > HEARD_LEAST && (r->heard - HEARD_LEAST) / HEARD_A_FILE > r->job->limits.files;
}

/* A worker says only what belongs to its task. */
static bool belongs(const struct run *r, unsigned int type)
{
    switch (type) {
    case MESSAGE_CAGE:
    case MESSAGE_PROGRESS:
    case MESSAGE_DONE:
        return true;
    case MESSAGE_ITEM:
        return r->job->task == INTAKE_LIST;
    case MESSAGE_EXTRACTED:
        return r->job->task == INTAKE_EXTRACT;
    case MESSAGE_CHANGE:
    case MESSAGE_NOTE:
        return r->job->task == INTAKE_RECHECK;
    case MESSAGE_INFO:
    case MESSAGE_REMARKS:
        return r->job->task == INTAKE_BAG;
    default:
        return false;
    }
}

static enum seal_status hear(struct run *r, unsigned int type, struct fields *f,
                             struct fault *fault)
{
    r->heard += type == MESSAGE_PROGRESS ? 0 : f->left;
    if (!belongs(r, type) || is_too_much(r))
        return broken(fault);
    switch (type) {
    case MESSAGE_ITEM:
        return hear_item(r, f, fault);
    case MESSAGE_EXTRACTED:
        return hear_extracted(r, f, fault);
    case MESSAGE_CHANGE:
        return hear_change(r, f, fault);
    case MESSAGE_NOTE:
        return hear_note(r, f, fault);
    case MESSAGE_INFO:
        return hear_text(&r->result->bag_info, f, fault);
    case MESSAGE_REMARKS:
        return hear_text(&r->result->remarks, f, fault);
    case MESSAGE_DONE:
        r->is_done = take_done(f, r->job->task, r->result, &r->outcome);
        return r->is_done ? SEAL_OK : broken(fault);
    default:
        return hear_numbers(r, type, f, fault);
    }
}

enum seal_status hear_worker(struct run *r, struct fault *fault)
{
    while (!r->is_done) {
        struct fields f;
        unsigned int type;

        if (channel_take(r->channel, &type, &f, fault) != SEAL_OK)
            return fault->status;
        if (type == 0)
            return SEAL_OK; /* how it ended will tell why */
        if (hear(r, type, &f, fault) != SEAL_OK)
            return fault->status;
    }
    return SEAL_OK;
}

/* ---- Its end ------------------------------------------------------------------------------ */

static enum seal_status broke(struct fault *fault, enum seal_reason reason)
{
    *fault = (struct fault){.status = SEAL_BROKE, .reason = reason};
    return SEAL_BROKE;
}

/* fault: what talking to it came to. How it ended says more than that it stopped talking. */
static enum seal_status judge_end(struct run *r, enum plat_worker_end end, struct fault *fault)
{
    if (r->gave_up ||
        (fault->status != SEAL_OK && fault->status != SEAL_IO && fault->status != SEAL_BROKE))
        return fault->status;
    if (end == PLAT_WORKER_FORBIDDEN)
        return broke(fault, REASON_WORKER_FORBIDDEN);
    if (end == PLAT_WORKER_CRASHED)
        return broke(fault, REASON_WORKER_CRASHED);
    if (fault->status == SEAL_BROKE)
        return fault->status;
    *fault = (struct fault){.status = SEAL_OK};
    if (end == PLAT_WORKER_KILLED)
        return fault_set(fault, REASON_WORKER_KILLED, NULL);
    if (end == PLAT_WORKER_FAILED || !r->is_done)
        return fault_set(fault, REASON_WORKER_START, NULL);
    *fault = r->outcome;
    return fault->status;
}

/* NULL: it is none. */
static const char *name_of_input(const struct run *r, const char *name)
{
    for (size_t i = 0; i < r->job->volume_count; i++) {
        char input[INPUT_NAME_SIZE];

        input_name(input, i);
        if (strcmp(name, input) == 0)
            return r->job->volumes[i].name;
    }
    return NULL;
}

/* Names that the worker does not know. */
static void name_places(const struct run *r, struct fault *fault)
{
    const char *name = name_of_input(r, fault->name);

    if (strcmp(fault->name, WORKER_OUTPUT) == 0)
        name = r->job->output_name;
    if (name == NULL)
        return;
    fault->name[0] = '\0';
    fault_add_name(fault, name);
}

/* The limits are counted by the worker. One that was taken over may write what it likes, but not
 * until the disk is full. */
static enum seal_status watch_room(void *ctx, struct fault *fault)
{
    const struct run *r = ctx;
    struct plat_space room;

    if (r->keep_free == 0 || plat_space_fd(r->job->output, &room) != 0 ||
        (room.free >= r->keep_free && room.files >= r->keep_files))
        return SEAL_OK;
    return fault_set(fault, REASON_OVER_ROOM, NULL);
}

static void start_watching(struct run *r)
{
    struct plat_space room;

    /* Without a limit, too: a signal that comes right before a read does not end it. */
    channel_watch(r->channel, watch_room, r);
    if (r->job->output < 0 || r->job->limits.room == UINT64_MAX ||
        plat_space_fd(r->job->output, &room) != 0)
        return;
    r->keep_free = room.free / 20;
    r->keep_files = room.files == UINT64_MAX ? 0 : room.files / 20;
}

static enum seal_status converse(struct run *r, const struct plat_worker *worker, struct span ahead,
                                 struct fault *fault)
{
    if (channel_new(&r->channel, worker->from, worker->to, fault) != SEAL_OK)
        return fault->status;
    start_watching(r);
    if (send_errand(r, ahead, fault) == SEAL_OK)
        (void)!hear_worker(r, fault);
    channel_free(r->channel);
    return fault->status;
}

#define LOOK_EVERY 200   /* milliseconds */
#define END_WITHIN 20000 /* an honest one has only to give back its memory */

/* It has said all. One that was taken over may go on all the same, but not after we were asked to
 * stop, nor until the disk is full, nor longer than this. SEAL_OK: it has ended. */
static enum seal_status await_end(struct run *r, const struct plat_worker *worker,
                                  struct fault *fault)
{
    for (int waited = 0; !plat_worker_has_ended(worker, LOOK_EVERY); waited += LOOK_EVERY) {
        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (watch_room(r, fault) != SEAL_OK)
            return fault->status;
        if (waited >= END_WITHIN)
            return broke(fault, REASON_WORKER_STAYS);
    }
    return SEAL_OK;
}

/* What a worker gets besides the channel. */
struct handed {
    int fds[2]; /* the first volume, and where it writes to: those that there are */
    size_t fd_count;
    int more[PLAT_WORKER_MORE_MAX]; /* the other volumes */
    size_t more_count;
    struct span ahead; /* what was read of the first, if it is no file */
};

static enum seal_status work(struct run *r, const struct handed *h, struct fault *fault)
{
    struct fault late = {.status = SEAL_OK};
    struct plat_worker worker;
    bool stopped;

    if (plat_worker_start(&worker, h->fds, h->fd_count, h->more, h->more_count) != 0)
        return fault_set_errno(fault, REASON_WORKER_START, NULL);
    stopped = converse(r, &worker, h->ahead, fault) != SEAL_OK &&
              fault->status != SEAL_IO; /* then it has ended, and how is worth knowing */
    plat_worker_disconnect(&worker);
    if (!stopped && await_end(r, &worker, &late) != SEAL_OK) {
        stopped = true;
        *fault = late;
    }
    (void)judge_end(r, plat_worker_wait(&worker, stopped), fault);
    name_places(r, fault);
    return fault->status;
}

static bool unpacks(const struct intake_job *job)
{
    return job->output >= 0 && (job->task == INTAKE_BAG || job->task == INTAKE_EXTRACT);
}

enum seal_status intake_run(struct intake_result *result, const struct intake_job *job,
                            const struct intake_observer *observer, struct fault *fault)
{
    struct run r = {.job = job, .observer = observer, .result = result};
    struct handed h = {.fd_count = 0};
    struct span none;

    *result = (struct intake_result){.is_read_only = false};
    if (job->volume_count > 0)
        h.fds[h.fd_count++] = volume_hand_over(job->volumes[0].in, &h.ahead);
    for (size_t i = 1; i < job->volume_count; i++) /* files, of which nothing was taken */
        h.more[h.more_count++] = volume_hand_over(job->volumes[i].in, &none);
    if (job->output >= 0)
        h.fds[h.fd_count++] = job->output;
    if (unpacks(job))
        plat_chown_to_worker(job->output);
    (void)work(&r, &h, fault);
    if (unpacks(job) && plat_chown_from_worker(job->output) != 0 && fault->status == SEAL_OK)
        (void)fault_set_errno(fault, REASON_TAKE_BACK, job->output_name);
    return fault->status;
}
