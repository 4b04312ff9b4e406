/*
 * keyring: the secret keys that were given to open sealed files with. Private to this room. Keys
 * without a passphrase are opened at once; the others wait until no opened key opens a file.
 */
#ifndef SEAL_KEYRING_PRIVATE_H
#define SEAL_KEYRING_PRIVATE_H

#include "envelope/envelope.h"
#include "jobs/receive_observer.h"
#include "jobs/sealed_heads_private.h"
#include "platform/crew.h"

/* A key that waits for its passphrase. */
struct locked_key {
    struct secret_record record;
    char *name;     /* of its file; malloc'ed */
    bool was_tried; /* it was opened, or could not be */
};

/* All zero is an empty one. */
struct keyring {
    struct identity **keys; /* opened */
    size_t key_count;
    struct locked_key *locked;
    size_t locked_count;
    struct crew *crew;     /* has the threads that try keys; NULL: only the caller does */
    struct fault unopened; /* why the first key that could not be unlocked was not */
};

/* Adds the secret keys of a file, or of all files in a folder. SEAL_BAD_KEY: there is none in it,
 * or the file is malformed or others can read it; SEAL_IO, SEAL_NEWER, SEAL_NO_MEMORY. */
MUST_USE enum seal_status keyring_add(struct keyring *ring, const char *path,
                                      const struct receive_observer *observer, struct fault *fault);
/* After the last one was added: where there are many, they are tried by so many threads. */
void keyring_use_threads(struct keyring *ring, unsigned int threads);
/* What opening a header gives. */
struct keyring_found {
    struct envelope *env; /* the caller's, in memory that is not swapped out */
    struct identity *id;  /* the key that opened it, or would if the header were right; it is
                                   the keyring's */
    size_t tried;         /* keys */
    bool by_second;       /* the second header was used: the first is not right */
    uint64_t blocks;      /* then: those of the file, as that one says; else 0 */
};

/* Opens the header of a sealed file, as envelope_open; where no box opens, or C is not right in a
 * file with repair data, as envelope_open_second. If no opened key does, has the observer unlock
 * one waiting key after the other, each once for all sealed files. All of *found but env is set; a
 * head that was found and is not right counts for tried alone. */
MUST_USE enum seal_status keyring_open(struct keyring *ring, struct keyring_found *found,
                                       struct sealed_heads *heads,
                                       const struct receive_observer *observer,
                                       struct fault *fault);
/* Wipes and frees all of it; harmless if it was done before. */
void keyring_free(struct keyring *ring);

#endif
