/*
 * Checking a bag on disk again: what its parts share, private to this room. First all of the record
 * is read into tables, then what is on the disk is met, file by file, and what was not met is gone.
 */
#ifndef SEAL_BAG_RECHECK_H
#define SEAL_BAG_RECHECK_H

#include "bag/digests.h"
#include "bag/items.h"
#include "bag/ondisk.h"

/* ---- What the record says ----------------------------------------------------------------- */

/* How an item was met, in its member root. The lowest bits: by the manifest of that digest_kind. */
#define MET_IN(kind) (1U << (kind))
#define MET_IN_ANY ((1U << DIGEST_KINDS) - 1)
#define MET_IN_FETCH 0x100U
#define MET_ON_DISK 0x200U
#define MET_IN_SEALED 0x400U         /* as-sealed/manifest-sha256.txt */
#define MET_IN_SEALED_LISTING 0x800U /* as-sealed/metadata.mtree */

/* All manifests of one sort: of the payload, or of tag files. */
struct listed {
    const char *prefix; /* "manifest-" or "tagmanifest-" */
    struct table table;
    unsigned int kinds; /* that are there, as bits */
    unsigned int whole; /* those that were read to their end */
    size_t row_len, row_off[DIGEST_KINDS];
    struct buffer rows; /* row_len bytes for each item: its digests */
};

/* An item for the path, found or made; NULL for want of memory. */
struct item *listed_item(struct listed *l, const char *path, size_t path_len);
/* Where the digest of that kind is kept. */
uint8_t *listed_digest(const struct listed *l, const struct item *item, enum digest_kind kind);

/* Paths that say something about all that is below them. */
struct prefixes {
    struct table table;
    bool lens[PATH_LEN_MAX + 1]; /* only prefixes of these lengths need to be looked for */
};

/* The longest that is path or a folder above it; NULL: none. */
const struct item *prefixes_find(struct prefixes *p, const char *path, size_t path_len);
/* text: what belongs to it, or NULL. SEAL_NO_MEMORY. */
MUST_USE enum seal_status prefixes_add(struct prefixes *p, const char *path, size_t path_len,
                                       const char *text, size_t text_len);

struct recheck {
    struct bag_recheck *result;
    const struct bag_recheck_observer *observer;
    const char *name; /* of the bag, as the user called it */
    int dirfd;
    bool is_version_1;        /* of BagIt; else older */
    bool is_ours;             /* a bag that seal made: then we know all that belongs there */
    bool has_foreign_listing; /* a metadata.mtree in another dialect */
    bool knows_no_kind;       /* a manifest of an algorithm that is not known */
    bool has_spelled;         /* metadata.mtree has a name that is spelled differently */
    struct listed payload, tags;
    struct prefixes spelled; /* a path as sealed, and behind it the one on disk */
    struct prefixes unreadable;
    const char *oxum_in; /* the file that has a Payload-Oxum, or NULL */
    uint64_t oxum_bytes, oxum_files;
    bool has_other_comments; /* metadata.mtree has some that are no spellings */
    uint64_t links[4];       /* sum of the digests of its links, less those in as-sealed/ */
    uint8_t link_key[32];    /* random */
    uint8_t *chunk;          /* RECHECK_CHUNK bytes */
};

#define RECHECK_CHUNK ((size_t)128 * 1024)

/* Whether it is in the tag manifest that seal writes. */
bool recheck_tag_is_listed(struct recheck *r, const char *path);

/* Counts a change and tells the observer. format: of the detail, printf-like, or NULL. No text from
 * the bag goes into the detail. */
void recheck_tell(struct recheck *r, enum bag_change kind, const char *path, const char *format,
                  ...) PRINTF_LIKE(4, 5);

/* All lines of a file of the record. *whole: it is there and was read to its end. What hinders that
 * is told, except that it is not there. digest as in ondisk_lines. */
MUST_USE enum seal_status recheck_read(struct recheck *r, const char *path,
                                       const struct line_taker *taker, bool *whole, uint8_t *digest,
                                       struct fault *fault);

/* ---- The steps, in this order ------------------------------------------------------------- */

/* bagit.txt, manifests, fetch.txt, bag-info.txt, metadata.mtree into the tables, and against each
 * other. SEAL_USAGE: it is no bag. */
MUST_USE enum seal_status recheck_record(struct recheck *r, struct fault *fault);
/* metadata.mtree; recheck_record calls it. */
MUST_USE enum seal_status recheck_listing(struct recheck *r, struct fault *fault);
/* as-sealed/, where it is, against the tables. */
MUST_USE enum seal_status recheck_sealed(struct recheck *r, struct fault *fault);
/* In a bag of ours: what is missing beside data/, and what does not belong there. */
MUST_USE enum seal_status recheck_own(struct recheck *r, struct fault *fault);

#endif
