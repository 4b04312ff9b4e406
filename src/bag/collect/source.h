/*
 * The list of what is to be sealed, and remarks about it. Private to bag/collect.
 */
#ifndef SEAL_BAG_SOURCE_H
#define SEAL_BAG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bag/bag_layout.h"
#include "bag/collect/collect.h"
#include "bag/table.h"
#include "platform/files.h"

/* A path as it was given. */
struct source_root {
    const char *path;
    bool follow;   /* it had a final slash: if it is a link, its target is meant */
    bool merged;   /* its contents, not itself, go into data/ */
    bool has_some; /* something other than folders was found, also if it cannot be read */
    size_t strip;  /* length of the beginning of an item's original path that stands for this root:
                      "data", and unless merged the name of the root */
};

struct bag_source {
    struct table table; /* in byte order of the paths in the bag; the first item is data/ */
    struct source_root *roots;
    size_t root_count;
    struct buffer remarks; /* comment lines for metadata.mtree */
    bool data_is_given;    /* a merged root: data/ has its time */
    struct bag_totals totals;
    uint64_t damaged_files; /* a damaged file may have several remarks */
    struct bag_observer observer;
    /* Files that standard output and standard error lead to: they are made by sealing, not found.
     */
    struct plat_stat own[2];
    size_t own_count;
    /* The folder that was opened last stays open, since most items are in the same folder as the
     * one before, or in one below it (source_open.c). */
    char *open_path; /* below its root; "" is the root */
    size_t open_root;
    int open_fd; /* -1: none */
};

/* Counts a remark, tells the observer and notes it in the record. SEAL_NO_MEMORY. SEAL_IO: what was
 * not read is for want of something of our own, such as descriptors. */
MUST_USE enum seal_status source_remark(struct bag_source *s, const struct bag_notice *notice,
                                        struct fault *fault);
/* Remarks that something could not be read, for the errno sys. */
MUST_USE enum seal_status source_remark_error(struct bag_source *s, const char *path, int sys,
                                              struct fault *fault);
/* Takes a file that was listed, but cannot be opened, out of the bag and the totals. sys is errno
 * if the cause is BAG_CAUSE_SYSTEM, else 0. */
MUST_USE enum seal_status source_leave_out(struct bag_source *s, struct item *item,
                                           enum bag_cause cause, int sys, struct fault *fault);
/* How many files, special files and things that cannot be read were found so far. */
uint64_t source_found(const struct bag_source *s);
/* Tells the observer that so many bytes of files are done. */
void source_progress(const struct bag_source *s, uint64_t bytes);

#endif
