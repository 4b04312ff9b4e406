/*
 * seal --dry-run: what would be sealed, and whether it would fit. Writes nothing.
 */
#ifndef SEAL_CLI_DRYRUN_H
#define SEAL_CLI_DRYRUN_H

#include "bag/bag.h"
#include "cli/cli.h"
#include "stream/stream.h"

struct dry_run {
    struct bag_source *source;
    int level;
    struct padding padding;
    size_t key_count;
    const char *output; /* as given with -o, or NULL */
};

/* Results go to standard output. *fits is false if sealing would surely fail for want of room or
 * of a free name. totals are those that sealing would have. */
MUST_USE enum seal_status dry_run(const struct dry_run *d, struct bag_totals *totals, bool *fits,
                                  struct fault *fault);

#endif
