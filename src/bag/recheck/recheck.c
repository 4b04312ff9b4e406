/*
 * Checking a bag on disk: the order of the steps.
 */
#include "bag/recheck/recheck.h"

#include "bag/recheck/recheck_steps.h"

/* Into the tables, and each file of the record against those read before. */
static enum seal_status read_record(struct recheck *r, struct fault *fault)
{
    if (recheck_bagit(r, fault) != SEAL_OK || recheck_find_manifests(r, fault) != SEAL_OK ||
        recheck_payload_manifests(r, fault) != SEAL_OK || recheck_fetch(r, fault) != SEAL_OK ||
        recheck_info(r, fault) != SEAL_OK || recheck_listing(r, fault) != SEAL_OK)
        return fault->status;
    return recheck_tag_manifests(r, fault);
}

static enum seal_status compare(struct recheck *r, struct fault *fault)
{
    if (recheck_tag_files(r, fault) != SEAL_OK || recheck_sealed(r, fault) != SEAL_OK ||
        recheck_beside_data(r, fault) != SEAL_OK || recheck_payload(r, fault) != SEAL_OK)
        return fault->status;
    recheck_missing(r);
    recheck_oxum(r);
    return SEAL_OK;
}

enum seal_status bag_recheck(struct bag_recheck *result, int dirfd, const char *name,
                             const struct bag_recheck_observer *observer, struct fault *fault)
{
    struct recheck *r = recheck_state_new();
    enum seal_status status;

    *result = (struct bag_recheck){0};
    if (r == NULL)
        return fault_no_memory(fault);
    r->result = result;
    r->observer = observer;
    r->name = name;
    r->dirfd = dirfd;
    status = read_record(r, fault);
    if (status == SEAL_OK)
        status = compare(r, fault);
    recheck_state_free(r);
    return status;
}
