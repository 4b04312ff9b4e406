/*
 * What a file or folder has that a bag cannot hold. Private to bag/collect.
 */
#ifndef SEAL_BAG_UNKEPT_H
#define SEAL_BAG_UNKEPT_H

#include "bag/collect/source.h"

/* Remarks on extended attributes and holes of the open file or folder whose path in the bag is
 * path. SEAL_NO_MEMORY. */
MUST_USE enum seal_status source_note_unkept(struct bag_source *s, const char *path, int fd,
                                             struct fault *fault);

#endif
