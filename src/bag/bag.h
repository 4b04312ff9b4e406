/*
 * bag: what is sealed and the record of it. Walks the source, writes a BagIt bag with manifest and
 * metadata.mtree (format section 5), and checks one on the way out. Knows nothing of encryption or
 * compression.
 */
#ifndef SEAL_BAG_H
#define SEAL_BAG_H

#include "archive/archive.h"
#include "base/base.h"

/* What the record notes beside files and folders. All but links and new spellings mean that
 * something is missing. */
enum bag_remark {
    BAG_MISSING, /* could not be read at all; not in the bag */
    BAG_SKIPPED, /* a special file; not in the bag */
    BAG_DAMAGED, /* parts could not be read; zeros stand there */
    BAG_CHANGED, /* it changed while it was read */
    BAG_LINK,    /* a symbolic link: recorded with its target, not followed */
    BAG_RENAMED  /* the name is not UTF-8; another spelling stands for it */
};

#define BAG_REMARK_KINDS 6

struct bag_totals {
    uint64_t files, folders;
    uint64_t bytes;       /* of all files */
    uint64_t coded_names; /* files whose name a manifest cannot hold as it is (RFC 8493) */
    uint64_t remarks[BAG_REMARK_KINDS];
};

/* Whether something is missing and was recorded (exit code 3). */
bool bag_is_incomplete(const struct bag_totals *totals);

/* Who is told what happens meanwhile. Both functions may be NULL. */
struct bag_observer {
    void *ctx;
    /* path: in the bag; detail: a few words, or NULL. */
    void (*remark)(void *ctx, enum bag_remark kind, const char *path, const char *detail);
    /* that many bytes of files were dealt with */
    void (*progress)(void *ctx, uint64_t bytes);
};

/* ---- Sealing ------------------------------------------------------------------------------ */

/* The list of what will be sealed: 72 bytes and the path for each item. */
struct bag_source;

/* Lists everything under the paths given. Each appears as data/<its last part>; the contents of
 * one that ends in . or .. (or is /) appear in data/ itself. Reads no file and follows no link,
 * but one that is given with a final slash. What cannot be listed becomes a remark.
 * SEAL_IO: a path given is not there. SEAL_USAGE: two would have the same name; a path given is a
 * link or a special file. */
MUST_USE enum seal_status bag_source_new(struct bag_source **out, const char *const *paths,
                                         size_t path_count, const struct bag_observer *observer,
                                         struct fault *fault);
void bag_source_totals(const struct bag_source *source, struct bag_totals *totals);
/* Reads and writes it all, and the record behind it. software is for bag-info.txt; now for
 * Bagging-Date and the times of tag files. digest gets D. Totals are final afterwards. */
MUST_USE enum seal_status bag_source_write(struct bag_source *source, struct archive_writer *to,
                                           const char *software, struct timestamp now,
                                           uint8_t digest[static SHA256_LEN], struct fault *fault);
void bag_source_free(struct bag_source *source);

/* ---- Unsealing ---------------------------------------------------------------------------- */

/* Checks a bag while it streams by: every rule of section 6 about tar entries against each other,
 * manifests and listing. All failures are SEAL_HOSTILE or SEAL_NO_MEMORY. */
struct bag_check;

MUST_USE enum seal_status bag_check_new(struct bag_check **out, struct fault *fault);
/* Where an entry stands among those before it. */
struct bag_place {
    size_t known_len; /* so many bytes of its path are a folder that was met or implied before; of
                         the folders between there and the entry none was */
    bool is_known;    /* so is the entry itself, a folder */
};

/* An entry begins. place may be NULL. */
MUST_USE enum seal_status bag_check_entry(struct bag_check *c, const struct archive_entry *entry,
                                          struct bag_place *place, struct fault *fault);
/* All of its data, in order. */
MUST_USE enum seal_status bag_check_data(struct bag_check *c, const void *data, size_t len,
                                         struct fault *fault);
MUST_USE enum seal_status bag_check_entry_end(struct bag_check *c, struct fault *fault);
/* After the last entry: everything listed is there and everything there is listed; digest gets
 * the D of what was read, which the caller compares with the trailer's. */
MUST_USE enum seal_status bag_check_end(struct bag_check *c, uint8_t digest[static SHA256_LEN],
                                        struct fault *fault);
void bag_check_totals(const struct bag_check *c, struct bag_totals *totals);
/* The remarks of the record that name something missing, a line each, as metadata.mtree has them;
 * cut after 64 KiB. */
const char *bag_check_remarks(const struct bag_check *c);
/* Folders in the bag with their times, deepest last; calls each until it returns other than
 * SEAL_OK, which is then returned. */
enum seal_status bag_check_each_folder(const struct bag_check *c,
                                       enum seal_status (*each)(void *ctx, const char *path,
                                                                struct timestamp mtime,
                                                                struct fault *fault),
                                       void *ctx, struct fault *fault);
void bag_check_free(struct bag_check *c);

#endif
