/*
 * The fixed names in a bag: the payload folder and the five tag files. Private to bag and its
 * sub-rooms.
 */
#ifndef SEAL_BAG_LAYOUT_H
#define SEAL_BAG_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include "bag/bag.h"

#define PAYLOAD_DIR "data"

/* Whether the path is data or lies in it. */
static inline bool is_payload(const char *path, size_t len)
{
    size_t dir = strlen(PAYLOAD_DIR);

    return len >= dir && memcmp(path, PAYLOAD_DIR, dir) == 0 && (len == dir || path[dir] == '/');
}

/* In the order in which they are sealed. */
enum tag_file { TAG_MANIFEST, TAG_MTREE, TAG_BAG_INFO, TAG_BAGIT, TAG_TAGMANIFEST, TAG_COUNT };

extern const char *const tag_file_names[TAG_COUNT];

/* The enum tag_file of a path in the bag; -1: it is none. */
int tag_file_find(const char *path, size_t path_len);

#endif
