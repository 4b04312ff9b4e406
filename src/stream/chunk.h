/*
 * Lengths and chunks of the payload (format sections 3.1 and 3.5), private to this room.
 */
#ifndef SEAL_STREAM_CHUNK_H
#define SEAL_STREAM_CHUNK_H

#include "stream/stream.h"

/* Plaintext in a block; in block 0 the head takes some of it. */
#define CHUNK_LEN (BLOCK_LEN - TAG_LEN)

/* Blocks of a file of that length. */
uint64_t chunk_count(uint64_t total_len);
/* Plaintext of a file of that length, trailer included. */
uint64_t plaintext_len(uint64_t total_len, size_t head_len);

/* Key of all chunks of a file. */
void chunk_derive_key(uint8_t key[static KEY_LEN], const struct envelope *env);

/* Encrypts or decrypts one chunk in place. text_len counts the plaintext alone; TAG_LEN bytes for
 * the tag follow it. number is that of the block, is_final marks the last one of the file. False:
 * libsodium failed; or the chunk is not authentic. */
MUST_USE bool chunk_seal(uint8_t *text, size_t text_len, uint64_t number, bool is_final,
                         const uint8_t key[static KEY_LEN]);
MUST_USE bool chunk_open(uint8_t *text, size_t text_len, uint64_t number, bool is_final,
                         const uint8_t key[static KEY_LEN]);

#endif
