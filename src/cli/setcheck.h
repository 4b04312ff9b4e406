/*
 * setcheck: one set as a whole, and what of it is missing or damaged; private to this room.
 */
#ifndef SEAL_CLI_SETCHECK_H
#define SEAL_CLI_SETCHECK_H

#include "cli/sets.h"
#include "intake/intake.h"

/* What it is called in messages: its first file, and how many more; malloc'ed. */
char *set_name(const struct set *set);
/* Opens all its files again. */
MUST_USE enum seal_status set_take_up(const struct set *set, struct fault *fault);
/* All its files, for a worker; malloc'ed. */
struct intake_volume *set_volumes(const struct set *set);
/* Bytes of all its files; 0: not known. */
uint64_t set_sealed_size(const struct set *set);

/* Whether a fault says that volumes are missing behind the last one here. */
bool set_ends_early(const struct fault *fault);
/* Volumes are missing: finds out which, for the caller to name the set with. SEAL_USAGE, SEAL_IO.
 */
MUST_USE enum seal_status set_refuse_gaps(const struct set *set, const struct asked_limits *limits,
                                          struct fault *fault);
/* What comes of each volume by itself, a word for each (static) in an array (malloc'ed, NULL for
 * want of memory); NULL behind the one at which it was interrupted, as stopped says then. All files
 * must be open. */
const char **set_check_each(const struct set *set, const struct asked_limits *limits,
                            unsigned int threads, struct fault *stopped);

#endif
