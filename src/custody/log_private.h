/*
 * The log of drops: what writing (log.c) and finding (log_find.c) share. Private to this room.
 */
#ifndef SEAL_CUSTODY_LOG_PRIVATE_H
#define SEAL_CUSTODY_LOG_PRIVATE_H

#include "custody/custody.h"

/* Before the line of a drop that was only checked (--verify): nothing was unsealed then. It comes
 * first: where writing was cut, a drop may pass for not unsealed, but not the other way round. */
#define VERIFIED "# verified, not unsealed:"

/* Ends a line that was torn. */
#define TORN_END "\t-\t(cut short)"

enum column {
    COLUMN_TIME,
    COLUMN_SEALED,
    COLUMN_COMMITMENT,
    COLUMN_BAG_ID,
    COLUMN_DIGEST,
    COLUMN_RECEIPT,
    COLUMN_VERDICT,
    COLUMN_FILE,
    COLUMN_COUNT
};

/* A line is at most this long; what is longer is none of ours. */
#define LOG_LINE_MAX 65536
#define HEX_DIGITS (2 * SHA256_LEN)
#define BAG_ID_DIGITS 32

struct custody_log {
    int fd;
    char *path;
    uint64_t size;
    bool is_torn; /* it does not end with the end of a line */
};

/* All len bytes at off. */
MUST_USE enum seal_status log_read(struct custody_log *log, void *buf, size_t len, uint64_t off,
                                   struct fault *fault);

/* The drop that is looked for, in the form it has in the log; "" matches nothing. */
struct wanted {
    const struct custody *drop;
    bool only_unsealed; /* the same files, and not in lines of drops that were only checked */
    char commitment[HEX_DIGITS + 1];
    char bag_id[BAG_ID_DIGITS + 1];
    char digest[HEX_DIGITS + 1];
};

void wanted_set(struct wanted *w, const struct custody *c);

#endif
