/*
 * The reader: how it begins and ends, and the plaintext that it gives out.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/base.h"
#include "stream/layout.h"
#include "stream/stream_reader.h"

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

/* With repair data no more can be said of a file than its second head or its last data block tell.
 * SEAL_DAMAGED: it lacks both. SEAL_IO: it may lack them, some of it cannot be read. */
static enum seal_status find_blocks(struct stream_reader *r, struct stream_volume *v,
                                    struct fault *fault)
{
    struct mender_file file = reader_mender_file(r, v);
    struct fault unread = {.status = SEAL_OK};
    uint8_t *room = r->pieces[0].piece.blocks; /* nothing is in it yet */
    uint64_t told;

    v->blocks = 0;
    if (v->env->params.parity == 0 || file.in == NULL)
        return SEAL_OK;
    file.unread = &unread;
    chunk_derive_key(r->key, v->env);
    told = mender_may_have(&file, v->told.count) ? v->told.count : 0;
    if ((told == 0 || !v->told.is_sure) && mender_has_all(&file, room))
        v->blocks = volume_size(file.in) / BLOCK_LEN;
    else
        v->blocks = told != 0 ? told : mender_find_blocks(&file, room);
    if (v->blocks != 0)
        return SEAL_OK;
    if (stop_requested())
        return fault_set(fault, REASON_INTERRUPTED, NULL);
    if (unread.status == SEAL_OK)
        return fault_set(fault, REASON_CUT_SHORT, volume_name(v->in));
    *fault = unread;
    return fault->status;
}

static enum seal_status take_volumes(struct stream_reader *r, const struct stream_volume *volumes,
                                     size_t count, struct fault *fault)
{
    r->volumes = calloc(count, sizeof *r->volumes);
    if (r->volumes == NULL || !ahead_make(r))
        return fault_no_memory(fault);
    r->volume_count = count;
    for (size_t i = 0; i < count; i++) {
        r->volumes[i] = volumes[i];
        if (find_blocks(r, &r->volumes[i], fault) != SEAL_OK)
            return fault->status;
    }
    return SEAL_OK;
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
    r->crew = crew;
    r->in = volumes[0].in;
    if (take_volumes(r, volumes, count, fault) != SEAL_OK) {
        stream_reader_free(r);
        return fault->status;
    }
    reader_enter_volume(r, 0);
    *out = r;
    return SEAL_OK;
}

enum seal_status stream_reader_new(struct stream_reader **out, const struct envelope *env,
                                   struct volume_in *in, struct crew *crew, struct fault *fault)
{
    return stream_reader_new_set(out, &(struct stream_volume){.env = env, .in = in}, 1, crew,
                                 fault);
}

struct crew *stream_reader_crew(const struct stream_reader *r)
{
    return r->crew;
}

const struct stream_mended *stream_reader_mended(const struct stream_reader *r)
{
    return &r->mended;
}

uint64_t stream_reader_blocks(const struct stream_reader *r, size_t volume)
{
    return r->volumes[volume].blocks;
}

void stream_reader_free(struct stream_reader *r)
{
    if (r == NULL)
        return;
    ahead_free(r);
    mender_free(r->mender);
    free(r->volumes);
    sodium_free(r);
}
