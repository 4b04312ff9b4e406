/*
 * self: which program this is, for the record.
 */
#ifndef SEAL_SELF_H
#define SEAL_SELF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"

/* SHA-256 of the rest of an open file. False: it cannot be read. */
bool file_digest(int fd, uint8_t digest[static SHA256_LEN]);
/* The SHA-256 of the running program (SHA256_LEN bytes, static); NULL: the system does not tell. */
const uint8_t *program_digest(void);

#endif
