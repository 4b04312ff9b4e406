/*
 * seal_remarks: what seal says of things that are not sealed, or not as they were, or under odd
 * names: a line each as they are met, and what comes of them at the end.
 */
#ifndef SEAL_SEAL_REMARKS_H
#define SEAL_SEAL_REMARKS_H

#include "jobs/seal_request.h"

struct seal_remarks {
    bool verbose; /* tell of every link and every odd name, and however many there are */
    /* Beyond some they are only counted: those on names, and the others by their kind. */
    size_t names_seen, seen[BAG_REMARK_KINDS];
    bool cannot_told; /* what to do where a file system cannot open files (MTP) */
};

void seal_remarks_show(struct seal_remarks *r, const struct bag_notice *n);
/* When the source is listed: all names were met. */
void seal_remarks_end_names(const struct seal_remarks *r);
/* At the end, when totals are final: how many more there were, that something is missing, and then
 * whether the source is gone. */
void seal_remarks_end(const struct seal_remarks *r, const struct seal_request *request,
                      const struct bag_totals *totals);

/* A path in a bag as the sender knows it: without data/ in front. */
const char *path_as_known(const char *path);

#endif
