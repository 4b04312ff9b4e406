/*
 * Remarks on names that will cause trouble on another system than the source's. Private to
 * bag/collect.
 */
#ifndef SEAL_BAG_NAME_REMARKS_H
#define SEAL_BAG_NAME_REMARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bag/collect/source.h"

/* Remarks which of the names that stand side by side in a folder not every system can hold, show or
 * tell apart. folder is its path in the bag. */
MUST_USE enum seal_status source_note_names(struct bag_source *s, const char *folder,
                                            const char *const *names, size_t count,
                                            struct fault *fault);

#endif
