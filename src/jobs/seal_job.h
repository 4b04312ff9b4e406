/*
 * seal_job: files and folders, or standard input, to one sealed file or a set of volumes. Public.
 *
 *     struct seal_result result;
 *     status = seal_job_run(&result, &request, &observer, &fault);
 *     ... report ...
 *     seal_result_free(&result);
 */
#ifndef SEAL_SEAL_JOB_H
#define SEAL_SEAL_JOB_H

#include "jobs/seal_request.h"

struct sealed_file {
    char *path; /* "-" is standard output */
    uint64_t size;
};

struct seal_result {
    struct bag_totals totals;  /* of a stream: bytes alone */
    struct sealed_file *files; /* after a failure: the volumes that stay, see below */
    size_t file_count;
    uint8_t receipt[32];   /* for number_text */
    bool was_read_back;    /* and is as it was written */
    bool was_in_memory;    /* but the system read it, at least in part, from memory */
    uint64_t max_size_gib; /* what the recipient must give unseal with --max-size; 0: nothing */
};

/* Reads keys, lists the source, writes, reads back and gives names, in this order. Either all files
 * get their names or none does; but volumes on media that were taken out (ask_media) have theirs
 * already: after a failure the result has them as files, complete, and useless without the others.
 * result is to be freed whatever happens.
 * SEAL_USAGE, SEAL_BAD_KEY, SEAL_NEWER: keys or paths; nothing was written. SEAL_EXISTS: the output
 * is there. SEAL_NO_ROOM: the content does not fit the fixed size. SEAL_IO, SEAL_NO_MEMORY,
 * SEAL_INTERRUPTED. */
MUST_USE enum seal_status seal_job_run(struct seal_result *result,
                                       const struct seal_request *request,
                                       const struct seal_observer *observer, struct fault *fault);
void seal_result_free(struct seal_result *result);

#endif
