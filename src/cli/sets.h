/*
 * sets: the sealed files that were named, or lie in a folder that was, and which of them belong
 * together; private to this room.
 */
#ifndef SEAL_CLI_SETS_H
#define SEAL_CLI_SETS_H

#include "cli/arrival.h"
#include "cli/limits.h"

/* One file by itself, or volumes that say they are of one set, each number once, in their order. */
struct set {
    struct arrival **files;
    size_t count;
    bool has_gaps;      /* volumes in front of the last one here are missing */
    struct fault fault; /* why it is not to be opened */
};

/* All zero is an empty one. */
struct sets {
    struct arrival *arrivals;
    size_t arrival_count;
    struct set *all;
    size_t count;
};

/* Lists the files: each operand, or what lies in it if it is a folder. SEAL_USAGE: no file lies in
 * it. */
MUST_USE enum seal_status sets_list(struct sets *s, const char *const *operands, size_t count,
                                    struct fault *fault);
/* Once all heads were tried: what was opened, and what was not, a set each, in the order in which
 * they were named. Says which files it leaves aside. */
MUST_USE enum seal_status sets_sort(struct sets *s, struct fault *fault);
void sets_free(struct sets *s);

#endif
