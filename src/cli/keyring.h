/*
 * keyring: the secret keys that unseal was given, private to this room. Those without a passphrase
 * are opened at once; the others wait until no other key opens a file.
 */
#ifndef SEAL_CLI_KEYRING_H
#define SEAL_CLI_KEYRING_H

#include "cli/cli.h"
#include "envelope/envelope.h"

/* A key that waits for its passphrase. */
struct candidate {
    struct secret_record record;
    char *name;     /* of its file */
    bool was_tried; /* it is opened, or stays locked */
};

/* All zero is an empty one. */
struct keyring {
    struct identity **keys; /* opened */
    size_t key_count;
    struct candidate *locked;
    size_t locked_count;
    struct fault unopened; /* why the first that stays locked does */
};

/* Adds the secret keys of a file, or of all files in a folder. SEAL_BAD_KEY if there is none. */
MUST_USE enum seal_status keyring_add(struct keyring *ring, const char *path, struct fault *fault);
/* Opens a head with the first key that does, as envelope_open; then asks for passphrases, or reads
 * them from passphrase_fd (NULL: none), one key after the other, each once for all heads. pkh gets
 * that of the key, and *tried how many keys were tried. */
MUST_USE enum seal_status keyring_open(struct keyring *ring, struct envelope *env,
                                       const uint8_t block[static BLOCK_LEN],
                                       const char *passphrase_fd, uint8_t pkh[static HASH_LEN],
                                       size_t *tried, struct fault *fault);
/* Wipes and frees all of it. */
void keyring_free(struct keyring *ring);

#endif
