/*
 * Fetching single data blocks of a file with repair data, whatever is damaged (format section 3a),
 * private to this room. It reads the file in any order.
 */
#ifndef SEAL_STREAM_MENDER_H
#define SEAL_STREAM_MENDER_H

#include "stream/chunk.h"

struct mender;

/* A file; what it points to must stay valid. */
struct mender_file {
    struct volume_in *in; /* a file */
    const uint8_t *key;   /* of its chunks */
    size_t head_len;
    unsigned int m;       /* not 0 */
    uint64_t blocks;      /* that it has when nothing is missing */
    bool has_end;         /* it ends with its second head: blocks are counted from there, too */
    struct fault *unread; /* gets why a block could not be read; NULL: nobody asks */
};

/* Whether a file of which so much is left may have so many blocks: whoever made it may write
 * anything into its second head. file->blocks is not used. */
bool mender_may_have(const struct mender_file *file, uint64_t blocks);
/* Whether nothing is missing: the last data block is where it should be in a file of that length.
 * room has BLOCK_LEN bytes, and gets ciphertext. file->blocks is not used. */
bool mender_has_all(const struct mender_file *file, uint8_t *room);
/* How many blocks the file has when nothing is missing, as its last data block tells. 0: that is
 * not where it should be, or damaged, or cannot be read (file->unread), or it was stopped. room as
 * above; file->blocks is not used. */
uint64_t mender_find_blocks(const struct mender_file *file, uint8_t *room);

MUST_USE enum seal_status mender_new(struct mender **out, const struct mender_file *file,
                                     struct fault *fault);
/* The plaintext of a data block: CHUNK_LEN bytes, but for the head that block 0 has; valid until
 * the next call. *mended: it was not as it should be where it stands. SEAL_HOSTILE: it stands there
 * as the last one of a shorter file, which only its maker can bring about: who reads in order and
 * does not know the length would see another content. SEAL_DAMAGED: too much is lost; SEAL_IO: the
 * same, and some of it could not be read; SEAL_NO_MEMORY; SEAL_INTERRUPTED. */
MUST_USE enum seal_status mender_fetch(struct mender *d, uint64_t number, const uint8_t **text,
                                       bool *mended, struct fault *fault);
/* Whether the block is as it should be where it stands. */
MUST_USE bool mender_has(struct mender *d, uint64_t number);
/* NULL does nothing. */
void mender_free(struct mender *d);

#endif
