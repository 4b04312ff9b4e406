#include "intake/small_files.h"
#include "base/sha256_many.h"
#include "platform/crew.h"
#include "platform/process.h"

#include <stdlib.h>

/* To pass a batch to another thread costs as much as a small file, hence several files in each. All
 * batches together hold BATCHES * BATCH_FILES descriptors, of which the worker has few. */
#define BATCHES 4
#define BATCH_FILES 8
#define BATCH_LEN (4 * SMALL_FILE_MAX)

struct small_file {
    struct entry_file file;
    size_t item;     /* its number in the check */
    size_t off, len; /* in the batch's data */
    uint8_t digest[SHA256_LEN];
};

struct batch {
    struct task task; /* first: write_batch finds the batch by it */
    struct entry_writer *writer;
    enum sha256_way way;
    size_t file_count;
    size_t good_count;  /* files that were written before the first fault */
    struct fault fault; /* the first */
    struct small_file files[BATCH_FILES];
    size_t len;
    uint8_t data[BATCH_LEN];
};

/* A ring: batches[filling] is being filled, the others are with the crew or written. */
struct small_files {
    struct crew *crew;
    struct lane lane;
    struct entry_writer *writer;
    struct bag_check *check;
    struct fault fault; /* the first */
    enum sha256_way way;
    size_t batch_count, filling;
    struct batch batches[];
};

/* ---- By any thread ------------------------------------------------------------------------ */

static enum seal_status write_file(struct batch *b, struct small_file *m, struct fault *fault)
{
    enum seal_status status = entry_file_write(&m->file, b->data + m->off, m->len, fault);

    return entry_writer_close_file(b->writer, &m->file, status, fault);
}

static void hash_files(struct batch *b)
{
    struct sha256_item items[BATCH_FILES];

    for (size_t i = 0; i < b->file_count; i++) {
        struct small_file *m = &b->files[i];

        items[i] = (struct sha256_item){b->data + m->off, m->len, m->digest};
    }
    sha256_many(b->way, items, b->file_count);
}

/* Behind a fault the files are still written, because that also closes them. */
static void write_batch(struct task *t)
{
    struct batch *b = (struct batch *)t;

    hash_files(b);
    for (size_t i = 0; i < b->file_count; i++) {
        struct fault ignored = {.status = SEAL_OK};
        bool good = b->fault.status == SEAL_OK;

        IGNORE_RESULT(write_file(b, &b->files[i], good ? &b->fault : &ignored));
        b->good_count += b->fault.status == SEAL_OK;
    }
}

/* ---- By the worker's first thread --------------------------------------------------------- */

enum seal_status small_files_new(struct small_files **out, struct crew *crew,
                                 struct entry_writer *writer, struct bag_check *check,
                                 struct fault *fault)
{
    size_t count = crew_size(crew) > 1 ? BATCHES : 1;
    struct small_files *s = calloc(1, sizeof *s + count * sizeof s->batches[0]);

    *out = s;
    if (s == NULL)
        return fault_no_memory(fault);
    s->crew = crew;
    s->writer = writer;
    s->check = check;
    s->batch_count = count;
    for (size_t i = 0; i < count; i++) {
        s->batches[i].task = (struct task){.work = write_batch};
        s->batches[i].writer = writer;
    }
    return SEAL_OK;
}

/* Waits until the batch is written, gives its digests to the check, and empties it. */
static void collect_batch(struct small_files *s, struct batch *b)
{
    crew_await(s->crew, &b->task);
    for (size_t i = 0; i < b->good_count; i++)
        bag_check_set_digest(s->check, b->files[i].item, b->files[i].digest);
    if (s->fault.status == SEAL_OK)
        s->fault = b->fault;
    b->fault.status = SEAL_OK;
    b->file_count = b->good_count = b->len = 0;
}

/* Hands the batch that is being filled to the crew, and goes on to the oldest one. */
static void start_next_batch(struct small_files *s)
{
    struct batch *full = &s->batches[s->filling];

    if (full->file_count == BATCH_FILES && s->way == SHA256_UNMEASURED) /* fewer do not pay */
        s->way = sha256_fastest_way(plat_monotonic);
    full->way = s->way;
    crew_post(s->crew, &s->lane, &full->task);
    s->filling = (s->filling + 1) % s->batch_count;
    collect_batch(s, &s->batches[s->filling]);
}

static enum seal_status first_fault(const struct small_files *s, struct fault *fault)
{
    if (s->fault.status != SEAL_OK)
        *fault = s->fault;
    return s->fault.status;
}

enum seal_status small_files_reserve(struct small_files *s, uint8_t **data, struct fault *fault)
{
    const struct batch *b = &s->batches[s->filling];

    if (b->file_count == BATCH_FILES || b->len > BATCH_LEN - SMALL_FILE_MAX)
        start_next_batch(s);
    *data = s->batches[s->filling].data + s->batches[s->filling].len;
    return first_fault(s, fault);
}

enum seal_status small_files_add(struct small_files *s, const struct tar_entry *entry, size_t len,
                                 struct fault *fault)
{
    struct batch *b = &s->batches[s->filling];
    struct small_file *m = &b->files[b->file_count];

    m->item = bag_check_item(s->check);
    m->off = b->len;
    m->len = len;
    if (entry_writer_create_file(s->writer, entry, &m->file, fault) != SEAL_OK)
        return entry_writer_close_file(s->writer, &m->file, fault->status, fault);
    b->len += len;
    b->file_count++;
    return SEAL_OK;
}

enum seal_status small_files_finish(struct small_files *s, enum seal_status status,
                                    struct fault *fault)
{
    start_next_batch(s);
    for (size_t i = 0; i < s->batch_count; i++)
        collect_batch(s, &s->batches[(s->filling + i) % s->batch_count]);
    return first_fault(s, fault) == SEAL_OK ? status : fault->status;
}

void small_files_free(struct small_files *s)
{
    if (s != NULL)
        IGNORE_RESULT(small_files_finish(s, SEAL_OK, &(struct fault){.status = SEAL_OK}));
    free(s);
}
