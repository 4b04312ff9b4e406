/*
 * record: private to keys. The records of format section 2 as bytes, their text form line by line,
 * and passphrases as Argon2id gets them.
 */
#ifndef SEAL_KEYS_RECORD_H
#define SEAL_KEYS_RECORD_H

#include "keys/keys.h"

/* Writer and reader of a public record. The reader takes any length, to tell a later version from
 * a damaged block: SEAL_BAD_KEY or SEAL_NEWER, with the rule that was broken in *what. */
void public_record_write(uint8_t out[static PUBLIC_RECORD_LEN], const struct public_key *key);
MUST_USE enum seal_status public_record_read(struct public_key *out, const uint8_t *data,
                                             size_t len, const char **what);
/* Likewise; bounds what Argon2id may cost. */
MUST_USE enum seal_status secret_record_read(struct secret_record *out, const uint8_t *data,
                                             size_t len, const char **what);

/* libsodium's guarded memory, ready for use whoever comes first; NULL if there is none. */
void *secret_alloc(size_t size);

/* text (UTF-8) in NFC, in secret_alloc memory, to be freed with sodium_free. */
MUST_USE enum seal_status passphrase_normalize(char **out, size_t *out_len, const char *text,
                                               size_t len, struct fault *fault);

enum block_kind { BLOCK_PUBLIC, BLOCK_SECRET, BLOCK_KIND_COUNT };

/* Where one block stands in a text. */
struct block {
    enum block_kind kind;
    size_t start, end;     /* of the block: BEGIN line to END line with its line end */
    size_t body, body_end; /* of the lines between */
};

/* Finds the next block at or after *pos and moves *pos behind it; *found is false at the end.
 * *marked becomes true if KEY_PUBLIC_MARK was passed. */
MUST_USE enum seal_status block_next(const char *text, size_t len, size_t *pos, struct block *out,
                                     bool *found, bool *marked, const char **what);
/* Decodes the base64 between BEGIN and END; out holds BLOCK_DATA_MAX(b). */
#define BLOCK_DATA_MAX(b) (((b)->body_end - (b)->body) / 4 * 3 + 3)
MUST_USE bool block_decode(uint8_t *out, size_t *out_len, const char *text,
                           const struct block *block);
/* The size of the block for len bytes of data, and the block itself; out need not end in NUL, but
 * has room for one. */
size_t block_text_len(enum block_kind kind, size_t len);
void block_write(char *out, enum block_kind kind, const uint8_t *data, size_t len);

#endif
