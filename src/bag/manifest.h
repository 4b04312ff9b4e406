/*
 * One line of manifest-<algorithm>.txt or tagmanifest-<algorithm>.txt (RFC 8493, 2.1.3): a digest
 * in hexadecimal, blanks, a path. Private to bag and its sub-rooms.
 */
#ifndef SEAL_BAG_MANIFEST_H
#define SEAL_BAG_MANIFEST_H

#include "base/bytes.h"
#include "base/hash.h"
#include "base/status.h"

/* The characters of a path that are percent-encoded. */
#define MANIFEST_CODED "\n\r%"

MUST_USE enum seal_status manifest_line(struct buffer *out, const uint8_t digest[static SHA256_LEN],
                                        const char *path);
/* line without its end. The path is decoded in place and has no NUL behind it. False: malformed. */
MUST_USE bool manifest_parse(char *line, size_t len, uint8_t digest[static SHA256_LEN], char **path,
                             size_t *path_len);
/* The first half of manifest_parse, for digests of any length: the path is not decoded. */
MUST_USE bool manifest_split(char *line, size_t len, uint8_t *digest, size_t digest_len,
                             char **path, size_t *path_len);
/* The second half: decodes a path in place and returns its new length. */
size_t manifest_decode(char *path, size_t len);

#endif
