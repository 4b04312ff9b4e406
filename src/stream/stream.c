/*
 * Chunks, padding and trailer (section 3), written and read.
 */
#include "stream/stream.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

/* Plaintext in a block; in block 0 the head takes some of it. */
#define CHUNK_LEN (BLOCK_LEN - TAG_LEN)

_Static_assert(BLOCK_LEN == VOLUME_BLOCK_LEN, "a chunk is a block");
_Static_assert(TAG_LEN == crypto_aead_chacha20poly1305_ietf_ABYTES, "tag");

/* ---- Lengths ------------------------------------------------------------------------------ */

static unsigned int floor_log2(uint64_t v)
{
    unsigned int n = 0;

    while (v >>= 1)
        n++;
    return n;
}

static uint64_t padme(uint64_t len)
{
    unsigned int x = floor_log2(len);
    unsigned int z = x - (floor_log2(x) + 1);
    uint64_t unit = UINT64_C(1) << z;

    return (len + unit - 1) & ~(unit - 1);
}

static uint64_t block_count(uint64_t total)
{
    return (total + BLOCK_LEN - 1) / BLOCK_LEN;
}

/* Plaintext in a file of that length. */
static uint64_t capacity(uint64_t total, size_t head_len)
{
    return total - head_len - TAG_LEN * block_count(total);
}

/* The shortest file that holds content and trailer, allowed length or not. */
static uint64_t least_total(size_t head_len, uint64_t content_len)
{
    uint64_t need = head_len + content_len + TRAILER_LEN;

    return need + TAG_LEN * ((need + CHUNK_LEN - 1) / CHUNK_LEN);
}

uint64_t stream_total_len(size_t head_len, uint64_t content_len, struct padding padding)
{
    const uint64_t most = STREAM_BLOCKS_MAX * BLOCK_LEN;
    uint64_t least, total;

    if (content_len > most)
        return 0;
    least = least_total(head_len, content_len);
    if (least < BLOCK_LEN)
        least = BLOCK_LEN;
    switch (padding.rule) {
    case PAD_FIXED:
        return least <= padding.size && padding.size <= most ? padding.size : 0;
    case PAD_POW2:
        total = UINT64_C(1) << floor_log2(least);
        if (total < least)
            total *= 2;
        break;
    case PAD_PADME:
    default:
        total = padme(least);
        break;
    }
    return total <= most ? total : 0;
}

/* ---- Both ways ---------------------------------------------------------------------------- */

/* nonce = u64 block number || kind 0 || final || 0 0 */
static void chunk_nonce(uint8_t nonce[static 12], uint64_t number, bool final)
{
    memset(nonce, 0, 12);
    store_u64(nonce, number);
    nonce[9] = final;
}

static void derive_receipt(uint8_t receipt[static 32], const struct envelope *env,
                           const uint8_t trailer[static TRAILER_LEN])
{
    hash_F(receipt, env->file_key, "receipt",
           (struct span[]){{env->commitment, COMMITMENT_LEN}, {trailer, TRAILER_LEN}}, 2);
}

static void trailer_write(uint8_t t[static TRAILER_LEN], uint64_t content_len,
                          const uint8_t digest[static 32], struct random *random)
{
    memset(t, 0, TRAILER_LEN);
    store_u64(t, content_len);
    t[8] = 1;
    memcpy(t + 16, digest, 32);
    random_bytes(random, t + 48, 32); /* the source tag, of no use yet */
}

static enum seal_status trailer_read(const uint8_t t[static TRAILER_LEN], uint64_t *content_len,
                                     uint8_t digest[static 32], struct fault *fault)
{
    if (t[8] != 1)
        return fault_set(fault, SEAL_HOSTILE, "its trailer does not say that it is complete", NULL);
    if (!bytes_are_zero(t + 9, 7) || !bytes_are_zero(t + 80, TRAILER_LEN - 80))
        return fault_set(fault, SEAL_HOSTILE, "a field of its trailer that must be zero is not",
                         NULL);
    *content_len = load_u64(t);
    memcpy(digest, t + 16, 32);
    return SEAL_OK;
}

/* ---- Writing ------------------------------------------------------------------------------ */

static const char no_room[] = "what is to be sealed does not fit the size asked for";

#define BATCH_BLOCKS 16

/* Blocks that are filled, encrypted or waiting for those before them. */
struct batch {
    struct task task; /* first, so that it leads here */
    struct stream_writer *writer;
    uint64_t number; /* of its first block */
    size_t start;    /* where plaintext begins in that */
    size_t len;      /* of all blocks so far, each but the last full and with room for its tag */
    bool final;
    struct fault fault;
    uint8_t *blocks; /* BATCH_BLOCKS * BLOCK_LEN */
};

/* Batches are filled one after the other, encrypted side by side, and written in their order. */
struct stream_writer {
    const struct envelope *env;
    uint8_t key[KEY_LEN];
    struct padding padding;
    int fd;
    struct crew *crew;
    struct lane lane;
    uint64_t content_len; /* so far */
    uint64_t content_max;
    uint64_t written; /* bytes of the file; while batches are under way, theirs to use */
    bool failed;      /* likewise */
    size_t batch_count, at;
    struct batch *batches;
};

/* In place. */
static void batch_work(struct task *t)
{
    struct batch *b = (struct batch *)t;
    size_t start = b->start;

    for (size_t i = 0; i * BLOCK_LEN < b->len; i++) {
        bool is_last = (i + 1) * BLOCK_LEN >= b->len;
        uint8_t nonce[12], *block = b->blocks + i * BLOCK_LEN;
        size_t end = is_last ? b->len - i * BLOCK_LEN : BLOCK_LEN;

        chunk_nonce(nonce, b->number + i, is_last && b->final);
        if (crypto_aead_chacha20poly1305_ietf_encrypt(block + start, NULL, block + start,
                                                      end - TAG_LEN - start, NULL, 0, NULL, nonce,
                                                      b->writer->key) != 0)
            (void)fault_set(&b->fault, SEAL_IO, "a chunk could not be encrypted", NULL);
        start = 0;
    }
}

static void batch_settle(struct task *t)
{
    struct batch *b = (struct batch *)t;
    struct stream_writer *w = b->writer;

    if (w->failed)
        return;
    if (b->fault.status == SEAL_OK && stop_requested())
        (void)fault_set(&b->fault, SEAL_INTERRUPTED, NULL, NULL);
    if (b->fault.status == SEAL_OK &&
        fd_write_full(w->fd, b->blocks, b->len, &b->fault) == SEAL_OK) {
        if (plat_write_behind(w->fd, w->written, w->written + b->len) != 0)
            (void)fault_set_errno(&b->fault, "could not be written", NULL);
        w->written += b->len;
    }
    w->failed = b->fault.status != SEAL_OK;
}

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

enum seal_status stream_writer_new(struct stream_writer **out, const struct envelope *env,
                                   const uint8_t *head, struct padding padding, struct crew *crew,
                                   int fd, struct fault *fault)
{
    struct stream_writer *w = sodium_malloc(sizeof *w);
    uint64_t total = padding.rule == PAD_FIXED ? padding.size : STREAM_BLOCKS_MAX * BLOCK_LEN;

    *out = NULL;
    if (w == NULL)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    memset(w, 0, sizeof *w);
    w->env = env;
    w->padding = padding;
    w->crew = crew;
    w->fd = fd;
    w->content_max = capacity(total, env->head_len) - TRAILER_LEN;
    /* One to be filled while all others are encrypted. */
    w->batch_count = crew_size(crew) > 1 ? crew_size(crew) + 1 : 1;
    if (!make_batches(w)) {
        stream_writer_free(w);
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    }
    w->batches[0].start = w->batches[0].len = env->head_len;
    memcpy(w->batches[0].blocks, head, env->head_len);
    hash_F(w->key, env->file_key, "payload", NULL, 0);
    *out = w;
    return SEAL_OK;
}

/* Makes the batch free to be filled, or says what became of it. */
static enum seal_status batch_await(struct stream_writer *w, struct batch *b, struct fault *fault)
{
    crew_await(w->crew, &b->task);
    if (b->fault.status != SEAL_OK)
        *fault = b->fault;
    return b->fault.status;
}

/* Sends the batch that was filled on its way. */
static enum seal_status next_to_fill(struct stream_writer *w, struct fault *fault)
{
    uint64_t number = w->batches[w->at].number + BATCH_BLOCKS;
    struct batch *b;

    crew_post(w->crew, &w->lane, &w->batches[w->at].task);
    w->at = (w->at + 1) % w->batch_count;
    b = &w->batches[w->at];
    if (batch_await(w, b, fault) != SEAL_OK)
        return fault->status;
    b->number = number;
    b->start = b->len = 0;
    return SEAL_OK;
}

/* A full batch waits for one more byte: only the last block is marked so. data NULL: zeros. */
static enum seal_status put(struct stream_writer *w, const uint8_t *data, uint64_t len,
                            struct fault *fault)
{
    while (len > 0) {
        struct batch *b = &w->batches[w->at];
        size_t in_block = b->len % BLOCK_LEN;
        size_t n = len < CHUNK_LEN - in_block ? (size_t)len : CHUNK_LEN - in_block;

        if (in_block == CHUNK_LEN && b->len + TAG_LEN == BATCH_BLOCKS * BLOCK_LEN) {
            b->len += TAG_LEN;
            if (next_to_fill(w, fault) != SEAL_OK)
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

static enum seal_status finish_blocks(struct stream_writer *w, struct fault *fault)
{
    struct batch *last = &w->batches[w->at];

    last->final = true;
    last->len += TAG_LEN;
    crew_post(w->crew, &w->lane, &last->task);
    for (size_t i = 1; i <= w->batch_count; i++)
        if (batch_await(w, &w->batches[(w->at + i) % w->batch_count], fault) != SEAL_OK)
            return fault->status;
    /* It may have come while the last was written, by another thread than signals come to. */
    return stop_requested() ? fault_set(fault, SEAL_INTERRUPTED, NULL, NULL) : SEAL_OK;
}

enum seal_status stream_write(struct stream_writer *w, const void *data, size_t len,
                              struct fault *fault)
{
    if (len > w->content_max - w->content_len)
        return fault_set(fault, SEAL_NO_ROOM, no_room, NULL);
    w->content_len += len;
    return put(w, data, len, fault);
}

enum seal_status stream_writer_finish(struct stream_writer *w, const uint8_t digest[static 32],
                                      struct random *random, uint8_t receipt[static 32],
                                      struct fault *fault)
{
    uint64_t total = stream_total_len(w->env->head_len, w->content_len, w->padding);
    uint64_t zeros;
    uint8_t trailer[TRAILER_LEN];

    if (total == 0)
        return fault_set(fault, SEAL_NO_ROOM, no_room, NULL);
    zeros = capacity(total, w->env->head_len) - w->content_len - TRAILER_LEN;
    trailer_write(trailer, w->content_len, digest, random);
    if (put(w, NULL, zeros, fault) != SEAL_OK ||
        put(w, trailer, sizeof trailer, fault) != SEAL_OK || finish_blocks(w, fault) != SEAL_OK)
        return fault->status;
    derive_receipt(receipt, w->env, trailer);
    return SEAL_OK;
}

uint64_t stream_written(const struct stream_writer *w)
{
    return w->written;
}

void stream_writer_free(struct stream_writer *w)
{
    if (w == NULL)
        return;
    for (size_t i = 0; w->batches != NULL && i < w->batch_count; i++) {
        crew_await(w->crew, &w->batches[i].task);
        free(w->batches[i].blocks);
    }
    free(w->batches);
    sodium_free(w);
}

/* ---- Reading ------------------------------------------------------------------------------ */

/* A piece of the file that is read and decrypted ahead. */
struct ahead {
    struct task task; /* first, so that it leads here */
    struct stream_reader *reader;
    uint64_t number; /* of its first block */
    struct volume_piece piece;
    size_t good;        /* blocks that are authentic, and plaintext now */
    struct fault fault; /* of the block behind those */
};

struct stream_reader {
    const struct envelope *env;
    struct volume_in *in;
    uint8_t key[KEY_LEN];
    struct crew *crew;
    struct lane lane;
    uint64_t consumed; /* plaintext */
    uint64_t file_pos; /* bytes of the file in the blocks taken */
    bool started;      /* a block is at hand */
    bool seeks;        /* then the first piece has one block, and no other is used */
    bool at_last;
    struct fault fault; /* what it ended by */
    const uint8_t *text;
    size_t pos, end; /* what is left of that */
    uint8_t trailer[TRAILER_LEN];
    size_t block; /* at hand, of the piece at hand */
    size_t count, at;
    struct ahead *pieces;
};

static enum seal_status cut_short(struct fault *fault)
{
    return fault_set(fault, SEAL_DAMAGED, "it is cut short", NULL);
}

static size_t head_of(const struct stream_reader *r, uint64_t number)
{
    return number == 0 ? r->env->head_len : 0;
}

/* In place. */
static enum seal_status block_open(const struct stream_reader *r, uint64_t number, uint8_t *block,
                                   size_t len, bool is_last, struct fault *fault)
{
    size_t head = head_of(r, number);
    uint8_t nonce[12];

    if (number >= STREAM_BLOCKS_MAX)
        return fault_set(fault, SEAL_DAMAGED, "it is longer than any sealed file can be", NULL);
    if (len % LENGTH_UNIT != 0)
        return fault_set(fault, SEAL_DAMAGED, "its length is not one that a sealed file can have",
                         NULL);
    if (len < head + TAG_LEN + (is_last ? TRAILER_LEN : 0))
        return cut_short(fault); /* it became shorter since its head was read */
    chunk_nonce(nonce, number, is_last);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(block + head, NULL, NULL, block + head,
                                                  len - head, NULL, 0, nonce, r->key) != 0)
        return fault_set(fault, SEAL_DAMAGED, NULL, NULL);
    return SEAL_OK;
}

static size_t block_len(const struct ahead *a, size_t block)
{
    size_t left = a->piece.len - block * BLOCK_LEN;

    return left < BLOCK_LEN ? left : BLOCK_LEN;
}

static bool block_is_last(const struct ahead *a, size_t block)
{
    return !a->piece.more && block * BLOCK_LEN + block_len(a, block) == a->piece.len;
}

/* As many as are authentic. Of an empty piece the first is missing. */
static void open_blocks(struct ahead *a)
{
    do {
        uint8_t *block = a->piece.blocks + a->good * BLOCK_LEN;

        if (block_open(a->reader, a->number + a->good, block, block_len(a, a->good),
                       block_is_last(a, a->good), &a->fault) != SEAL_OK)
            return;
        a->good++;
    } while (a->good * BLOCK_LEN < a->piece.len);
}

static void ahead_work(struct task *t)
{
    struct ahead *a = (struct ahead *)t;
    struct volume_in *in = a->reader->in;

    if (volume_is_file(in) &&
        volume_read(in, a->number, VOLUME_PIECE_BLOCKS, &a->piece, &a->fault) != SEAL_OK)
        return;
    if (a->fault.status == SEAL_OK)
        open_blocks(a);
}

/* What is not a file can only be read in order, so by us. */
static void send_ahead(struct stream_reader *r, struct ahead *a, uint64_t number, bool is_there)
{
    a->number = number;
    a->good = 0;
    a->fault.status = SEAL_OK;
    a->piece.len = 0;
    a->piece.more = false;
    if (!volume_is_file(r->in) && is_there)
        (void)!volume_read(r->in, number, VOLUME_PIECE_BLOCKS, &a->piece, &a->fault);
    crew_post(r->crew, &r->lane, &a->task);
}

static bool make_pieces(struct stream_reader *r)
{
    r->pieces = calloc(r->count, sizeof *r->pieces);
    for (size_t i = 0; r->pieces != NULL && i < r->count; i++) {
        struct ahead *a = &r->pieces[i];

        a->task = (struct task){.work = ahead_work};
        a->reader = r;
        a->piece.blocks = malloc(VOLUME_PIECE_LEN + 1);
        if (a->piece.blocks == NULL)
            return false;
    }
    return r->pieces != NULL;
}

enum seal_status stream_reader_new(struct stream_reader **out, const struct envelope *env,
                                   struct volume_in *in, struct crew *crew, struct fault *fault)
{
    struct stream_reader *r = sodium_malloc(sizeof *r);

    *out = NULL;
    if (r == NULL)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    memset(r, 0, sizeof *r);
    r->env = env;
    r->in = in;
    r->crew = crew;
    r->count = crew_size(crew) > 1 ? 2 * (size_t)crew_size(crew) : 1;
    if (!make_pieces(r)) {
        stream_reader_free(r);
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    }
    hash_F(r->key, env->file_key, "payload", NULL, 0);
    *out = r;
    return SEAL_OK;
}

struct crew *stream_reader_crew(const struct stream_reader *r)
{
    return r->crew;
}

static void await_pieces(struct stream_reader *r)
{
    for (size_t i = 0; r->pieces != NULL && i < r->count; i++)
        crew_await(r->crew, &r->pieces[i].task);
}

/* Takes up the block at hand. */
static enum seal_status show_block(struct stream_reader *r, struct fault *fault)
{
    const struct ahead *a = &r->pieces[r->at];
    size_t head = head_of(r, a->number + r->block), len = block_len(a, r->block);

    r->pos = r->end = 0;
    if (r->block == a->good) {
        *fault = r->fault = a->fault;
        return fault->status;
    }
    r->started = true;
    r->text = a->piece.blocks + r->block * BLOCK_LEN + head;
    r->end = len - head - TAG_LEN;
    r->file_pos += len;
    r->at_last = block_is_last(a, r->block);
    if (r->at_last) {
        r->end -= TRAILER_LEN;
        memcpy(r->trailer, r->text + r->end, TRAILER_LEN);
    }
    return SEAL_OK;
}

/* The piece at hand was used up: reads what comes behind all that are under way. */
static void next_piece(struct stream_reader *r)
{
    struct ahead *a = &r->pieces[r->at];
    const struct ahead *last = &r->pieces[(r->at + r->count - 1) % r->count];

    send_ahead(r, a, a->number + r->count * VOLUME_PIECE_BLOCKS,
               volume_is_file(r->in) || last->piece.more);
    r->at = (r->at + 1) % r->count;
}

static void first_piece(struct stream_reader *r)
{
    bool is_there = true;

    for (size_t i = 0; i < r->count; i++) {
        send_ahead(r, &r->pieces[i], i * VOLUME_PIECE_BLOCKS, is_there);
        is_there = volume_is_file(r->in) || r->pieces[i].piece.more;
    }
}

static enum seal_status block_seek(struct stream_reader *r, uint64_t number, struct fault *fault);

static enum seal_status next_block(struct stream_reader *r, struct fault *fault)
{
    struct ahead *a = &r->pieces[r->at];

    if (r->fault.status != SEAL_OK) {
        *fault = r->fault;
        return fault->status;
    }
    if (r->seeks)
        return block_seek(r, a->number + 1, fault);
    if (!r->started)
        first_piece(r);
    else if (++r->block * BLOCK_LEN == a->piece.len) {
        next_piece(r);
        r->block = 0;
    }
    if (r->block == 0) {
        crew_await(r->crew, &r->pieces[r->at].task);
        volume_note(r->in, &r->pieces[r->at].piece);
    }
    return show_block(r, fault);
}

enum seal_status stream_peek(struct stream_reader *r, const uint8_t **data, size_t *len,
                             struct fault *fault)
{
    while (r->pos == r->end && !(r->started && r->at_last)) {
        if (stop_requested())
            return fault_set(fault, SEAL_INTERRUPTED, NULL, NULL);
        if (next_block(r, fault) != SEAL_OK)
            return fault->status;
    }
    *data = r->text + r->pos;
    *len = r->end - r->pos;
    return SEAL_OK;
}

void stream_skip(struct stream_reader *r, size_t len)
{
    r->pos += len;
    r->consumed += len;
}

enum seal_status stream_read(struct stream_reader *r, void *out, size_t len, size_t *got,
                             struct fault *fault)
{
    for (*got = 0; *got < len;) {
        const uint8_t *data;
        size_t have, n;

        if (stream_peek(r, &data, &have, fault) != SEAL_OK)
            return fault->status;
        if (have == 0)
            break;
        n = have < len - *got ? have : len - *got;
        memcpy((uint8_t *)out + *got, data, n);
        stream_skip(r, n);
        *got += n;
    }
    return SEAL_OK;
}

/* Everything up to the trailer must be zero from here on. */
static enum seal_status read_padding(struct stream_reader *r, struct fault *fault)
{
    for (;;) {
        const uint8_t *data;
        size_t len;

        if (stream_peek(r, &data, &len, fault) != SEAL_OK)
            return fault->status;
        if (len == 0)
            return SEAL_OK;
        if (!bytes_are_zero(data, len))
            return fault_set(fault, SEAL_HOSTILE, "what follows its content is not all zero", NULL);
        r->pos = r->end;
    }
}

enum seal_status stream_reader_finish(struct stream_reader *r, uint8_t digest[static 32],
                                      uint8_t receipt[static 32], struct fault *fault)
{
    uint64_t content_len;

    if (read_padding(r, fault) != SEAL_OK ||
        trailer_read(r->trailer, &content_len, digest, fault) != SEAL_OK)
        return fault->status;
    if (content_len != r->consumed)
        return fault_set(fault, SEAL_HOSTILE, "its content has another length than it says", NULL);
    derive_receipt(receipt, r->env, r->trailer);
    return SEAL_OK;
}

enum seal_status stream_reader_copy(struct stream_reader *r, const struct sink *to,
                                    uint64_t *content_len, uint8_t digest[static 32],
                                    uint8_t receipt[static 32], struct fault *fault)
{
    uint64_t nonzero_end = 0;

    for (;;) {
        const uint8_t *data;
        size_t len;

        if (stream_peek(r, &data, &len, fault) != SEAL_OK)
            return fault->status;
        if (len == 0)
            break;
        if (to->write(to->self, data, len, fault) != SEAL_OK)
            return fault->status;
        for (size_t i = len; i > 0; i--) {
            if (data[i - 1] == 0)
                continue;
            nonzero_end = r->consumed + i;
            break;
        }
        stream_skip(r, len);
    }
    if (trailer_read(r->trailer, content_len, digest, fault) != SEAL_OK)
        return fault->status;
    if (*content_len > r->consumed)
        return fault_set(fault, SEAL_HOSTILE, "its content has another length than it says", NULL);
    if (nonzero_end > *content_len)
        return fault_set(fault, SEAL_HOSTILE, "what follows its content is not all zero", NULL);
    derive_receipt(receipt, r->env, r->trailer);
    return SEAL_OK;
}

/* Makes that block the one at hand, unless it is. */
static enum seal_status block_seek(struct stream_reader *r, uint64_t number, struct fault *fault)
{
    struct ahead *a = &r->pieces[0];

    if (r->seeks && r->started && a->number == number)
        return SEAL_OK;
    if (stop_requested())
        return fault_set(fault, SEAL_INTERRUPTED, NULL, NULL);
    if (volume_need_file(r->in, fault) != SEAL_OK)
        return fault->status;
    await_pieces(r);
    r->seeks = true;
    r->started = r->at_last = false;
    r->at = r->block = r->pos = r->end = 0;
    a->number = number;
    a->good = 0;
    a->fault.status = r->fault.status = SEAL_OK;
    if (volume_read(r->in, number, 1, &a->piece, fault) != SEAL_OK)
        return fault->status;
    open_blocks(a);
    return show_block(r, fault);
}

enum seal_status stream_reader_trailer(struct stream_reader *r, uint64_t *content_len,
                                       uint8_t digest[static 32], uint8_t receipt[static 32],
                                       struct fault *fault)
{
    uint64_t blocks = block_count(volume_size(r->in));
    uint64_t number = blocks == 0 ? 0 : blocks - 1;
    uint64_t before; /* plaintext in front of the last block */

    if (block_seek(r, number, fault) != SEAL_OK)
        return fault->status;
    if (!r->at_last)
        return fault_set(fault, SEAL_DAMAGED, "it became longer while it was read", NULL);
    r->pos = r->end;
    before = number == 0 ? 0 : number * CHUNK_LEN - r->env->head_len;
    if (trailer_read(r->trailer, content_len, digest, fault) != SEAL_OK)
        return fault->status;
    if (*content_len > before + r->end)
        return fault_set(fault, SEAL_HOSTILE, "its content has another length than it says", NULL);
    derive_receipt(receipt, r->env, r->trailer);
    return SEAL_OK;
}

enum seal_status stream_reader_seek(struct stream_reader *r, uint64_t content_off,
                                    struct fault *fault)
{
    uint64_t number, pos;

    if (content_off > STREAM_BLOCKS_MAX * BLOCK_LEN)
        return cut_short(fault);
    number = (content_off + r->env->head_len) / CHUNK_LEN;
    pos = (content_off + r->env->head_len) % CHUNK_LEN;
    if (number == 0)
        pos = content_off;
    if (block_seek(r, number, fault) != SEAL_OK)
        return fault->status;
    if (pos > r->end)
        return cut_short(fault);
    r->pos = (size_t)pos;
    return SEAL_OK;
}

uint64_t stream_consumed(const struct stream_reader *r)
{
    return r->file_pos;
}

uint64_t stream_extent(const struct stream_reader *r)
{
    return volume_size(r->in) != 0 ? volume_size(r->in) : r->file_pos;
}

void stream_reader_free(struct stream_reader *r)
{
    if (r == NULL)
        return;
    await_pieces(r);
    for (size_t i = 0; r->pieces != NULL && i < r->count; i++)
        free(r->pieces[i].piece.blocks);
    free(r->pieces);
    sodium_free(r);
}
