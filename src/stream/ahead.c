/*
 * Reading ahead: pieces of the file are read and decrypted by the threads of the crew. Pieces of a
 * file are read side by side; those of what is no file, such as a pipe, one after the other, by
 * threads that do not need them.
 */
#include <stdlib.h>

#include <sodium.h>

#include "stream/layout.h"
#include "stream/stream_reader.h"

/* ---- A piece, by any thread --------------------------------------------------------------- */

/* 0 of a block that is missing. */
size_t ahead_block_len(const struct piece_ahead *a, size_t block)
{
    size_t off = block * BLOCK_LEN, left = off < a->piece.len ? a->piece.len - off : 0;

    return left < BLOCK_LEN ? left : BLOCK_LEN;
}

/* Without repair data the end of the file tells. */
static bool ends_file(const struct piece_ahead *a, size_t block)
{
    return !a->piece.more && block * BLOCK_LEN + ahead_block_len(a, block) == a->piece.len;
}

/* Whether it is the last data block of the file. With repair data its number tells, once it is
 * known how many there are; before that, in what comes in order, its tag. */
static bool is_final(struct stream_reader *r, const struct piece_ahead *a, size_t block,
                     uint64_t number)
{
    const unsigned int m = r->env->params.parity;
    const size_t head = reader_head_len(r, number);
    const uint8_t *text = a->piece.blocks + block * BLOCK_LEN + head;

    if (m == 0)
        return ends_file(a, block);
    if (r->blocks != 0)
        return number + 1 == layout_data_count(r->blocks, m);
    if (ahead_block_len(a, block) < BLOCK_LEN ||
        !chunk_is_authentic(text, CHUNK_LEN - head, (struct chunk_id){number, false, true}, r->key))
        return false;
    r->blocks = layout_block_count(number + 1, m);
    return true;
}

static enum seal_status check_len(const struct stream_reader *r, size_t head, size_t len,
                                  bool is_last, struct fault *fault)
{
    if (r->env->params.parity != 0)
        return len == BLOCK_LEN ? SEAL_OK : reader_cut_short(fault);
    if (len % LENGTH_UNIT != 0)
        return fault_set(fault, REASON_LENGTH_IMPOSSIBLE, NULL);
    if (len < head + TAG_LEN + (is_last ? TRAILER_LEN : 0))
        return reader_cut_short(fault); /* it became shorter since its head was read */
    return SEAL_OK;
}

/* Decrypts a data block in place. */
static enum seal_status open_data(struct piece_ahead *a, size_t i, uint64_t number, bool is_last,
                                  struct fault *fault)
{
    const struct stream_reader *r = a->reader;
    size_t head = reader_head_len(r, number), len = ahead_block_len(a, i);

    if (number >= STREAM_BLOCKS_MAX)
        return fault_set(fault, REASON_TOO_LONG, NULL);
    if (check_len(r, head, len, is_last, fault) != SEAL_OK)
        return fault->status;
    if (!chunk_open(a->piece.blocks + i * BLOCK_LEN + head, len - head - TAG_LEN,
                    (struct chunk_id){number, false, is_last}, r->key))
        return fault_set(fault, REASON_DAMAGED, NULL);
    return SEAL_OK;
}

static bool parity_is_good(const struct piece_ahead *a, size_t i, uint64_t number)
{
    return ahead_block_len(a, i) == BLOCK_LEN &&
           chunk_is_authentic(a->piece.blocks + i * BLOCK_LEN, CHUNK_LEN,
                              (struct chunk_id){number, true, false}, a->reader->key);
}

/* Blocks that should be in the piece. An empty piece counts as one block that is too short. */
static size_t blocks_expected(const struct piece_ahead *a)
{
    const struct stream_reader *r = a->reader;
    uint64_t left = VOLUME_PIECE_BLOCKS;

    if (r->env->params.parity == 0 || r->blocks == 0)
        return a->piece.len == 0 ? 1 : (size_t)block_count(a->piece.len);
    if (a->number + left > r->blocks)
        left = a->number < r->blocks ? r->blocks - a->number : 0;
    return (size_t)left;
}

/* Without repair data nothing behind the first bad block is of any use. */
void ahead_open(struct piece_ahead *a)
{
    struct stream_reader *r = a->reader;
    const unsigned int m = r->env->params.parity;

    if (a->filled < a->piece.len)
        a->filled = a->piece.len;
    for (a->count = 0; a->count < blocks_expected(a);) {
        const size_t i = a->count++;
        const struct place place = layout_at(r->blocks, m, a->number + i);
        struct block_ahead *b = &a->blocks[i];
        struct fault fault = {.status = SEAL_OK};

        *b = (struct block_ahead){.is_data = place.kind == BLOCK_DATA, .number = place.number};
        if (!b->is_data) {
            b->is_good = !r->checks_parity || place.kind != BLOCK_PARITY ||
                         parity_is_good(a, i, place.number);
            continue;
        }
        b->is_final = is_final(r, a, i, place.number);
        b->is_good = open_data(a, i, place.number, b->is_final, &fault) == SEAL_OK;
        if (!b->is_good && a->fault.status == SEAL_OK)
            a->fault = fault;
        if (!b->is_good && m == 0)
            break;
    }
}

/* Of a file: any thread reads any piece. */
static void read_and_open(struct task *t)
{
    struct piece_ahead *a = (struct piece_ahead *)t;

    if (volume_read(a->reader->in, a->number, VOLUME_PIECE_BLOCKS, &a->piece, &a->fault) != SEAL_OK)
        a->piece.len = 0;
    /* With repair data, blocks that cannot be read are mended like others. */
    if (a->fault.status == SEAL_OK ||
        (a->reader->env->params.parity != 0 && !a->reader->checks_parity))
        ahead_open(a);
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
        ahead_open(a);
}

/* ---- Pieces ahead ------------------------------------------------------------------------- */

/* Gives a piece to the crew, from that block on. */
static void post_piece(struct stream_reader *r, struct piece_ahead *a, uint64_t number)
{
    a->number = number;
    a->count = 0;
    a->fault.status = SEAL_OK;
    a->piece.len = 0;
    a->piece.more = false;
    if (volume_is_file(r->in))
        a->task = (struct task){.work = read_and_open};
    else
        a->task = (struct task){.work = wait_for_turn, .settle = open_in_turn, .may_wait = true};
    crew_post(r->crew, &r->lane, &a->task);
}

void ahead_start(struct stream_reader *r)
{
    for (size_t i = 0; i < r->piece_count; i++)
        post_piece(r, &r->pieces[i], i * VOLUME_PIECE_BLOCKS);
}

void ahead_next(struct stream_reader *r)
{
    struct piece_ahead *a = &r->pieces[r->current];

    post_piece(r, a, a->number + r->piece_count * VOLUME_PIECE_BLOCKS);
    r->current = (r->current + 1) % r->piece_count;
}

void ahead_await(struct stream_reader *r)
{
    for (size_t i = 0; r->pieces != NULL && i < r->piece_count; i++)
        crew_await(r->crew, &r->pieces[i].task);
}

/* ---- Begin and end ------------------------------------------------------------------------ */

bool ahead_make(struct stream_reader *r)
{
    r->piece_count = crew_size(r->crew) > 1 ? 3 * (size_t)crew_size(r->crew) : 1;
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

void ahead_free(struct stream_reader *r)
{
    volume_give_up(r->in); /* nobody needs what would still come */
    for (size_t i = 0; r->pieces != NULL && i < r->piece_count; i++)
        crew_await_end(r->crew, &r->pieces[i].task);
    for (size_t i = 0; r->pieces != NULL && i < r->piece_count; i++) {
        sodium_memzero(r->pieces[i].piece.blocks, r->pieces[i].filled); /* plaintext */
        free(r->pieces[i].piece.blocks);
    }
    free(r->pieces);
}
