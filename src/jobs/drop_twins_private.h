/*
 * drop_twins: drops of one run whose outputs and records would have the same names. Private to this
 * room.
 */
#ifndef SEAL_DROP_TWINS_PRIVATE_H
#define SEAL_DROP_TWINS_PRIVATE_H

#include "jobs/drop_receive.h"

/* Starts drop i of sets->all[i], of all count drops, which must be all zero. Where several would
 * get one name, or names that some system takes for one, each but the first gets a number, which no
 * other drop of the run has as its own name. What is on the disk already is refused, number or not.
 * Whatever is returned, drop_free must follow for each. SEAL_NO_MEMORY. */
MUST_USE enum seal_status drop_twins_start(struct drop *drops, const struct sets *sets,
                                           const struct drop_request *request,
                                           const struct output_place *place, struct fault *fault);

#endif
