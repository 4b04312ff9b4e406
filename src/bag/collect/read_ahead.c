/*
 * Small files of the source, read ahead.
 *
 * The caller opens files in batches, and each batch is read by one thread: handing a single file to
 * a thread would cost as much as reading it. The batches are a ring: while the files of one are
 * taken, those behind it are being read.
 */
#include "bag/collect/read_ahead.h"

#include <errno.h>
#include <stdlib.h>

#include "base/base.h"
#include "base/sha256_many.h"
#include "bag/collect/source_open.h"
#include "bag/collect/unkept.h"
#include "platform/crew.h"
#include "platform/process.h"

#define BATCHES 4
#define BATCH_FILES 8

struct batch {
    struct task task; /* first, so that a pointer to it is one to the batch */
    enum sha256_way way;
    size_t count; /* of files in it */
    size_t taken; /* of these, by read_ahead_take */
    struct ahead_file files[BATCH_FILES];
    uint8_t *data; /* BATCH_FILES times READ_AHEAD_LEN bytes */
};

struct read_ahead {
    struct bag_source *source;
    struct crew *crew;
    struct lane lane;
    size_t next; /* the first item that is in no batch yet */
    size_t at;   /* the batch whose files are being taken */
    enum sha256_way way;
    struct batch batches[BATCHES];
};

/* ---- In a thread of the crew -------------------------------------------------------------- */

static enum seal_status read_all(struct ahead_file *f)
{
    struct file_reader *r = &f->reader;
    enum seal_status status;
    size_t len;

    do
        status =
            file_reader_next(r, f->data + r->off, READ_AHEAD_LEN - (size_t)r->off, &len, &f->fault);
    while (status == SEAL_OK && len > 0);
    return status;
}

static void read_file(struct ahead_file *f)
{
    f->is_file = file_reader_start(&f->reader, f->fd) == 0;
    f->is_read = f->is_file && f->reader.before.size <= READ_AHEAD_LEN;
    if (!f->is_read || read_all(f) != SEAL_OK)
        return;
    f->change = file_reader_change(&f->reader);
    if (f->change != FILE_STABLE)
        return; /* the caller reads it once more */
    (void)plat_close(f->fd);
    f->fd = -1;
}

static void hash_files(struct batch *b)
{
    struct sha256_item items[BATCH_FILES];
    size_t count = 0;

    for (size_t i = 0; i < b->count; i++) {
        struct ahead_file *f = &b->files[i];

        if (f->is_read && f->fault.status == SEAL_OK)
            items[count++] = (struct sha256_item){f->data, (size_t)f->reader.off, f->digest};
    }
    sha256_many(b->way, items, count);
}

static void batch_work(struct task *t)
{
    struct batch *b = (struct batch *)t;

    for (size_t i = 0; i < b->count; i++)
        if (b->files[i].fd >= 0)
            read_file(&b->files[i]);
    hash_files(b);
}

/* ---- In the caller's thread --------------------------------------------------------------- */

static void release(struct ahead_file *f)
{
    file_reader_free(&f->reader);
    if (f->fd >= 0)
        (void)plat_close(f->fd);
    f->fd = -1;
}

static void add_file(struct read_ahead *a, struct batch *b, size_t item)
{
    struct ahead_file *f = &b->files[b->count];

    const char *path = item_path(&a->source->table, &a->source->table.items[item]);

    *f = (struct ahead_file){.data = b->data + b->count * READ_AHEAD_LEN};
    f->fd = source_open_item(a->source, &a->source->table.items[item]);
    if (f->fd < 0)
        f->error = errno;
    else
        plat_hint_prefetch(f->fd);
    if (f->fd >= 0)
        IGNORE_RESULT(source_note_unkept(a->source, path, f->fd, &f->fault));
    b->count++;
}

/* Opens the next small files, in order, and has them read; but none behind a large one, which may
 * take so long that they would change between reading and sealing. */
static void fill_batch(struct read_ahead *a, struct batch *b)
{
    const struct table *t = &a->source->table;

    b->count = b->taken = 0;
    for (; a->next < t->count && b->count < BATCH_FILES; a->next++) {
        if (t->items[a->next].type != ITEM_FILE)
            continue;
        if (t->items[a->next].size > READ_AHEAD_LEN)
            break;
        add_file(a, b, a->next);
    }
    if (b->count == BATCH_FILES && a->way == SHA256_UNMEASURED) /* for fewer it does not pay */
        a->way = sha256_fastest_way(plat_monotonic);
    b->way = a->way;
    if (b->count > 0)
        crew_post(a->crew, &a->lane, &b->task);
}

static void fill_all(struct read_ahead *a)
{
    for (size_t i = 0; i < BATCHES; i++)
        fill_batch(a, &a->batches[(a->at + i) % BATCHES]);
}

static void empty_batch(struct read_ahead *a, struct batch *b)
{
    crew_await(a->crew, &b->task);
    for (size_t i = 0; i < b->count; i++)
        release(&b->files[i]);
    b->count = 0;
}

enum seal_status read_ahead_new(struct read_ahead **out, struct bag_source *source,
                                struct crew *crew, struct fault *fault)
{
    struct read_ahead *a = *out = calloc(1, sizeof *a);

    if (a == NULL)
        return fault_no_memory(fault);
    a->source = source;
    a->crew = crew;
    for (size_t i = 0; i < BATCHES; i++) {
        a->batches[i].task = (struct task){.work = batch_work};
        a->batches[i].data = malloc(BATCH_FILES * READ_AHEAD_LEN);
        if (a->batches[i].data == NULL) {
            read_ahead_free(a);
            *out = NULL;
            return fault_no_memory(fault);
        }
    }
    return SEAL_OK;
}

struct ahead_file *read_ahead_take(struct read_ahead *a, size_t item)
{
    struct batch *b = &a->batches[a->at];

    if (a->source->table.items[item].size > READ_AHEAD_LEN) {
        a->next = item + 1; /* all small ones before it are taken */
        return NULL;
    }
    if (b->taken > 0)
        release(&b->files[b->taken - 1]);
    if (b->taken == b->count) {
        a->at = (a->at + 1) % BATCHES;
        if (a->batches[a->at].count == 0)
            fill_all(a); /* the ring ran empty at a large file, or was never filled */
        else
            fill_batch(a, b);
        b = &a->batches[a->at];
    }
    crew_await(a->crew, &b->task);
    return &b->files[b->taken++];
}

void read_ahead_free(struct read_ahead *a)
{
    if (a == NULL)
        return;
    for (size_t i = 0; i < BATCHES; i++) {
        empty_batch(a, &a->batches[i]);
        free(a->batches[i].data);
    }
    free(a);
}
