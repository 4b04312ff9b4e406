/*
 * The worker: everything that reads what senders wrote, in a process that can do nothing else.
 */
#include "intake/intake.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "intake/channel.h"
#include "intake/receive.h"
#include "intake/view.h"

/* One sealed file, as it was told of. */
struct known {
    struct envelope env;
    uint8_t mark_key[VOLUME_KEY_LEN];
    char name[INPUT_NAME_SIZE];
};

struct worker {
    struct channel *channel;
    struct errand errand;
    struct known *known; /* of each volume. sodium_malloc: it has the file keys */
    size_t known_count;
    struct buffer ahead;
    char **paths;
    size_t path_count;
    int output;
    struct stream_volume *volumes; /* likewise */
    struct crew *crew;
    struct stream_reader *stream;
    struct intake_result result;
    uint64_t unreported; /* bytes that were read and not told of */
};

/* ---- What it is told ---------------------------------------------------------------------- */

static enum seal_status malformed(struct fault *fault)
{
    return fault_set(fault, REASON_JOB_MESSAGE, NULL);
}

static enum seal_status out_of_memory(struct fault *fault)
{
    return fault_no_memory(fault);
}

static enum seal_status add_path(struct worker *w, struct fields *f, struct fault *fault)
{
    char **paths = realloc(w->paths, (w->path_count + 1) * sizeof *paths);
    const char *path = field_text(f);

    if (paths == NULL)
        return out_of_memory(fault);
    w->paths = paths;
    if (!fields_end(f))
        return malformed(fault);
    paths[w->path_count] = strdup(path);
    return paths[w->path_count++] == NULL ? out_of_memory(fault) : SEAL_OK;
}

static enum seal_status make_volumes(struct worker *w, struct fault *fault)
{
    size_t count = w->errand.volume_count;

    if (w->known != NULL || w->volumes != NULL)
        return malformed(fault);
    w->known = sodium_allocarray(count + 1, sizeof *w->known);
    w->volumes = calloc(count + 1, sizeof *w->volumes);
    return w->known == NULL || w->volumes == NULL ? out_of_memory(fault) : SEAL_OK;
}

static enum seal_status add_volume(struct worker *w, struct fields *f, struct fault *fault)
{
    struct known *k;

    if (w->known_count == w->errand.volume_count)
        return malformed(fault);
    k = &w->known[w->known_count++];
    memset(k, 0, sizeof *k);
    return take_volume(f, &k->env, k->mark_key) ? SEAL_OK : malformed(fault);
}

static enum seal_status take_message(struct worker *w, unsigned int type, struct fields *f,
                                     struct fault *fault)
{
    struct span piece;

    switch (type) {
    case MESSAGE_JOB:
        return take_job(f, &w->errand) ? make_volumes(w, fault) : malformed(fault);
    case MESSAGE_VOLUME:
        return add_volume(w, f, fault);
    case MESSAGE_AHEAD:
        piece = field_rest(f);
        return buffer_append(&w->ahead, piece.data, piece.len) == SEAL_OK ? SEAL_OK
                                                                          : out_of_memory(fault);
    case MESSAGE_PATH:
        return add_path(w, f, fault);
    case MESSAGE_GO:
        return SEAL_OK;
    default:
        return malformed(fault);
    }
}

static enum seal_status take_errand(struct worker *w, struct fault *fault)
{
    unsigned int type = 0;

    while (type != MESSAGE_GO) {
        struct fields f;

        if (channel_take(w->channel, &type, &f, fault) != SEAL_OK ||
            take_message(w, type, &f, fault) != SEAL_OK)
            return fault->status;
    }
    if (w->known_count != w->errand.volume_count)
        return malformed(fault);
    w->output = !w->errand.has_output                  ? -1
                : w->errand.job.task == INTAKE_RECHECK ? PLAT_WORKER_FD_FIRST
                                                       : PLAT_WORKER_FD_FIRST + 1;
    return SEAL_OK;
}

/* ---- The cage ----------------------------------------------------------------------------- */

/* For what does not grow with the number of names, and for each file that may come out. */
#define MEMORY_LEAST (UINT64_C(480) << 20)
#define MEMORY_A_FILE UINT64_C(2048)
#define MEMORY_A_THREAD (UINT64_C(32) << 20)
#define MEMORY_MOST (UINT64_C(16) << 30)

static struct plat_cage cage_for(const struct worker *w)
{
    const struct intake_job *job = &w->errand.job;
    bool unpacks = job->task == INTAKE_BAG || job->task == INTAKE_EXTRACT;
    bool rechecks = job->task == INTAKE_RECHECK;
    uint64_t files = job->limits.files;

    return (struct plat_cage){
        .folder = unpacks || rechecks ? w->output : -1,
        .folder_is_read = rechecks,
        .threads = job->threads,
        .memory = MEMORY_LEAST + job->threads * MEMORY_A_THREAD +
                  (files > MEMORY_MOST / MEMORY_A_FILE ? MEMORY_MOST : files * MEMORY_A_FILE),
        .file_size = w->output < 0 ? 0 : job->limits.room,
    };
}

static enum seal_status enter_cage(struct worker *w, struct fault *fault)
{
    const struct plat_cage cage = cage_for(w);
    unsigned int missing = plat_cage_enter(&cage, &w->crew);

    channel_begin(w->channel, MESSAGE_CAGE);
    channel_put_u32(w->channel, missing);
    if (channel_end(w->channel, fault) != SEAL_OK || channel_flush(w->channel, fault) != SEAL_OK)
        return fault->status;
    if (missing != 0 && w->errand.job.whole_cage)
        return fault_set(fault, REASON_WORKER_UNCAGED, NULL);
    return SEAL_OK;
}

/* ---- What it says meanwhile --------------------------------------------------------------- */

#define REPORT_EVERY ((uint64_t)1024 * 1024)

/* What cannot be said: nobody is there any more. */
static void report_progress(void *ctx, uint64_t bytes)
{
    struct worker *w = ctx;
    struct fault ignored = {.status = SEAL_OK};

    w->unreported += bytes;
    if (w->unreported < REPORT_EVERY)
        return;
    channel_begin(w->channel, MESSAGE_PROGRESS);
    channel_put_u64(w->channel, w->unreported);
    w->unreported = 0;
    if (channel_end(w->channel, &ignored) != SEAL_OK ||
        channel_flush(w->channel, &ignored) != SEAL_OK)
        stop_request();
}

static enum seal_status report_item(void *ctx, const struct bag_item *item, struct fault *fault)
{
    struct worker *w = ctx;

    channel_begin(w->channel, MESSAGE_ITEM);
    put_item(w->channel, item);
    return channel_end(w->channel, fault);
}

static void report_extracted(void *ctx, const struct bag_item *item, const char *on_disk)
{
    struct worker *w = ctx;
    struct fault ignored = {.status = SEAL_OK};

    channel_begin(w->channel, MESSAGE_EXTRACTED);
    put_item(w->channel, item);
    channel_put_text(w->channel, on_disk);
    (void)!channel_end(w->channel, &ignored);
}

static void report_change(void *ctx, enum bag_change kind, const char *path, const char *detail)
{
    struct worker *w = ctx;
    struct fault ignored = {.status = SEAL_OK};

    channel_begin(w->channel, MESSAGE_CHANGE);
    channel_put_u8(w->channel, (uint8_t)kind);
    channel_put_u8(w->channel, detail != NULL);
    channel_put_text(w->channel, path);
    channel_put_text(w->channel, detail == NULL ? "" : detail);
    (void)!channel_end(w->channel, &ignored);
}

static void report_note(void *ctx, const char *path, const char *what)
{
    struct worker *w = ctx;
    struct fault ignored = {.status = SEAL_OK};

    channel_begin(w->channel, MESSAGE_NOTE);
    channel_put_text(w->channel, path);
    channel_put_text(w->channel, what);
    (void)!channel_end(w->channel, &ignored);
}

/* ---- What it does ------------------------------------------------------------------------- */

static struct intake_target target_of(const struct worker *w)
{
    const struct intake_job *job = &w->errand.job;

    return (struct intake_target){.dirfd = w->output,
                                  .writable = job->writable,
                                  .exact_names = job->exact_names,
                                  .limits = job->limits};
}

/* From the first block on. */
static enum seal_status start_stream(struct worker *w, struct fault *fault)
{
    stream_reader_free(w->stream);
    w->stream = NULL;
    for (size_t i = 0; i < w->known_count; i++)
        volume_hash_reads(w->volumes[i].in, w->known[i].mark_key);
    return stream_reader_new_set(&w->stream, w->volumes, w->known_count, w->crew, fault);
}

static enum seal_status restart_stream(struct worker *w, struct fault *fault)
{
    for (size_t i = 0; i < w->known_count; i++)
        if (volume_rewind(w->volumes[i].in, fault) != SEAL_OK)
            return fault->status;
    return start_stream(w, fault);
}

/* That volumes are missing is better known before all the others are unpacked. Everything else that
 * is wrong will be met where it is. */
static enum seal_status check_last(struct worker *w, struct fault *fault)
{
    struct intake_result *r = &w->result;
    struct fault told = {.status = SEAL_OK};

    if (stream_reader_trailer(w->stream, &r->content_len, r->digest, r->receipt, &told) ==
        SEAL_USAGE)
        *fault = told;
    return fault->status;
}

static enum seal_status check_declared(struct worker *w, struct fault *fault)
{
    const struct intake_job *job = &w->errand.job;

    if (volume_size(w->volumes[0].in) == 0) /* a pipe: the end comes at the end */
        return SEAL_OK;
    if (check_last(w, fault) != SEAL_OK)
        return fault->status;
    if (intake_declared(w->stream, w->known[0].env.params.type, &job->limits, fault) != SEAL_OK)
        return fault->status;
    return restart_stream(w, fault);
}

/* Takes at most left bytes and drops the rest, the padding behind raw content. */
struct file_sink {
    struct worker *worker;
    int fd; /* -1: all is dropped */
    uint64_t left;
    bool counts; /* raw content, which nobody else does */
    struct tally tally;
};

static enum seal_status file_sink_write(void *self, const void *data, size_t len,
                                        struct fault *fault)
{
    struct file_sink *s = self;
    size_t n = len < s->left ? len : (size_t)s->left;

    if (s->counts) {
        report_progress(s->worker, len);
        if (tally_bytes(&s->tally, s->fd < 0 ? 0 : n, s->worker->stream, fault) != SEAL_OK)
            return fault->status;
    }
    s->left -= n;
    if (s->fd < 0 || fd_write_full(s->fd, data, n, fault) == SEAL_OK)
        return fault->status;
    fault_add_name(fault, WORKER_OUTPUT);
    return fault->status;
}

/* One pass over a stream or raw content. */
static enum seal_status pass(struct worker *w, int fd, uint64_t most, struct fault *fault)
{
    struct file_sink sink = {
        w, fd, most, w->errand.job.task == INTAKE_RAW, {.limits = &w->errand.job.limits}};
    const struct sink to = {file_sink_write, &sink};
    const struct intake_progress progress = {w, report_progress};
    struct intake_result *r = &w->result;

    if (w->errand.job.task == INTAKE_RAW)
        return stream_reader_copy(w->stream, &to, &r->content_len, r->digest, r->receipt, fault);
    return intake_stream(r, w->stream, &to, &w->errand.job.limits, &progress, fault);
}

static enum seal_status do_stream(struct worker *w, struct fault *fault)
{
    uint64_t most = UINT64_MAX;

    if (w->errand.job.task == INTAKE_STREAM && check_declared(w, fault) != SEAL_OK)
        return fault->status;
    if (w->output < 0 || w->errand.job.check_first) {
        if (pass(w, -1, most, fault) != SEAL_OK || w->output < 0)
            return fault->status;
        if (w->errand.job.task == INTAKE_RAW)
            most = w->result.content_len;
        if (restart_stream(w, fault) != SEAL_OK)
            return fault->status;
    }
    return pass(w, w->output, most, fault);
}

static enum seal_status do_bag(struct worker *w, struct fault *fault)
{
    const struct intake_target target = target_of(w);
    const struct intake_progress progress = {w, report_progress};

    if (check_declared(w, fault) != SEAL_OK)
        return fault->status;
    return intake_bag(&w->result, w->stream, &target, &progress, fault);
}

static enum seal_status do_view(struct worker *w, struct fault *fault)
{
    const struct intake_target target = target_of(w);
    struct intake_view *view;

    if (intake_view_open(&view, w->stream, &target.limits, fault) != SEAL_OK)
        return fault->status;
    if (w->errand.job.task == INTAKE_LIST)
        (void)bag_check_each_item(intake_view_record(view), report_item, w, fault);
    else
        (void)!intake_view_extract(view, (const char *const *)w->paths, w->path_count, &target,
                                   report_extracted, w, fault);
    bag_check_totals(intake_view_record(view), &w->result.totals);
    intake_view_free(view);
    return fault->status;
}

static enum seal_status do_last(struct worker *w, struct fault *fault)
{
    struct intake_result *r = &w->result;
    struct fault told = {.status = SEAL_OK};

    r->is_last =
        stream_reader_trailer(w->stream, &r->content_len, r->digest, r->receipt, &told) == SEAL_OK;
    if (told.status != SEAL_USAGE) /* its trailer says that there are more */
        *fault = told;
    return fault->status;
}

static enum seal_status do_recheck(struct worker *w, struct fault *fault)
{
    const struct bag_recheck_observer observer = {w, report_change, report_note, report_progress};

    return bag_recheck(&w->result.recheck, w->output, WORKER_OUTPUT, &observer, fault);
}

/* What only reading all of it gives. */
static void note_input(struct worker *w)
{
    uint8_t digest[SHA256_LEN];
    struct sha256 all;

    w->result.sealed_len = stream_consumed(w->stream);
    volume_read_digest(w->volumes[0].in, w->result.sealed_digest);
    if (w->known_count == 1)
        return;
    sha256_start(&all);
    sha256_add(&all, w->result.sealed_digest, SHA256_LEN);
    for (size_t i = 1; i < w->known_count; i++) {
        volume_read_digest(w->volumes[i].in, digest);
        sha256_add(&all, digest, sizeof digest);
    }
    sha256_end(&all, w->result.sealed_digest);
}

static enum seal_status open_input(struct worker *w, struct fault *fault)
{
    struct span ahead = {w->ahead.data, w->ahead.len};

    for (size_t i = 0; i < w->known_count; i++) {
        int fd = i == 0 ? PLAT_WORKER_FD_FIRST : PLAT_WORKER_FD_MORE + (int)i - 1;

        w->volumes[i].env = &w->known[i].env;
        input_name(w->known[i].name, i);
        if (volume_take_over(&w->volumes[i].in, fd, ahead, w->known[i].name, fault) != SEAL_OK)
            return fault->status;
        ahead.len = 0;
    }
    return start_stream(w, fault);
}

static enum seal_status do_errand(struct worker *w, struct fault *fault)
{
    if (w->errand.job.task == INTAKE_RECHECK)
        return do_recheck(w, fault);
    if (open_input(w, fault) != SEAL_OK)
        return fault->status;
    switch (w->errand.job.task) {
    case INTAKE_BAG:
        (void)!do_bag(w, fault);
        break;
    case INTAKE_STREAM:
    case INTAKE_RAW:
        (void)!do_stream(w, fault);
        break;
    case INTAKE_VOLUME:
        (void)!stream_reader_check(w->stream, &w->result.is_last, NULL, NULL, fault);
        break;
    case INTAKE_LAST:
        (void)!do_last(w, fault);
        break;
    default:
        (void)!do_view(w, fault);
    }
    if (fault->status == SEAL_OK)
        note_input(w);
    return fault->status;
}

/* ---- Its life ----------------------------------------------------------------------------- */

static void clean_up(struct worker *w)
{
    stream_reader_free(w->stream);
    crew_free(w->crew);
    for (size_t i = 0; w->volumes != NULL && i < w->known_count; i++)
        volume_close(w->volumes[i].in);
    free(w->volumes);
    sodium_free(w->known);
    intake_result_free(&w->result);
    for (size_t i = 0; i < w->path_count; i++)
        free(w->paths[i]);
    free(w->paths);
    buffer_free(&w->ahead);
    channel_free(w->channel);
}

int intake_worker(void)
{
    struct worker w = {.output = -1};
    struct fault outcome = {.status = SEAL_OK}, silence = {.status = SEAL_OK};

    if (sodium_init() < 0)
        return 1;
    if (channel_new(&w.channel, PLAT_WORKER_FD_IN, PLAT_WORKER_FD_OUT, &silence) == SEAL_OK) {
        if (take_errand(&w, &silence) == SEAL_OK && enter_cage(&w, &outcome) == SEAL_OK)
            (void)!do_errand(&w, &outcome);
        if (silence.status == SEAL_OK)
            (void)!send_result(w.channel, &w.result, &outcome, &silence);
    } else {
        silence.status = SEAL_NO_MEMORY;
    }
    clean_up(&w);
    return silence.status == SEAL_OK ? 0 : 1;
}
