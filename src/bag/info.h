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
/* What a line of it is, read as strictly as it is written (format section 5). */
enum bag_info_line {
    BAG_INFO_MALFORMED,
    BAG_INFO_LABEL,
    BAG_INFO_OXUM,   /* Payload-Oxum, in any letter case */
    BAG_INFO_GOES_ON /* the value of the line before goes on */
};

/* line has a NUL behind it. *value: behind the label, if there is one. */
enum bag_info_line bag_info_read(const char *line, size_t len, bool is_first, const char **value);
/* For bags that anybody made: the value if the line is "LABEL: VALUE" with this label, in either
 * case and with any blanks around the colon; else NULL. */
const char *bag_info_value(const char *line, const char *label);

#endif
