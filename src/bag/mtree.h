/*
 * One line of the listing metadata.mtree, in the dialect of format section 5.3: an entry, or a
 * comment that is a remark. Private to bag and its sub-rooms.
 */
#ifndef SEAL_BAG_MTREE_H
#define SEAL_BAG_MTREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bag/bag.h"
#include "bag/table.h"

/* The first two lines of each listing. */
#define MTREE_HEAD "#mtree\n. type=dir\n"

/* ---- Writing ------------------------------------------------------------------------------ */

/* Appends s as paths stand in entries and comments: bytes that are not plain as \ooo. */
MUST_USE enum seal_status mtree_escape(struct buffer *out, const char *s);

MUST_USE enum seal_status mtree_line(struct buffer *out, const struct table *t,
                                     const struct item *item);
/* The same with another path. */
MUST_USE enum seal_status mtree_line_as(struct buffer *out, const char *path, const struct table *t,
                                        const struct item *item);
/* "# spelled ./ON-DISK ./AS-SEALED" */
MUST_USE enum seal_status mtree_spelled(struct buffer *out, const char *on_disk,
                                        const char *as_sealed);
/* "# WORD ./PATH DETAIL": the path is escaped, the detail stands as it is. Names in the detail must
 * have gone through mtree_escape. */
MUST_USE enum seal_status mtree_remark(struct buffer *out, enum bag_remark kind, const char *path,
                                       const char *detail);
/* "# renamed ./PATH ./ORIGINAL" */
MUST_USE enum seal_status mtree_renamed(struct buffer *out, const char *path, const char *original);

/* ---- Reading ------------------------------------------------------------------------------ */

struct mtree_entry {
    char *path; /* decoded, in the line that was parsed, with a NUL */
    size_t path_len;
    enum item_type type;
    bool has_size, has_time, has_digest, has_link;
    uint64_t size;
    struct timestamp time;
    uint8_t digest[SHA256_LEN];
    const char *link; /* decoded, with a NUL */
};

/* line without its end; decoded in place. False: it is no entry of this dialect, or its path is not
 * clean (tar_path_is_clean). */
MUST_USE bool mtree_parse(char *line, size_t len, struct mtree_entry *e);

/* A comment about a name that is spelled differently on disk. */
#define MTREE_SPELLED "# spelled "

struct mtree_spelled {
    char *path, *as_sealed; /* decoded, in the line that was parsed, with a NUL */
    size_t path_len, as_sealed_len;
};

/* A comment without its end, a NUL behind it; decoded in place. False: it is no such comment. */
MUST_USE bool mtree_parse_spelled(char *line, struct mtree_spelled *s);
/* Whether a comment line is one that mtree_remark or mtree_renamed wrote, about something below
 * data/, and which. */
bool mtree_is_remark(const char *line, enum bag_remark *kind);

#endif
