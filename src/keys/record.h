/*
 * Key records as bytes, the blocks of a key file that hold them, and passphrases as Argon2id gets
 * them (format section 2). Private to this room.
 */
#ifndef SEAL_KEYS_RECORD_H
#define SEAL_KEYS_RECORD_H

#include "keys/keys.h"

/* ---- Records (record.c) ------------------------------------------------------------------- */

/* Readers take data of any length, to tell a later version from a damaged block: SEAL_BAD_KEY or
 * SEAL_NEWER; *reason gets the rule that was broken. */
void public_record_write(uint8_t out[static PUBLIC_RECORD_LEN], const struct public_key *key);
MUST_USE enum seal_status public_record_read(struct public_key *out, const uint8_t *data,
                                             size_t len, enum seal_reason *reason);
/* Also checks what Argon2id would cost. (secret_record_make in keys.h is the writer.) */
MUST_USE enum seal_status secret_record_read(struct secret_record *out, const uint8_t *data,
                                             size_t len, enum seal_reason *reason);

/* ---- Secrets ------------------------------------------------------------------------------ */

/* sodium_malloc, with sodium_init before it; NULL for want of memory. */
void *secret_alloc(size_t size);

/* Gives the passphrase in NFC (normalize.c), in secret_alloc memory, to be freed with sodium_free.
 * SEAL_BAD_KEY: it is not UTF-8 or too long; SEAL_NO_MEMORY. */
MUST_USE enum seal_status passphrase_normalize(char **out, size_t *out_len, const char *text,
                                               size_t len, struct fault *fault);

/* ---- Blocks in a text (pem.c) ------------------------------------------------------------- */

/* Where a text breaks a rule, and which. */
struct flaw {
    enum seal_reason reason;
    size_t at; /* in the line that breaks it */
};

enum block_kind { BLOCK_PUBLIC, BLOCK_SECRET, BLOCK_KIND_COUNT };

/* Where a block stands in a text. */
struct block {
    enum block_kind kind;
    size_t start, end;     /* from the BEGIN line to behind the END line and its line end */
    size_t body, body_end; /* the lines between */
    size_t before;         /* where the line before the BEGIN line starts; start if there is none */
};

/* Finds the next block from *pos on, and moves *pos behind it; *found is false at the end. *marked
 * becomes true if the line KEY_PUBLIC_MARK was passed. SEAL_BAD_KEY: *flaw gets the rule that was
 * broken. */
MUST_USE enum seal_status block_next(const char *text, size_t len, size_t *pos, struct block *out,
                                     bool *found, bool *marked, struct flaw *flaw);
/* Decodes the lines between BEGIN and END; out has room for BLOCK_DATA_MAX(block) bytes. False:
 * they are not base64 in lines of 64 characters; *flaw says where. */
#define BLOCK_DATA_MAX(b) (((b)->body_end - (b)->body) / 4 * 3 + 3)
MUST_USE bool block_decode(uint8_t *out, size_t *out_len, const char *text,
                           const struct block *block, struct flaw *flaw);
/* The length of a block with len bytes of data; and the block itself, for which out has room, and
 * for one byte more. */
size_t block_text_len(enum block_kind kind, size_t len);
void block_write(char *out, enum block_kind kind, const uint8_t *data, size_t len);

/* ---- What happens to keys on the way (mangled.c) ------------------------------------------ */

/* Looks in text[from..to), which begins where a line does, for the words of a BEGIN or END line,
 * whatever stands between their letters; they may end behind to. *at: where they begin. */
bool mangled_find(const char *text, size_t len, size_t from, size_t to, size_t *at);
/* Looks in text[from..to) for base64 like that of a key, outside the blocks of other programs. */
bool mangled_find_body(const char *text, size_t from, size_t to, size_t *at);
/* What seems to have happened to a line of a key; REASON_NONE if it cannot be told. */
enum seal_reason mangled_cause(const char *line, size_t len);
/* What it is, if it does not even begin like a text; REASON_NONE if it may be one. */
enum seal_reason mangled_kind(const char *data, size_t len);
/* Whether somebody gave the text of a key, or a fingerprint, as the name of a file: the reason to
 * refuse it with; REASON_NONE if it may be a name. */
enum seal_reason mangled_name(const char *name);

/* ---- UTF-16 (utf16.c) --------------------------------------------------------------------- */

/* Converts a text that begins with the byte order mark of UTF-16 into UTF-8; leaves any other as
 * it is. SEAL_BAD_KEY, SEAL_NO_MEMORY. */
MUST_USE enum seal_status key_text_to_utf8(struct key_text *text, struct fault *fault);

#endif
