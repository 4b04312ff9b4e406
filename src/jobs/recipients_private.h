/*
 * recipients: the public keys that a file is sealed to. Private to this room.
 */
#ifndef SEAL_RECIPIENTS_PRIVATE_H
#define SEAL_RECIPIENTS_PRIVATE_H

#include "jobs/seal_request.h"

struct recipients {
    struct public_key *keys; /* malloc'ed */
    size_t count;
};

/* Reads the key files of a request, all keys of each, and tells the observer of every key.
 * SEAL_USAGE: the last day of a key is over, they are too many, or one stands where a path to seal
 * does; SEAL_BAD_KEY, SEAL_NEWER. To be freed whatever happens. */
MUST_USE enum seal_status recipients_read(struct recipients *r, const struct seal_request *request,
                                          const struct seal_observer *observer,
                                          struct fault *fault);
void recipients_free(struct recipients *r);

#endif
