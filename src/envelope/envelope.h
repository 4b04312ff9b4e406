/*
 * envelope: the head of a sealed file (format sections 3 and 4): the ephemeral key E, the
 * commitment C and the slots. Recipients in, a file key and the parameters of the file out; and
 * back, with a secret key.
 *
 * Knows nothing of the payload.
 */
#ifndef SEAL_ENVELOPE_H
#define SEAL_ENVELOPE_H

#include "base/hash.h"
#include "base/random.h"
#include "base/status.h"
#include "keys/keys.h"

/* Where things stand in the head, and how long they are; n: the number of slots. */
#define BLOCK_LEN 65536
#define COMMITMENT_OFF 32
#define COMMITMENT_LEN 32
#define SLOTS_OFF 64
#define SLOT_LEN 1632
#define SLOTS_FEW 8
#define SLOTS_MANY 39
#define RECIPIENTS_MAX SLOTS_MANY
#define HEAD_LEN(n) (SLOTS_OFF + SLOT_LEN * (size_t)(n))
#define HEAD_LEN_MAX HEAD_LEN(SLOTS_MANY)
#define BUNDLE_ID_LEN 16

enum content_type { CONTENT_STREAM = 0, CONTENT_BAG = 1 };

/* The only flag of this version: the file is one volume of a set. */
#define FLAG_VOLUME 4

/* What the sealer says about a file, to recipients only ("params" in section 3.1). */
struct envelope_params {
    uint8_t slot_count; /* n: 8 or 39 */
    uint8_t flags;      /* 0 or FLAG_VOLUME */
    enum content_type type;
    uint32_t index;                   /* of the volume; 0 without FLAG_VOLUME */
    uint8_t bundle_id[BUNDLE_ID_LEN]; /* random; the same in all volumes of a set */
};

/* An envelope that was made or opened. file_key is secret: wipe it with envelope_wipe. */
struct envelope {
    uint8_t file_key[KEY_LEN];
    uint8_t commitment[COMMITMENT_LEN]; /* C */
    struct envelope_params params;
    size_t head_len;    /* HEAD_LEN(params.slot_count) */
    bool others_differ; /* envelope_open: a slot of a key at hand holds something else */
};

/* Makes the head of a file for 1 to 39 recipients; a key that is given twice gets one slot. Taken
 * from *env are params.type, flags, index and bundle_id; the rest of *env is made. head has room
 * for HEAD_LEN_MAX bytes, of which env->head_len are used. random is mixed (random_mix) first.
 * E and the slots are decoded again and compared. All secrets but env->file_key are wiped.
 *
 * SEAL_USAGE: no recipient or too many. SEAL_BAD_KEY: a recipient's key cannot be used; fault->name
 * is its number, counted from 1. SEAL_IO: the computer calculates wrongly. */
MUST_USE enum seal_status envelope_make(struct envelope *env, uint8_t *head,
                                        const struct public_key *recipients, size_t count,
                                        struct random *random, struct fault *fault);

/* Opens the head with the keys: all of them are tried in all places, since of several slots that
 * open C decides which is right. There is no other then, but for slots that hold the same. block is
 * the whole first block of the file. *which gets the index of the key.
 *
 * SEAL_NO_KEY: no slot opens. Slots open and none is right, why the first is not: SEAL_NEWER:
 * params are of a later version; SEAL_HOSTILE: params break a rule; SEAL_DAMAGED: C is not that of
 * the head; *which is set too. After any failure *env holds no file key. */
MUST_USE enum seal_status envelope_open(struct envelope *env, const uint8_t block[static BLOCK_LEN],
                                        struct identity *const *keys, size_t key_count,
                                        size_t *which, struct fault *fault);
void envelope_wipe(struct envelope *env);

/* An envelope as bytes, for the process that reads the payload: file key, C, and params as section
 * 3.1 has them (with j = 0). They are as secret as the file key: wipe them. */
#define ENVELOPE_PACKED_LEN (KEY_LEN + COMMITMENT_LEN + 48)
void envelope_pack(uint8_t out[static ENVELOPE_PACKED_LEN], const struct envelope *env);
/* Sets all of *env. False: the params are not valid; then *env holds no file key. */
MUST_USE bool envelope_unpack(struct envelope *env, const uint8_t in[static ENVELOPE_PACKED_LEN]);

#endif
