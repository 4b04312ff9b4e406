/*
 * A reader from block to block of a file, and from volume to volume of a set. Blocks come from
 * pieces that are read ahead; those that are not as they should be come from the mender, and so do
 * all of a file that has not the length it should have.
 */
#include <string.h>

#include "stream/layout.h"
#include "stream/stream_reader.h"

/* ---- Volumes ------------------------------------------------------------------------------ */

uint64_t stream_volume_len(const struct stream_volume *v)
{
    return v->blocks != 0 ? v->blocks * BLOCK_LEN : volume_size(v->in);
}

uint64_t stream_volume_content_len(const struct stream_volume *v)
{
    return stream_content_max(shape_of(v->env), stream_volume_len(v));
}

/* Where a block can be fetched from in any order; NULL: nowhere. */
static struct volume_in *file_of(const struct stream_volume *v)
{
    return v->again == NULL && volume_is_file(v->in) ? v->in : v->again;
}

struct mender_file reader_mender_file(const struct stream_reader *r, const struct stream_volume *v)
{
    return (struct mender_file){.in = file_of(v),
                                .key = r->key,
                                .head_len = v->env->head_len,
                                .m = v->env->params.parity,
                                .blocks = v->blocks,
                                .has_end = v->told.count != 0};
}

void reader_enter_volume(struct stream_reader *r, size_t number)
{
    const struct stream_volume *v = &r->volumes[number];

    r->content_before = 0;
    for (size_t i = 0; i < number; i++)
        r->content_before += stream_volume_content_len(&r->volumes[i]);
    r->volume = number;
    r->env = v->env;
    r->in = v->in;
    r->blocks = v->blocks;
    r->has_block = r->is_last = false;
    r->more = true;
    r->is_odd = v->blocks != 0 && volume_size(v->in) != v->blocks * BLOCK_LEN;
    r->number = 0;
    r->current = r->block = r->pos = r->end = 0;
    chunk_derive_key(r->key, r->env);
    mender_free(r->mender);
    r->mender = NULL;
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
    uint64_t size = stream_volume_len(&r->volumes[r->volume]);
    uint64_t first = stream_volume_len(&r->volumes[0]);

    return in_last_volume(r) ? size <= first : size == first;
}

/* ---- Mending ------------------------------------------------------------------------------ */

static bool is_noted(const struct stream_reader *r, uint64_t block)
{
    for (size_t i = 0; i < r->mended.range_count; i++) {
        const struct mended_range *m = &r->mended.ranges[i];

        if (m->volume == r->volume && block >= m->first && block - m->first < m->count)
            return true;
    }
    return false;
}

static void note_mended(struct stream_reader *r, uint64_t block)
{
    struct stream_mended *m = &r->mended;
    struct mended_range *last = m->range_count == 0 ? NULL : &m->ranges[m->range_count - 1];

    if (r->seeks && is_noted(r, block)) /* it was read before */
        return;
    m->block_count++;
    if (last != NULL && last->volume == r->volume && last->first + last->count == block)
        last->count++;
    else if (m->range_count < MENDED_RANGES_MAX)
        m->ranges[m->range_count++] = (struct mended_range){(uint32_t)r->volume, block, 1};
}

static enum seal_status start_mender(struct stream_reader *r, struct fault *fault)
{
    const struct mender_file file = reader_mender_file(r, &r->volumes[r->volume]);

    return r->mender != NULL ? SEAL_OK : mender_new(&r->mender, &file, fault);
}

/* Makes a data block the current one, wherever it is to be had. */
static enum seal_status fetch_block(struct stream_reader *r, uint64_t number, struct fault *fault)
{
    bool mended;

    r->pos = r->end = 0;
    if (start_mender(r, fault) != SEAL_OK ||
        mender_fetch(r->mender, number, &r->text, &mended, fault) != SEAL_OK)
        return fault->status;
    if (mended)
        note_mended(r, layout_block_of(number, r->env->params.parity));
    r->end = CHUNK_LEN - reader_head_len(r, number);
    r->is_last = number + 1 == layout_data_count(r->blocks, r->env->params.parity);
    return SEAL_OK;
}

/* Whether blocks that are not as they should be can be mended. Of a file it is known how many there
 * are; of what is none, another thread may be finding out. */
static bool can_mend(const struct stream_reader *r)
{
    return file_of(&r->volumes[r->volume]) != NULL && r->blocks != 0;
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

/* One that was bad in what came in order and is good in the file now: what was hashed of it is not
 * right all the same. */
static void note_unlike(struct stream_reader *r, uint64_t number, uint64_t mended_before)
{
    if (r->volumes[r->volume].again != NULL && r->mended.block_count == mended_before)
        note_mended(r, layout_block_of(number, r->env->params.parity));
}

/* The current block is there: begins to give it out. */
static enum seal_status give_block(struct stream_reader *r, uint64_t number, struct fault *fault)
{
    r->has_block = true;
    r->number = number;
    if (!r->is_last)
        return SEAL_OK;
    if (r->end < TRAILER_LEN) {
        IGNORE_RESULT(reader_cut_short(&r->fault));
        return failed(r, fault);
    }
    r->end -= TRAILER_LEN;
    memcpy(r->trailer, r->text + r->end, TRAILER_LEN);
    return SEAL_OK;
}

/* A block of the current piece that is not good. */
static enum seal_status enter_bad_block(struct stream_reader *r, struct fault *fault)
{
    const struct piece_ahead *a = &r->pieces[r->current];
    const uint64_t mended = r->mended.block_count;

    if (r->block < a->count && can_mend(r)) {
        if (fetch_block(r, a->blocks[r->block].number, &r->fault) == SEAL_OK)
            note_unlike(r, a->blocks[r->block].number, mended);
    } else {
        r->fault = a->fault;
        if (r->env->params.parity != 0 && r->fault.status == SEAL_DAMAGED) {
            r->fault.status = SEAL_OK;
            (void)fault_set(&r->fault, REASON_NOT_MENDED_IN_PIPE, NULL);
        }
    }
    if (r->fault.status != SEAL_OK)
        return failed(r, fault);
    return give_block(r, a->blocks[r->block].number, fault);
}

/* Begins to give out the current block of the current piece, which is a data block. */
static enum seal_status enter_block(struct stream_reader *r, struct fault *fault)
{
    const struct piece_ahead *a = &r->pieces[r->current];
    const struct block_ahead *b = &a->blocks[r->block];
    size_t head, len;

    r->pos = r->end = 0;
    if (r->block >= a->count || !b->is_good)
        return enter_bad_block(r, fault);
    head = reader_head_len(r, b->number);
    len = ahead_block_len(a, r->block);
    r->text = a->piece.blocks + r->block * BLOCK_LEN + head;
    r->end = len - head - TAG_LEN;
    r->is_last = b->is_final;
    /* How much a volume holds was told from its size. If that changed, no more can be said of its
     * content, and the sender is not to blame. */
    if (r->is_last && volume_size(r->in) > 0 && r->env->params.parity == 0 &&
        (a->number + r->block) * BLOCK_LEN + len != volume_size(r->in)) {
        (void)fault_set(&r->fault, REASON_CHANGED, NULL);
        return failed(r, fault);
    }
    return give_block(r, b->number, fault);
}

/* Goes to the next block of what is read ahead, whatever it is. */
static void step(struct stream_reader *r)
{
    if (r->block + 1 < r->pieces[r->current].count) {
        r->block++;
        return;
    }
    ahead_next(r);
    r->block = 0;
    crew_await(r->crew, &r->pieces[r->current].task);
}

static bool is_repair_data(const struct stream_reader *r)
{
    const struct piece_ahead *a = &r->pieces[r->current];

    return r->block < a->count && !a->blocks[r->block].is_data;
}

/* What is not content is not looked at, unless that is asked for. */
static void pass_over(struct stream_reader *r)
{
    const struct piece_ahead *a = &r->pieces[r->current];

    r->file_pos += BLOCK_LEN;
    if (!a->blocks[r->block].is_good)
        note_mended(r, a->number + r->block);
}

/* Bytes of what came in order, once its end was seen. */
static uint64_t received(const struct stream_reader *r)
{
    const struct piece_ahead *a = &r->pieces[r->current];

    return a->number * BLOCK_LEN + a->piece.len;
}

enum seal_status reader_drain(struct stream_reader *r, struct fault *fault)
{
    if (r->env->params.parity == 0 || r->seeks || (volume_is_file(r->in) && !r->checks_parity))
        return SEAL_OK;
    if (r->is_odd) {
        ahead_start(r);
        crew_await(r->crew, &r->pieces[r->current].task);
    }
    while (!stop_requested() &&
           (r->pieces[r->current].piece.more || r->block + 1 < r->pieces[r->current].count)) {
        step(r);
        if (is_repair_data(r))
            pass_over(r);
    }
    if (stop_requested())
        return fault_set(fault, REASON_INTERRUPTED, NULL);
    /* What comes in order had no length to begin with: by it a file would have another end. */
    if (file_of(&r->volumes[r->volume]) == NULL && received(r) != r->blocks * BLOCK_LEN)
        return fault_set(fault, REASON_NOT_MENDED_IN_PIPE, NULL);
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
    if (reader_drain(r, fault) != SEAL_OK)
        return fault->status;
    ahead_await(r);
    reader_enter_volume(r, r->volume + 1);
    return SEAL_OK;
}

/* The next block of what is read ahead. */
static enum seal_status next_ahead(struct stream_reader *r, struct fault *fault)
{
    if (r->has_block) {
        step(r);
    } else {
        ahead_start(r);
        crew_await(r->crew, &r->pieces[r->current].task);
    }
    while (is_repair_data(r)) {
        pass_over(r);
        step(r);
    }
    r->file_pos += ahead_block_len(&r->pieces[r->current], r->block);
    return enter_block(r, fault);
}

/* The same of a file that has another length than it should. */
static enum seal_status next_odd(struct stream_reader *r, struct fault *fault)
{
    const uint64_t number = r->has_block ? r->number + 1 : 0;

    r->file_pos += BLOCK_LEN;
    if (fetch_block(r, number, &r->fault) != SEAL_OK)
        return failed(r, fault);
    return give_block(r, number, fault);
}

enum seal_status reader_next_block(struct stream_reader *r, struct fault *fault)
{
    if (r->fault.status != SEAL_OK) {
        *fault = r->fault;
        return fault->status;
    }
    if (r->has_block && r->is_last)
        return next_volume(r, fault); /* the caller comes again for its first block */
    if (r->seeks)
        return reader_seek_block(r, r->volume, r->number + 1, fault);
    return r->is_odd ? next_odd(r, fault) : next_ahead(r, fault);
}

/* Of a file without repair data. */
static enum seal_status read_one(struct stream_reader *r, uint64_t number, struct fault *fault)
{
    struct piece_ahead *a = &r->pieces[0];

    a->number = number;
    a->fault.status = SEAL_OK;
    if (volume_read(r->in, number, 1, &a->piece, fault) != SEAL_OK)
        return fault->status;
    ahead_open(a);
    r->current = r->block = 0;
    r->file_pos += a->piece.len;
    return enter_block(r, fault);
}

enum seal_status reader_seek_block(struct stream_reader *r, size_t volume, uint64_t number,
                                   struct fault *fault)
{
    if (r->seeks && r->has_block && r->volume == volume && r->number == number)
        return SEAL_OK;
    if (stop_requested())
        return fault_set(fault, REASON_INTERRUPTED, NULL);
    ahead_await(r);
    if (!r->seeks || r->volume != volume)
        reader_enter_volume(r, volume);
    if (volume_need_file(r->in, fault) != SEAL_OK)
        return fault->status;
    r->seeks = true;
    r->has_block = false;
    r->fault.status = SEAL_OK;
    if (r->env->params.parity == 0)
        return read_one(r, number, fault);
    if (number >= layout_data_count(r->blocks, r->env->params.parity))
        return reader_cut_short(fault);
    if (fetch_block(r, number, fault) != SEAL_OK)
        return fault->status;
    r->file_pos += BLOCK_LEN;
    return give_block(r, number, fault);
}
