#include "stream/mender.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "platform/process.h"
#include "stream/layout.h"
#include "stream/parity.h"

/* A symbol that was mended with others of its lane, and may be asked for next. */
struct mended {
    uint64_t number;
    uint8_t *symbol; /* CHUNK_LEN bytes; NULL: none */
    bool is_new;     /* its lane is being mended */
};

struct mender {
    struct mender_file file;
    struct fault unread; /* why a block of the lane could not be read, if one could not */
    struct parity_code code;
    uint8_t *block; /* BLOCK_LEN bytes: the latest that was read */
    /* As many as one burst makes that can be mended. */
    struct mended kept[GROUP_PARITY_MOST];
};

/* ---- A block where it stands -------------------------------------------------------------- */

/* Where plaintext begins in it. */
static size_t start_of(const struct mender_file *f, struct chunk_id id)
{
    return id.number == 0 && !id.is_parity ? f->head_len : 0;
}

static size_t text_len(const struct mender_file *f, struct chunk_id id)
{
    return CHUNK_LEN - start_of(f, id);
}

/* Reads what stands at off, if that is a whole block. */
static bool read_block(const struct mender_file *f, uint64_t off, uint8_t *block)
{
    struct fault unread = {.status = SEAL_OK}; /* what cannot be read counts as damaged */
    size_t got;

    if (volume_read_at(f->in, off, block, BLOCK_LEN, &got, &unread) == SEAL_OK)
        return got == BLOCK_LEN;
    if (f->unread != NULL && off < volume_size(f->in))
        *f->unread = unread;
    return false;
}

static bool open_at(const struct mender_file *f, uint64_t off, struct chunk_id id, uint8_t *block)
{
    return read_block(f, off, block) &&
           chunk_open(block + start_of(f, id), text_len(f, id), id, f->key);
}

/* Block b of the file, counted from the begin; and, if blocks are missing, from the end too. */
static bool open_block(const struct mender_file *f, uint64_t b, struct chunk_id id, uint8_t *block)
{
    uint64_t size = volume_size(f->in), from_end = (f->blocks - b) * BLOCK_LEN;

    if (open_at(f, b * BLOCK_LEN, id, block))
        return true;
    return f->has_end && size >= from_end && size - from_end != b * BLOCK_LEN &&
           open_at(f, size - from_end, id, block);
}

static struct chunk_id data_id(const struct mender_file *f, uint64_t number)
{
    return (struct chunk_id){.number = number,
                             .is_final = number + 1 == layout_data_count(f->blocks, f->m)};
}

static bool open_data(const struct mender_file *f, uint64_t number, uint8_t *block)
{
    return open_block(f, layout_block_of(number, f->m), data_id(f, number), block);
}

/* ---- How many blocks there are ------------------------------------------------------------ */

/* Where far more is missing than is left, nothing is to be mended. */
#define BLOCKS_PER_BLOCK 64

bool mender_may_have(const struct mender_file *f, uint64_t blocks)
{
    return layout_data_count(blocks, f->m) != 0 && blocks <= STREAM_BLOCKS_MAX &&
           blocks / BLOCKS_PER_BLOCK <= block_count(volume_size(f->in));
}

static bool is_final_at(const struct mender_file *f, uint64_t off, uint64_t number, uint8_t *block)
{
    const struct chunk_id id = {.number = number, .is_final = true};

    return read_block(f, off, block) &&
           chunk_is_authentic(block + start_of(f, id), text_len(f, id), id, f->key);
}

static bool is_final(const struct mender_file *f, uint64_t b, uint8_t *block)
{
    const struct place place = layout_at(0, f->m, b);

    return place.kind == BLOCK_DATA && is_final_at(f, b * BLOCK_LEN, place.number, block);
}

/* Whether a data block that is not the last one says that it is, wherever open_block looks. */
static bool ends_early(const struct mender_file *f, uint64_t number, uint8_t *block)
{
    const uint64_t b = layout_block_of(number, f->m), size = volume_size(f->in);
    const uint64_t from_end = (f->blocks - b) * BLOCK_LEN;

    if (number + 1 == layout_data_count(f->blocks, f->m))
        return false;
    return is_final_at(f, b * BLOCK_LEN, number, block) ||
           (f->has_end && size >= from_end && is_final_at(f, size - from_end, number, block));
}

bool mender_has_all(const struct mender_file *f, uint8_t *room)
{
    const uint64_t size = volume_size(f->in), data = layout_data_count(size / BLOCK_LEN, f->m);

    return data != 0 && size % BLOCK_LEN == 0 && is_final(f, layout_block_of(data - 1, f->m), room);
}

uint64_t mender_find_blocks(const struct mender_file *f, uint8_t *room)
{
    for (uint64_t b = volume_size(f->in) / BLOCK_LEN; b > 0 && !stop_requested();)
        if (is_final(f, --b, room))
            return layout_block_count(layout_at(0, f->m, b).number + 1, f->m);
    return 0;
}

/* ---- What was mended ---------------------------------------------------------------------- */

static void forget(struct mended *kept)
{
    if (kept->symbol != NULL)
        sodium_memzero(kept->symbol, CHUNK_LEN);
    free(kept->symbol);
    kept->symbol = NULL;
}

static struct mended *find_kept(struct mender *d, uint64_t number)
{
    for (size_t i = 0; i < GROUP_PARITY_MOST; i++)
        if (d->kept[i].symbol != NULL && d->kept[i].number == number)
            return &d->kept[i];
    return NULL;
}

/* Room for one more. Blocks are mostly asked for in their order: one that is behind is not asked
 * for again, else the one furthest ahead has to go. */
static struct mended *make_room(struct mender *d, uint64_t wanted)
{
    struct mended *worst = NULL;

    for (size_t i = 0; i < GROUP_PARITY_MOST; i++) {
        struct mended *k = &d->kept[i];

        if (k->is_new)
            continue;
        if (worst == NULL || k->number > worst->number)
            worst = k;
        if (k->symbol == NULL || k->number < wanted) {
            worst = k;
            break;
        }
    }
    forget(worst);
    worst->symbol = malloc(CHUNK_LEN);
    worst->is_new = worst->symbol != NULL;
    return worst;
}

/* ---- Mending ------------------------------------------------------------------------------ */

/* The lane of a data block. */
struct lane_of {
    struct group group;
    unsigned int lane;
    struct parity_lane sums;
};

/* Reads the data blocks of the lane that can be read. */
static void gather_data(struct mender *d, struct lane_of *l)
{
    for (unsigned int p = 0; p < PARITY_PLACES && !stop_requested(); p++) {
        uint64_t i = (uint64_t)p * l->group.lanes + l->lane, number = l->group.first_data + i;

        if (i >= l->group.data_count)
            parity_lane_data(&l->sums, p, NULL, 0);
        else if (open_data(&d->file, number, d->block))
            parity_lane_data(&l->sums, p, d->block + start_of(&d->file, data_id(&d->file, number)),
                             text_len(&d->file, data_id(&d->file, number)));
    }
}

static unsigned int count_bits(uint64_t bits)
{
    unsigned int count = 0;

    for (; bits != 0; bits &= bits - 1)
        count++;
    return count;
}

/* Reads as many parity blocks of the lane as are needed. */
static void gather_parity(struct mender *d, struct lane_of *l)
{
    const struct mender_file *f = &d->file;
    const uint64_t lanes = l->group.lanes;
    const uint64_t first = (l->lane + lanes - l->group.data_count % lanes) % lanes;
    unsigned int missing = count_bits(l->sums.bad_places);

    for (unsigned int j = 0; j < f->m && missing > 0; j++) {
        uint64_t i = first + j * lanes;
        const struct chunk_id id = {.number = l->group.first_parity + i, .is_parity = true};

        if (!open_block(f, l->group.at + l->group.data_count + i, id, d->block))
            continue;
        parity_lane_parity(&l->sums, j, d->block);
        missing--;
    }
}

/* Room for all symbols that are missing in the lane. */
static enum seal_status make_rooms(struct mender *d, const struct lane_of *l, uint64_t wanted,
                                   uint8_t *symbols[static PARITY_MAX], struct fault *fault)
{
    size_t count = 0;

    for (unsigned int p = 0; p < PARITY_PLACES; p++) {
        struct mended *kept;

        if ((l->sums.bad_places >> p & 1) == 0)
            continue;
        kept = make_room(d, wanted);
        if (kept->symbol == NULL)
            return fault_no_memory(fault);
        kept->number = l->group.first_data + (uint64_t)p * l->group.lanes + l->lane;
        symbols[count++] = kept->symbol;
    }
    return SEAL_OK;
}

/* What could not be read may be right. */
static enum seal_status not_there(const struct mender *d, struct fault *fault)
{
    if (d->unread.status == SEAL_OK)
        return fault_set(fault, REASON_DAMAGED, NULL);
    *fault = d->unread;
    return fault->status;
}

/* Keeps them. */
static enum seal_status solve(struct mender *d, const struct lane_of *l, uint64_t wanted,
                              struct fault *fault)
{
    uint8_t *symbols[PARITY_MAX];
    bool solved = count_bits(l->sums.bad_places) <= d->file.m &&
                  make_rooms(d, l, wanted, symbols, fault) == SEAL_OK &&
                  parity_lane_solve(&l->sums, symbols);

    for (size_t i = 0; i < GROUP_PARITY_MOST; i++) {
        if (d->kept[i].is_new && !solved)
            forget(&d->kept[i]); /* it holds nothing */
        d->kept[i].is_new = false;
    }
    return solved || fault->status != SEAL_OK ? fault->status : not_there(d, fault);
}

static enum seal_status mend_lane(struct mender *d, uint64_t number, struct fault *fault)
{
    struct lane_of l = {.group = layout_group(d->file.blocks, d->file.m, number)};

    l.lane = (unsigned int)((number - l.group.first_data) % l.group.lanes);
    if (!parity_lane_begin(&l.sums, &d->code))
        return fault_no_memory(fault);
    gather_data(d, &l);
    gather_parity(d, &l);
    if (stop_requested())
        (void)fault_set(fault, REASON_INTERRUPTED, NULL);
    else
        IGNORE_RESULT(solve(d, &l, number, fault));
    parity_lane_end(&l.sums);
    return fault->status;
}

enum seal_status mender_fetch(struct mender *d, uint64_t number, const uint8_t **text, bool *mended,
                              struct fault *fault)
{
    const struct mended *kept = find_kept(d, number);

    d->unread.status = SEAL_OK;
    *mended = kept != NULL || !open_data(&d->file, number, d->block);
    /* Of a medium that fails nothing is read once more. */
    if (*mended && d->unread.status == SEAL_OK && ends_early(&d->file, number, d->block))
        return fault_set(fault, REASON_BLOCK_ENDS_EARLY, NULL);
    if (*mended && kept == NULL) {
        if (mend_lane(d, number, fault) != SEAL_OK)
            return fault->status;
        kept = find_kept(d, number);
    }
    /* A block that could be read this time, when its lane was, was not mended. */
    if (*mended && kept == NULL && !open_data(&d->file, number, d->block))
        return not_there(d, fault);
    *text = kept != NULL ? kept->symbol : d->block + start_of(&d->file, data_id(&d->file, number));
    return SEAL_OK;
}

bool mender_has(struct mender *d, uint64_t number)
{
    return open_data(&d->file, number, d->block);
}

/* ---- Begin and end ------------------------------------------------------------------------ */

enum seal_status mender_new(struct mender **out, const struct mender_file *file,
                            struct fault *fault)
{
    struct mender *d = calloc(1, sizeof *d);

    *out = d;
    if (d != NULL)
        d->block = malloc(BLOCK_LEN);
    if (d == NULL || d->block == NULL) {
        mender_free(d);
        *out = NULL;
        return fault_no_memory(fault);
    }
    d->file = *file;
    d->file.unread = &d->unread;
    parity_code_init(&d->code, file->m);
    return SEAL_OK;
}

void mender_free(struct mender *d)
{
    if (d == NULL)
        return;
    for (size_t i = 0; i < GROUP_PARITY_MOST; i++)
        forget(&d->kept[i]);
    if (d->block != NULL)
        sodium_memzero(d->block, BLOCK_LEN);
    free(d->block);
    free(d);
}
