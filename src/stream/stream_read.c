/*
 * The reading pipeline: pieces of the file are read and decrypted ahead by the threads of the crew,
 * and their blocks are given out in order. Pieces of a file are read side by side; those of what is
 * no file, such as a pipe, one after the other, by threads that do not need them.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/base.h"
#include "stream/stream_reader.h"
#include "platform/crew.h"

enum seal_status reader_cut_short(struct fault *fault)
{
    return fault_set(fault, REASON_CUT_SHORT, NULL);
}

/* ---- A piece, by any thread --------------------------------------------------------------- */

/* Bytes at the begin of the block that are no ciphertext. */
static size_t head_len_of(const struct stream_reader *r, uint64_t number)
{
    return number == 0 ? r->env->head_len : 0;
}

/* Decrypts one block in place. */
static enum seal_status open_block(const struct stream_reader *r, uint64_t number, uint8_t *block,
                                   size_t len, bool is_last, struct fault *fault)
{
    size_t head = head_len_of(r, number);

    if (number >= STREAM_BLOCKS_MAX)
        return fault_set(fault, REASON_TOO_LONG, NULL);
    if (len % LENGTH_UNIT != 0)
        return fault_set(fault, REASON_LENGTH_IMPOSSIBLE, NULL);
    if (len < head + TAG_LEN + (is_last ? TRAILER_LEN : 0))
        return reader_cut_short(fault); /* it became shorter since its head was read */
    if (!chunk_open(block + head, len - head - TAG_LEN, number, is_last, r->key))
        return fault_set(fault, REASON_DAMAGED, NULL);
    return SEAL_OK;
}

static size_t block_len(const struct piece_ahead *a, size_t block)
{
    size_t left = a->piece.len - block * BLOCK_LEN;

    return left < BLOCK_LEN ? left : BLOCK_LEN;
}

static bool block_is_last(const struct piece_ahead *a, size_t block)
{
    return !a->piece.more && block * BLOCK_LEN + block_len(a, block) == a->piece.len;
}

/* As many blocks as are authentic. An empty piece counts as one block that is too short. */
static void open_blocks(struct piece_ahead *a)
{
    if (a->filled < a->piece.len)
        a->filled = a->piece.len;
    do {
        uint8_t *block = a->piece.blocks + a->good_count * BLOCK_LEN;

        if (open_block(a->reader, a->number + a->good_count, block, block_len(a, a->good_count),
                       block_is_last(a, a->good_count), &a->fault) != SEAL_OK)
            return;
        a->good_count++;
    } while (a->good_count * BLOCK_LEN < a->piece.len);
}

/* Of a file: any thread reads any piece. */
static void read_and_open(struct task *t)
{
    struct piece_ahead *a = (struct piece_ahead *)t;

    if (volume_read(a->reader->in, a->number, VOLUME_PIECE_BLOCKS, &a->piece, &a->fault) == SEAL_OK)
        open_blocks(a);
}

static void wait_for_turn(struct task *t)
{
    (void)t;
}

/* Of what comes in order: one piece at a time. */
static void open_in_turn(struct task *t)
{
    struct piece_ahead *a = (struct piece_ahead *)t;
    struct stream_reader *r = a->reader;

    if (r->more) {
        IGNORE_RESULT(volume_read(r->in, a->number, VOLUME_PIECE_BLOCKS, &a->piece, &a->fault));
        r->more = a->piece.more;
    }
    if (a->fault.status == SEAL_OK)
        open_blocks(a);
}

/* ---- Pieces ahead ------------------------------------------------------------------------- */

/* Gives a piece to the crew, from that block on. */
static void post_piece(struct stream_reader *r, struct piece_ahead *a, uint64_t number)
{
    a->number = number;
    a->good_count = 0;
    a->fault.status = SEAL_OK;
    a->piece.len = 0;
    a->piece.more = false;
    a->task = volume_is_file(r->in)
                  ? (struct task){.work = read_and_open}
                  : (struct task){.work = wait_for_turn, .settle = open_in_turn, .may_wait = true};
    crew_post(r->crew, &r->lane, &a->task);
}

static void post_first_pieces(struct stream_reader *r)
{
    for (size_t i = 0; i < r->piece_count; i++)
        post_piece(r, &r->pieces[i], i * VOLUME_PIECE_BLOCKS);
}

/* The current piece is used up: it is posted again for what lies behind all others, and the next
 * one becomes current. */
static void next_piece(struct stream_reader *r)
{
    struct piece_ahead *a = &r->pieces[r->current];

    post_piece(r, a, a->number + r->piece_count * VOLUME_PIECE_BLOCKS);
    r->current = (r->current + 1) % r->piece_count;
}

static void await_pieces(struct stream_reader *r)
{
    for (size_t i = 0; r->pieces != NULL && i < r->piece_count; i++)
        crew_await(r->crew, &r->pieces[i].task);
}

/* ---- Volumes ------------------------------------------------------------------------------ */

uint64_t stream_volume_content_len(const struct stream_volume *v)
{
    return stream_content_max(v->env->head_len, volume_size(v->in));
}

/* No piece of the volume before is under way any more. */
static void enter_volume(struct stream_reader *r, size_t number)
{
    r->content_before = 0;
    for (size_t i = 0; i < number; i++)
        r->content_before += stream_volume_content_len(&r->volumes[i]);
    r->volume = number;
    r->env = r->volumes[number].env;
    r->in = r->volumes[number].in;
    r->has_block = r->is_last = false;
    r->more = true;
    r->current = r->block = r->pos = r->end = 0;
    chunk_derive_key(r->key, r->env);
}

bool reader_is_volume(const struct stream_reader *r)
{
    return (r->env->params.flags & FLAG_VOLUME) != 0;
}

static bool in_last_volume(const struct stream_reader *r)
{
    return r->volume + 1 == r->volume_count;
}

bool reader_is_at_end(const struct stream_reader *r)
{
    return r->has_block && r->is_last && in_last_volume(r);
}

bool reader_has_right_size(const struct stream_reader *r)
{
    uint64_t size = volume_size(r->in), first = volume_size(r->volumes[0].in);

    return in_last_volume(r) ? size <= first : size == first;
}

/* ---- Blocks ------------------------------------------------------------------------------- */

/* Tells what reading ended by; of a set, also of which volume. */
static enum seal_status failed(struct stream_reader *r, struct fault *fault)
{
    if (r->volume_count > 1)
        fault_add_name(&r->fault, volume_name(r->in));
    *fault = r->fault;
    return fault->status;
}

/* Begins to give out the current block. */
static enum seal_status enter_block(struct stream_reader *r, struct fault *fault)
{
    const struct piece_ahead *a = &r->pieces[r->current];
    size_t head = head_len_of(r, a->number + r->block), len = block_len(a, r->block);

    r->pos = r->end = 0;
    if (r->block == a->good_count) {
        r->fault = a->fault;
        return failed(r, fault);
    }
    r->has_block = true;
    r->text = a->piece.blocks + r->block * BLOCK_LEN + head;
    r->end = len - head - TAG_LEN;
    r->file_pos += len;
    r->is_last = block_is_last(a, r->block);
    /* How much a volume holds was told from its size. If that changed, no more can be said of its
     * content, and the sender is not to blame. */
    if (r->is_last && volume_size(r->in) > 0 &&
        (a->number + r->block) * BLOCK_LEN + len != volume_size(r->in)) {
        (void)fault_set(&r->fault, REASON_CHANGED, NULL);
        return failed(r, fault);
    }
    if (r->is_last) {
        r->end -= TRAILER_LEN;
        memcpy(r->trailer, r->text + r->end, TRAILER_LEN);
    }
    return SEAL_OK;
}

/* The current volume is used up, and is not the last. */
static enum seal_status next_volume(struct stream_reader *r, struct fault *fault)
{
    uint64_t full = stream_volume_content_len(&r->volumes[r->volume]);

    if (trailer_check_full(r->trailer, full, &r->fault) != SEAL_OK)
        return failed(r, fault);
    if (!reader_has_right_size(r)) {
        (void)fault_set(&r->fault, REASON_VOLUME_SIZE, NULL);
        return failed(r, fault);
    }
    if (r->seeks)
        return reader_seek_block(r, r->volume + 1, 0, fault);
    await_pieces(r);
    enter_volume(r, r->volume + 1);
    return SEAL_OK;
}

enum seal_status reader_next_block(struct stream_reader *r, struct fault *fault)
{
    struct piece_ahead *a = &r->pieces[r->current];

    if (r->fault.status != SEAL_OK) {
        *fault = r->fault;
        return fault->status;
    }
    if (r->has_block && r->is_last)
        return next_volume(r, fault); /* the caller comes again for its first block */
    if (r->seeks)
        return reader_seek_block(r, r->volume, a->number + 1, fault);
    if (!r->has_block)
        post_first_pieces(r);
    else if (++r->block * BLOCK_LEN == a->piece.len) {
        next_piece(r);
        r->block = 0;
    }
    if (r->block == 0) {
        crew_await(r->crew, &r->pieces[r->current].task);
    }
    return enter_block(r, fault);
}

enum seal_status reader_seek_block(struct stream_reader *r, size_t volume, uint64_t number,
                                   struct fault *fault)
{
    struct piece_ahead *a = &r->pieces[0];

    if (r->seeks && r->has_block && r->volume == volume && a->number == number)
        return SEAL_OK;
    if (stop_requested())
        return fault_set(fault, REASON_INTERRUPTED, NULL);
    await_pieces(r);
    enter_volume(r, volume);
    if (volume_need_file(r->in, fault) != SEAL_OK)
        return fault->status;
    r->seeks = true;
    a->number = number;
    a->good_count = 0;
    a->fault.status = r->fault.status = SEAL_OK;
    if (volume_read(r->in, number, 1, &a->piece, fault) != SEAL_OK)
        return fault->status;
    open_blocks(a);
    return enter_block(r, fault);
}

/* ---- Giving out --------------------------------------------------------------------------- */

enum seal_status stream_peek(struct stream_reader *r, const uint8_t **data, size_t *len,
                             struct fault *fault)
{
    while (r->pos == r->end && !reader_is_at_end(r)) {
        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (reader_next_block(r, fault) != SEAL_OK)
            return fault->status;
    }
    /* If a volume is missing, this is not the end of the content. */
    if (r->pos == r->end && reader_is_volume(r) && !trailer_is_last(r->trailer))
        return stream_has_more(fault);
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

/* ---- Beginning and end of a reader -------------------------------------------------------- */

static bool make_pieces(struct stream_reader *r)
{
    r->pieces = calloc(r->piece_count, sizeof *r->pieces);
    for (size_t i = 0; r->pieces != NULL && i < r->piece_count; i++) {
        struct piece_ahead *a = &r->pieces[i];

        a->reader = r;
        a->piece.blocks = malloc(VOLUME_PIECE_LEN + 1);
        if (a->piece.blocks == NULL)
            return false;
    }
    return r->pieces != NULL;
}

enum seal_status stream_reader_new_set(struct stream_reader **out,
                                       const struct stream_volume *volumes, size_t count,
                                       struct crew *crew, struct fault *fault)
{
    struct stream_reader *r = sodium_malloc(sizeof *r);

    *out = NULL;
    if (r == NULL)
        return fault_no_memory(fault);
    memset(r, 0, sizeof *r);
    r->one = volumes[0];
    r->volumes = count == 1 ? &r->one : volumes;
    r->volume_count = count;
    r->crew = crew;
    r->piece_count = crew_size(crew) > 1 ? 3 * (size_t)crew_size(crew) : 1;
    if (!make_pieces(r)) {
        stream_reader_free(r);
        return fault_no_memory(fault);
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

void stream_reader_free(struct stream_reader *r)
{
    if (r == NULL)
        return;
    volume_give_up(r->in); /* nobody needs what would still come */
    for (size_t i = 0; r->pieces != NULL && i < r->piece_count; i++)
        crew_await_end(r->crew, &r->pieces[i].task);
    for (size_t i = 0; r->pieces != NULL && i < r->piece_count; i++) {
        sodium_memzero(r->pieces[i].piece.blocks, r->pieces[i].filled); /* plaintext */
        free(r->pieces[i].piece.blocks);
    }
    free(r->pieces);
    sodium_free(r);
}
