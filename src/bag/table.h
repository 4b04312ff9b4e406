/*
 * The table of the files, folders and links of a bag: one item for each, found by its path. Private
 * to bag and its sub-rooms: bag/collect lists the source in one, bag/check and bag/recheck what a
 * record says.
 */
#ifndef SEAL_BAG_TABLE_H
#define SEAL_BAG_TABLE_H

#include "base/bytes.h"
#include "base/hash.h"
#include "base/status.h"

enum item_type { ITEM_FILE, ITEM_DIR, ITEM_LINK };

#define MARK_RENAMED 1     /* the path in the source's spelling stands behind the path */
#define MARK_ABSENT 2      /* collect: listed, but could not be opened; not in the bag */
#define MARK_IMPLIED 4     /* a folder without an entry of its own: its path has no NUL */
#define MARK_IN_MANIFEST 8 /* check: manifest-sha256.txt lists it */
#define MARK_IN_LISTING 16 /* metadata.mtree lists it */
#define MARK_EXEC 32       /* collect: its owner may execute it */
#define MARK_LINK_ONLY 64  /* check: a folder implied by links alone: it must not be */

/* 72 bytes: a million of them must be affordable. */
struct item {
    uint64_t path_off; /* of PATH NUL [ORIGINAL NUL] [TARGET NUL] in the table's text */
    uint64_t size;
    int64_t sec;
    uint32_t nsec;
    uint32_t path_len;
    /* What only the room that owns the table uses; 0 in a new item. */
    union {
        struct {
            uint32_t root; /* the path given that it lies under: index into bag_source.roots */
        } collect;
        struct {
            uint16_t manifests; /* those that list it: bits IN_MANIFEST(digest kind) */
            uint16_t met;       /* where else it was met: bits MET_... */
        } recheck;
    };
    uint8_t type;
    uint8_t marks;
    uint8_t digest[SHA256_LEN];
};

_Static_assert(sizeof(struct item) <= 72, "an item is small");

/* What a table takes: a record made by a stranger must not fill all memory. */
#define TABLE_ITEMS_MAX ((size_t)16 * 1000 * 1000)
#define TABLE_TEXT_MAX ((size_t)2 * 1024 * 1024 * 1024)

/* Adding an item may move items and text: pointers into them are good until then. */
struct table {
    struct buffer text;
    struct item *items;
    size_t count, cap;
    uint32_t *index; /* hash table of item numbers + 1, if indexed */
    size_t index_size;
    uint8_t hash_key[16];
};

void table_init(struct table *t, bool indexed);
void table_free(struct table *t);
/* Appends an item with this path; the rest of it is zero. NULL for want of memory. */
struct item *table_add(struct table *t, const char *path, size_t path_len);
/* Appends text to what belongs to the item added last, and a NUL. */
MUST_USE enum seal_status table_add_text(struct table *t, const char *text, size_t len);
/* Appends a MARK_IMPLIED folder, with these marks as well, for each folder above the item of that
 * number, from the item upwards until one is met that the table has. *nearest is that one, or NULL
 * if there was none: where a folder is in the table, so are all above it. */
MUST_USE enum seal_status table_imply_folders(struct table *t, size_t number, uint8_t marks,
                                              const struct item **nearest);
/* An implied folder has no path of its own in the text. Gives it one, which is a copy of path. The
 * mark is the caller's to take off. */
MUST_USE enum seal_status table_own_path(struct table *t, struct item *item, const char *path,
                                         size_t path_len);
/* Only in an indexed table. NULL: no such path. */
struct item *table_find(const struct table *t, const char *path, size_t path_len);

const char *item_path(const struct table *t, const struct item *item);
/* The path in the source's spelling: the same unless MARK_RENAMED. */
const char *item_original(const struct table *t, const struct item *item);
/* ITEM_LINK: where it points. */
const char *item_target(const struct table *t, const struct item *item);

#endif
