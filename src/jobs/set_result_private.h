/*
 * set_result: what a worker found of the files of a set goes where records and reports read it.
 * Private to this room.
 */
#ifndef SEAL_SET_RESULT_PRIVATE_H
#define SEAL_SET_RESULT_PRIVATE_H

#include "intake/intake.h"
#include "jobs/sets.h"

/* Size and SHA-256 of each file as it was read, what of its headers is right, and what was mended.
 * result must outlive the set. */
void set_keep_result(const struct set *set, const struct intake_result *result);

#endif
