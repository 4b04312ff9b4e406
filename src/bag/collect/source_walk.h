/*
 * Adding the entries of a folder, and all below them, to the list. Private to bag/collect.
 */
#ifndef SEAL_BAG_SOURCE_WALK_H
#define SEAL_BAG_SOURCE_WALK_H

#include "bag/collect/source_children.h"

/* c has the children of data/; they are named and sorted by this. */
MUST_USE enum seal_status source_walk(struct bag_source *s, struct children *c,
                                      struct fault *fault);

#endif
