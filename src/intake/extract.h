/*
 * Takes single files out of a sealed bag by seeking, in the worker; private to this room.
 */
#ifndef SEAL_INTAKE_EXTRACT_H
#define SEAL_INTAKE_EXTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "intake/entry_writer.h"
#include "intake/seek_view.h"

/* Unpacks what lies at or below the paths (with data/ in front or without) into the empty folder of
 * target, and checks each file against the record. Calls each for every file that is good, with its
 * path on disk. times gets how many have which time. SEAL_USAGE: a path is not in the bag, or only
 * links are there; and as intake_unpack_bag. */
MUST_USE enum seal_status
extract_files(struct seek_view *view, const char *const *paths, size_t path_count,
              const struct unpack_target *target,
              void (*each)(void *ctx, const struct bag_item *item, const char *on_disk), void *ctx,
              uint64_t times[static BAG_TIME_KINDS], struct fault *fault);

#endif
