/*
 * file_digest: the SHA-256 of a file on disk, and of the running program, for the record. Public.
 */
#ifndef SEAL_FILE_DIGEST_H
#define SEAL_FILE_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"

/* SHA-256 of the rest of an open file. False: it cannot be read. */
bool file_digest(int fd, uint8_t digest[static SHA256_LEN]);
/* The SHA-256 of the program file that the system runs, even if another file has its name
 * meanwhile. Returns SHA256_LEN bytes in a static buffer; NULL if the system does not tell. */
const uint8_t *program_digest(void);

#endif
