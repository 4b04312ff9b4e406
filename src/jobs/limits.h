/*
 * limits: how much may come out of a sealed file, and whether it may be read in a sandbox that
 * lacks something. Public: the struct; the functions are private to this room.
 */
#ifndef SEAL_LIMITS_H
#define SEAL_LIMITS_H

#include "intake/intake.h"

/* What the user asked for. */
struct asked_limits {
    uint64_t max_size;    /* bytes; 0: by the size of the sealed file (size_limit.h) */
    uint64_t max_files;   /* files, and as many folders; 0: the usual number */
    bool require_sandbox; /* refuse if the system lacks a piece of the worker's sandbox */
};

/* The limits for a sealed file of that size (0: not known), whose content is written into folder.
 * folder NULL: nothing is written; "-": the content goes to standard output. */
struct intake_limits limits_for(const struct asked_limits *asked, uint64_t sealed_size,
                                const char *folder);

/* Makes a fault of intake_run more exact: which limit was met, and who set it; or which pieces of
 * the sandbox are missing. */
void limits_explain(struct fault *fault, const struct asked_limits *asked,
                    const struct intake_limits *limits, const struct intake_result *result);

#endif
