/*
 * The writing pipeline: plaintext is gathered into batches of blocks one after the other, batches
 * are encrypted side by side by the threads of the crew, and written in their order. With a split,
 * one file after the other.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "stream/chunk.h"
#include "platform/crew.h"
#include "stream/trailer.h"

#define BATCH_BLOCKS 16

/* Some blocks, which are being filled, are being encrypted, or wait for those before them. */
struct batch {
    struct task task; /* first, so that a task's address is its batch's */
    struct stream_writer *writer;
    uint64_t number; /* of its first block */
    size_t start;    /* where plaintext begins in that: behind the head in block 0 */
    size_t len;      /* of all blocks so far; each but the last is full and has room for its tag */
    bool is_final;   /* its last block is the last of the file */
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
};

/* ---- A batch, by any thread --------------------------------------------------------------- */

static void batch_work(struct task *t)
{
    struct batch *b = (struct batch *)t;
    size_t start = b->start;

    for (size_t i = 0; i * BLOCK_LEN < b->len; i++) {
        bool is_last = (i + 1) * BLOCK_LEN >= b->len;
        uint8_t *block = b->blocks + i * BLOCK_LEN;
        size_t end = is_last ? b->len - i * BLOCK_LEN : BLOCK_LEN;

        if (!chunk_seal(block + start, end - TAG_LEN - start, b->number + i, is_last && b->is_final,
                        b->writer->key))
            (void)fault_set(&b->fault, REASON_ENCRYPT, NULL);
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

    for (size_t i = 0; i < w->batch_count; i++)
        w->batches[i].is_final = false;
    w->env = out->env;
    w->fd = out->fd;
    w->content_len = 0;
    w->content_max = plaintext_len(total_max, out->env->head_len) - TRAILER_LEN;
    w->written_before += w->written;
    w->written = 0;
    w->current = 0;
    first->number = 0;
    first->start = first->len = out->env->head_len;
    memcpy(first->blocks, out->head, out->env->head_len);
    chunk_derive_key(w->key, out->env);
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
               padding.rule == PAD_FIXED ? padding.size : STREAM_BLOCKS_MAX * BLOCK_LEN);
    *out = w;
    return SEAL_OK;
}

void stream_writer_split(struct stream_writer *w, const struct stream_split *split)
{
    w->split = split;
    w->content_max = plaintext_len(split->size, w->env->head_len) - TRAILER_LEN;
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

/* Gives the current batch to the crew, and makes the next one current. */
static enum seal_status next_batch(struct stream_writer *w, struct fault *fault)
{
    uint64_t number = w->batches[w->current].number + BATCH_BLOCKS;
    struct batch *b;

    crew_post(w->crew, &w->lane, &w->batches[w->current].task);
    w->current = (w->current + 1) % w->batch_count;
    b = &w->batches[w->current];
    if (batch_await(w, b, fault) != SEAL_OK)
        return fault->status;
    b->number = number;
    b->start = b->len = 0;
    return SEAL_OK;
}

/* Appends plaintext; data NULL stands for zeros. A batch that is full is given to the crew only
 * when there is a byte more: the last block of a file is encrypted under another nonce. */
static enum seal_status put(struct stream_writer *w, const uint8_t *data, uint64_t len,
                            struct fault *fault)
{
    while (len > 0) {
        struct batch *b = &w->batches[w->current];
        size_t in_block = b->len % BLOCK_LEN;
        size_t n = len < CHUNK_LEN - in_block ? (size_t)len : CHUNK_LEN - in_block;

        if (in_block == CHUNK_LEN && b->len + TAG_LEN == BATCH_BLOCKS * BLOCK_LEN) {
            b->len += TAG_LEN;
            if (next_batch(w, fault) != SEAL_OK)
                return fault->status;
            continue;
        }
        if (in_block == CHUNK_LEN) {
            b->len += TAG_LEN;
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

static enum seal_status finish_blocks(struct stream_writer *w, struct fault *fault)
{
    struct batch *last = &w->batches[w->current];

    last->is_final = true;
    last->len += TAG_LEN;
    crew_post(w->crew, &w->lane, &last->task);
    for (size_t i = 1; i <= w->batch_count; i++)
        if (batch_await(w, &w->batches[(w->current + i) % w->batch_count], fault) != SEAL_OK)
            return fault->status;
    /* A signal may have come while the last batch was written, to another thread than this. */
    return stop_requested() ? fault_set(fault, REASON_INTERRUPTED, NULL) : SEAL_OK;
}

/* Puts padding and trailer behind the content, and waits until the file is written. */
static enum seal_status finish_file(struct stream_writer *w, uint64_t total_len,
                                    const uint8_t trailer[static TRAILER_LEN], struct fault *fault)
{
    uint64_t zeros = plaintext_len(total_len, w->env->head_len) - w->content_len - TRAILER_LEN;

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
    return SEAL_OK;
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
    uint64_t total = stream_total_len(w->env->head_len, w->content_len, w->padding);

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
    sodium_free(w);
}
