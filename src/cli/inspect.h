/*
 * inspect: looking into a sealed file without unpacking it, and at a bag again; private to this
 * room.
 */
#ifndef SEAL_CLI_INSPECT_H
#define SEAL_CLI_INSPECT_H

#include "cli/cli.h"
#include "cli/limits.h"
#include "cli/sets.h"

struct inspection {
    const struct set *set;         /* its heads are open, and the secret keys wiped */
    bool as_json, as_csv, as_long; /* --list */
    const char *const *paths;      /* --extract */
    size_t path_count;
    const char *output;
    bool writable, exact_names;
    struct asked_limits limits;
};

/* *incomplete: the sender recorded that something is missing. What standard output did not take is
 * for finish_output to say. */
MUST_USE enum seal_status inspect_list(const struct inspection *in, bool *incomplete,
                                       struct fault *fault);
/* SEAL_EXISTS, SEAL_USAGE: it cannot go where it is to: for the caller to ask before any
 * passphrase. path gets a malloc'ed copy; file is the sealed file, after which it is named without
 * output. */
MUST_USE enum seal_status inspect_target(char **path, const char *output, const char *file,
                                         struct fault *fault);
MUST_USE enum seal_status inspect_extract(const struct inspection *in, bool *incomplete,
                                          struct fault *fault);

/* Checks a bag on disk against its own record and, where it stands beside the bag, against the
 * custody record. Says what changed; stopped gets only a request to stop. */
enum exit_code recheck_bag(const char *path, const struct asked_limits *limits,
                           struct fault *stopped);

#endif
