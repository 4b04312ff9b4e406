#include "jobs/seal_job.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive.h"
#include "platform/process.h"
#include "base/base.h"
#include "base/random.h"
#include "jobs/file_digest.h"
#include "jobs/output_place_private.h"
#include "jobs/seal_source_private.h"
#include "jobs/sealed_size.h"
#include "jobs/size_limit.h"
#include "jobs/volumes_out_private.h"

#define STREAM_READ_LEN ((size_t)256 * 1024)
/* Of standard input so much is read first, to see whether it is more than little; unless it goes on
 * through a pipe, where that decides nothing. */
#define STREAM_FIRST_LEN ((size_t)REPAIR_FROM + STREAM_READ_LEN)
/* With so much room, and twice what is to be sealed, nobody needs to look. */
#define SPACE_AMPLE ((uint64_t)64 * 1024 * 1024)

/* What lives as long as the job. */
struct seal_job {
    const struct seal_request *request;
    const struct seal_observer *observer;
    struct recipients to;
    struct random random;
    struct volumes_out volumes;
    struct bag_source *source; /* NULL for a stream */
    struct sealed_size size;   /* if has_size: what it is expected to be */
    bool has_size;
    struct {
        uint8_t *data; /* STREAM_FIRST_LEN bytes, malloc'ed; NULL for a bag */
        size_t len;    /* 0 at its end */
    } piece;           /* of standard input, the latest that was read */
};

/* The stages of the pipeline: what is read goes to archive, from there to stream, from there to the
 * volumes. */
struct pipeline {
    struct crew *crew;
    struct stream_writer *stream;
    struct content_writer *archive;
};

static void notify(const struct seal_observer *o, enum seal_event_kind kind)
{
    o->event(o->ctx, &(struct seal_event){.kind = kind});
}

/* ---- Where to ----------------------------------------------------------------------------- */

/* A folder that waits for a stick takes a file as well, and whoever sealed believes that it is away
 * from this computer. */
static void tell_of_medium(const struct seal_job *job)
{
    if (destination_lacks_medium(&job->volumes.destination))
        job->observer->event(
            job->observer->ctx,
            &(struct seal_event){.kind = SEAL_EVENT_NO_MEDIUM, .name = job->request->output});
}

/* Before the source is listed: leftovers that go away may lie in it. */
static enum seal_status choose_output(struct seal_job *job, struct fault *fault)
{
    const struct seal_request *request = job->request;
    struct volumes_out *v = &job->volumes;

    v->to = &job->to;
    v->random = &job->random;
    v->observer = job->observer;
    v->read_back = request->read_back;
    v->ask_media = request->ask_media;
    if (volumes_init(v, request->output, fault) != SEAL_OK ||
        destination_check(&v->destination, request, fault) != SEAL_OK)
        return fault->status;
    tell_of_medium(job);
    destination_clear_leftovers(&v->destination, job->observer->leftover);
    return SEAL_OK;
}

/* The size of the sealed file, into job->size; of standard input nobody knows it. */
static enum seal_status find_size(struct seal_job *job, struct fault *fault)
{
    struct bag_estimate survey;

    if (job->has_size)
        return SEAL_OK;
    job->size = (struct sealed_size){.about = 0, .most = UINT64_MAX};
    if (job->source == NULL ||
        bag_source_estimate(job->source, &survey, NULL, NULL, fault) != SEAL_OK)
        return fault->status;
    job->has_size = true;
    return sealed_size_expect(&job->size, job->request, job->to.count, job->source, &survey, fault);
}

/* Before anything is made that depends on it. */
static enum seal_status choose_repair(struct seal_job *job, struct fault *fault)
{
    struct volumes_out *v = &job->volumes;
    struct bag_totals totals = {.bytes = CONTENT_UNKNOWN};
    uint64_t split;

    if (job->source != NULL)
        bag_source_totals(job->source, &totals);
    else if (job->piece.len < STREAM_FIRST_LEN) /* all of standard input */
        totals.bytes = job->piece.len;
    if (repair_choose(&v->params.parity, &split, job->request, totals.bytes, fault) == SEAL_OK &&
        split > 0)
        IGNORE_RESULT(volumes_split(v, split)); /* it is a folder */
    return fault->status;
}

/* Where a file cannot grow as large as this one may, it becomes a set of volumes. */
static enum seal_status split_for_fat(struct seal_job *job, struct fault *fault)
{
    struct volumes_out *v = &job->volumes;
    uint64_t file_max;

    if (v->split.size > 0 || !destination_file_max(&v->destination, &file_max))
        return SEAL_OK;
    if (find_size(job, fault) != SEAL_OK)
        return fault->status;
    if (job->size.most <= file_max || (job->source == NULL && v->destination.path != NULL))
        return SEAL_OK;
    if (job->request->padding.rule == PAD_FIXED)
        return fault_set(fault, REASON_FAT_PAD, NULL);
    if (!volumes_split(v, stream_fixed_len(SPLIT_FAT32, v->params.parity)))
        return fault_set(fault, REASON_FAT_SPLIT, v->destination.path);
    notify(job->observer, SEAL_EVENT_SPLIT_FOR_FAT);
    return SEAL_OK;
}

/* Whether it surely does not fit. Sizes that are judged from 64 samples may be wrong: by a quarter
 * of what is sealed, four standard deviations, and by a step of the padding, which may be two. What
 * is refused here cannot be sealed at all. */
static bool surely_needs_more(const struct seal_job *job, uint64_t bytes, uint64_t room)
{
    const uint64_t about = job->size.about;

    if (job->request->level == LEVEL_STORE || job->request->padding.rule == PAD_FIXED)
        return about > room;
    return about / 2 > room && about > bytes / 4 && about - bytes / 4 > room;
}

/* Begins nothing that takes an hour and then ends for want of room. */
static enum seal_status check_space(struct seal_job *job, struct fault *fault)
{
    const struct destination *d = &job->volumes.destination;
    const char *name = d->path != NULL ? d->path : destination_folder(d);
    struct bag_totals totals;
    struct plat_space room;

    if (job->source == NULL || job->request->ask_media || !destination_space(d, &room))
        return SEAL_OK;
    bag_source_totals(job->source, &totals);
    if (job->request->padding.rule != PAD_FIXED && room.free / 2 > totals.bytes + SPACE_AMPLE)
        return SEAL_OK;
    if (find_size(job, fault) != SEAL_OK || job->size.about <= room.free)
        return fault->status;
    if (surely_needs_more(job, totals.bytes, room.free)) {
        fault_add_numbers(fault, room.free, job->size.about);
        return fault_set(fault, REASON_SPACE_TOO_SMALL, name);
    }
    job->observer->event(job->observer->ctx, &(struct seal_event){.kind = SEAL_EVENT_MAY_NOT_FIT,
                                                                  .name = name,
                                                                  .free_bytes = room.free,
                                                                  .wanted = job->size.about});
    return SEAL_OK;
}

/* ---- Content ------------------------------------------------------------------------------ */

static enum seal_status read_piece(struct seal_job *job, size_t most, struct fault *fault)
{
    if (fd_read_full(STDIN_FILENO, job->piece.data, most, &job->piece.len, fault) != SEAL_OK)
        fault_add_name(fault, NAME_STDIN);
    return fault->status;
}

static enum seal_status read_first_piece(struct seal_job *job, struct fault *fault)
{
    const bool to_pipe = destination_is_stdout(&job->volumes.destination);

    job->piece.data = malloc(STREAM_FIRST_LEN);
    if (job->piece.data == NULL)
        return fault_no_memory(fault);
    if (read_piece(job, to_pipe ? STREAM_READ_LEN : STREAM_FIRST_LEN, fault) == SEAL_OK &&
        job->piece.len == 0 && !job->request->allow_empty)
        return fault_set(fault, REASON_STDIN_EMPTY, NAME_STDIN);
    return fault->status;
}

/* *total gets the bytes that were read. */
static enum seal_status write_stdin(struct seal_job *job, const struct pipeline *to,
                                    uint64_t *total, uint8_t digest[static SHA256_LEN],
                                    struct fault *fault)
{
    const struct seal_observer *observer = job->observer;
    enum seal_status status = SEAL_OK;
    struct sha256 hash;

    sha256_start(&hash);
    while (status == SEAL_OK && job->piece.len > 0) {
        sha256_add(&hash, job->piece.data, job->piece.len);
        *total += job->piece.len;
        status = content_write_data(to->archive, job->piece.data, job->piece.len, fault);
        observer->work_done(observer->ctx, job->piece.len);
        if (status == SEAL_OK)
            status = read_piece(job, STREAM_READ_LEN, fault);
    }
    sha256_end(&hash, digest);
    return status;
}

static enum seal_status write_bag(const struct seal_job *job, const struct pipeline *to,
                                  uint8_t digest[static SHA256_LEN], struct fault *fault)
{
    struct bag_info info = {.software = "seal " SEAL_VERSION,
                            .program_digest = program_digest(),
                            .bag_id = job->volumes.params.bundle_id,
                            .now = clock_now(),
                            .labels = job->request->labels,
                            .label_count = job->request->label_count};

    if (job->request->local_offset) {
        info.has_utc_offset = plat_utc_offset(info.now.sec, &info.utc_offset);
        if (!info.has_utc_offset)
            notify(job->observer, SEAL_EVENT_NO_OFFSET);
    }
    if (bag_source_write(job->source, to->archive, to->crew, &info, digest, fault) != SEAL_OK)
        return fault->status;
    return seal_source_check(job->source, job->request, fault);
}

static enum seal_status write_content(struct seal_job *job, const struct pipeline *to,
                                      struct seal_result *result, struct fault *fault)
{
    uint8_t digest[SHA256_LEN];
    enum seal_status status = job->source == NULL
                                  ? write_stdin(job, to, &result->totals.bytes, digest, fault)
                                  : write_bag(job, to, digest, fault);

    if (status == SEAL_OK)
        status = content_writer_finish(to->archive, fault);
    if (status == SEAL_OK)
        status = stream_writer_finish(to->stream, digest, &job->random, result->receipt, fault);
    if (job->source != NULL)
        bag_source_totals(job->source, &result->totals);
    return status;
}

/* ---- The pipeline ------------------------------------------------------------------------- */

static enum seal_status pipeline_start(struct pipeline *p, struct seal_job *job,
                                       struct fault *fault)
{
    const struct seal_request *request = job->request;
    enum content_type type = job->source == NULL ? CONTENT_STREAM : CONTENT_BAG;
    struct stream_out first;
    enum seal_status status = crew_new(&p->crew, request->threads, fault);

    if (status == SEAL_OK)
        status = volumes_start(&job->volumes, type, &first, fault);
    if (status == SEAL_OK)
        status = stream_writer_new(&p->stream, first.env, first.head, request->padding, p->crew,
                                   first.fd, fault);
    if (status == SEAL_OK && job->volumes.split.size > 0)
        stream_writer_split(p->stream, &job->volumes.split);
    if (status == SEAL_OK && job->volumes.params.parity > 0)
        status = stream_writer_repair(p->stream, &job->volumes.second_head, fault);
    if (status == SEAL_OK)
        status = content_writer_new(&p->archive, type, request->level, p->crew, p->stream, fault);
    return status;
}

/* Each stage before the one that it writes to, the threads at last. */
static void pipeline_free(struct pipeline *p)
{
    content_writer_free(p->archive);
    stream_writer_free(p->stream);
    crew_free(p->crew);
}

/* *sealed_size gets the bytes of all volumes. */
static enum seal_status seal_content(struct seal_job *job, struct seal_result *result,
                                     uint64_t *sealed_size, struct fault *fault)
{
    struct pipeline p = {.crew = NULL};
    enum seal_status status = pipeline_start(&p, job, fault);

    if (status == SEAL_OK)
        status = write_content(job, &p, result, fault);
    if (status == SEAL_OK)
        *sealed_size = stream_written(p.stream);
    pipeline_free(&p);
    /* A fault without a name is about the output. */
    if (status != SEAL_OK && status != SEAL_NO_ROOM)
        fault_add_name(fault, volumes_name(&job->volumes));
    return status;
}

/* ---- The job ------------------------------------------------------------------------------ */

/* What is to be sealed goes in as well: where a virtual machine is resumed twice from one state,
 * the system may give the same bytes at the same time, and other content needs other keys. */
static enum seal_status start_random(struct seal_job *job, struct fault *fault)
{
    uint8_t listing[SHA256_LEN] = {0};
    const size_t piece = job->piece.len < STREAM_READ_LEN ? job->piece.len : STREAM_READ_LEN;
    const struct span hedge[] = {{job->to.keys, job->to.count * sizeof *job->to.keys},
                                 {listing, sizeof listing},
                                 {job->piece.data, piece}};

    if (job->source != NULL)
        bag_source_digest(job->source, listing);
    if (random_start(&job->random, hedge, sizeof hedge / sizeof hedge[0]) != SEAL_OK)
        return fault_set(fault, REASON_RANDOM, NULL);
    return SEAL_OK;
}

static enum seal_status prepare(struct seal_job *job, struct fault *fault)
{
    enum seal_status status = recipients_read(&job->to, job->request, job->observer, fault);

    if (status == SEAL_OK)
        status = choose_output(job, fault);
    if (status == SEAL_OK && job->request->is_stream)
        status = read_first_piece(job, fault);
    else if (status == SEAL_OK)
        status = seal_source_list(&job->source, job->request, job->observer, fault);
    if (status == SEAL_OK)
        status = start_random(job, fault);
    if (status == SEAL_OK)
        status = choose_repair(job, fault);
    if (status == SEAL_OK)
        status = split_for_fat(job, fault);
    if (status == SEAL_OK)
        status = check_space(job, fault);
    return status;
}

static enum seal_status write_all(struct seal_job *job, struct seal_result *result,
                                  uint64_t *sealed_size, struct fault *fault)
{
    const struct seal_observer *observer = job->observer;
    enum seal_status status;

    if (job->source != NULL)
        bag_source_totals(job->source, &result->totals);
    observer->work_begins(observer->ctx, result->totals.bytes);
    status = seal_content(job, result, sealed_size, fault);
    observer->work_ends(observer->ctx);
    return status;
}

/* The paths of the first count volumes become the result's. */
static void take_files(struct seal_result *result, struct volumes_out *v, size_t count)
{
    result->file_count = count;
    for (size_t i = 0; i < count; i++) {
        result->files[i] = (struct sealed_file){v->files[i].path, v->split.size};
        v->files[i].path = NULL;
    }
}

/* All volumes but the last have the size of the split. */
static void fill_result(struct seal_result *result, struct volumes_out *v, uint64_t sealed_size)
{
    result->was_read_back = v->was_read_back;
    result->was_in_memory = v->was_in_memory;
    result->max_size_gib = size_limit_needed(result->totals.bytes, sealed_size);
    take_files(result, v, v->count);
    result->files[v->count - 1].size = sealed_size - (v->count - 1) * v->split.size;
}

static enum seal_status run(struct seal_job *job, struct seal_result *result, struct fault *fault)
{
    uint64_t sealed_size = 0;
    enum seal_status status;

    /* Before anything is written: once the files have their names nothing may fail any more. */
    result->files = calloc(VOLUMES_MAX, sizeof *result->files);
    if (result->files == NULL)
        return fault_no_memory(fault);
    status = prepare(job, fault);
    if (status == SEAL_OK)
        status = write_all(job, result, &sealed_size, fault);
    if (status == SEAL_OK)
        status = volumes_commit(&job->volumes, fault);
    if (status == SEAL_OK)
        fill_result(result, &job->volumes, sealed_size);
    else
        take_files(result, &job->volumes, job->volumes.named);
    return status;
}

enum seal_status seal_job_run(struct seal_result *result, const struct seal_request *request,
                              const struct seal_observer *observer, struct fault *fault)
{
    struct seal_job job = {.request = request, .observer = observer};
    enum seal_status status;

    *result = (struct seal_result){.file_count = 0};
    status = run(&job, result, fault);
    bag_source_free(job.source);
    free(job.piece.data);
    volumes_end(&job.volumes);
    random_end(&job.random);
    recipients_free(&job.to);
    return status;
}

void seal_result_free(struct seal_result *result)
{
    for (size_t i = 0; i < result->file_count; i++)
        free(result->files[i].path);
    free(result->files);
    *result = (struct seal_result){.file_count = 0};
}
