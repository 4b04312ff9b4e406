/*
 * limits: how much may come out of a sealed file, and in what sandbox it must be read; private to
 * this room.
 */
#ifndef SEAL_CLI_LIMITS_H
#define SEAL_CLI_LIMITS_H

#include "intake/intake.h"

/* How much may come out of one drop, and what it may not be taken out with. */
struct asked_limits {
    uint64_t max_size;    /* 0: by the size of the sealed file */
    uint64_t max_files;   /* 0: the usual */
    bool require_sandbox; /* refuse where the system lacks a piece of the worker's cage */
};

/* What may come out of a sealed file of that size (0: not known) into folder; NULL: nothing is
 * written; "-": to standard output. */
struct intake_limits limits_for(const struct asked_limits *asked, uint64_t sealed_size,
                                const char *folder);

/* Says more exactly what a fault of intake_run is about: which limit, or what of the sandbox. */
void limits_explain(struct fault *fault, const struct asked_limits *asked,
                    const struct intake_limits *limits, const struct intake_result *result);
/* intake_observer.uncaged: says it once. */
void limits_uncaged(void *ctx, unsigned int missing);

#endif
