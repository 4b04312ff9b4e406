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
    uint8_t plain[BOX_PLAIN_LEN]; /* file_key, or of a volume set_key || params */
};

const uint8_t *slot_at(const uint8_t *block, size_t j);
/* Whether slot j is this key's; steps gets all values. */
bool slot_steps(struct slot_steps *s, const uint8_t *block, const struct identity *id, uint8_t j);
/* The slot of this key among the first n, or -1. */
int slot_of(const uint8_t *block, const struct identity *id, uint8_t n);
/* Writes the box of slot j anew, from s->plain. */
void slot_seal(uint8_t *block, const struct slot_steps *s, uint8_t j);
/* The file key of a volume with that set key. */
void volume_key_of(uint8_t file_key[static KEY_LEN], const uint8_t set_key[static KEY_LEN],
                   uint32_t index, const uint8_t *block);
/* What the box of a slot in the first head comes to. */
void file_key_of(uint8_t file_key[static KEY_LEN], const uint8_t *block,
                 const uint8_t plain[static BOX_PLAIN_LEN]);
/* C for what a slot's plain says, whose n is at most SLOTS_MANY. */
void commitment_of(uint8_t C[static 32], const uint8_t *block,
                   const uint8_t plain[static BOX_PLAIN_LEN]);
/* C' of a second head, likewise. */
void commitment2_of(uint8_t C[static 32], const uint8_t *block,
                    const uint8_t plain[static BOX_PLAIN_LEN]);

/* chunk' of a second head with n slots: opened, which is false if its tag is not right, and sealed.
 * plain has CHUNK2_LEN(n) bytes. */
#define CHUNK2_LEN(n) (BLOCK_LEN - HEAD_LEN(n) - 16)
bool chunk2_open(uint8_t *plain, const uint8_t *block, size_t n,
                 const uint8_t file_key[static KEY_LEN]);
void chunk2_seal(uint8_t *block, const uint8_t *plain, size_t n,
                 const uint8_t file_key[static KEY_LEN]);

/* A file of total bytes from all of its plaintext as it stands, padding and trailer included; its
 * head is zero. Freed by the caller. */
struct buffer chunks_seal(const struct envelope *env, const uint8_t *plain, size_t total);

#endif
