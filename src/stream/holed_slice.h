/*
 * One volume of a holed content (holed.h), private to this room: which of its data blocks are
 * there, and fetching them.
 */
#ifndef SEAL_HOLED_SLICE_H
#define SEAL_HOLED_SLICE_H

#include "stream/mender.h"

struct slice {
    const struct envelope *env;
    struct volume_in *in; /* a file */
    struct told_blocks told;
    uint8_t key[KEY_LEN];
    uint64_t blocks;     /* with repair data: of the file, or so many that its end is behind them */
    uint64_t data_count; /* data blocks that it has, or may have */
    uint64_t total;      /* bytes of the file if nothing is missing; 0: not known */
    uint8_t *there;      /* a bit for each data block */
    uint64_t lost;       /* blocks */
    struct mender *mender; /* with repair data; NULL: none is needed at the moment */
    /* The trailer: */
    bool has_trailer, is_last;
    uint64_t content_len; /* as it says, if is_last */
    uint8_t digest[32];
    /* In the content: */
    uint64_t base, len;
};

/* Finds out how long the file is when nothing is missing, by what stands at its end. block: room
 * for one. */
void slice_find_total(struct slice *s, uint8_t *block);
/* Looks at all blocks. total: of the file, or 0, if that is not known. SEAL_NO_MEMORY,
 * SEAL_INTERRUPTED. */
MUST_USE enum seal_status slice_survey(struct slice *s, uint8_t *block,
                                       void (*progress)(void *ctx, uint64_t bytes), void *ctx,
                                       struct fault *fault);
/* The plaintext of a data block that was there: into block, BLOCK_LEN bytes. *text points to it.
 * SEAL_IO, REASON_CHANGED; SEAL_NO_MEMORY. */
MUST_USE enum seal_status slice_fetch(struct slice *s, uint64_t number, uint8_t *block,
                                      const uint8_t **text, size_t *len, struct fault *fault);
bool slice_has(const struct slice *s, uint64_t number);
/* Frees what it keeps for the next slice_fetch: there may be hundreds of slices. */
void slice_rest(struct slice *s);
void slice_end(struct slice *s);

#endif
