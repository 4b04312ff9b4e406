/*
 * The state of a bag that is being checked, and the steps of the check. Private to bag/check.
 * check.c calls the steps; of these only check_lines.c calls another, for the lines of the listing.
 */
#ifndef SEAL_BAG_CHECK_STATE_H
#define SEAL_BAG_CHECK_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bag/bag_layout.h"
#include "bag/check/check.h"
#include "bag/table.h"

#define OXUM_SIZE 64

/* Lines of a tag file that are kept for people, each with its LF. */
struct kept_lines {
    struct buffer text;
    size_t count;
    bool is_cut; /* there were more than are kept */
};

struct bag_check {
    enum bag_scope scope;
    struct table table; /* of the payload, complete when the first line of a tag file is read */
    struct bag_totals totals;
    struct sha256 hash; /* of the current entry */
    size_t item;        /* number in table of the current entry, if it is no tag file */
    uint64_t names_cost;
    int tag; /* enum tag_file of the current entry; -1: it is in the payload */
    bool tag_seen[TAG_COUNT];
    uint8_t tag_digests[TAG_COUNT][SHA256_LEN]; /* of what was read */
    uint8_t tag_listed[TAG_COUNT][SHA256_LEN];  /* as the tag manifest lists them */
    bool tag_is_listed[TAG_COUNT];
    struct buffer line;        /* of the current tag file: the beginning of a line */
    uint64_t line_number;      /* lines of it that are complete */
    struct kept_lines remarks; /* what bag_check_remarks returns */
    struct kept_lines info;    /* what bag_check_info returns */
    struct buffer damaged;     /* "# damaged ./PATH " of the last such remark */
    bool oxum_is_last;         /* the last line of bag-info.txt is the Payload-Oxum */
    char oxum[OXUM_SIZE];      /* the Payload-Oxum of bag-info.txt; "" if there is none */
};

/* ---- Items (check_state.c) ---------------------------------------------------------------- */

/* Adds an item to the table and counts what its name costs. NULL: the table takes no more. */
struct item *check_add_item(struct bag_check *c, const char *path, size_t len);
/* Gives a folder that was only implied a path of its own (table_own_path); counted likewise. */
MUST_USE enum seal_status check_own_path(struct bag_check *c, struct item *item, const char *path,
                                         size_t len, struct fault *fault);
/* Adds the folders above the item of that number to the table, as implied and with these marks.
 * *known_len as in bag_place. SEAL_HOSTILE: something that is no folder lies above it. */
MUST_USE enum seal_status check_imply_folders(struct bag_check *c, size_t number, uint8_t marks,
                                              size_t *known_len, struct fault *fault);
/* BAG_RECORD_ALONE: finds the item that a tag file lists, or adds it, since what the record lists
 * is taken to be there. *item is NULL if the payload cannot have such a path. */
MUST_USE enum seal_status check_assume_item(struct bag_check *c, const char *path, size_t len,
                                            enum item_type type, struct item **item,
                                            struct fault *fault);

/* ---- Kept lines (check_state.c) ----------------------------------------------------------- */

/* Keeps the line, unless it and its LF make more than max bytes of text, or it is one of more than
 * BAG_LINES_KEPT_MAX lines: then neither it nor any line after it is kept. */
MUST_USE enum seal_status check_keep_line(struct kept_lines *kept, size_t max, const char *line,
                                          size_t len, struct fault *fault);

/* ---- Steps -------------------------------------------------------------------------------- */

/* check_entries.c: an entry begins. Its path against those of all entries before. */
MUST_USE enum seal_status check_entry(struct bag_check *c, const struct tar_entry *e,
                                      struct bag_place *place, struct fault *fault);

/* check_lines.c: text of the current tag file; and its end. */
MUST_USE enum seal_status check_tag_text(struct bag_check *c, const char *text, size_t len,
                                         struct fault *fault);
MUST_USE enum seal_status check_tag_end(struct bag_check *c, struct fault *fault);

/* check_listing.c: line number c->line_number of metadata.mtree, without its end, with a NUL behind
 * it; written to. */
MUST_USE enum seal_status check_listing_line(struct bag_check *c, char *line, size_t len,
                                             struct fault *fault);

/* ---- Failures ----------------------------------------------------------------------------- */

static inline enum seal_status hostile(struct fault *fault, enum seal_reason reason,
                                       const char *name)
{
    return fault_set(fault, reason, name);
}

/* The table takes no more. */
static inline enum seal_status too_many(struct fault *fault)
{
    return fault_set(fault, REASON_NAMES_TOO_MANY, NULL);
}

#endif
