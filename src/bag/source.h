/*
 * The list of what will be sealed, private to this room.
 */
#ifndef SEAL_BAG_SOURCE_H
#define SEAL_BAG_SOURCE_H

#include "bag/items.h"
#include "platform/platform.h"

/* A path as it was given. */
struct source_root {
    const char *path;
    bool follow; /* it had a final slash */
    bool merged; /* its contents, not itself, go into data/ */
    bool is_dir;
    size_t strip; /* length of the part of an item's original path that stands for this root */
};

struct bag_source {
    struct table table;
    struct source_root *roots;
    size_t root_count;
    struct buffer remarks; /* comment lines for metadata.mtree */
    bool data_is_given;    /* a folder given stands for data/ */
    struct bag_totals totals;
    uint64_t damaged_files; /* one may have several remarks */
    struct bag_observer observer;
    size_t depth; /* of folders, while listing */
    /* The folder opened last: most files are asked for folder by folder. */
    char *open_path;
    size_t open_root;
    int open_fd;
};

/* Notes a remark in the record and tells the observer. SEAL_NO_MEMORY. */
MUST_USE enum seal_status source_remark(struct bag_source *s, enum bag_remark kind,
                                        const char *path, const char *detail, struct fault *fault);
/* The same where a name stands in the detail: told as it is, and recorded escaped. */
MUST_USE enum seal_status source_remark_twice(struct bag_source *s, enum bag_remark kind,
                                              const char *path, const char *told,
                                              const char *recorded, struct fault *fault);
/* Remarks which of the names that stand side by side in a folder not every system can hold, show or
 * tell apart. folder is a path in the bag. */
MUST_USE enum seal_status source_note_names(struct bag_source *s, const char *folder,
                                            const char *const *names, size_t count,
                                            struct fault *fault);
/* A file that was listed and cannot be opened now: the totals had it in. */
MUST_USE enum seal_status source_leave_out(struct bag_source *s, struct item *item, const char *why,
                                           struct fault *fault);
/* Opens the file behind an item for reading; -1 with errno. */
int source_open_item(struct bag_source *s, const struct item *item);

#endif
