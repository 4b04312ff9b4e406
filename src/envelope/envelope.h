/*
 * envelope: the head of a sealed file (format sections 3 and 4). E, C and the slots; recipients
 * in, a file key out, and back. Knows nothing of the payload.
 */
#ifndef SEAL_ENVELOPE_H
#define SEAL_ENVELOPE_H

#include "base/base.h"
#include "keys/keys.h"

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

#define FLAG_VOLUME 4

/* What the sealer says about a file, to recipients only. */
struct envelope_params {
    uint8_t slot_count; /* n: 8 or 39 */
    uint8_t flags;      /* 0 or FLAG_VOLUME */
    enum content_type type;
    uint32_t index; /* of the volume; 0 without FLAG_VOLUME */
    uint8_t bundle_id[BUNDLE_ID_LEN];
};

/* An opened or made envelope. file_key is secret: wipe with envelope_wipe. */
struct envelope {
    uint8_t file_key[KEY_LEN];
    uint8_t commitment[COMMITMENT_LEN];
    struct envelope_params params;
    size_t head_len;
};

/* Makes the head of a file for 1 to 39 recipients; keys given twice get one slot. params.type,
 * flags, index and bundle_id are taken from *env, the rest of *env is made. head holds
 * HEAD_LEN_MAX; env->head_len of it are used. All secrets but env->file_key are gone afterwards.
 * What E and the slots hold was checked by decoding it.
 * SEAL_USAGE: no recipient or too many. SEAL_BAD_KEY: fault->name is the number of the recipient
 * on whose key a call fails. SEAL_NO_MEMORY. */
MUST_USE enum seal_status envelope_make(struct envelope *env, uint8_t *head,
                                        const struct public_key *recipients, size_t count,
                                        struct random *random, struct fault *fault);

/* Opens the head with the first key that does. block is the whole first block of the file.
 * *which gets the index of that key. SEAL_NO_KEY; SEAL_NEWER; SEAL_HOSTILE (params); SEAL_DAMAGED
 * (C differs). After any of the last three *which is set too. */
MUST_USE enum seal_status envelope_open(struct envelope *env, const uint8_t block[static BLOCK_LEN],
                                        struct identity *const *keys, size_t key_count,
                                        size_t *which, struct fault *fault);
void envelope_wipe(struct envelope *env);

#endif
