/*
 * layers: slots and chunks of a sealed file, step by step as format section 3 has them, so that a
 * test can alter what lies inside and seal it again.
 */
#ifndef SEAL_LAYERS_H
#define SEAL_LAYERS_H

#include "envelope/encodings.h"
#include "envelope/envelope.h"

#define PARAMS_LEN 48
#define BOX_PLAIN_LEN (KEY_LEN + PARAMS_LEN)
#define BOX_LEN (BOX_PLAIN_LEN + 16)

/* All values on the way into a slot. */
struct slot_steps {
    uint8_t P[32], dh[32], ck[32], ct[MLKEM_CT_LEN + 32], ss[32], bk[32];
    uint8_t plain[BOX_PLAIN_LEN]; /* file_key || params */
};

const uint8_t *slot_at(const uint8_t *block, size_t j);
/* Whether slot j is this key's; steps gets all values. */
bool slot_steps(struct slot_steps *s, const uint8_t *block, const struct identity *id, uint8_t j);
/* The slot of this key among the first n, or -1. */
int slot_of(const uint8_t *block, const struct identity *id, uint8_t n);
/* Writes the box of slot j anew, from s->plain. */
void slot_seal(uint8_t *block, const struct slot_steps *s, uint8_t j);
/* C for what a slot's plain says, whose n is at most SLOTS_MANY. */
void commitment_of(uint8_t C[static 32], const uint8_t *block,
                   const uint8_t plain[static BOX_PLAIN_LEN]);

/* A file of total bytes from all of its plaintext as it stands, padding and trailer included; its
 * head is zero. Freed by the caller. */
struct buffer chunks_seal(const struct envelope *env, const uint8_t *plain, size_t total);

#endif
