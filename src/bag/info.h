/*
 * bag-info.txt (RFC 8493, 2.2.2), written and read. Private to bag and its sub-rooms.
 */
#ifndef SEAL_BAG_INFO_H
#define SEAL_BAG_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bag/bag.h"

/* Appends the whole file. */
MUST_USE enum seal_status bag_info_text(struct buffer *out, const struct bag_info *info,
                                        const struct bag_totals *totals);
/* Whether text begins with word; ASCII letters count the same in either case. */
bool text_begins(const char *text, const char *word);
/* The value if the line is "LABEL: VALUE" with this label, in either case and with any blanks
 * around the colon; else NULL. */
const char *bag_info_value(const char *line, const char *label);

#endif
