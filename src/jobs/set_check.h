/*
 * set_check: what of a set is missing or damaged, when it cannot be unsealed as a whole. Public:
 * the enum; the functions are private to this room.
 */
#ifndef SEAL_SET_CHECK_H
#define SEAL_SET_CHECK_H

#include "jobs/limits.h"
#include "jobs/sets.h"

/* How a set is checked. */
struct set_check {
    const struct asked_limits *limits;
    unsigned int threads;
    const struct receive_observer *observer;
};

/* What checking one volume by itself came to. */
enum volume_state {
    VOLUME_NOT_CHECKED, /* the check was stopped before it */
    VOLUME_INTACT,
    VOLUME_DAMAGED,
    VOLUME_BREAKS_RULES,
    VOLUME_BROKE_READER, /* the worker crashed on it, or was stopped */
    VOLUME_NOT_READ
};

/* Whether a fault says that volumes behind the last one here are missing. */
bool set_ends_early(const struct fault *fault);
/* Volumes are missing: finds out which, and says so in the fault, which gets no name. SEAL_USAGE;
 * SEAL_IO, SEAL_INTERRUPTED and others if that cannot be found out. */
MUST_USE enum seal_status set_refuse_gaps(const struct set *set, const struct set_check *check,
                                          struct fault *fault);
/* Two volumes have one number, and no bytes tell which is right (REASON_VOLUME_OTHER): finds out
 * whether they hold the same, and says in the fault what they are. It stays a fault of status
 * SEAL_USAGE, with the same name, item and number; or it is interrupted. */
void set_compare_twins(const struct set *set, const struct set_check *check, struct fault *fault);
/* Checks each volume by itself; all files must be open. Returns a state for each (malloc'ed; NULL
 * for want of memory). stopped: set if it was interrupted. */
enum volume_state *set_check_each(const struct set *set, const struct set_check *check,
                                  struct fault *stopped);

#endif
