/*
 * keytext: the vectors of keys.json, and key files as text.
 */
#ifndef SEAL_KEYTEXT_H
#define SEAL_KEYTEXT_H

#include <sys/types.h>
#include <jansson.h>
#include "keys/record.h"

#define TEXT_SIZE 8192

/* ---- Helpers ---- */

size_t keytext_read(const char *file, char out[static TEXT_SIZE]);

/* Makes a file of the scratch folder and returns its path. */
const char *keytext_write(const char *name, const char *text, size_t len, mode_t mode);

/* A vector as the file it would be at its owner's. */
const char *keytext_private_copy(const char *file);
enum seal_status keytext_open(struct identity **out, const struct secret_record *record,
                              const char *passphrase);

#endif
