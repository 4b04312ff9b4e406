/*
 * holed: the content of a sealed file, or of a set of volumes, of which parts are lost beyond
 * repair: what there is of it, and where there is nothing. Public.
 *
 * Every byte that comes out is authentic. Nothing is known of what stands in a hole but its length.
 */
#ifndef SEAL_HOLED_H
#define SEAL_HOLED_H

#include "stream/stream.h"

struct holed;

struct holed_volume {
    const struct envelope *env;
    struct volume_in *in; /* a file */
    struct told_blocks told;
};

/* Looks at every block, each once. volumes: in the order of their index; of a set some may be
 * missing. They are copied; what they point to must outlive it. progress, which may be NULL, is
 * told the bytes that were looked at. SEAL_NO_MEMORY, SEAL_INTERRUPTED. */
MUST_USE enum seal_status holed_new(struct holed **out, const struct holed_volume *volumes,
                                    size_t count, void (*progress)(void *ctx, uint64_t bytes),
                                    void *ctx, struct fault *fault);
void holed_free(struct holed *h);

/* Blocks with data: all that are known to belong to it, and those of them that are lost. Volumes
 * that are missing in front of the last one there is; and whether others follow that one. */
struct holed_totals {
    uint64_t blocks, lost_blocks;
    uint64_t missing_volumes;
    bool has_more_volumes;
};

void holed_totals(const struct holed *h, struct holed_totals *totals);
/* Whether there is no hole, and the end is there. */
bool holed_is_whole(const struct holed *h);
/* Whether something stands behind the end of a volume without repair data, which a reader of what
 * is whole refuses. */
bool holed_has_more(const struct holed *h);
/* Where the content ends, and D, as the trailer says; false: it is lost. Then *end is behind all
 * that may be content; what there is behind the content is padding. */
bool holed_end(const struct holed *h, uint64_t *end, uint8_t digest[static 32]);
/* Where the only volume there is begins in the content cannot always be told: then it is a guess,
 * which this corrects, so that the content ends at end. False: it is no guess, or that cannot be.
 */
MUST_USE bool holed_correct_end(struct holed *h, uint64_t end);

/* Whether all of these bytes are there. */
bool holed_has(const struct holed *h, uint64_t off, uint64_t len);
/* The first byte from off on that is there; UINT64_MAX: none is. */
uint64_t holed_next(const struct holed *h, uint64_t off);
/* How far it goes on from there without a hole. */
uint64_t holed_run_end(const struct holed *h, uint64_t off);
/* Bytes that are there. SEAL_IO, REASON_CHANGED: they are not any more. */
MUST_USE enum seal_status holed_read(struct holed *h, uint64_t off, void *out, size_t len,
                                     struct fault *fault);

#endif
