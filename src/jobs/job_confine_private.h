/*
 * job_confine: once keys are read and the work is laid out, the program gives up all files that it
 * does not need any more (platform/confine.h). What follows handles what senders wrote. Private to
 * this room.
 */
#ifndef SEAL_JOB_CONFINE_PRIVATE_H
#define SEAL_JOB_CONFINE_PRIVATE_H

#include "jobs/sets.h"
#include "platform/confine.h"

/* The sealed files may still be read. */
void confine_allow_arrivals(int rules, const struct sets *sets);
/* An output of that path may be made; NULL and "-": none. */
void confine_allow_output(int rules, const char *path);
/* The log, which exists, may be written to; NULL: none. */
void confine_allow_log(int rules, const char *path);

#endif
