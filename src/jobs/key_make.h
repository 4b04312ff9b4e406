/*
 * key_make: makes a key pair, the files NAME.pub and NAME.key.
 *
 * Neither file is ever incomplete under its name: both are written under temporary names, read back
 * and opened, and only then renamed. Nothing that exists is overwritten.
 */
#ifndef SEAL_KEY_MAKE_H
#define SEAL_KEY_MAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/status.h"
#include "jobs/key_dialog.h"

struct key_make_request {
    const char *name; /* NAME: a path without .pub and .key */
    uint32_t created; /* days since 1970-01-01 UTC */
    uint32_t expires; /* likewise, the last day; 0 = never */
    bool no_passphrase;
};

struct key_make_result {
    char *public_name, *secret_name; /* NAME.pub and NAME.key */
    uint8_t pkh[HASH_LEN];           /* for fingerprint_text */
    bool locked;                     /* by a passphrase */
};

/* Asks dialog->choose for a passphrase unless no_passphrase is set. After a failure, a signal
 * included, neither file is there, or dialog->leftover tells it. Free *out with
 * key_make_result_free in any case. SEAL_EXISTS, SEAL_IO, SEAL_NO_MEMORY, SEAL_INTERRUPTED,
 * SEAL_BAD_KEY (without a passphrase where the medium keeps no rights), and what dialog->choose
 * returns. */
MUST_USE enum seal_status key_make(struct key_make_result *out,
                                   const struct key_make_request *request,
                                   const struct key_dialog *dialog, struct fault *fault);
void key_make_result_free(struct key_make_result *result);

#endif
