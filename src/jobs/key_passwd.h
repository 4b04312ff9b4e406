/*
 * key_passwd: gives a secret key file another passphrase, or none.
 *
 * The file is never written in place. A new one is written beside it, read back, opened and renamed
 * over the old one: whatever happens before, the old key stays as it was.
 */
#ifndef SEAL_KEY_PASSWD_H
#define SEAL_KEY_PASSWD_H

#include <stdbool.h>

#include "base/status.h"
#include "jobs/key_dialog.h"

struct key_passwd_request {
    const char *name;      /* a regular file with exactly one secret key, not a link */
    bool no_passphrase;    /* the key is to have none */
    bool passphrase_given; /* the present one: then a key that has none is refused */
};

/* Asks dialog->unlock for the present passphrase, and dialog->choose for the new one. The text
 * around the key in the file stays. SEAL_USAGE: a file that cannot be changed so; SEAL_BAD_KEY,
 * SEAL_WRONG_PASSPHRASE, SEAL_IO, SEAL_NO_MEMORY, SEAL_INTERRUPTED. */
MUST_USE enum seal_status key_passwd(const struct key_passwd_request *request,
                                     const struct key_dialog *dialog, struct fault *fault);

#endif
