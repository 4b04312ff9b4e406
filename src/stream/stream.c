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

uint64_t stream_content_max(size_t head_len, uint64_t total_len)
{
    return total_len < head_len + TAG_LEN + TRAILER_LEN
               ? 0
               : capacity(total_len, head_len) - TRAILER_LEN;
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

/* digest NULL: of a volume that is not the last. */
static void trailer_write(uint8_t t[static TRAILER_LEN], uint64_t content_len,
                          const uint8_t *digest, struct random *random)
{
    memset(t, 0, TRAILER_LEN);
    store_u64(t, content_len);
    if (digest != NULL) {
        t[8] = 1;
        memcpy(t + 16, digest, 32);
    }
    random_bytes(random, t + 48, 32); /* the source tag, of no use yet */
}

static enum seal_status hostile(const char *what, struct fault *fault)
{
    return fault_set(fault, SEAL_HOSTILE, what, NULL);
}

static enum seal_status trailer_check(const uint8_t t[static TRAILER_LEN], struct fault *fault)
{
    if (t[8] > 1 || !bytes_are_zero(t + 9, 7) || !bytes_are_zero(t + 80, TRAILER_LEN - 80))
        return hostile("a field of its trailer that must be zero is not", fault);
    return SEAL_OK;
}

static enum seal_status has_more(struct fault *fault)
{
    return fault_set(fault, SEAL_USAGE, STREAM_HAS_MORE, NULL);
}

/* That of a file by itself, or of the last volume of a set. */
static enum seal_status trailer_read(const uint8_t t[static TRAILER_LEN], bool is_volume,
                                     uint64_t *content_len, uint8_t digest[static 32],
                                     struct fault *fault)
{
    if (t[8] == 0 && is_volume)
        return has_more(fault);
    if (t[8] != 1)
        return hostile("its trailer does not say that it is complete", fault);
    if (trailer_check(t, fault) != SEAL_OK)
        return fault->status;
    *content_len = load_u64(t);
    memcpy(digest, t + 16, 32);
    return SEAL_OK;
}

/* That of a volume with another behind it, which is full. */
static enum seal_status trailer_pass(const uint8_t t[static TRAILER_LEN], uint64_t full,
                                     struct fault *fault)
{
    if (trailer_check(t, fault) != SEAL_OK)
        return fault->status;
    if (t[8] != 0)
        return hostile(
            "it is the last volume, and another one says that it follows; one of the two "
            "may be somebody else's",
            fault);
    if (load_u64(t) != full)
        return hostile("its content has another length than it says", fault);
    if (!bytes_are_zero(t + 16, 32))
        return hostile("it has a digest, which only the last volume has", fault);
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
    const struct stream_split *split; /* or NULL */
    uint64_t content_len;             /* so far, in this file */
    uint64_t content_max;
    uint64_t written;        /* bytes of the file; while batches are under way, theirs to use */
    bool failed;             /* likewise */
    uint64_t written_before; /* in the volumes that are done */
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

/* Nothing of the file before is under way any more. */
static void start_file(struct stream_writer *w, const struct stream_out *out, uint64_t most)
{
    struct batch *first = &w->batches[0];

    for (size_t i = 0; i < w->batch_count; i++)
        w->batches[i].final = false;
    w->env = out->env;
    w->fd = out->fd;
    w->content_len = 0;
    w->content_max = capacity(most, out->env->head_len) - TRAILER_LEN;
    w->written_before += w->written;
    w->written = 0;
    w->at = 0;
    first->number = 0;
    first->start = first->len = out->env->head_len;
    memcpy(first->blocks, out->head, out->env->head_len);
    hash_F(w->key, out->env->file_key, "payload", NULL, 0);
}

enum seal_status stream_writer_new(struct stream_writer **out, const struct envelope *env,
                                   const uint8_t *head, struct padding padding, struct crew *crew,
                                   int fd, struct fault *fault)
{
    struct stream_writer *w = sodium_malloc(sizeof *w);

    *out = NULL;
    if (w == NULL)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    memset(w, 0, sizeof *w);
    w->padding = padding;
    w->crew = crew;
    /* One to be filled while all others are encrypted. */
    w->batch_count = crew_size(crew) > 1 ? crew_size(crew) + 1 : 1;
    if (!make_batches(w)) {
        stream_writer_free(w);
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    }
    start_file(w, &(struct stream_out){env, head, fd},
               padding.rule == PAD_FIXED ? padding.size : STREAM_BLOCKS_MAX * BLOCK_LEN);
    *out = w;
    return SEAL_OK;
}

void stream_writer_split(struct stream_writer *w, const struct stream_split *split)
{
    w->split = split;
    w->content_max = capacity(split->size, w->env->head_len) - TRAILER_LEN;
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

/* Puts zeros and the trailer behind the content, and all that is under way into the file. */
static enum seal_status end_file(struct stream_writer *w, uint64_t total,
                                 const uint8_t trailer[static TRAILER_LEN], struct fault *fault)
{
    uint64_t zeros = capacity(total, w->env->head_len) - w->content_len - TRAILER_LEN;

    if (put(w, NULL, zeros, fault) != SEAL_OK || put(w, trailer, TRAILER_LEN, fault) != SEAL_OK)
        return fault->status;
    return finish_blocks(w, fault);
}

static enum seal_status next_volume(struct stream_writer *w, struct fault *fault)
{
    const struct stream_split *split = w->split;
    uint8_t trailer[TRAILER_LEN];
    struct stream_out out;

    trailer_write(trailer, w->content_len, NULL, split->random);
    if (end_file(w, split->size, trailer, fault) != SEAL_OK ||
        split->next(split->ctx, &out, fault) != SEAL_OK)
        return fault->status;
    start_file(w, &out, split->size);
    return SEAL_OK;
}

enum seal_status stream_write(struct stream_writer *w, const void *data, size_t len,
                              struct fault *fault)
{
    const uint8_t *from = data;

    if (w->split == NULL && len > w->content_max - w->content_len)
        return fault_set(fault, SEAL_NO_ROOM, no_room, NULL);
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
static uint64_t last_total(const struct stream_writer *w)
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
    uint64_t total = last_total(w);
    uint8_t trailer[TRAILER_LEN];

    if (total == 0)
        return fault_set(fault, SEAL_NO_ROOM, no_room, NULL);
    trailer_write(trailer, w->content_len, digest, random);
    if (end_file(w, total, trailer, fault) != SEAL_OK)
        return fault->status;
    derive_receipt(receipt, w->env, trailer);
    return SEAL_OK;
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
    const struct stream_volume *volumes;
    size_t volume_count, volume; /* volume: the one at hand, of which are: */
    const struct envelope *env;
    struct volume_in *in;
    uint8_t key[KEY_LEN];
    struct stream_volume one; /* where there is no set */
    struct crew *crew;
    struct lane lane;
    uint64_t consumed; /* plaintext, without trailers */
    uint64_t before;   /* content of the volumes before this one */
    uint64_t file_pos; /* bytes of the files in the blocks taken */
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

/* Content of a volume that has others behind it. */
static uint64_t full_content(const struct stream_volume *v)
{
    return stream_content_max(v->env->head_len, volume_size(v->in));
}

/* Nothing of the one before is under way any more. */
static void enter_volume(struct stream_reader *r, size_t number)
{
    r->before = 0;
    for (size_t i = 0; i < number; i++)
        r->before += full_content(&r->volumes[i]);
    r->volume = number;
    r->env = r->volumes[number].env;
    r->in = r->volumes[number].in;
    r->started = r->at_last = false;
    r->at = r->block = r->pos = r->end = 0;
    hash_F(r->key, r->env->file_key, "payload", NULL, 0);
}

static bool is_volume(const struct stream_reader *r)
{
    return (r->env->params.flags & FLAG_VOLUME) != 0;
}

static bool in_last_volume(const struct stream_reader *r)
{
    return r->volume + 1 == r->volume_count;
}

enum seal_status stream_reader_new_set(struct stream_reader **out,
                                       const struct stream_volume *volumes, size_t count,
                                       struct crew *crew, struct fault *fault)
{
    struct stream_reader *r = sodium_malloc(sizeof *r);

    *out = NULL;
    if (r == NULL)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    memset(r, 0, sizeof *r);
    r->one = volumes[0];
    r->volumes = count == 1 ? &r->one : volumes;
    r->volume_count = count;
    r->crew = crew;
    r->count = crew_size(crew) > 1 ? 2 * (size_t)crew_size(crew) : 1;
    if (!make_pieces(r)) {
        stream_reader_free(r);
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    }
    enter_volume(r, 0);
    *out = r;
    return SEAL_OK;
}

enum seal_status stream_reader_new(struct stream_reader **out, const struct envelope *env,
                                   struct volume_in *in, struct crew *crew, struct fault *fault)
{
    return stream_reader_new_set(out, &(struct stream_volume){env, in}, 1, crew, fault);
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

/* With a set, which of its volumes it is about. */
static enum seal_status failed(struct stream_reader *r, struct fault *fault)
{
    if (r->volume_count > 1)
        fault_add_name(&r->fault, volume_name(r->in));
    *fault = r->fault;
    return fault->status;
}

/* Takes up the block at hand. */
static enum seal_status show_block(struct stream_reader *r, struct fault *fault)
{
    const struct ahead *a = &r->pieces[r->at];
    size_t head = head_of(r, a->number + r->block), len = block_len(a, r->block);

    r->pos = r->end = 0;
    if (r->block == a->good) {
        r->fault = a->fault;
        return failed(r, fault);
    }
    r->started = true;
    r->text = a->piece.blocks + r->block * BLOCK_LEN + head;
    r->end = len - head - TAG_LEN;
    r->file_pos += len;
    r->at_last = block_is_last(a, r->block);
    /* What was taken for its size says how much is in it: nobody may be blamed for a change. */
    if (r->at_last && volume_is_file(r->in) &&
        (a->number + r->block) * BLOCK_LEN + len != volume_size(r->in)) {
        (void)fault_set(&r->fault, SEAL_IO, STREAM_CHANGED, NULL);
        return failed(r, fault);
    }
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

static enum seal_status block_seek(struct stream_reader *r, size_t volume, uint64_t number,
                                   struct fault *fault);

/* All volumes of a set are as large as the first, but the last, which may be smaller. */
static bool has_right_size(const struct stream_reader *r)
{
    uint64_t size = volume_size(r->in), first = volume_size(r->volumes[0].in);

    return in_last_volume(r) ? size <= first : size == first;
}

/* The volume at hand is used up. */
static enum seal_status next_volume_in(struct stream_reader *r, struct fault *fault)
{
    if (trailer_pass(r->trailer, full_content(&r->volumes[r->volume]), &r->fault) != SEAL_OK)
        return failed(r, fault);
    if (!has_right_size(r)) {
        (void)hostile("its size is not that of the set's first volume", &r->fault);
        return failed(r, fault);
    }
    if (r->seeks)
        return block_seek(r, r->volume + 1, 0, fault);
    await_pieces(r);
    enter_volume(r, r->volume + 1);
    return SEAL_OK;
}

static enum seal_status next_block(struct stream_reader *r, struct fault *fault)
{
    struct ahead *a = &r->pieces[r->at];

    if (r->fault.status != SEAL_OK) {
        *fault = r->fault;
        return fault->status;
    }
    if (r->started && r->at_last)
        return next_volume_in(r, fault); /* of which nothing is at hand yet */
    if (r->seeks)
        return block_seek(r, r->volume, a->number + 1, fault);
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

/* Of the last volume that there is. */
static bool is_at_end(const struct stream_reader *r)
{
    return r->started && r->at_last && in_last_volume(r);
}

enum seal_status stream_peek(struct stream_reader *r, const uint8_t **data, size_t *len,
                             struct fault *fault)
{
    while (r->pos == r->end && !is_at_end(r)) {
        if (stop_requested())
            return fault_set(fault, SEAL_INTERRUPTED, NULL, NULL);
        if (next_block(r, fault) != SEAL_OK)
            return fault->status;
    }
    if (r->pos == r->end && is_volume(r) && r->trailer[8] == 0)
        return has_more(fault); /* no end of the content, as others would take it */
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
            return hostile("what follows its content is not all zero", fault);
        r->pos = r->end;
    }
}

static enum seal_status last_trailer(const struct stream_reader *r, uint64_t *content_len,
                                     uint8_t digest[static 32], struct fault *fault)
{
    if (!has_right_size(r))
        return hostile("its last volume is larger than the others", fault);
    return trailer_read(r->trailer, is_volume(r), content_len, digest, fault);
}

enum seal_status stream_reader_finish(struct stream_reader *r, uint8_t digest[static 32],
                                      uint8_t receipt[static 32], struct fault *fault)
{
    uint64_t content_len;

    if (read_padding(r, fault) != SEAL_OK ||
        last_trailer(r, &content_len, digest, fault) != SEAL_OK)
        return fault->status;
    if (r->consumed < r->before || content_len != r->consumed - r->before)
        return hostile("its content has another length than it says", fault);
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
    if (last_trailer(r, content_len, digest, fault) != SEAL_OK)
        return fault->status;
    if (*content_len > r->consumed - r->before)
        return hostile("its content has another length than it says", fault);
    *content_len += r->before;
    if (nonzero_end > *content_len)
        return hostile("what follows its content is not all zero", fault);
    derive_receipt(receipt, r->env, r->trailer);
    return SEAL_OK;
}

enum seal_status stream_reader_check(struct stream_reader *r, bool *is_last,
                                     void (*progress)(void *ctx, uint64_t bytes), void *ctx,
                                     struct fault *fault)
{
    uint8_t digest[32];
    uint64_t content_len;

    while (!is_at_end(r)) {
        if (stop_requested())
            return fault_set(fault, SEAL_INTERRUPTED, NULL, NULL);
        if (next_block(r, fault) != SEAL_OK)
            return fault->status;
        stream_skip(r, r->end);
        if (progress != NULL)
            progress(ctx, BLOCK_LEN);
    }
    *is_last = !is_volume(r) || r->trailer[8] != 0;
    if (!*is_last)
        return trailer_pass(r->trailer, r->consumed, fault);
    if (trailer_read(r->trailer, is_volume(r), &content_len, digest, fault) != SEAL_OK)
        return fault->status;
    if (content_len > r->consumed)
        return hostile("its content has another length than it says", fault);
    return SEAL_OK;
}

/* Makes that block of that volume the one at hand, unless it is. */
static enum seal_status block_seek(struct stream_reader *r, size_t volume, uint64_t number,
                                   struct fault *fault)
{
    struct ahead *a = &r->pieces[0];

    if (r->seeks && r->started && r->volume == volume && a->number == number)
        return SEAL_OK;
    if (stop_requested())
        return fault_set(fault, SEAL_INTERRUPTED, NULL, NULL);
    await_pieces(r);
    enter_volume(r, volume);
    if (volume_need_file(r->in, fault) != SEAL_OK)
        return fault->status;
    r->seeks = true;
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
    size_t last = r->volume_count - 1;
    uint64_t blocks = block_count(volume_size(r->volumes[last].in));
    uint64_t number = blocks == 0 ? 0 : blocks - 1;
    uint64_t before; /* plaintext of this volume in front of the last block */

    if (block_seek(r, last, number, fault) != SEAL_OK)
        return fault->status;
    if (!r->at_last)
        return fault_set(fault, SEAL_DAMAGED, "it became longer while it was read", NULL);
    r->pos = r->end;
    before = number == 0 ? 0 : number * CHUNK_LEN - r->env->head_len;
    if (trailer_read(r->trailer, is_volume(r), content_len, digest, fault) != SEAL_OK)
        return fault->status;
    if (*content_len > before + r->end)
        return hostile("its content has another length than it says", fault);
    *content_len += r->before;
    derive_receipt(receipt, r->env, r->trailer);
    return SEAL_OK;
}

enum seal_status stream_reader_seek(struct stream_reader *r, uint64_t content_off,
                                    struct fault *fault)
{
    uint64_t number, pos, full;
    size_t volume = 0;

    for (; volume + 1 < r->volume_count; volume++, content_off -= full) {
        full = full_content(&r->volumes[volume]);
        if (content_off < full)
            break;
    }
    if (content_off > STREAM_BLOCKS_MAX * BLOCK_LEN)
        return cut_short(fault);
    pos = content_off + r->volumes[volume].env->head_len;
    number = pos / CHUNK_LEN;
    pos = number == 0 ? content_off : pos % CHUNK_LEN;
    if (block_seek(r, volume, number, fault) != SEAL_OK)
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
    uint64_t sum = 0;

    for (size_t i = 0; i < r->volume_count; i++)
        sum += volume_size(r->volumes[i].in);
    return sum != 0 ? sum : r->file_pos;
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
