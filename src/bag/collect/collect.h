/*
 * bag/collect: lists what is to be sealed, reads it, and writes it as a bag (format section 5) into
 * an archive. Knows nothing of encryption.
 *
 *     bag_source_new
 *     bag_source_estimate, bag_source_sample, if a size is wanted beforehand
 *     bag_source_write
 *     bag_source_free
 */
#ifndef SEAL_BAG_COLLECT_H
#define SEAL_BAG_COLLECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/archive.h"
#include "bag/bag.h"

/* ---- Remarks ------------------------------------------------------------------------------ */

/* Why something is missing, was skipped, or counts as changed. */
enum bag_cause {
    BAG_CAUSE_NONE, /* of other kinds of remarks: they say all */
    /* BAG_MISSING */
    BAG_CAUSE_SYSTEM,      /* the system refused: sys */
    BAG_CAUSE_LISTING,     /* likewise, when a part of what is in the folder was listed already */
    BAG_CAUSE_PATH_LONG,   /* its path is too long for the format */
    BAG_CAUSE_NESTED_DEEP, /* too many folders are above it */
    BAG_CAUSE_LINK_EMPTY,  /* a link whose target is the empty name */
    BAG_CAUSE_LOST,        /* it was a file, and can no longer be looked at */
    BAG_CAUSE_NO_FILE,     /* it was a file, and is something else */
    /* BAG_SKIPPED: what it is */
    BAG_CAUSE_FIFO,
    BAG_CAUSE_SOCKET,
    BAG_CAUSE_DEVICE,
    BAG_CAUSE_STREAM, /* an alternate data stream, of NTFS */
    BAG_CAUSE_OWN,    /* what this program writes is led into it */
    /* BAG_CHANGED */
    BAG_CAUSE_SHORT,     /* it ended after len of size bytes; zeros follow */
    BAG_CAUSE_LONGER,    /* it went on behind the size that it had; the rest is not in the bag */
    BAG_CAUSE_RETIMED,   /* its size or time is another */
    BAG_CAUSE_TIME_ONLY, /* only its time: its content, read again, is what was sealed */
    /* BAG_UNKEPT */
    BAG_CAUSE_ATTRIBUTES,
    BAG_CAUSE_HOLES, /* zeros stand there */
    /* BAG_DAMAGED */
    BAG_CAUSE_NOTHING_READ, /* not in part, but wholly */
    BAG_CAUSES
};

/* How a name differs from another one in the same folder that some system takes for the same. */
enum bag_twin {
    BAG_TWIN_NONE, /* there is no such name */
    BAG_TWIN_NORMALIZATION,
    BAG_TWIN_CASE,
    BAG_TWIN_INVISIBLE, /* in characters that do not show, and perhaps in letter case */
    BAG_TWINS
};

/* One remark on what is sealed. It owns nothing: pointers are good until the function that was told
 * returns. What does not belong to the kind or the cause is 0 or NULL. */
struct bag_notice {
    enum bag_remark kind;
    const char *path; /* in the bag */
    enum bag_cause cause;
    int sys;            /* BAG_CAUSE_SYSTEM, BAG_CAUSE_LISTING: errno */
    uint64_t len, size; /* BAG_CAUSE_SHORT: bytes */
    /* BAG_CHANGED, if it could be read again (else NULL): its SHA-256 then, and its bytes. */
    const uint8_t *digest_now;
    uint64_t size_now;
    const char *ranges;     /* BAG_DAMAGED: "FIRST-LAST,FIRST-LAST", offsets of bytes */
    const char *target;     /* BAG_LINK: where it points */
    const char *attributes; /* BAG_CAUSE_ATTRIBUTES: "NAME (SIZE bytes), NAME (SIZE bytes)" */
    unsigned int oddities;  /* BAG_ODD_NAME: NAME_... bits (bag.h) */
    enum bag_twin twin;     /* BAG_ODD_NAME */
    const char *twin_name;  /* the name of the twin; any bytes */
    struct timestamp time;  /* BAG_ROUNDED: what it was */
};

/* Who is told what happens meanwhile. Both functions may be NULL. */
struct bag_observer {
    void *ctx;
    void (*remark)(void *ctx, const struct bag_notice *notice);
    /* so many more bytes of files were read, or left out with their file */
    void (*progress)(void *ctx, uint64_t bytes);
};

/* ---- Listing ------------------------------------------------------------------------------ */

/* The list of what is to be sealed: 72 bytes and the path for each file, folder and link. */
struct bag_source;

/* Lists everything under the paths given. Each appears as data/<its last part>; the contents of
 * one that ends in . or .. (or is /) appear in data/ itself. Reads no file and follows no link,
 * but one that is given with a final slash. What cannot be listed becomes a remark. The paths must
 * outlive the source; the observer is copied.
 * SEAL_IO: a path given is not there. SEAL_USAGE: two would have the same name; a path given is a
 * link or a special file. */
MUST_USE enum seal_status bag_source_new(struct bag_source **out, const char *const *paths,
                                         size_t path_count, const struct bag_observer *observer,
                                         struct fault *fault);
/* Over paths, sizes, times, targets of links and remarks. */
void bag_source_digest(const struct bag_source *source, uint8_t digest[static SHA256_LEN]);
/* Of remarks on damage, how many files they are about. */
void bag_source_totals(const struct bag_source *source, struct bag_totals *totals);
/* The first of the paths given, from this number on, under which there are only folders and
 * links; their count if there is none. */
size_t bag_source_next_bare(const struct bag_source *source, size_t number);
void bag_source_free(struct bag_source *source);

/* ---- Writing the bag ---------------------------------------------------------------------- */

/* Reads all files, and writes them and then the record of them. crew, which may be NULL, has the
 * threads that read small files ahead. digest gets D, the SHA-256 of the tag manifest. Totals are
 * final afterwards. A file that cannot be read, or only in part, becomes a remark. To be called
 * once. Returns what the archive does; SEAL_NO_MEMORY, SEAL_INTERRUPTED. */
MUST_USE enum seal_status bag_source_write(struct bag_source *source, struct content_writer *to,
                                           struct crew *crew, const struct bag_info *info,
                                           uint8_t digest[static SHA256_LEN], struct fault *fault);

/* ---- Estimating without sealing ----------------------------------------------------------- */

struct bag_estimate {
    uint64_t overhead; /* bytes that come to those of the files, at most: tar headers and record */
    uint64_t entries;  /* files and folders */
};

/* Opens each file as sealing would, and reads none: a file that cannot be opened becomes a remark,
 * each is told of all others (path: in the bag), and totals are afterwards those that sealing would
 * have. If each is NULL no file is opened, and totals stay as they were listed. SEAL_NO_MEMORY,
 * SEAL_INTERRUPTED. */
MUST_USE enum seal_status
bag_source_estimate(struct bag_source *source, struct bag_estimate *estimate,
                    void (*each)(void *ctx, const char *path, uint64_t size), void *ctx,
                    struct fault *fault);
/* Reads up to len bytes at offset off of the concatenation of all files. Returns how many: fewer at
 * the end, and where a file cannot be read. */
size_t bag_source_sample(struct bag_source *source, uint64_t off, void *buf, size_t len);

#endif
