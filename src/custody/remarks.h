/*
 * remarks: the comment lines of metadata.mtree and the lines of bag-info.txt, taken apart for the
 * record in text and the one in JSON. Private to custody.
 */
#ifndef SEAL_CUSTODY_REMARKS_H
#define SEAL_CUSTODY_REMARKS_H

#include "custody/custody.h"

/* bag_remark's kinds, of which links have no comment line, and one more. */
#define REMARK_SPELLED BAG_REMARK_KINDS
#define REMARK_KINDS (BAG_REMARK_KINDS + 1)

struct remark {
    int kind;
    const char *word; /* that stands for the kind */
    struct span path; /* in the bag; \ooo as it stands */
    struct span detail;
    bool detail_is_path; /* likewise; else a few words */
};

/* The next line of *text that is a remark, and *text behind it; false: there are no more. Lines
 * that are something else are passed over. */
bool remark_next(const char **text, struct remark *r);
/* Appends a path with each \ooo as the byte it stands for, and a NUL that is not counted. */
MUST_USE enum seal_status remark_path(struct buffer *out, struct span path);

/* The next line of *text without its LF, and *text behind it; false: there are no more. */
bool line_next(const char **text, struct span *line);

#endif
