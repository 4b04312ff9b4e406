/*
 * sets: the sealed files that were given, or lie in a folder that was given, and which of them
 * belong together. Public, as reports read it; the functions are private to this room.
 */
#ifndef SEAL_SETS_H
#define SEAL_SETS_H

#include "intake/intake.h"
#include "jobs/arrival.h"

/* One sealed file by itself, or the volumes that say they are of one set, each number once, in
 * their order. */
struct set {
    struct arrival **files; /* point into sets.arrivals */
    size_t count;           /* at least 1 */
    bool has_gaps;          /* volumes in front of the last one here are missing */
    struct fault fault;     /* why it cannot be unsealed */
    /* With REASON_VOLUME_OTHER: two volumes of one number. The fault has the name of the first;
     * only that one may have been opened by a set key. */
    struct arrival *twins[2];
};

/* All zero is an empty one. */
struct sets {
    struct arrival *arrivals;
    size_t arrival_count;
    struct set *all;
    size_t count;
};

/* Lists the files: each operand, or the files in it if it is a folder. SEAL_USAGE: there is none
 * at all, or one is a key; SEAL_IO, SEAL_NO_MEMORY. */
MUST_USE enum seal_status sets_list(struct sets *s, const char *const *operands, size_t count,
                                    const struct receive_observer *observer, struct fault *fault);
/* Groups the files, once all headers were tried: each set, and each file that was not opened or is
 * no volume, in the order in which they were given. Files in a folder that are no sealed files are
 * skipped. SEAL_USAGE: there is nothing but such; SEAL_NO_MEMORY. */
MUST_USE enum seal_status sets_sort(struct sets *s, const struct receive_observer *observer,
                                    struct fault *fault);
void sets_free(struct sets *s);

/* ---- One set ------------------------------------------------------------------------------ */

/* Opens all its files again. SEAL_IO, also if one changed; SEAL_NO_MEMORY. */
MUST_USE enum seal_status set_take_up(const struct set *set, struct fault *fault);
/* All its files, for a worker; malloc'ed. */
struct intake_volume *set_volumes(const struct set *set);
/* Bytes of all its files, which must be open; 0: not known. */
uint64_t set_sealed_size(const struct set *set);
/* Completes a fault that is about the set. One without a name gets that of the first file, and the
 * number of the others. If a rule was broken (SEAL_HOSTILE), the name says where in the content: it
 * becomes the item. */
void set_name_fault(const struct set *set, struct fault *fault);

#endif
