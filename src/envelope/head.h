/*
 * head: what the first head and the second have in common. Private to this room.
 */
#ifndef SEAL_ENVELOPE_HEAD_H
#define SEAL_ENVELOPE_HEAD_H

#include "envelope/slot.h"

/* A head as its commitment covers it: H512(E || all slots). */
void head_digest(uint8_t digest[static HASH512_LEN], uint8_t slot_count, const uint8_t *head);
/* F(file_key, label, params with j = 0 || digest) (format section 3.4); label is "commit" or
 * "commit2". */
void head_commit(uint8_t C[static COMMITMENT_LEN], const struct envelope *env, const char *label,
                 const uint8_t digest[static HASH512_LEN]);
/* Both at once. */
void head_commitment(uint8_t C[static COMMITMENT_LEN], const struct envelope *env,
                     const char *label, const uint8_t *head);
/* The file key of a volume with that set key, index and E. */
void head_volume_key(uint8_t file_key[static KEY_LEN], const uint8_t set_key[static KEY_LEN],
                     uint32_t index, const uint8_t E[static 32]);

/* Makes the slots of head, all of whose boxes hold key and env->params; those that nobody has are
 * random. Faults as envelope_make. */
MUST_USE enum seal_status head_make_slots(uint8_t *head, const struct envelope *env,
                                          const uint8_t key[static KEY_LEN],
                                          const struct ephemeral *eph,
                                          const struct public_key *recipients, size_t count,
                                          struct random *random, struct fault *fault);

/* What opening a head gives. */
struct opened_head {
    struct envelope env;
    uint64_t blocks; /* of the second head */
};

/* Takes what the box of slot j holds, and checks it against the head: params, C and what else there
 * is. opened is all zero. */
typedef enum seal_status head_check(struct opened_head *opened, const uint8_t *block,
                                    const uint8_t plain[static BOX_PLAIN_LEN], uint8_t j,
                                    struct fault *fault);

/* Opens a head with the keys, as envelope_open says. *opened is secret. */
MUST_USE enum seal_status head_open(struct opened_head *opened,
                                    const uint8_t block[static BLOCK_LEN],
                                    struct identity *const *keys, size_t key_count, size_t *which,
                                    head_check *check, struct fault *fault);

#endif
