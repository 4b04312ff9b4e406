/*
 * dry_run: what would be sealed, and whether it would fit. Writes nothing. Public.
 */
#ifndef SEAL_DRY_RUN_H
#define SEAL_DRY_RUN_H

#include "jobs/seal_request.h"
#include "jobs/sealed_size.h"

#define LARGEST_MAX 5

struct largest_file {
    char *path; /* in the bag */
    uint64_t size;
};

/* Whether that many bytes, of which about is likely and most is possible, have room. */
enum fit { FITS, MAY_NOT_FIT, FITS_NOT };

/* Where the sealed file would go. */
enum target_state {
    TARGET_STREAM,  /* standard output: nothing is known of it */
    TARGET_FOLDER,  /* a folder, where there is so much room */
    TARGET_REFUSED, /* sealing fails there before it begins: fault */
    TARGET_UNKNOWN  /* a folder of which the system does not tell how much room it has */
};

/* What the limit of FAT, whose files end at 4 GiB - 1 byte, would mean. */
enum fat_verdict {
    FAT_FITS,
    FAT_NEEDS_SPLIT, /* only with --split fat32 */
    /* Only where the target is on FAT: */
    FAT_WILL_SPLIT,   /* seal makes volumes by itself */
    FAT_NEEDS_FOLDER, /* only with --split fat32, and a folder as output */
    FAT_SPLIT_LARGE,  /* the volumes asked for are too large */
    FAT_PAD_LARGE     /* the fixed size asked for is too large */
};

struct dry_run_target {
    enum target_state state;
    struct fault fault;
    char *folder; /* malloc'ed */
    uint64_t free_bytes;
    enum fit fit;
    bool lacks_medium; /* it waits for one to be mounted */
    bool is_fat;
    bool has_verdict;
    enum fat_verdict verdict; /* for the target if that is FAT, else for a stick with FAT */
};

struct dry_run_result {
    struct bag_totals totals; /* as sealing would have them */
    struct largest_file largest[LARGEST_MAX];
    size_t largest_count;
    struct sealed_size size;
    uint64_t max_size_gib; /* as in struct seal_result */
    bool has_target;       /* else it was not looked at: it is too large in any case */
    struct dry_run_target target;
    bool fits; /* false: sealing would surely fail for want of room, or where it is to go */
};

/* result is to be freed whatever happens. Errors are those of seal_job_run before it writes. */
MUST_USE enum seal_status dry_run(struct dry_run_result *result, const struct seal_request *request,
                                  const struct seal_observer *observer, struct fault *fault);
void dry_run_free(struct dry_run_result *result);

#endif
