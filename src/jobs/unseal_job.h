/*
 * unseal_job: sealed files to checked bags, each with its custody record; or, with DROP_RAW and
 * DROP_VERIFY, what these make of them. Public.
 *
 * Order matters: keys are read, the headers of all files are opened, the keys are wiped; only then
 * is content looked at, by workers.
 *
 *     struct unseal_result result;
 *     status = unseal_job_run(&result, &request, &observer, &listener, &fault);
 *     ... report ...
 *     unseal_result_free(&result);
 */
#ifndef SEAL_UNSEAL_JOB_H
#define SEAL_UNSEAL_JOB_H

#include "jobs/drop_receive.h"
#include "jobs/open_headers.h"

/* All belongs to the caller and must outlive the job and its result. */
struct unseal_request {
    struct receive_input input;
    struct drop_request drop;
};

/* Is told of each drop, one after the other. */
struct unseal_listener {
    void *ctx;
    void (*drop_begins)(void *ctx, const struct set *set, size_t number, size_t count);
    /* It was received, or not (d->fault); d is gone afterwards. */
    void (*drop_ends)(void *ctx, const struct drop *d);
};

/* What is left of a drop at the end. */
struct drop_outcome {
    const char *verdict; /* drop_verdict_word; static */
    bool has_receipt;
    uint8_t receipt[32]; /* for number_text */
};

struct unseal_result {
    struct sets sets;              /* sets.all[i] is what outcomes[i] came of */
    struct drop_outcome *outcomes; /* sets.count of them; NULL: no drop was begun. Of drops that
                                      another run opened meanwhile there is neither. */
};

/* result is to be freed whatever happens. What goes wrong with one drop is noted with that, and
 * does not stop others. fault is what ends all: SEAL_USAGE, SEAL_EXISTS, SEAL_BAD_KEY, SEAL_NEWER,
 * SEAL_NO_KEY, SEAL_IO, SEAL_NO_MEMORY, SEAL_INTERRUPTED. SEAL_INTERRUPTED without a fault: the
 * fault is that of a drop, and was told with it. */
MUST_USE enum seal_status unseal_job_run(struct unseal_result *result,
                                         const struct unseal_request *request,
                                         const struct receive_observer *observer,
                                         const struct unseal_listener *listener,
                                         struct fault *fault);
void unseal_result_free(struct unseal_result *result);

#endif
