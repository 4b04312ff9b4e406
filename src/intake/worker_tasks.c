#include "intake/worker_tasks.h"

#include <stdlib.h>

#include "base/hash.h"
#include "intake/copy_stream.h"
#include "intake/extract.h"
#include "intake/known_record.h"
#include "intake/quota.h"
#include "intake/salvage.h"
#include "intake/seek_view.h"
#include "intake/unpack_bag.h"
#include "intake/worker_input.h"

/* What every task gets. */
struct task_run {
    const struct worker_job *job;
    int output;
    struct worker_input input; /* not for INTAKE_RECHECK */
    struct worker_report *report;
    struct intake_result *result;
};

static struct unpack_target target_of(const struct task_run *t)
{
    const struct job_params *p = &t->job->params;

    return (struct unpack_target){
        .dirfd = t->output, .writable = p->writable, .exact_names = p->exact_names};
}

/* Reads the trailer into the result. */
static enum seal_status read_trailer(struct intake_result *r, struct stream_reader *from,
                                     struct fault *fault)
{
    return stream_reader_trailer(from, &r->content_len, r->digest, r->receipt, fault);
}

static enum seal_status look_at_end(struct task_run *t, struct stream_reader *from,
                                    struct fault *fault)
{
    struct fault trailer = {.status = SEAL_OK};

    if (read_trailer(t->result, from, &trailer) == SEAL_USAGE) {
        *fault = trailer;
        return fault->status;
    }
    return quota_check_declared(from, t->job->volumes[0].env.params.type, &t->job->params.limits,
                                fault);
}

/* Looks at the end of a file before anything of it is unpacked: whether volumes are missing
 * (SEAL_USAGE), and whether the sizes in its tables are within the limits. Whatever else is wrong
 * there is found again, and reported, when reading gets to it. */
static enum seal_status check_declared(struct task_run *t, struct fault *fault)
{
    struct worker_input files;

    if (t->job->volumes[0].size == 0) /* a pipe has no end to look at */
        return SEAL_OK;
    if (worker_input_open_files(&files, t->job, fault) == SEAL_OK)
        IGNORE_RESULT(look_at_end(t, files.stream, fault));
    worker_input_close(&files);
    return fault->status;
}

/* ---- A stream, or content as it is -------------------------------------------------------- */

/* Writes at most left bytes to fd and drops the rest, which is the padding behind raw content. */
struct file_sink {
    struct worker_report *report;
    int fd; /* -1: drops everything */
    uint64_t left;
    bool is_raw; /* then nobody else counts the bytes */
    struct quota quota;
};

static enum seal_status file_sink_write(void *self, const void *data, size_t len,
                                        struct fault *fault)
{
    struct file_sink *s = self;
    size_t n = len < s->left ? len : (size_t)s->left;

    if (s->is_raw) {
        report_progress(s->report, len);
        if (quota_add_bytes(&s->quota, s->fd < 0 ? 0 : n, fault) != SEAL_OK)
            return fault->status;
    }
    s->left -= n;
    if (s->fd < 0 || fd_write_full(s->fd, data, n, fault) == SEAL_OK)
        return fault->status;
    fault_add_name(fault, WORKER_OUTPUT);
    return fault->status;
}

/* Reads all of it once, and writes at most max bytes to fd, or none if that is -1. */
static enum seal_status copy_once(struct task_run *t, int fd, uint64_t max, struct fault *fault)
{
    const struct intake_limits *limits = &t->job->params.limits;
    const bool is_raw = t->job->params.task == INTAKE_RAW;
    struct file_sink sink = {
        t->report, fd, max, is_raw, {.limits = limits, .from = t->input.stream}};
    const struct sink to = {file_sink_write, &sink};
    const struct intake_progress progress = {t->report, report_progress};
    struct intake_result *r = t->result;

    if (is_raw)
        return stream_reader_copy(t->input.stream, &to, &r->content_len, r->digest, r->receipt,
                                  fault);
    return intake_copy_stream(r, t->input.stream, &to, limits, &progress, fault);
}

/* Where raw content ends is known only after it was read once. When it is written without having
 * been checked first, the padding behind it is written too. */
static enum seal_status copy_content(struct task_run *t, struct fault *fault)
{
    const bool is_raw = t->job->params.task == INTAKE_RAW;
    uint64_t max = UINT64_MAX;

    if (!is_raw && check_declared(t, fault) != SEAL_OK)
        return fault->status;
    if (t->output < 0 || t->job->params.check_first) {
        if (copy_once(t, -1, max, fault) != SEAL_OK || t->output < 0)
            return fault->status;
        if (is_raw)
            max = t->result->content_len;
        if (worker_input_restart(&t->input, fault) != SEAL_OK)
            return fault->status;
    }
    return copy_once(t, t->output, max, fault);
}

/* ---- A sealed file ------------------------------------------------------------------------ */

static enum seal_status mend(struct task_run *t, struct fault *fault)
{
    struct file_sink sink = {.report = t->report,
                             .fd = t->output,
                             .left = UINT64_MAX,
                             .is_raw = true,
                             .quota = {.limits = &t->job->params.limits, .from = t->input.stream}};
    const struct sink to = {file_sink_write, &sink};

    return stream_reader_remake(t->input.stream, &to, fault);
}

/* ---- A bag -------------------------------------------------------------------------------- */

static enum seal_status unpack_bag(struct task_run *t, struct fault *fault)
{
    const struct unpack_target target = target_of(t);
    const struct intake_progress progress = {t->report, report_progress};

    if (check_declared(t, fault) != SEAL_OK)
        return fault->status;
    return intake_unpack_bag(t->result, t->input.stream, &target, &t->job->params.limits, &progress,
                             fault);
}

static enum seal_status list_or_extract(struct task_run *t, struct fault *fault)
{
    const struct worker_job *job = t->job;
    const struct unpack_target target = target_of(t);
    struct seek_view *view;

    if (seek_view_open(&view, t->input.stream, &job->params.limits, fault) != SEAL_OK)
        return fault->status;
    if (job->params.task == INTAKE_LIST)
        (void)bag_check_each_item(seek_view_record(view), report_item, t->report, fault);
    else
        IGNORE_RESULT(extract_files(view, (const char *const *)job->paths, job->path_count, &target,
                                    report_extracted, t->report, t->result->times, fault));
    bag_check_totals(seek_view_record(view), &t->result->totals);
    seek_view_free(view);
    return fault->status;
}

static enum seal_status recheck_bag(struct task_run *t, struct fault *fault)
{
    const struct bag_recheck_observer observer = {t->report, report_change, report_note,
                                                  report_progress};

    if (t->job->params.has_record)
        known_record_read(&t->result->record, PLAT_WORKER_FD_FIRST);
    return bag_recheck(&t->result->recheck, t->output, WORKER_OUTPUT, &observer, fault);
}

/* ---- What is damaged ---------------------------------------------------------------------- */

static enum seal_status open_volumes(const struct worker_job *job, struct holed_volume *volumes,
                                     struct fault *fault)
{
    for (size_t i = 0; i < job->params.volume_count; i++) {
        const int fd = i == 0 ? PLAT_WORKER_FD_FIRST : PLAT_WORKER_FD_MORE + (int)i - 1;

        volumes[i].env = &job->volumes[i].env;
        volumes[i].told = job->volumes[i].told;
        if (volume_open_fd(&volumes[i].in, fd, job->volumes[i].name, fault) != SEAL_OK)
            return fault->status;
    }
    return SEAL_OK;
}

/* What is lost must not keep a reader from beginning. */
static enum seal_status salvage(struct task_run *t, struct fault *fault)
{
    const size_t count = t->job->params.volume_count;
    struct holed_volume *volumes = calloc(count + 1, sizeof *volumes);
    const struct intake_progress progress = {t->report, report_progress};
    const struct salvage_job job = {.volumes = volumes,
                                    .count = count,
                                    .target = target_of(t),
                                    .limits = &t->job->params.limits,
                                    .progress = &progress,
                                    .each = report_salvaged,
                                    .ctx = t->report};

    if (volumes == NULL)
        return fault_no_memory(fault);
    if (open_volumes(t->job, volumes, fault) == SEAL_OK)
        IGNORE_RESULT(intake_salvage(t->result, &job, fault));
    for (size_t i = 0; i < count; i++)
        volume_close(volumes[i].in);
    free(volumes);
    return fault->status;
}

/* ---- One volume --------------------------------------------------------------------------- */

static enum seal_status find_last(struct task_run *t, struct fault *fault)
{
    struct fault trailer = {.status = SEAL_OK};

    t->result->is_last = read_trailer(t->result, t->input.stream, &trailer) == SEAL_OK;
    if (trailer.status != SEAL_USAGE) /* which says: more volumes follow */
        *fault = trailer;
    return fault->status;
}

/* ---- Nothing ------------------------------------------------------------------------------ */

#define TRIAL_TASKS 64
#define TRIAL_LEN ((size_t)1 << 20)

struct trial {
    struct task task; /* first: try_memory finds the trial by it */
    bool done;
};

static void try_memory(struct task *t)
{
    struct trial *trial = (struct trial *)t;
    uint8_t *data = calloc(1, TRIAL_LEN), digest[SHA256_LEN];

    if (data != NULL)
        sha256_of(digest, data, TRIAL_LEN);
    trial->done = data != NULL;
    free(data);
}

/* What any job needs: memory, by all threads, and that they wait for each other. */
static enum seal_status try_crew(struct crew *crew, struct fault *fault)
{
    struct trial trials[TRIAL_TASKS] = {0};
    struct lane lane = {.first = NULL};

    for (size_t i = 0; i < TRIAL_TASKS; i++) {
        trials[i].task = (struct task){.work = try_memory};
        crew_post(crew, &lane, &trials[i].task);
    }
    for (size_t i = 0; i < TRIAL_TASKS; i++)
        crew_await(crew, &trials[i].task);
    for (size_t i = 0; i < TRIAL_TASKS; i++)
        if (!trials[i].done)
            return fault_no_memory(fault);
    return SEAL_OK;
}

/* ---- All tasks ---------------------------------------------------------------------------- */

static enum seal_status run_on_input(struct task_run *t, struct fault *fault)
{
    switch (t->job->params.task) {
    case INTAKE_BAG:
        return unpack_bag(t, fault);
    case INTAKE_STREAM:
    case INTAKE_RAW:
        return copy_content(t, fault);
    case INTAKE_MEND:
        return mend(t, fault);
    case INTAKE_VOLUME:
        return stream_reader_check_digest(t->input.stream, &t->result->is_last, t->result->digest,
                                          fault);
    case INTAKE_LAST:
        return find_last(t, fault);
    default:
        return list_or_extract(t, fault);
    }
}

/* Also where reading ended early. */
static void take_mended(struct task_run *t)
{
    const struct stream_reader *from = t->input.stream;

    if (from == NULL)
        return;
    t->result->mended = *stream_reader_mended(from);
    for (size_t i = 0; i < t->job->params.volume_count; i++)
        t->result->blocks[i] = stream_reader_blocks(from, i);
}

enum seal_status worker_run_task(struct intake_result *result, const struct worker_job *job,
                                 int output, struct crew *crew, struct worker_report *report,
                                 struct fault *fault)
{
    struct task_run t = {.job = job, .output = output, .report = report, .result = result};

    if (job->params.task == INTAKE_TRIAL)
        return try_crew(crew, fault);
    if (job->params.task == INTAKE_RECHECK)
        return recheck_bag(&t, fault);
    if (job->params.task == INTAKE_SALVAGE)
        return salvage(&t, fault);
    if (worker_input_open(&t.input, job, crew, fault) == SEAL_OK)
        IGNORE_RESULT(run_on_input(&t, fault));
    take_mended(&t);
    worker_input_close(&t.input);
    return fault->status;
}
