/*
 * Lengths and chunks of the payload (format sections 3.1, 3.5 and 3a), private to this room.
 */
#ifndef SEAL_STREAM_CHUNK_H
#define SEAL_STREAM_CHUNK_H

#include "stream/stream.h"

/* Plaintext in a block; in block 0 the head takes some of it. */
#define CHUNK_LEN (BLOCK_LEN - TAG_LEN)

/* Blocks of a file of that length. */
uint64_t block_count(uint64_t total_len);
/* Plaintext of a file of that length, trailer included; 0 if no file with that repair data is so
 * long. */
uint64_t plaintext_len(uint64_t total_len, size_t head_len, unsigned int m);

struct file_shape shape_of(const struct envelope *env);

/* Key of all chunks of a file. */
void chunk_derive_key(uint8_t key[static KEY_LEN], const struct envelope *env);

/* Which chunk it is: block 1, for example, is encrypted under another nonce than parity block 1. */
struct chunk_id {
    uint64_t number; /* of the data block, or the parity block */
    bool is_parity;
    bool is_final; /* the last data block of the file */
};

/* Encrypts or decrypts one chunk in place. text_len counts the plaintext alone; TAG_LEN bytes for
 * the tag follow it. False: libsodium failed; or the chunk is not authentic. */
MUST_USE bool chunk_seal(uint8_t *text, size_t text_len, struct chunk_id id,
                         const uint8_t key[static KEY_LEN]);
MUST_USE bool chunk_open(uint8_t *text, size_t text_len, struct chunk_id id,
                         const uint8_t key[static KEY_LEN]);
/* Whether chunk_open would do it; changes nothing. */
MUST_USE bool chunk_is_authentic(const uint8_t *text, size_t text_len, struct chunk_id id,
                                 const uint8_t key[static KEY_LEN]);

#endif
