/*
 * What making a key and changing its passphrase share; private to this room.
 */
#ifndef SEAL_KEY_STORE_PRIVATE_H
#define SEAL_KEY_STORE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/random.h"
#include "base/status.h"
#include "keys/keys.h"

/* A passphrase that dialog->choose owns; text NULL: none. */
struct new_passphrase {
    const char *text;
    size_t len;
};

/* The record of id, locked with p unless that is none. Free it with sodium_free. */
MUST_USE enum seal_status key_record_make(struct secret_record **out, const struct identity *id,
                                          const struct new_passphrase *p, struct random *random,
                                          struct fault *fault);
/* Reads back the file that will have the name path, and has the name temporary beside it still: it
 * holds this secret key alone, and the passphrase opens it. *exposed: its medium lets others read
 * it. The fault is of path: temporary is gone when it is read. */
MUST_USE enum seal_status key_secret_check(const char *path, const char *temporary,
                                           const struct identity *id,
                                           const struct new_passphrase *p, bool *exposed,
                                           struct fault *fault);
/* The same of a public key. */
MUST_USE enum seal_status key_public_check(const char *path, const char *temporary,
                                           const struct identity *id, struct fault *fault);

#endif
