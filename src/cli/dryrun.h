/*
 * seal --dry-run: what would be sealed, and whether it would fit. Writes nothing.
 */
#ifndef SEAL_CLI_DRYRUN_H
#define SEAL_CLI_DRYRUN_H

#include "bag/collect/collect.h"
#include "cli/cli.h"
#include "stream/stream.h"

struct dry_run {
    struct bag_source *source;
    int level;
    struct padding padding;
    uint64_t split; /* size of a volume; 0: one file */
    size_t key_count;
    const char *output; /* as given with -o, or NULL */
};

/* Bytes of the sealed file at most. */
MUST_USE enum seal_status dry_run_most(const struct dry_run *d, uint64_t *most,
                                       struct fault *fault);
/* Results go to standard output. *fits is false if sealing would surely fail for want of room or
 * of a free name. totals are those that sealing would have. */
MUST_USE enum seal_status dry_run(const struct dry_run *d, struct bag_totals *totals, bool *fits,
                                  struct fault *fault);

#endif
