/*
 * slot: one slot of a head, made for a recipient and opened with a key (format sections 3.3 and
 * 3.7). Private to this room.
 */
#ifndef SEAL_ENVELOPE_SLOT_H
#define SEAL_ENVELOPE_SLOT_H

#include <sodium.h>

#include "envelope/params.h"
#include "envelope/xwing.h"

#define BOX_PLAIN_LEN (KEY_LEN + PARAMS_LEN)
#define BOX_LEN (BOX_PLAIN_LEN + crypto_aead_chacha20poly1305_ietf_ABYTES)

/* The sender's ephemeral key and what it publishes. e is secret; the owner wipes it. */
struct ephemeral {
    uint8_t e[32];
    uint8_t P[32]; /* X25519_base(e) */
    uint8_t E[32];
};

/* SEAL_IO: the computer calculates wrongly. */
MUST_USE enum seal_status ephemeral_make(struct ephemeral *eph, struct random *random,
                                         struct fault *fault);
/* Makes slot j for a recipient; the box gets plain. False: a call fails on this key. */
MUST_USE bool slot_make(uint8_t slot[static SLOT_LEN], const uint8_t plain[static BOX_PLAIN_LEN],
                        const struct ephemeral *eph, const struct public_key *key, uint8_t j,
                        struct random *random);

/* What opening slots takes of a key and of E, for all slots of a head. Secret; wipe it. */
struct opener {
    const uint8_t *E, *pkh;
    uint8_t dh[32]; /* X25519(cloak_sk, P) */
    struct xwing xwing;
};

/* block: the head, of which P is what E stands for; id must outlive the opener. False: P is a point
 * of small order. */
MUST_USE bool opener_start(struct opener *o, const uint8_t *head, const uint8_t P[static 32],
                           const struct identity *id);
/* Whether slot j is for this key; then plain gets the box's content, which is secret. */
MUST_USE bool slot_open(uint8_t plain[static BOX_PLAIN_LEN], const struct opener *o,
                        const uint8_t *head, uint8_t j);

#endif
