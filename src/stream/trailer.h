/*
 * The trailer (format section 3.1) and the receipt that is made from it (section 3.4), private to
 * this room.
 */
#ifndef SEAL_STREAM_TRAILER_H
#define SEAL_STREAM_TRAILER_H

#include "stream/stream.h"

/* What the trailer says; behind it comes the source tag, which is random. */
#define TRAILER_SAID_LEN 48

/* digest: D, 32 bytes; NULL for a volume that is not the last. */
void trailer_write(uint8_t t[static TRAILER_LEN], uint64_t content_len, const uint8_t *digest,
                   struct random *random);
/* Reads the trailer of a file that is no volume, or of a set's last. SEAL_HOSTILE; SEAL_USAGE with
 * REASON_VOLUMES_BEHIND_MISSING: it is a volume, and says that it is not the last. */
MUST_USE enum seal_status trailer_read(const uint8_t t[static TRAILER_LEN], bool is_volume,
                                       uint64_t *content_len, uint8_t digest[static 32],
                                       struct fault *fault);
/* Checks the trailer of a volume that others follow, and which so is full: content_len is all that
 * fits into it. SEAL_HOSTILE. */
MUST_USE enum seal_status trailer_check_full(const uint8_t t[static TRAILER_LEN],
                                             uint64_t content_len, struct fault *fault);
/* Whether it says that no volume follows. */
bool trailer_is_last(const uint8_t t[static TRAILER_LEN]);

void receipt_derive(uint8_t receipt[static 32], const struct envelope *env,
                    const uint8_t t[static TRAILER_LEN]);

/* Notes that volumes are missing behind the last one; returns SEAL_USAGE. */
enum seal_status stream_has_more(struct fault *fault);

#endif
