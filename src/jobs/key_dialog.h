/*
 * key_dialog: how the jobs about keys ask for passphrases and tell what they find on the way. The
 * program that runs a job fills this in; where passphrases come from is its own matter.
 */
#ifndef SEAL_KEY_DIALOG_H
#define SEAL_KEY_DIALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "output/output.h"
#include "base/status.h"
#include "keys/keys.h"

struct key_dialog {
    void *ctx; /* handed to unlock and choose */
    /* Opens a record from the key file `name`; asks for its passphrase if it is locked. *out is
     * freed with identity_free. SEAL_USAGE: there was no passphrase to try. SEAL_WRONG_PASSPHRASE,
     * and whatever else secret_record_open returns. */
    enum seal_status (*unlock)(void *ctx, struct identity **out, const struct secret_record *record,
                               const char *name, struct fault *fault);
    /* Asks for a new passphrase, of *len bytes. *text stays the asker's, and is valid until the job
     * has returned. */
    enum seal_status (*choose)(void *ctx, const char **text, size_t *len, struct fault *fault);
    /* The medium of a key file lets others read it; locked: a passphrase protects the keys in it.
     */
    void (*exposed)(const char *name, bool locked);
    /* A file beside the key that is unfinished, as leftovers_remove and output_abort tell it. */
    void (*leftover)(const char *path, enum leftover_fate fate, int sys);
};

#endif
