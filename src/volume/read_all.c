/*
 * Reads one sealed file once, from begin to end, and hashes it.
 */
#include <string.h>

#include "base/base.h"
#include "volume/volume_private.h"

/* Keys are tried on the head, which volume_open read. It must belong to what is read here. */
static bool has_head(const struct volume_in *in, const struct volume_piece *first)
{
    return first->len >= in->head_len && memcmp(first->blocks, in->head, in->head_len) == 0;
}

static enum seal_status read_one(struct volume_in *in, uint64_t block, struct volume_piece *piece,
                                 struct fault *fault)
{
    if (volume_is_over(in))
        return fault_set(fault, REASON_INTERRUPTED, NULL);
    atomic_store(&in->is_waiting, true);
    IGNORE_RESULT(volume_read(in, block, VOLUME_PIECE_BLOCKS, piece, fault));
    atomic_store(&in->is_waiting, false);
    if (fault->status != SEAL_OK &&
        volume_is_over(in)) { /* so reading failed as it was interrupted */
        *fault = (struct fault){.status = SEAL_OK};
        return fault_set(fault, REASON_INTERRUPTED, NULL);
    }
    if (fault->status == SEAL_OK && block == 0 && !has_head(in, piece))
        return fault_set(fault, REASON_CHANGED, in->name);
    return fault->status;
}

void volume_keep_tail(struct volume_in *in, uint8_t *tail)
{
    in->tail = tail;
}

/* Of a file that does not end at a block the last bytes may be in two pieces. */
static void keep_tail(const struct volume_in *in, const struct volume_piece *piece)
{
    size_t len = piece->len < VOLUME_BLOCK_LEN ? piece->len : VOLUME_BLOCK_LEN;

    if (in->tail == NULL)
        return;
    memmove(in->tail, in->tail + len, VOLUME_BLOCK_LEN - len);
    memcpy(in->tail + VOLUME_BLOCK_LEN - len, piece->blocks + piece->len - len, len);
}

enum seal_status volume_read_all(struct volume_in *in, uint8_t *room, const struct sink *to,
                                 uint8_t digest[static SHA256_LEN], uint64_t *len,
                                 struct fault *fault)
{
    struct volume_piece piece = {.blocks = room, .more = true};
    struct sha256 hash;

    *len = 0;
    in->is_patient = true;
    sha256_start(&hash);
    for (uint64_t block = 0; piece.more; block += VOLUME_PIECE_BLOCKS) {
        if (read_one(in, block, &piece, fault) != SEAL_OK)
            return fault->status;
        sha256_add(&hash, piece.blocks, piece.len);
        keep_tail(in, &piece);
        *len += piece.len;
        if (in->is_file && *len > in->size) /* one that grows has no end, maybe */
            return fault_set(fault, REASON_CHANGED, in->name);
        if (to->write(to->self, piece.blocks, piece.len, fault) != SEAL_OK)
            return fault->status;
    }
    sha256_end(&hash, digest);
    return in->is_file && *len != in->size ? fault_set(fault, REASON_CHANGED, in->name) : SEAL_OK;
}

void volume_forgive(struct volume_in *in)
{
    in->forgives = in->is_file;
}

uint64_t volume_unreadable(const struct volume_in *in, struct fault *why)
{
    if (in->unreadable > 0)
        *why = in->failure;
    return in->unreadable;
}

void volume_give_up(struct volume_in *in)
{
    atomic_store(&in->gives_up, true);
}

bool volume_is_waiting(const struct volume_in *in)
{
    return atomic_load(&in->is_waiting);
}
