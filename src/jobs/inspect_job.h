/*
 * inspect_job: looks into one sealed file, or one set of volumes, without unsealing it: lists what
 * is in the bag, or extracts single files from it. Only the record at its end and what was asked
 * for are read, and nothing else is checked. Public.
 */
#ifndef SEAL_INSPECT_JOB_H
#define SEAL_INSPECT_JOB_H

#include "jobs/limits.h"
#include "jobs/open_headers.h"

/* All belongs to the caller. */
struct inspect_request {
    struct receive_input input;
    struct asked_limits limits;
    bool salvages; /* inspect_list tells of a damaged file what a salvage would take out */
    /* For inspect_extract: */
    const char *const *paths; /* files and folders in the bag, with or without data/ in front */
    size_t path_count;
    const char *output; /* name of the folder to make; NULL: it is named after the sealed file */
    bool writable;      /* the files are not left read-only */
    bool exact_names;   /* names that not every system can hold stay as they are */
};

/* Is told of each item of a list, or each file that was extracted, with its path on disk (else
 * NULL). What it returns other than SEAL_OK ends the job and is its result. */
struct inspect_listener {
    void *ctx;
    enum seal_status (*item)(void *ctx, const struct bag_item *item, const char *on_disk,
                             struct fault *fault);
    /* With salvages, of each file, instead. */
    enum seal_status (*salvaged)(void *ctx, const struct custody_piece *piece, struct fault *fault);
};

/* Free it with inspect_result_free. */
struct inspect_result {
    struct sets sets;           /* one, whose files have in received what is wrong with them */
    struct intake_result found; /* totals; times, of what was extracted; salvage, with salvages */
    char *output;               /* path of the folder with what was extracted */
};

/* All return SEAL_USAGE, SEAL_BAD_KEY, SEAL_NEWER, SEAL_NO_KEY, SEAL_DAMAGED, SEAL_HOSTILE,
 * SEAL_BROKE, SEAL_TOO_MUCH, SEAL_IO, SEAL_NO_MEMORY, SEAL_INTERRUPTED. result is to be freed
 * whatever happens. */
MUST_USE enum seal_status inspect_list(struct inspect_result *result,
                                       const struct inspect_request *request,
                                       const struct receive_observer *observer,
                                       const struct inspect_listener *listener,
                                       struct fault *fault);
/* Also SEAL_EXISTS: the output is there; SEAL_LOCAL_NAME. The files get their final place only when
 * all are good, after the listener was told of them. */
MUST_USE enum seal_status inspect_extract(struct inspect_result *result,
                                          const struct inspect_request *request,
                                          const struct receive_observer *observer,
                                          const struct inspect_listener *listener,
                                          struct fault *fault);
void inspect_result_free(struct inspect_result *result);

#endif
