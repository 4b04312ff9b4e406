/*
 * intake: what may come out of a sealed file, and where to. Unpacks into one fresh folder, checks
 * everything of format section 6 that the sealing layer does not, and holds no key of the
 * organization.
 */
#ifndef SEAL_INTAKE_H
#define SEAL_INTAKE_H

#include "archive/archive.h"
#include "bag/bag.h"
#include "base/base.h"
#include "stream/stream.h"

/* What an accepted drop came to. Nothing in it is to be shown unless SEAL_OK was returned. */
struct intake_result {
    struct bag_totals totals;   /* of a bag; a stream counts as bytes alone */
    uint8_t digest[SHA256_LEN]; /* D */
    uint8_t receipt[32];        /* for number_text */
    struct buffer remarks;  /* of a bag: comment lines of its listing, and "# spelled" lines; text
                               that ends with a NUL */
    bool remarks_are_cut;   /* there were more than can be held */
    struct buffer bag_info; /* of a bag: the text of bag-info.txt, likewise */
    uint64_t spelled;       /* names that are spelled differently on disk */
    bool is_read_only;
};

/* Where a bag is unpacked, and how. */
struct intake_target {
    int dirfd;        /* an empty folder that nobody else may enter; -1: only check */
    bool writable;    /* else it is left read-only, as far as the file system can */
    bool exact_names; /* names that not every system can hold stay as they are */
};

void intake_result_free(struct intake_result *result);

struct intake_progress {
    void *ctx;
    void (*add)(void *ctx, uint64_t bytes); /* of the sealed file; may be NULL */
};

/* Unpacks a bag, checking all of it. On any failure what was written is for the caller to remove.
 * SEAL_DAMAGED, SEAL_HOSTILE, SEAL_LOCAL_NAME, SEAL_IO. */
MUST_USE enum seal_status intake_bag(struct intake_result *result, struct stream_reader *from,
                                     const struct intake_target *target,
                                     const struct intake_progress *progress, struct fault *fault);
/* Hands a stream's bytes to to, which may be NULL: then they are only checked. What to got is to
 * be trusted only after SEAL_OK. */
MUST_USE enum seal_status intake_stream(struct intake_result *result, struct stream_reader *from,
                                        const struct sink *to,
                                        const struct intake_progress *progress,
                                        struct fault *fault);

/* ---- Looking into a bag by seeking -------------------------------------------------------- */

/* Only the record at the end is read, and checked against itself and against D; of the evidence
 * nothing is. */
struct intake_view;

/* from: the content of a file that can be sought in, not read yet. SEAL_DAMAGED, SEAL_HOSTILE,
 * SEAL_USAGE. */
MUST_USE enum seal_status intake_view_open(struct intake_view **out, struct stream_reader *from,
                                           struct fault *fault);
/* What the record says. */
const struct bag_check *intake_view_record(const struct intake_view *v);
/* Takes out what lies at or below the paths given (with data/ in front or without), into the empty
 * folder of target, and checks each file against the record. each is told of every file that is
 * good, with its path on disk. SEAL_USAGE: a path is not in the bag. */
MUST_USE enum seal_status intake_view_extract(struct intake_view *v, const char *const *paths,
                                              size_t path_count, const struct intake_target *target,
                                              void (*each)(void *ctx, const struct bag_item *item,
                                                           const char *on_disk),
                                              void *ctx, struct fault *fault);
void intake_view_free(struct intake_view *v);

#endif
