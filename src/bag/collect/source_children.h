/*
 * The entries of one folder while it is listed: their types and times, and their names in the bag.
 * Private to bag/collect.
 */
#ifndef SEAL_BAG_SOURCE_CHILDREN_H
#define SEAL_BAG_SOURCE_CHILDREN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bag/collect/source.h"
#include "platform/files.h"

struct child {
    char *name;     /* the source's spelling */
    char *bag_name; /* in the bag: the same pointer, unless the name is not UTF-8 */
    size_t root;
    struct plat_stat st;
};

/* All zero is a valid empty one. */
struct children {
    struct child *list;
    size_t count, cap;
    size_t root; /* of those added next */
    bool no_memory;
};

/* Adds a child, of which st is still to be set; NULL for want of memory. */
struct child *children_add(struct children *c, const char *name);
void children_free(struct children *c);
/* Adds all entries of the open folder fd whose path in the bag is path. What cannot be looked at
 * becomes a remark. */
MUST_USE enum seal_status children_list(struct children *c, struct bag_source *s, int fd,
                                        const char *path, struct fault *fault);
/* Remarks on alternate data streams of the file or folder path in the folder at: they have no place
 * in a bag. folder is its folder in the bag, name its name. */
MUST_USE enum seal_status children_note_streams(struct bag_source *s, int at, const char *path,
                                                const char *folder, const char *name,
                                                struct fault *fault);
/* Gives all children their names in the bag, puts them in byte order of their paths there, and
 * remarks on names that not every system can hold. To be called once, after the last was added. */
MUST_USE enum seal_status children_name(struct children *c, struct bag_source *s,
                                        const char *folder, struct fault *fault);

#endif
