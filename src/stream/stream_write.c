/*
 * The writing pipeline: plaintext is gathered into batches of blocks one after the other, batches
 * are encrypted side by side by the threads of the crew, and written in their order. With a split,
 * one file after the other. With repair data, the threads also add each block to the parity of its
 * lane, and when a group is full its parity blocks are batches like others.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "stream/chunk.h"
#include "stream/layout.h"
#include "stream/parity_out.h"
#include "platform/crew.h"
#include "stream/trailer.h"

#define BATCH_BLOCKS 16

/* Some blocks, which are being filled, are being encrypted, or wait for those before them. */
struct batch {
    struct task task; /* first, so that a task's address is its batch's */
    struct stream_writer *writer;
    enum block_kind kind;
    uint64_t number; /* of its first block, among those of its kind */
    size_t start;    /* where plaintext begins in that: behind the head in block 0 */
    size_t len;      /* of all blocks so far; each but the last is full and has room for its tag */
    bool is_final;   /* its last block is the last data block of the file */
    struct fault fault;
    uint8_t *blocks; /* BATCH_BLOCKS * BLOCK_LEN bytes */
};

struct stream_writer {
    const struct envelope *env;
    uint8_t key[KEY_LEN];
    struct padding padding;
    int fd;
    struct crew *crew;
    struct lane lane;
    const struct stream_split *split; /* NULL: one file alone */
    uint64_t content_len;             /* so far, in this file */
    uint64_t content_max;
    /* These two belong to the crew's threads as long as batches are under way. */
    uint64_t written; /* bytes of this file */
    bool failed;
    uint64_t written_before; /* bytes of the volumes that are complete */
    size_t batch_count, current;
    struct batch *batches;
    /* With repair data: */
    const struct stream_second_head *second_head;
    struct parity_out *parity;
    struct group group; /* the current one, taken for full */
};

/* ---- A batch, by any thread --------------------------------------------------------------- */

static void block_work(struct batch *b, size_t i, uint8_t *text, size_t len)
{
    const struct stream_writer *w = b->writer;
    const bool is_last = (i + 1) * BLOCK_LEN >= b->len;
    const struct chunk_id id = {.number = b->number + i,
                                .is_parity = b->kind == BLOCK_PARITY,
                                .is_final = is_last && b->is_final};

    if (w->parity != NULL && b->kind == BLOCK_DATA)
        parity_out_add(w->parity, id.number - w->group.first_data, text, len);
    if (!chunk_seal(text, len, id, w->key))
        (void)fault_set(&b->fault, REASON_ENCRYPT, NULL);
}

static void batch_work(struct task *t)
{
    struct batch *b = (struct batch *)t;
    size_t start = b->start;

    if (b->kind == BLOCK_SECOND_HEAD)
        return;
    for (size_t i = 0; i * BLOCK_LEN < b->len; i++) {
        size_t left = b->len - i * BLOCK_LEN, end = left < BLOCK_LEN ? left : BLOCK_LEN;

        block_work(b, i, b->blocks + i * BLOCK_LEN + start, end - TAG_LEN - start);
        start = 0;
    }
}

/* ---- A batch, in its turn ----------------------------------------------------------------- */

static void batch_settle(struct task *t)
{
    struct batch *b = (struct batch *)t;
    struct stream_writer *w = b->writer;

    if (w->failed)
        return;
    if (b->fault.status == SEAL_OK && stop_requested())
        (void)fault_set(&b->fault, REASON_INTERRUPTED, NULL);
    if (b->fault.status == SEAL_OK &&
        fd_write_full(w->fd, b->blocks, b->len, &b->fault) == SEAL_OK) {
        if (plat_write_behind(w->fd, w->written, w->written + b->len) != 0)
            (void)fault_set_errno(&b->fault, REASON_WRITE, NULL);
        w->written += b->len;
    }
    w->failed = b->fault.status != SEAL_OK;
}

/* ---- Beginning a writer, and a file ------------------------------------------------------- */

static bool make_batches(struct stream_writer *w)
{
    w->batches = calloc(w->batch_count, sizeof *w->batches);
    for (size_t i = 0; w->batches != NULL && i < w->batch_count; i++) {
        struct batch *b = &w->batches[i];

        b->task = (struct task){.work = batch_work, .settle = batch_settle};
        b->writer = w;
        b->blocks = malloc(BATCH_BLOCKS * BLOCK_LEN);
        if (b->blocks == NULL)
            return false;
    }
    return w->batches != NULL;
}

/* No batch of the file before is under way any more. total_max: the longest that the file may
 * become. */
static void start_file(struct stream_writer *w, const struct stream_out *out, uint64_t total_max)
{
    struct batch *first = &w->batches[0];

    w->env = out->env;
    w->fd = out->fd;
    w->content_len = 0;
    w->content_max = stream_content_max(shape_of(out->env), total_max);
    w->group = group_first();
    w->written_before += w->written;
    w->written = 0;
    w->current = 0;
    first->kind = BLOCK_DATA;
    first->is_final = false;
    first->number = 0;
    first->start = first->len = out->env->head_len;
    memcpy(first->blocks, out->head, out->env->head_len);
    chunk_derive_key(w->key, out->env);
}

/* The longest file that there is. */
static uint64_t total_most(unsigned int m)
{
    return stream_fixed_len(STREAM_BLOCKS_MAX * BLOCK_LEN, m);
}

enum seal_status stream_writer_new(struct stream_writer **out, const struct envelope *env,
                                   const uint8_t *head, struct padding padding, struct crew *crew,
                                   int fd, struct fault *fault)
{
    struct stream_writer *w = sodium_malloc(sizeof *w);

    *out = NULL;
    if (w == NULL)
        return fault_no_memory(fault);
    memset(w, 0, sizeof *w);
    w->padding = padding;
    w->crew = crew;
    /* One to be filled while all others are encrypted. */
    w->batch_count = crew_size(crew) > 1 ? crew_size(crew) + 1 : 1;
    if (!make_batches(w)) {
        stream_writer_free(w);
        return fault_no_memory(fault);
    }
    start_file(w, &(struct stream_out){env, head, fd},
               padding.rule == PAD_FIXED ? padding.size : total_most(env->params.parity));
    *out = w;
    return SEAL_OK;
}

void stream_writer_split(struct stream_writer *w, const struct stream_split *split)
{
    w->split = split;
    w->content_max = stream_content_max(shape_of(w->env), split->size);
}

enum seal_status stream_writer_repair(struct stream_writer *w,
                                      const struct stream_second_head *second_head,
                                      struct fault *fault)
{
    w->second_head = second_head;
    if (parity_out_new(&w->parity, w->env->params.parity, w->crew, fault) != SEAL_OK)
        return fault->status;
    return parity_out_begin(w->parity, &w->group, fault);
}

/* ---- Filling batches ---------------------------------------------------------------------- */

/* Waits until the batch is written and can be filled again; or says why it was not written. */
static enum seal_status batch_await(struct stream_writer *w, struct batch *b, struct fault *fault)
{
    crew_await(w->crew, &b->task);
    if (b->fault.status != SEAL_OK)
        *fault = b->fault;
    return b->fault.status;
}

/* Gives the current batch to the crew, and makes the next one current, which is empty then. */
static enum seal_status next_batch(struct stream_writer *w, struct fault *fault)
{
    struct batch *b;

    crew_post(w->crew, &w->lane, &w->batches[w->current].task);
    w->current = (w->current + 1) % w->batch_count;
    b = &w->batches[w->current];
    if (batch_await(w, b, fault) != SEAL_OK)
        return fault->status;
    b->start = b->len = 0;
    b->is_final = false;
    return SEAL_OK;
}

/* Also those behind the current one, which is empty. */
static enum seal_status await_batches(struct stream_writer *w, struct fault *fault)
{
    for (size_t i = 1; i <= w->batch_count; i++)
        if (batch_await(w, &w->batches[(w->current + i) % w->batch_count], fault) != SEAL_OK)
            return fault->status;
    return SEAL_OK;
}

/* Puts the parity blocks of the group behind its data blocks, which all were given to the crew. */
static enum seal_status put_parity(struct stream_writer *w, struct fault *fault)
{
    const uint64_t count = group_parity_count(&w->group, w->env->params.parity);

    if (await_batches(w, fault) != SEAL_OK)
        return fault->status;
    for (uint64_t i = 0; i < count; i++) {
        struct batch *b = &w->batches[w->current];

        if (b->len == 0) {
            b->kind = BLOCK_PARITY;
            b->number = w->group.first_parity + i;
        }
        memcpy(b->blocks + b->len, parity_out_symbol(w->parity, &w->group, i), CHUNK_LEN);
        b->len += BLOCK_LEN;
        if ((b->len == BATCH_BLOCKS * BLOCK_LEN || i + 1 == count) &&
            next_batch(w, fault) != SEAL_OK)
            return fault->status;
    }
    return SEAL_OK;
}

/* Gives a batch that is full of data blocks to the crew; and if the group is full, its parity. */
static enum seal_status next_data_batch(struct stream_writer *w, struct fault *fault)
{
    uint64_t number = w->batches[w->current].number + BATCH_BLOCKS;

    if (next_batch(w, fault) != SEAL_OK)
        return fault->status;
    if (w->parity != NULL && number == w->group.first_data + w->group.data_count) {
        if (put_parity(w, fault) != SEAL_OK)
            return fault->status;
        w->group = group_next(&w->group, w->env->params.parity);
        if (parity_out_begin(w->parity, &w->group, fault) != SEAL_OK)
            return fault->status;
    }
    w->batches[w->current].kind = BLOCK_DATA;
    w->batches[w->current].number = number;
    return SEAL_OK;
}

/* Appends plaintext; data NULL stands for zeros. A batch that is full is given to the crew only
 * when there is a byte more: the last data block of a file is encrypted under another nonce. */
static enum seal_status put(struct stream_writer *w, const uint8_t *data, uint64_t len,
                            struct fault *fault)
{
    while (len > 0) {
        struct batch *b = &w->batches[w->current];
        size_t in_block = b->len % BLOCK_LEN;
        size_t n = len < CHUNK_LEN - in_block ? (size_t)len : CHUNK_LEN - in_block;

        if (in_block == CHUNK_LEN) {
            b->len += TAG_LEN;
            if (b->len == BATCH_BLOCKS * BLOCK_LEN && next_data_batch(w, fault) != SEAL_OK)
                return fault->status;
            continue;
        }
        if (data != NULL) {
            memcpy(b->blocks + b->len, data, n);
            data += n;
        } else {
            memset(b->blocks + b->len, 0, n);
        }
        b->len += n;
        len -= n;
    }
    return SEAL_OK;
}

/* ---- The end of a file -------------------------------------------------------------------- */

/* The parity of the last group, which is shorter maybe, and the second head. */
static enum seal_status put_repair_data(struct stream_writer *w, uint64_t data_count,
                                        struct fault *fault)
{
    struct batch *b;

    w->group.data_count = data_count - w->group.first_data;
    if (put_parity(w, fault) != SEAL_OK)
        return fault->status;
    b = &w->batches[w->current];
    b->kind = BLOCK_SECOND_HEAD;
    b->len = BLOCK_LEN;
    if (w->second_head->make(w->second_head->ctx, w->env,
                             layout_block_count(data_count, w->env->params.parity), b->blocks,
                             fault) != SEAL_OK)
        return fault->status;
    return next_batch(w, fault);
}

static enum seal_status finish_blocks(struct stream_writer *w, struct fault *fault)
{
    struct batch *last = &w->batches[w->current];
    uint64_t data_count;

    last->is_final = true;
    last->len += TAG_LEN;
    data_count = last->number + block_count(last->len);
    if (next_batch(w, fault) != SEAL_OK ||
        (w->parity != NULL && put_repair_data(w, data_count, fault) != SEAL_OK) ||
        await_batches(w, fault) != SEAL_OK)
        return fault->status;
    /* A signal may have come while the last batch was written, to another thread than this. */
    return stop_requested() ? fault_set(fault, REASON_INTERRUPTED, NULL) : SEAL_OK;
}

/* Puts padding and trailer behind the content, and waits until the file is written. */
static enum seal_status finish_file(struct stream_writer *w, uint64_t total_len,
                                    const uint8_t trailer[static TRAILER_LEN], struct fault *fault)
{
    uint64_t zeros = stream_content_max(shape_of(w->env), total_len) - w->content_len;

    if (put(w, NULL, zeros, fault) != SEAL_OK || put(w, trailer, TRAILER_LEN, fault) != SEAL_OK)
        return fault->status;
    return finish_blocks(w, fault);
}

static enum seal_status next_volume(struct stream_writer *w, struct fault *fault)
{
    const struct stream_split *split = w->split;
    uint8_t trailer[TRAILER_LEN];
    struct stream_out out;
    enum seal_status status;

    trailer_write(trailer, w->content_len, NULL, split->random);
    status = finish_file(w, split->size, trailer, fault);
    sodium_memzero(trailer, sizeof trailer);
    if (status != SEAL_OK || split->next(split->ctx, &out, fault) != SEAL_OK)
        return fault->status;
    start_file(w, &out, split->size);
    return w->parity == NULL ? SEAL_OK : parity_out_begin(w->parity, &w->group, fault);
}

enum seal_status stream_write(struct stream_writer *w, const void *data, size_t len,
                              struct fault *fault)
{
    const uint8_t *from = data;

    if (w->split == NULL && len > w->content_max - w->content_len)
        return fault_set(fault, REASON_DOES_NOT_FIT, NULL);
    while (len > 0) {
        uint64_t room = w->content_max - w->content_len;
        size_t n = len < room ? len : (size_t)room;

        if (room == 0) {
            if (next_volume(w, fault) != SEAL_OK)
                return fault->status;
            continue;
        }
        w->content_len += n;
        if (put(w, from, n, fault) != SEAL_OK)
            return fault->status;
        from += n;
        len -= n;
    }
    return SEAL_OK;
}

/* The last volume is never longer than the others. */
static uint64_t last_total_len(const struct stream_writer *w)
{
    uint64_t total = stream_total_len(shape_of(w->env), w->content_len, w->padding);

    if (w->split != NULL && (total == 0 || total > w->split->size))
        return w->split->size;
    return total;
}

enum seal_status stream_writer_finish(struct stream_writer *w, const uint8_t digest[static 32],
                                      struct random *random, uint8_t receipt[static 32],
                                      struct fault *fault)
{
    uint64_t total = last_total_len(w);
    uint8_t trailer[TRAILER_LEN];
    enum seal_status status;

    if (total == 0)
        return fault_set(fault, REASON_DOES_NOT_FIT, NULL);
    trailer_write(trailer, w->content_len, digest, random);
    status = finish_file(w, total, trailer, fault);
    if (status == SEAL_OK)
        receipt_derive(receipt, w->env, trailer);
    sodium_memzero(trailer, sizeof trailer);
    return status;
}

uint64_t stream_written(const struct stream_writer *w)
{
    return w->written_before + w->written;
}

void stream_writer_free(struct stream_writer *w)
{
    if (w == NULL)
        return;
    for (size_t i = 0; w->batches != NULL && i < w->batch_count; i++) {
        crew_await(w->crew, &w->batches[i].task);
        /* Plaintext, where it ended early; what lies behind it is ciphertext. */
        sodium_memzero(w->batches[i].blocks, w->batches[i].len);
        free(w->batches[i].blocks);
    }
    free(w->batches);
    parity_out_free(w->parity);
    sodium_free(w);
}
