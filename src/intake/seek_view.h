/*
 * Looks into a sealed bag by seeking, without reading all of it, in the worker; private to this
 * room. Opening a view reads the bag's record, which is at the end, and checks it against itself
 * and against D. Of the evidence nothing is read, so nothing is known of it.
 */
#ifndef SEAL_INTAKE_SEEK_VIEW_H
#define SEAL_INTAKE_SEEK_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/archive.h"
#include "bag/check/check.h"
#include "intake/quota.h"
#include "stream/stream.h"

struct seek_view;

/* from: the content of a file (not of a pipe) of which nothing was read yet. from and limits must
 * outlive the view. SEAL_DAMAGED, SEAL_HOSTILE, SEAL_USAGE, SEAL_TOO_MUCH. */
MUST_USE enum seal_status seek_view_open(struct seek_view **out, struct stream_reader *from,
                                         const struct intake_limits *limits, struct fault *fault);
void seek_view_free(struct seek_view *v);
/* What the record says. */
const struct bag_check *seek_view_record(const struct seek_view *v);

/* Reads the header of the entry with this number (bag_item.entry); *found is false if there is
 * none. */
MUST_USE enum seal_status seek_view_read_entry(struct seek_view *v, uint64_t number,
                                               struct tar_entry *entry, bool *found,
                                               struct fault *fault);
/* Its content, piece by piece, as content_read_data. */
MUST_USE enum seal_status seek_view_read_data(struct seek_view *v, const uint8_t **data,
                                              size_t *len, struct fault *fault);
/* For what is taken out: the same limits, with nothing counted yet. */
struct quota seek_view_new_quota(const struct seek_view *v);

#endif
