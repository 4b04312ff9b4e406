/*
 * The record's parts, private to this room: the table of items, the manifest, the listing.
 */
#ifndef SEAL_BAG_ITEMS_H
#define SEAL_BAG_ITEMS_H

#include <string.h>

#include "bag/bag.h"

#define PAYLOAD_DIR "data"

/* That folder itself, or what is in it. */
static inline bool is_payload(const char *path, size_t len)
{
    size_t dir = strlen(PAYLOAD_DIR);

    return len >= dir && memcmp(path, PAYLOAD_DIR, dir) == 0 && (len == dir || path[dir] == '/');
}

enum tag_file { TAG_MANIFEST, TAG_MTREE, TAG_BAG_INFO, TAG_BAGIT, TAG_TAGMANIFEST, TAG_COUNT };

extern const char *const tag_file_names[TAG_COUNT];

/* ---- Items -------------------------------------------------------------------------------- */

enum item_type { ITEM_FILE, ITEM_DIR, ITEM_LINK };

#define MARK_RENAMED 1     /* the original path follows the path */
#define MARK_ABSENT 2      /* could not be opened after all: not in the bag */
#define MARK_IMPLIED 4     /* a folder without an entry of its own: its path has no NUL */
#define MARK_IN_MANIFEST 8 /* met in manifest-sha256.txt */
#define MARK_IN_LISTING 16 /* met in metadata.mtree */
#define MARK_EXEC 32
#define MARK_LINK_ONLY 64 /* a folder implied by links alone: not on disk */
#define MARK_SETTLED 128  /* such a one, whose spelling is settled */

/* 72 bytes: a million of them must be affordable. */
struct item {
    uint64_t path_off; /* of PATH NUL [ORIGINAL NUL] [TARGET NUL] in the table's text */
    uint64_t size;
    int64_t sec;
    uint32_t nsec;
    uint32_t path_len;
    uint32_t root; /* for the owner's own use: where the source has it from, how it was met */
    uint8_t type;
    uint8_t marks;
    uint8_t digest[SHA256_LEN];
};

_Static_assert(sizeof(struct item) <= 80, "an item is small");

/* What a table takes; a reader of foreign bags must not be made to hold any amount. */
#define TABLE_ITEMS_MAX ((size_t)16 * 1000 * 1000)
#define TABLE_TEXT_MAX ((size_t)2 * 1024 * 1024 * 1024)

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
/* Appends one whose path is the first path_len bytes of another's, without a copy of it: no NUL
 * stands behind it. */
struct item *table_add_prefix(struct table *t, size_t of, size_t path_len);
/* Appends text to what belongs to the item added last. */
MUST_USE enum seal_status table_add_text(struct table *t, const char *text, size_t len);
/* Only in an indexed table. NULL: no such path. */
struct item *table_find(const struct table *t, const char *path, size_t path_len);
const char *item_path(const struct table *t, const struct item *item);
/* The path in the source's spelling: the same unless MARK_RENAMED. */
const char *item_original(const struct table *t, const struct item *item);
/* ITEM_LINK: where it points. */
const char *item_target(const struct table *t, const struct item *item);

/* ---- manifest-sha256.txt and tagmanifest-sha256.txt (RFC 8493, 2.1.3) ---------------------- */

/* What a path cannot hold as it is. */
#define MANIFEST_CODED "\n\r%"

MUST_USE enum seal_status manifest_line(struct buffer *out, const uint8_t digest[static SHA256_LEN],
                                        const char *path);
/* line without its end. path is decoded in place; *path_len gets its length. */
MUST_USE bool manifest_parse(char *line, size_t len, uint8_t digest[static SHA256_LEN], char **path,
                             size_t *path_len);
/* The same in two steps, for digests of any length: the path as it stands there, not decoded. */
MUST_USE bool manifest_split(char *line, size_t len, uint8_t *digest, size_t digest_len,
                             char **path, size_t *path_len);
/* In place; returns what the length is then. */
size_t manifest_decode(char *path, size_t len);

/* ---- bag-info.txt (RFC 8493, 2.2.2) -------------------------------------------------------- */

/* Whether text begins with word (lower case), in any case. */
bool text_begins(const char *text, const char *word);
/* Of a line "LABEL: VALUE" with this label (lower case) in any case, and any blanks around the
 * colon: the value; else NULL. */
const char *bag_info_value(const char *line, const char *label);
MUST_USE enum seal_status bag_info_text(struct buffer *out, const struct bag_info *info,
                                        const struct bag_totals *totals);

/* ---- metadata.mtree ----------------------------------------------------------------------- */

#define MTREE_HEAD "#mtree\n. type=dir\n"

/* Appends s as paths stand in entries and comments. */
MUST_USE enum seal_status mtree_escape(struct buffer *out, const char *s);

MUST_USE enum seal_status mtree_line(struct buffer *out, const struct table *t,
                                     const struct item *item);
/* The same with another path. */
MUST_USE enum seal_status mtree_line_as(struct buffer *out, const char *path, const struct table *t,
                                        const struct item *item);
/* "# spelled ./ON-DISK ./AS-SEALED" */
MUST_USE enum seal_status mtree_spelled(struct buffer *out, const char *on_disk,
                                        const char *as_sealed);
/* "# WORD ./PATH DETAIL": PATH escaped as in entries, DETAIL as it is (it is ours; what names it
 * has went through mtree_escape). */
MUST_USE enum seal_status mtree_remark(struct buffer *out, enum bag_remark kind, const char *path,
                                       const char *detail);
MUST_USE enum seal_status mtree_renamed(struct buffer *out, const char *path, const char *original);

struct mtree_entry {
    char *path;
    size_t path_len;
    enum item_type type;
    bool has_size, has_time, has_digest, has_link;
    uint64_t size;
    struct timestamp time;
    uint8_t digest[SHA256_LEN];
    const char *link; /* ends with a NUL */
};

/* line without its end; decoded in place. False: no entry of this dialect. */
MUST_USE bool mtree_parse(char *line, size_t len, struct mtree_entry *e);

/* A name that had to be spelled differently on this disk: "# spelled ./ON-DISK ./AS-SEALED". */
#define MTREE_SPELLED "# spelled "

struct mtree_spelled {
    char *path, *as_sealed;
    size_t path_len, as_sealed_len;
};

/* A comment without its end, a NUL behind it; decoded in place. False: it is no such comment. */
MUST_USE bool mtree_parse_spelled(char *line, struct mtree_spelled *s);
/* Whether a comment line is one of mtree_remark's, and which. */
bool mtree_is_remark(const char *line, enum bag_remark *kind);

#endif
