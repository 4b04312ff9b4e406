#include "stream/holed_slice.h"

#include <stdlib.h>
#include <string.h>

#include "platform/process.h"
#include "stream/layout.h"
#include "stream/trailer.h"

static unsigned int m_of(const struct slice *s)
{
    return s->env->params.parity;
}

static size_t head_len(const struct slice *s, uint64_t number)
{
    return number == 0 ? s->env->head_len : 0;
}

bool slice_has(const struct slice *s, uint64_t number)
{
    return s->there != NULL && number < s->data_count && (s->there[number / 8] >> number % 8 & 1);
}

/* ---- Without repair data: a block where it stands ----------------------------------------- */

/* Reads up to a block; returns how much there is, 0 if it cannot be read. */
static size_t read_at(const struct slice *s, uint64_t number, uint8_t *block)
{
    struct fault ignored = {.status = SEAL_OK}; /* what cannot be read is lost */
    size_t got;

    return volume_read_at(s->in, number * BLOCK_LEN, block, BLOCK_LEN, &got, &ignored) == SEAL_OK
               ? got
               : 0;
}

/* A block shorter than others is the last, if it is any. */
static bool is_authentic(const struct slice *s, uint64_t number, const uint8_t *block, size_t len,
                         bool is_final)
{
    const size_t head = head_len(s, number);

    return len > head + TAG_LEN &&
           (is_final ? len >= head + TAG_LEN + TRAILER_LEN : len == BLOCK_LEN) &&
           chunk_is_authentic(block + head, len - head - TAG_LEN,
                              (struct chunk_id){.number = number, .is_final = is_final}, s->key);
}

static uint64_t blocks_here(const struct slice *s)
{
    return block_count(volume_size(s->in));
}

/* ---- Where the file ends ------------------------------------------------------------------ */

static void find_total_plain(struct slice *s, uint8_t *block)
{
    const uint64_t size = volume_size(s->in), last = blocks_here(s) - 1;

    if (size > 0 && is_authentic(s, last, block, read_at(s, last, block), true))
        s->total = size;
}

static struct mender_file mender_file_of(const struct slice *s)
{
    return (struct mender_file){.in = s->in,
                                .key = s->key,
                                .head_len = s->env->head_len,
                                .m = m_of(s),
                                .blocks = s->blocks,
                                .has_end = s->told.count != 0};
}

/* As the reader of what is whole finds it. */
static uint64_t find_blocks(struct slice *s, uint8_t *block)
{
    const struct mender_file file = mender_file_of(s);

    if (!mender_may_have(&file, s->told.count))
        s->told = (struct told_blocks){.count = 0};
    if (!s->told.is_sure && mender_has_all(&file, block))
        return volume_size(s->in) / BLOCK_LEN;
    return s->told.count != 0 ? s->told.count : mender_find_blocks(&file, block);
}

void slice_find_total(struct slice *s, uint8_t *block)
{
    if (m_of(s) == 0) {
        find_total_plain(s, block);
        return;
    }
    s->total = find_blocks(s, block) * BLOCK_LEN;
}

/* Data blocks in so many blocks of which all groups are full. */
static uint64_t data_within(uint64_t blocks, unsigned int m)
{
    struct place place = {BLOCK_PARITY, 0};

    while (blocks > 0 && place.kind != BLOCK_DATA)
        place = layout_at(0, m, --blocks);
    return place.kind == BLOCK_DATA ? place.number + 1 : 0;
}

/* Blocks of a file whose last group is behind all these data blocks: to a mender they all are in
 * full groups then, and none is the last. */
static uint64_t blocks_beyond(uint64_t data_count, unsigned int m)
{
    struct group g = layout_group(0, m, data_count == 0 ? 0 : data_count - 1);

    g = group_next(&g, m);
    return layout_block_count(g.first_data + g.data_count, m);
}

static void count_blocks(struct slice *s)
{
    const unsigned int m = m_of(s);

    if (m == 0) {
        s->data_count = s->total != 0 ? block_count(s->total) : blocks_here(s);
    } else if (s->total != 0) {
        s->blocks = s->total / BLOCK_LEN;
        s->data_count = layout_data_count(s->blocks, m);
    } else {
        s->data_count = data_within(blocks_here(s), m);
        s->blocks = blocks_beyond(s->data_count, m);
    }
}

/* ---- Looking at all blocks ---------------------------------------------------------------- */

static enum seal_status start_mender(struct slice *s, struct fault *fault)
{
    const struct mender_file file = mender_file_of(s);

    return s->mender != NULL ? SEAL_OK : mender_new(&s->mender, &file, fault);
}

void slice_rest(struct slice *s)
{
    mender_free(s->mender);
    s->mender = NULL;
}

/* Where something stands behind the end of a file, the last block ends at some multiple of the
 * unit. Only behind a good block: what is all bad is not tried at each. */
static size_t find_end(const struct slice *s, uint64_t number, const uint8_t *block, size_t len)
{
    const bool is_behind_good = number == 0 || (s->there[(number - 1) / 8] >> (number - 1) % 8 & 1);

    for (size_t n = len / LENGTH_UNIT * LENGTH_UNIT; n > 0 && is_behind_good; n -= LENGTH_UNIT)
        if (is_authentic(s, number, block, n, true))
            return n;
    return 0;
}

/* One that ends the file although more stands behind it tells where the end is. */
static bool look_at_plain(struct slice *s, uint64_t number, uint8_t *block)
{
    size_t len = read_at(s, number, block);
    bool ends = s->total != 0 && number + 1 == s->data_count;

    if (ends && len > s->total - number * BLOCK_LEN)
        len = (size_t)(s->total - number * BLOCK_LEN);
    if (is_authentic(s, number, block, len, ends))
        return true;
    len = s->total != 0 ? 0 : find_end(s, number, block, len);
    if (len == 0)
        return false;
    s->total = number * BLOCK_LEN + len;
    s->data_count = number + 1;
    return true;
}

/* Lanes of one group that cannot be solved: none is tried again for each of its blocks. */
struct lost_lanes {
    uint64_t group; /* its first block */
    bool is_lost[GROUP_PARITY_MOST];
};

static enum seal_status look_at_mended(struct slice *s, uint64_t number, struct lost_lanes *lost,
                                       bool *is_there, struct fault *fault)
{
    const struct group g = layout_group(s->blocks, m_of(s), number);
    bool *is_lost = &lost->is_lost[(number - g.first_data) % g.lanes], mended;
    struct fault failed = {.status = SEAL_OK};
    const uint8_t *text;

    if (lost->group != g.at)
        *lost = (struct lost_lanes){.group = g.at};
    *is_there = mender_has(s->mender, number);
    if (*is_there || *is_lost)
        return SEAL_OK;
    *is_there = mender_fetch(s->mender, number, &text, &mended, &failed) == SEAL_OK;
    *is_lost = !*is_there;
    if (failed.status != SEAL_OK && failed.status != SEAL_DAMAGED &&
        failed.status != SEAL_HOSTILE && failed.status != SEAL_IO)
        *fault = failed;
    return fault->status;
}

static enum seal_status look_at(struct slice *s, uint64_t number, uint8_t *block,
                                struct lost_lanes *lost, struct fault *fault)
{
    bool is_there = false;

    if (stop_requested())
        return fault_set(fault, REASON_INTERRUPTED, NULL);
    if (m_of(s) == 0)
        is_there = look_at_plain(s, number, block);
    else if (look_at_mended(s, number, lost, &is_there, fault) != SEAL_OK)
        return fault->status;
    if (is_there)
        s->there[number / 8] |= (uint8_t)(1U << number % 8);
    else
        s->lost++;
    return SEAL_OK;
}

/* A trailer that breaks a rule counts as lost. */
static void take_trailer(struct slice *s, const uint8_t *text, size_t len)
{
    const bool is_volume = (s->env->params.flags & FLAG_VOLUME) != 0;
    const uint8_t *t = text + len - TRAILER_LEN;
    struct fault ignored = {.status = SEAL_OK};

    s->is_last = !is_volume || trailer_is_last(t);
    s->has_trailer =
        !s->is_last || trailer_read(t, is_volume, &s->content_len, s->digest, &ignored) == SEAL_OK;
}

static enum seal_status find_trailer(struct slice *s, uint8_t *block, struct fault *fault)
{
    const uint8_t *text;
    size_t len;

    if (s->total == 0 || !slice_has(s, s->data_count - 1))
        return SEAL_OK;
    if (slice_fetch(s, s->data_count - 1, block, &text, &len, fault) != SEAL_OK)
        return fault->status;
    if (len >= TRAILER_LEN)
        take_trailer(s, text, len);
    return SEAL_OK;
}

enum seal_status slice_survey(struct slice *s, uint8_t *block,
                              void (*progress)(void *ctx, uint64_t bytes), void *ctx,
                              struct fault *fault)
{
    struct lost_lanes *lost = calloc(1, sizeof *lost);

    count_blocks(s);
    s->there = calloc(1, (size_t)(s->data_count / 8 + 1));
    if (lost == NULL || s->there == NULL)
        (void)fault_no_memory(fault);
    if (fault->status == SEAL_OK && m_of(s) != 0)
        IGNORE_RESULT(start_mender(s, fault));
    for (uint64_t n = 0; n < s->data_count && fault->status == SEAL_OK; n++) {
        IGNORE_RESULT(look_at(s, n, block, lost, fault));
        if (progress != NULL)
            progress(ctx, BLOCK_LEN);
    }
    free(lost);
    if (fault->status == SEAL_OK)
        IGNORE_RESULT(find_trailer(s, block, fault));
    slice_rest(s);
    return fault->status;
}

/* ---- Fetching ----------------------------------------------------------------------------- */

static enum seal_status changed(const struct slice *s, struct fault *fault)
{
    return fault_set(fault, REASON_CHANGED, volume_name(s->in));
}

static enum seal_status fetch_plain(struct slice *s, uint64_t number, uint8_t *block, size_t *len,
                                    struct fault *fault)
{
    const size_t head = head_len(s, number);
    const bool ends = s->total != 0 && number + 1 == s->data_count;
    size_t got = read_at(s, number, block);

    if (ends && got > s->total - number * BLOCK_LEN)
        got = (size_t)(s->total - number * BLOCK_LEN);
    *len = got > head + TAG_LEN ? got - head - TAG_LEN : 0;
    return *len > 0 && chunk_open(block + head, *len,
                                  (struct chunk_id){.number = number, .is_final = ends}, s->key)
               ? SEAL_OK
               : changed(s, fault);
}

enum seal_status slice_fetch(struct slice *s, uint64_t number, uint8_t *block, const uint8_t **text,
                             size_t *len, struct fault *fault)
{
    bool mended;

    *text = block + head_len(s, number);
    if (m_of(s) == 0)
        return fetch_plain(s, number, block, len, fault);
    *len = CHUNK_LEN - head_len(s, number);
    if (start_mender(s, fault) == SEAL_OK)
        IGNORE_RESULT(mender_fetch(s->mender, number, text, &mended, fault));
    if (fault->status != SEAL_DAMAGED)
        return fault->status;
    *fault = (struct fault){.status = SEAL_OK};
    return changed(s, fault);
}

void slice_end(struct slice *s)
{
    free(s->there);
    slice_rest(s);
}
