/*
 * Going to single places of a sealed file: its trailer, and any offset of its content.
 */
#include "stream/layout.h"
#include "stream/stream_reader.h"

enum seal_status stream_reader_trailer(struct stream_reader *r, uint64_t *content_len,
                                       uint8_t digest[static 32], uint8_t receipt[static 32],
                                       struct fault *fault)
{
    size_t last = r->volume_count - 1;
    const struct stream_volume *v = &r->volumes[last];
    uint64_t blocks = layout_data_count(block_count(stream_volume_len(v)), v->env->params.parity);
    uint64_t number = blocks == 0 ? 0 : blocks - 1;
    uint64_t before; /* plaintext of this volume in front of the last block */

    if (reader_seek_block(r, last, number, fault) != SEAL_OK)
        return fault->status;
    if (!r->is_last)
        return fault_set(fault, REASON_GREW, NULL);
    r->pos = r->end;
    before = number == 0 ? 0 : number * CHUNK_LEN - r->env->head_len;
    if (trailer_read(r->trailer, reader_is_volume(r), content_len, digest, fault) != SEAL_OK)
        return fault->status;
    if (*content_len > before + r->end)
        return fault_set(fault, REASON_CONTENT_LENGTH, NULL);
    *content_len += r->content_before;
    receipt_derive(receipt, r->env, r->trailer);
    return SEAL_OK;
}

enum seal_status stream_reader_seek(struct stream_reader *r, uint64_t content_off,
                                    struct fault *fault)
{
    uint64_t number, pos, full;
    size_t volume = 0;

    for (; volume + 1 < r->volume_count; volume++, content_off -= full) {
        full = stream_volume_content_len(&r->volumes[volume]);
        if (content_off < full)
            break;
    }
    if (content_off > STREAM_BLOCKS_MAX * BLOCK_LEN)
        return reader_cut_short(fault);
    /* Every block holds CHUNK_LEN bytes of head and plaintext together. */
    pos = content_off + r->volumes[volume].env->head_len;
    number = pos / CHUNK_LEN;
    pos = number == 0 ? content_off : pos % CHUNK_LEN;
    if (reader_seek_block(r, volume, number, fault) != SEAL_OK)
        return fault->status;
    if (pos > r->end)
        return reader_cut_short(fault);
    r->pos = (size_t)pos;
    return SEAL_OK;
}
