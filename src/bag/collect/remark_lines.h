/*
 * Remarks as comment lines of metadata.mtree (format section 5.3). Private to bag/collect.
 */
#ifndef SEAL_BAG_REMARK_LINES_H
#define SEAL_BAG_REMARK_LINES_H

#include "bag/collect/collect.h"

/* Appends the line of a remark. Its words are part of the sealed record: they are English, whatever
 * language the program speaks, and other programs may have learned them. SEAL_NO_MEMORY. */
MUST_USE enum seal_status remark_line(struct buffer *out, const struct bag_notice *notice);

#endif
