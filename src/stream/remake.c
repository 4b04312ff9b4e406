/*
 * A damaged file as it was sealed: its data blocks are mended and encrypted again, each under its
 * own nonce, and its repair data are added up again. So all bytes but the headers are the same.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/base.h"
#include "stream/layout.h"
#include "stream/parity_out.h"
#include "stream/stream_reader.h"

struct remake {
    struct stream_reader *from;
    const struct sink *to;
    struct parity_out *parity;
    struct group group;
    uint8_t *block; /* BLOCK_LEN bytes */
};

static const struct stream_volume *volume_of(const struct remake *m)
{
    return &m->from->volumes[m->from->volume];
}

static enum seal_status give(const struct remake *m, size_t start, struct chunk_id id,
                             struct fault *fault)
{
    if (!chunk_seal(m->block + start, CHUNK_LEN - start, id, m->from->key))
        return fault_set(fault, REASON_ENCRYPT, NULL);
    return m->to->write(m->to->self, m->block, BLOCK_LEN, fault);
}

/* ---- The headers -------------------------------------------------------------------------- */

/* The first header; random bytes, if the second one had to open the file. */
static void put_first(const struct remake *m)
{
    const size_t need = m->from->env->head_len;
    size_t len;
    const uint8_t *head = volume_head(volume_of(m)->again, &len);

    if (volume_of(m)->told.is_sure || len < need)
        randombytes_buf(m->block, need);
    else
        memcpy(m->block, head, need);
}

/* The last block; random bytes, if what stands there is no second header. */
static enum seal_status put_second(const struct remake *m, struct fault *fault)
{
    if (m->from->is_odd && volume_of(m)->told.count == 0)
        randombytes_buf(m->block, BLOCK_LEN);
    else if (volume_read_end(volume_of(m)->again, m->block, fault) != SEAL_OK)
        return fault->status;
    return m->to->write(m->to->self, m->block, BLOCK_LEN, fault);
}

/* ---- Blocks ------------------------------------------------------------------------------- */

static enum seal_status begin_group(struct remake *m, uint64_t data_number, struct fault *fault)
{
    m->group = layout_group(m->from->blocks, m->from->env->params.parity, data_number);
    return parity_out_begin(m->parity, &m->group, fault);
}

static enum seal_status put_parity(const struct remake *m, struct fault *fault)
{
    const uint64_t count = group_parity_count(&m->group, m->from->env->params.parity);

    for (uint64_t i = 0; i < count; i++) {
        const struct chunk_id id = {.number = m->group.first_parity + i, .is_parity = true};

        memcpy(m->block, parity_out_symbol(m->parity, &m->group, i), CHUNK_LEN);
        if (give(m, 0, id, fault) != SEAL_OK)
            return fault->status;
    }
    return SEAL_OK;
}

/* The current block of the reader; behind the last one of its group, the group's repair data. */
static enum seal_status put_block(struct remake *m, struct fault *fault)
{
    const struct stream_reader *r = m->from;
    const uint64_t in_group = r->number - m->group.first_data;
    const size_t start = reader_head_len(r, r->number), len = CHUNK_LEN - start;
    const struct chunk_id id = {.number = r->number, .is_final = r->is_last};

    if (start > 0)
        put_first(m);
    memcpy(m->block + start, r->text, len);
    parity_out_add(m->parity, in_group, r->text, len);
    if (give(m, start, id, fault) != SEAL_OK || in_group + 1 < m->group.data_count)
        return fault->status;
    if (put_parity(m, fault) != SEAL_OK || r->is_last)
        return fault->status;
    return begin_group(m, r->number + 1, fault);
}

static enum seal_status put_blocks(struct remake *m, struct fault *fault)
{
    struct stream_reader *r = m->from;

    while (!reader_is_at_end(r)) {
        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (reader_next_block(r, fault) != SEAL_OK || put_block(m, fault) != SEAL_OK)
            return fault->status;
        stream_skip(r, r->end);
    }
    return put_second(m, fault);
}

enum seal_status stream_reader_remake(struct stream_reader *r, const struct sink *to,
                                      struct fault *fault)
{
    struct remake m = {.from = r, .to = to, .block = malloc(BLOCK_LEN)};

    if (m.block == NULL)
        return fault_no_memory(fault);
    if (volume_of(&m)->again == NULL || r->blocks == 0)
        (void)fault_set(fault, REASON_NOT_MENDED_IN_PIPE, NULL);
    else if (parity_out_new(&m.parity, r->env->params.parity, NULL, fault) == SEAL_OK &&
             begin_group(&m, 0, fault) == SEAL_OK && put_blocks(&m, fault) == SEAL_OK)
        IGNORE_RESULT(reader_drain(r, fault));
    parity_out_free(m.parity);
    sodium_memzero(m.block, BLOCK_LEN);
    free(m.block);
    return fault->status;
}
