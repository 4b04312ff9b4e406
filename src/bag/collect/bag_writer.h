/*
 * Writing the bag: what its two halves share. Private to bag/collect; source_write.c calls first
 * the one and then the other.
 */
#ifndef SEAL_BAG_WRITER_H
#define SEAL_BAG_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bag/collect/read_ahead.h"
#include "bag/collect/source.h"

#define READ_LEN ((size_t)256 * 1024)
/* Files up to this size are read before their header is written, so that one that changed meanwhile
 * can be read again; what is in the stream cannot be taken back. */
#define SMALL_FILE_LEN ((size_t)1024 * 1024)

struct bag_writer {
    struct bag_source *source;
    struct content_writer *to;
    struct read_ahead *ahead;
    uint8_t *buf;         /* SMALL_FILE_LEN bytes */
    struct timestamp now; /* of tag files, in whole seconds */
    uint8_t tag_digests[TAG_COUNT][SHA256_LEN];
};

/* payload_write.c: files and folders. Sizes, times and digests in the table are then those that
 * were written. */
MUST_USE enum seal_status bag_write_payload(struct bag_writer *w, struct fault *fault);
/* record_write.c: the five tag files, of what the table then says. */
MUST_USE enum seal_status bag_write_record(struct bag_writer *w, const struct bag_info *info,
                                           struct fault *fault);

#endif
