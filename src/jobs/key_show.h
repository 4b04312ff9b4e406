/*
 * key_show: what keys a file holds.
 */
#ifndef SEAL_KEY_SHOW_H
#define SEAL_KEY_SHOW_H

#include <stdbool.h>

#include "base/status.h"
#include "jobs/key_dialog.h"
#include "keys/keys.h"

/* Hears of each key in turn, public keys first: public_key; or secret_key before its passphrase is
 * asked for, and then fingerprint. */
struct key_show_observer {
    void *ctx;
    void (*public_key)(void *ctx, const char *name, const struct public_key *key);
    void (*secret_key)(void *ctx, const char *name, const struct secret_record *record);
    /* NULL: it is not known, since the key stays locked. Not is_checked: the file says so, and the
     * key stays locked. */
    void (*fingerprint)(void *ctx, const char *digits, bool is_checked);
};

struct key_show_request {
    const char *name;
    bool may_stay_locked; /* no passphrase to try is no failure: all else has been shown */
};

/* Uses dialog->unlock and dialog->exposed. SEAL_BAD_KEY: no key, or a malformed one, or one whose
 * file says another fingerprint. */
MUST_USE enum seal_status key_show(const struct key_show_request *request,
                                   const struct key_dialog *dialog,
                                   const struct key_show_observer *observer, struct fault *fault);

#endif
