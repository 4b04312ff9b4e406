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
/* line, with a NUL behind it, without its end: as strictly as manifest_line writes it (format
 * section 5). The path is decoded in place and has no NUL behind it. False: malformed. */
MUST_USE bool manifest_parse(char *line, size_t len, uint8_t digest[static SHA256_LEN], char **path,
                             size_t *path_len);
/* A line of a bag that anybody made, with a digest of any length, as freely as RFC 8493 and its
 * readers take it: the path is not decoded. */
MUST_USE bool manifest_split(char *line, size_t len, uint8_t *digest, size_t digest_len,
                             char **path, size_t *path_len);
/* Decodes a path in place and returns its new length. */
size_t manifest_decode(char *path, size_t len);

#endif
