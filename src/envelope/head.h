/*
 * head: what the first head and the second have in common. Private to this room.
 */
#ifndef SEAL_ENVELOPE_HEAD_H
#define SEAL_ENVELOPE_HEAD_H

#include "envelope/slot.h"

/* F(file_key, label, params with j = 0 || H512(E || all slots)) of that head (format section 3.4);
 * label is "commit" or "commit2". */
void head_commitment(uint8_t C[static COMMITMENT_LEN], const struct envelope *env,
                     const char *label, const uint8_t *head);

/* Makes the slots of head, all of whose boxes hold key and env->params; those that nobody has are
 * random. Faults as envelope_make. */
MUST_USE enum seal_status head_make_slots(uint8_t *head, const struct envelope *env,
                                          const uint8_t key[static KEY_LEN],
                                          const struct ephemeral *eph,
                                          const struct public_key *recipients, size_t count,
                                          struct random *random, struct fault *fault);

#endif
