/*
 * bag/check: checks a bag while it streams by (format section 6.3): entries against each other, the
 * five files of the record against the entries and against each other. Afterwards it tells what the
 * bag holds, and writes the record anew for names that are spelled differently on disk. Never
 * touches a disk: entries come in by function calls, and what is written goes to sinks.
 *
 *     bag_check_new
 *     for each entry of the archive: bag_check_entry, bag_check_data..., bag_check_entry_end
 *     bag_check_end
 *     whatever is asked about the bag
 *     bag_check_free
 *
 * All failures are SEAL_HOSTILE or SEAL_NO_MEMORY, unless a function says otherwise.
 */
#ifndef SEAL_BAG_CHECK_H
#define SEAL_BAG_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/archive.h"
#include "bag/bag.h"

struct bag_check;

/* BAG_WHOLE: all of the bag streams by. BAG_RECORD_ALONE: only the tag files do. They are checked
 * against each other, and the payload is taken to be what they say. */
enum bag_scope { BAG_WHOLE, BAG_RECORD_ALONE };

MUST_USE enum seal_status bag_check_new(struct bag_check **out, enum bag_scope scope,
                                        struct fault *fault);
void bag_check_free(struct bag_check *c);

/* ---- While the bag streams by ------------------------------------------------------------- */

/* What the entries before an entry tell about its path. */
struct bag_place {
    size_t known_len; /* length of the longest folder in its path that is known: it had an entry, or
                         an entry lay below it; 0: none. If the entry is known itself, all of it */
    bool is_known;    /* so is the entry itself, a folder below which an entry lay already */
};

/* An entry begins. place, which may be NULL, gets what was known of its path. */
MUST_USE enum seal_status bag_check_entry(struct bag_check *c, const struct tar_entry *entry,
                                          struct bag_place *place, struct fault *fault);
/* All data of the entry, in order and in pieces of any length. */
MUST_USE enum seal_status bag_check_data(struct bag_check *c, const void *data, size_t len,
                                         struct fault *fault);
MUST_USE enum seal_status bag_check_entry_end(struct bag_check *c, struct fault *fault);
/* In place of bag_check_data and bag_check_entry_end, for a file of the payload that another thread
 * hashes: the number of the entry that began last; and, before any tag file begins, its digest. */
size_t bag_check_item(const struct bag_check *c);
void bag_check_set_digest(struct bag_check *c, size_t item,
                          const uint8_t digest[static SHA256_LEN]);
/* After the last entry: whether all that is listed is there, and all that is there is listed.
 * digest gets D, the SHA-256 of the tag manifest, which the caller compares with the trailer's. */
MUST_USE enum seal_status bag_check_end(struct bag_check *c, uint8_t digest[static SHA256_LEN],
                                        struct fault *fault);

/* ---- What the bag holds ------------------------------------------------------------------- */

/* How many items the record and the entries named so far, with the folders above them. */
size_t bag_check_item_count(const struct bag_check *c);
/* What the names cost: bytes of paths and of where links point, and CHECK_PART_COST for each part
 * of a path, since a path is looked up and opened part by part. A folder that is only implied costs
 * its parts alone. */
uint64_t bag_check_names_cost(const struct bag_check *c);
#define CHECK_PART_COST 32
void bag_check_totals(const struct bag_check *c, struct bag_totals *totals);
/* The remarks of the record: the comment lines of metadata.mtree, links left out, each with its LF.
 * *are_cut: there were more than BAG_REMARKS_KEPT_MAX, and the rest is left out. */
const char *bag_check_remarks(const struct bag_check *c, bool *are_cut);
/* bag-info.txt. *is_cut: it has more than BAG_INFO_KEPT_MAX, and the rest is left out. */
const char *bag_check_info(const struct bag_check *c, bool *is_cut);

struct bag_item {
    const char *path;
    enum { BAG_FILE, BAG_FOLDER, BAG_SYMLINK } type;
    uint64_t size;
    struct timestamp mtime;
    const uint8_t *digest; /* BAG_FILE */
    const char *target;    /* BAG_SYMLINK */
    uint64_t entry;        /* its number in the archive, if that is in byte order; links, which have
                              no entry, have that of the next */
};

/* After bag_check_end: hands over all files, folders and links, in byte order of their paths, which
 * is the order of the archive. Stops where each returns other than SEAL_OK, and returns that;
 * SEAL_INTERRUPTED. */
enum seal_status bag_check_each_item(const struct bag_check *c,
                                     enum seal_status (*each)(void *ctx,
                                                              const struct bag_item *item,
                                                              struct fault *fault),
                                     void *ctx, struct fault *fault);
/* Likewise all folders. mtime is NULL for a folder without an entry of its own. Folders with an
 * entry come first, in the order of the archive; then those without, those of a deep tree from the
 * top down. */
enum seal_status bag_check_each_folder(const struct bag_check *c,
                                       enum seal_status (*each)(void *ctx, const char *path,
                                                                const struct timestamp *mtime,
                                                                struct fault *fault),
                                       void *ctx, struct fault *fault);

/* Whether an entry or the record named that path so far; item, which may be NULL, gets what is
 * known of it, but its number. Of a file that the record did not name digest is NULL. */
bool bag_check_find(const struct bag_check *c, const char *path, size_t len, struct bag_item *item);

/* ---- The record for names on disk --------------------------------------------------------- */

/* All of these come after bag_check_end, with the spellings of all entries settled in s. */

/* Settles the spellings of links, which are only listed. That they come after all entries keeps
 * them from taking a name that an entry could have on disk. */
MUST_USE enum seal_status bag_check_settle_links(struct bag_check *c, struct bag_spelling *s,
                                                 struct fault *fault);
/* How many files have a name on disk that manifests code. */
uint64_t bag_check_coded(const struct bag_check *c, struct bag_spelling *s);
/* Appends the comment lines "# spelled" for all entries, in their order. *are_cut: there were more
 * than limit bytes, and the rest is left out. */
MUST_USE enum seal_status bag_check_spelled(const struct bag_check *c, struct bag_spelling *s,
                                            size_t limit, struct buffer *out, bool *are_cut,
                                            struct fault *fault);
/* Writes manifest-sha256.txt, metadata.mtree and tagmanifest-sha256.txt for the names on disk, one
 * after the other. digest gets the SHA-256 of the last. Returns what a sink returns. */
MUST_USE enum seal_status bag_check_respell(const struct bag_check *c, struct bag_spelling *s,
                                            const struct sink *manifest, const struct sink *listing,
                                            const struct sink *tagmanifest,
                                            uint8_t digest[static SHA256_LEN], struct fault *fault);

#endif
