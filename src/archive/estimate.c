/*
 * The length that the content will have, estimated from samples of the files.
 */
#include "archive/archive.h"

#include <stdlib.h>

#include <zstd.h>

#include "archive/frames.h"

#define SAMPLES 64
#define SAMPLE_LEN ((size_t)64 * 1024)
/* Headers, manifests and listing shrink to so many bytes for each entry (a digest does not shrink),
 * and to this share of the rest. Measured with 50,000 small files. */
#define AROUND_ENTRY 70
#define AROUND_SHARE 0.005
/* Bytes that a frame has besides its FRAME_LEN if it does not shrink, its row in the seek table
 * included; and the row of an entry in the table of offsets. */
#define FRAME_OVERHEAD 160
#define ENTRY_OVERHEAD 8

/* Compressed length of the files divided by their length, from 0 to 1: SAMPLES pieces, spread
 * evenly over all of them, are compressed. */
static enum seal_status find_share(const struct content_plan *p, double *share, struct fault *fault)
{
    size_t bound = ZSTD_compressBound(SAMPLE_LEN);
    uint8_t *plain = malloc(SAMPLE_LEN), *packed = malloc(bound);
    uint64_t step =
        p->bytes > SAMPLES * SAMPLE_LEN ? (p->bytes - SAMPLE_LEN) / (SAMPLES - 1) : SAMPLE_LEN;
    double before = 0, after = 0;
    enum seal_status status = SEAL_OK;

    if (plain == NULL || packed == NULL)
        status = fault_no_memory(fault);
    for (uint64_t i = 0; i < SAMPLES && i * step < p->bytes && status == SEAL_OK; i++) {
        size_t len = p->sample(p->ctx, i * step, plain, SAMPLE_LEN);
        size_t n = ZSTD_compress(packed, bound, plain, len, p->level);

        if (stop_requested())
            status = fault_set(fault, REASON_INTERRUPTED, NULL);
        before += (double)len;
        after += (double)(ZSTD_isError(n) || n > len ? len : n);
    }
    *share = before > 0 ? after / before : 1;
    free(plain);
    free(packed);
    return status;
}

enum seal_status content_estimate_len(const struct content_plan *p, uint64_t *about, uint64_t *most,
                                      struct fault *fault)
{
    uint64_t all = p->bytes + p->around;
    uint64_t tables = (all / FRAME_LEN + 2) * FRAME_OVERHEAD + p->entries * ENTRY_OVERHEAD;
    double share, rest;

    *about = *most = all + tables;
    if (p->level == LEVEL_STORE)
        return SEAL_OK;
    if (find_share(p, &share, fault) != SEAL_OK)
        return fault->status;
    rest = (double)p->bytes * share + (double)p->around * AROUND_SHARE;
    if ((uint64_t)rest + p->entries * AROUND_ENTRY < all)
        *about = (uint64_t)rest + p->entries * AROUND_ENTRY + tables;
    return SEAL_OK;
}
