/*
 * The state of a bag on disk that is being checked, which each step reads and adds to. Private to
 * bag/recheck. It holds no order of steps: that is in recheck.c, which alone calls them.
 */
#ifndef SEAL_BAG_RECHECK_STATE_H
#define SEAL_BAG_RECHECK_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/archive.h"
#include "bag/bag_layout.h"
#include "bag/recheck/digests.h"
#include "bag/recheck/disk_access.h"
#include "bag/recheck/recheck.h"
#include "bag/table.h"

/* ---- What manifests list ------------------------------------------------------------------ */

/* Where an item was met, besides manifests: bits of item.recheck.met. */
#define MET_IN_FETCH 1
#define MET_ON_DISK 2
#define MET_IN_SEALED_MANIFEST 4 /* as-sealed/manifest-sha256.txt */
#define MET_IN_SEALED_LISTING 8  /* as-sealed/metadata.mtree */

/* All manifests of one sort: of the payload, or of tag files. One item for each path that any of
 * them lists; item.recheck.manifests has DIGEST_BIT(kind) for each that does. */
struct manifest_set {
    const char *prefix;         /* of their names: "manifest-" or "tagmanifest-" */
    enum bag_record_file first; /* the numbers of their files begin with this one */
    struct table table;
    unsigned int kinds; /* of the manifests that are there: DIGEST_BITs */
    unsigned int whole; /* of those that were read to their end */
    struct buffer rows; /* for each item row_len bytes: the digests that the manifests list */
    size_t row_len, row_off[DIGEST_KINDS];
};

/* Once kinds is known: which digest stands where in a row. */
void manifest_set_lay_out(struct manifest_set *m);
/* The item for the path, found or added; NULL for want of memory. */
struct item *manifest_set_item(struct manifest_set *m, const char *path, size_t path_len);
/* The manifest of that kind. */
enum bag_record_file manifest_set_file(const struct manifest_set *m, enum digest_kind kind);
/* Where the digest of that kind is kept. */
uint8_t *manifest_set_digest(const struct manifest_set *m, const struct item *item,
                             enum digest_kind kind);

/* ---- Folders ------------------------------------------------------------------------------ */

/* Paths that say something about all that lies below them. */
struct prefixes {
    struct table table;
    bool lens[PATH_LEN_MAX + 1]; /* which lengths of paths there are: others are not looked for */
};

/* The longest that is path or a folder above it; NULL: none. */
const struct item *prefixes_find(struct prefixes *p, const char *path, size_t path_len);
/* text, which may be NULL, is kept behind the path and its NUL. SEAL_NO_MEMORY. */
MUST_USE enum seal_status prefixes_add(struct prefixes *p, const char *path, size_t path_len,
                                       const char *text, size_t text_len);

/* ---- The state ---------------------------------------------------------------------------- */

#define RECHECK_CHUNK ((size_t)128 * 1024)

struct recheck {
    struct bag_recheck *result;
    const struct bag_recheck_observer *observer;
    const char *name; /* of the bag, as the user called it */
    int dirfd;
    uint8_t *chunk; /* RECHECK_CHUNK bytes, to read files into */

    /* bagit.txt and bag-info.txt */
    bool is_version_1;      /* of BagIt; else older */
    enum encoding encoding; /* of the tag files of BagIt, but bagit.txt */
    bool is_ours;           /* seal made the bag: then all that belongs there is known */
    const char *oxum_in;    /* the file that has a Payload-Oxum, or NULL */
    uint64_t oxum_bytes, oxum_files;

    /* manifests */
    bool has_unknown_algorithm; /* some payload manifest cannot be checked */
    struct manifest_set payload, tags;

    /* metadata.mtree: its entries are in payload.table, with MARK_IN_LISTING */
    bool has_foreign_listing; /* there is one, in another dialect */
    bool has_spelled;         /* it has a comment on a name that is spelled differently */
    bool has_other_comments;  /* it has comments that are no spellings */
    struct prefixes spelled;  /* path as sealed, and behind it the one on disk */
    uint64_t links[4]; /* sum of the digests of its links, less those in as-sealed/metadata.mtree */
    uint8_t link_key[32]; /* random */

    struct prefixes unreadable; /* folders below data/ */
    struct table added; /* names of files that were added, folded (bag_name_fold); not all */
    bool knows_disk;
    struct table on_disk; /* with knows_disk: all paths that there are */
};

/* result, observer, name and dirfd as given to bag_recheck. NULL for want of memory. */
struct recheck *recheck_state_new(void);
void recheck_state_free(struct recheck *r);

/* Whether the tag manifest that seal writes lists the path. */
bool recheck_tag_is_listed(const struct recheck *r, const char *path);
/* Adds the digest of a link to r->links, or takes it off. Links are in no table. That two listings
 * have the same links shows in the sum of their digests, which no order of lines changes. */
void recheck_sum_link(struct recheck *r, const char *path, const char *target,
                      struct timestamp time, bool take_off);
/* Whether there is anything with that path; *is. SEAL_USAGE: there are too many names. */
MUST_USE enum seal_status recheck_is_on_disk(struct recheck *r, const char *path, size_t len,
                                             bool *is, struct fault *fault);
/* Count a change and tell the observer: one that has no fields besides these; that something could
 * not be read, for the errno sys; any other. */
void recheck_tell(struct recheck *r, enum bag_change kind, const char *path,
                  enum bag_detail detail);
void recheck_tell_error(struct recheck *r, const char *path, int sys);
void recheck_tell_difference(struct recheck *r, const struct bag_difference *difference);

/* ---- Reading a file of the record --------------------------------------------------------- */

struct record_file {
    struct recheck *r;
    const char *name;
    enum bag_record_file which; /* BAG_RECORD_NO_FILE: record_tell is not called */
    bool is_malformed;          /* and that was told, once */
};

/* Reads all lines of a file of the record. *whole: it is there and was read to its end. What
 * hinders that is told, except that it is not there. digest (may be NULL) gets the SHA-256 of what
 * was read. */
MUST_USE enum seal_status recheck_read(struct recheck *r, const char *path,
                                       const struct line_taker *taker, bool *whole, uint8_t *digest,
                                       struct fault *fault);
/* Tells that this line is malformed, if it is the first in the file. Returns SEAL_OK. */
enum seal_status record_malformed(struct record_file *f, const struct text_line *line);
/* Tells what the file wrongly says of a path. */
void record_tell(struct record_file *f, const char *path, enum bag_detail detail);

/* ---- Failures ----------------------------------------------------------------------------- */

/* A table takes no more. */
static inline enum seal_status too_many(struct fault *fault)
{
    return fault_set(fault, REASON_LISTED_NAMES_TOO_MANY, NULL);
}

/* A file of the record that makes it a bag is missing: for that reason, or since their names are in
 * capital letters. */
enum seal_status no_record(const struct recheck *r, enum seal_reason reason, struct fault *fault);

static inline enum seal_status no_bag(const struct recheck *r, enum seal_reason reason,
                                      struct fault *fault)
{
    return fault_set(fault, reason, r->name);
}

#endif
