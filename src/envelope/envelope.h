/*
 * envelope: the head of a sealed file (format sections 3 and 4): the ephemeral key E, the
 * commitment C and the slots. Recipients in, a file key and the parameters of the file out; and
 * back, with a secret key, or with the set key of another volume. And the second head, at the end
 * of files with repair data.
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
/* Volumes in a set, by the format; their indexes are below it. */
#define SET_VOLUMES_MAX 65536

enum content_type { CONTENT_STREAM = 0, CONTENT_BAG = 1 };

/* The file is one volume of a set. */
#define FLAG_VOLUME 4

/* Symbols of data in a lane of the repair data ("k"). */
#define PARITY_PLACES 64

/* What the sealer says about a file, to recipients only ("params" in section 3.1). */
struct envelope_params {
    uint8_t slot_count; /* n: 8 or 39 */
    uint8_t flags;      /* 0 or FLAG_VOLUME; the flag for repair data comes of parity */
    uint8_t parity;     /* m, parity blocks for each lane: 4, 8 or 16; 0: no repair data */
    enum content_type type;
    uint32_t index;                   /* of the volume; 0 without FLAG_VOLUME */
    uint8_t bundle_id[BUNDLE_ID_LEN]; /* random; the same in all volumes of a set */
};

/* An envelope that was made or opened. Both keys are secret: wipe them with envelope_wipe. */
struct envelope {
    uint8_t file_key[KEY_LEN];
    /* Of a volume: what the file keys of all volumes of the set come of; else zero. Zero also where
     * it is not known: opened by the second head, or unpacked. */
    uint8_t set_key[KEY_LEN];
    uint8_t commitment[COMMITMENT_LEN]; /* C */
    struct envelope_params params;
    size_t head_len;    /* HEAD_LEN(params.slot_count) */
    bool others_differ; /* envelope_open: a slot of a key at hand holds something else */
};

/* Makes the head of a file for 1 to 39 recipients; a key that is given twice gets one slot. Taken
 * from *env are params.type, flags, parity, index and bundle_id, and with FLAG_VOLUME set_key: that
 * of the set, or zero, and a fresh one is made; the rest of *env is made. head has room for
 * HEAD_LEN_MAX bytes, of which env->head_len are used. random is mixed (random_mix) first.
 * E and the slots are decoded again and compared. All secrets but those in *env are wiped.
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
 * the head, and env->params are what its box says; *which is set too. After any failure *env holds
 * no key. */
MUST_USE enum seal_status envelope_open(struct envelope *env, const uint8_t block[static BLOCK_LEN],
                                        struct identity *const *keys, size_t key_count,
                                        size_t *which, struct fault *fault);
/* Opens the head of a volume that no key opens with the set key of known, another volume of the
 * same set that was opened by its first head. Its params are those of known but for the index,
 * which is found by trying all below indexes (at most SET_VOLUMES_MAX: a tenth of a second on a
 * slow computer). SEAL_NO_KEY: it is not of this set, or its head
 * was altered; then *env holds no key. It notes no fault. */
MUST_USE enum seal_status envelope_open_with_set(struct envelope *env,
                                                 const uint8_t block[static BLOCK_LEN],
                                                 const struct envelope *known, uint32_t indexes);
void envelope_wipe(struct envelope *env);

/* ---- The second head (section 3a of the format), the last block of files with repair data ---- */

/* Makes it of an envelope that envelope_make made with params.parity, for the same recipients:
 * blocks is the number of blocks of the file. Once for a file: chunk' has one nonce. Faults as
 * envelope_make. */
MUST_USE enum seal_status envelope_make_second(const struct envelope *env,
                                               uint8_t block[static BLOCK_LEN],
                                               const struct public_key *recipients, size_t count,
                                               uint64_t blocks, struct random *random,
                                               struct fault *fault);

/* Opens it, as envelope_open does the first, where that one does not open. Sets all of *env, with
 * C as the first head has it (or had), but set_key. *blocks gets what it says of the length of the
 * file, which is at least 1 and else not checked. SEAL_DAMAGED also: what it holds beside the slots
 * is not right. SEAL_NO_KEY also: params are of a file without repair data. */
MUST_USE enum seal_status envelope_open_second(struct envelope *env,
                                               const uint8_t block[static BLOCK_LEN],
                                               struct identity *const *keys, size_t key_count,
                                               size_t *which, uint64_t *blocks,
                                               struct fault *fault);

/* What a second head is, seen from a file that was opened. The first that holds of these. */
enum second_head {
    SECOND_HEAD_RIGHT,
    SECOND_HEAD_NO_SLOT, /* no slot of it opens with the key, or E is altered */
    SECOND_HEAD_KEY,     /* the slot that opens holds another file key or other params */
    SECOND_HEAD_ALTERED, /* C' is not that of the slots, or chunk' has been altered */
    SECOND_HEAD_CONTENT  /* chunk' says another length or C, or is not zero behind them */
};

/* Checks it in a file that was opened by env and has so many blocks. id: the key that opened the
 * file; NULL where the set key of another volume did: then no slot is looked for. */
enum second_head envelope_check_second(const struct envelope *env,
                                       const uint8_t block[static BLOCK_LEN],
                                       const struct identity *id, uint64_t blocks);

/* ---- For another process ------------------------------------------------------------------ */

/* An envelope as bytes, for the process that reads the payload: file key, C, and params as section
 * 3.1 has them (with j = 0); not the set key. They are as secret as the file key: wipe them. */
#define ENVELOPE_PACKED_LEN (KEY_LEN + COMMITMENT_LEN + 48)
void envelope_pack(uint8_t out[static ENVELOPE_PACKED_LEN], const struct envelope *env);
/* Sets all of *env. False: the params are not valid; then *env holds no file key. */
MUST_USE bool envelope_unpack(struct envelope *env, const uint8_t in[static ENVELOPE_PACKED_LEN]);

#endif
