/*
 * Looking into a bag by seeking, in the worker; private to this room. Only the record at the end is
 * read, and checked against itself and against D; of the evidence nothing is.
 */
#ifndef SEAL_INTAKE_VIEW_H
#define SEAL_INTAKE_VIEW_H

#include "intake/receive.h"

struct intake_view;

/* from: the content of a file that can be sought in, not read yet. SEAL_DAMAGED, SEAL_HOSTILE,
 * SEAL_USAGE, SEAL_TOO_MUCH. */
MUST_USE enum seal_status intake_view_open(struct intake_view **out, struct stream_reader *from,
                                           const struct intake_limits *limits, struct fault *fault);
/* What the record says. */
const struct bag_check *intake_view_record(const struct intake_view *v);
/* Takes out what lies at or below the paths given (with data/ in front or without), into the empty
 * folder of target, and checks each file against the record. each is told of every file that is
 * good, with its path on disk. SEAL_USAGE: a path is not in the bag. */
MUST_USE enum seal_status intake_view_extract(struct intake_view *v, const char *const *paths,
                                              size_t path_count, const struct intake_target *target,
                                              void (*each)(void *ctx, const struct bag_item *item,
                                                           const char *on_disk),
                                              void *ctx, struct fault *fault);
void intake_view_free(struct intake_view *v);

#endif
