/*
 * Opening what was listed. Private to bag/collect. Folders are opened part by part, never through a
 * link, and only one is kept open: neither a very long path nor a very deep tree exceeds a limit of
 * the system.
 */
#ifndef SEAL_BAG_SOURCE_OPEN_H
#define SEAL_BAG_SOURCE_OPEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bag/collect/source.h"

/* Opens a folder below a root; original is its path in the source's spelling, as items have it. The
 * descriptor belongs to the source and is good until the next call of either function. -1 with
 * errno. */
int source_open_folder(struct bag_source *s, size_t root, const char *original);
/* Opens the file behind an item for reading; -1 with errno. The descriptor is the caller's. */
int source_open_item(struct bag_source *s, const struct item *item);

#endif
