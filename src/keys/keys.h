/*
 * keys: key records, key files, passphrases, fingerprints (format section 2). Knows nothing of
 * sealed files.
 */
#ifndef SEAL_KEYS_H
#define SEAL_KEYS_H

#include "base/base.h"

#define XWING_PK_LEN 1216
#define CLOAK_PK_LEN 32
#define PK_LEN (XWING_PK_LEN + CLOAK_PK_LEN)
#define MASTER_LEN 32
#define PUBLIC_RECORD_LEN 1272
#define SECRET_RECORD_LEN 120

/* Argon2id: what new keys get, and what a reader is ready to spend. */
#define KEYS_OPSLIMIT_DEFAULT 4
#define KEYS_MEMORY_KIB_DEFAULT (512 * 1024)
#define KEYS_OPSLIMIT_MAX 64
#define KEYS_MEMORY_KIB_MIN 8
#define KEYS_MEMORY_KIB_MAX (2 * 1024 * 1024)

/* The longest passphrase in bytes, before and after normalization. */
#define PASSPHRASE_MAX 1023

struct public_key {
    uint8_t pk[PK_LEN]; /* xwing_pk || cloak_pk */
    uint8_t pkh[HASH_LEN];
    uint32_t created; /* days since 1970-01-01 UTC */
    uint32_t expires; /* likewise, the last day; 0 = never */
};

/* A secret key as it stands in a file: locked or not. */
struct secret_record {
    uint8_t bytes[SECRET_RECORD_LEN]; /* kind 0 holds the master: treat as secret */
    uint32_t created, expires;
    bool locked; /* by a passphrase */
};

/* An opened secret key. Lives in sodium_malloc memory, read-only once made. */
struct identity {
    uint8_t master[MASTER_LEN];
    uint8_t xwing_sk[32];
    uint8_t cloak_sk[32];
    uint8_t pk[PK_LEN];
    uint8_t pkh[HASH_LEN];
    uint32_t created, expires;
};

/* ---- Making and opening ------------------------------------------------------------------- */

/* Derives all from master (32 bytes). *out is freed with identity_free. SEAL_NO_MEMORY. */
MUST_USE enum seal_status identity_from_master(struct identity **out,
                                               const uint8_t master[static MASTER_LEN],
                                               uint32_t created, uint32_t expires);
/* A fresh one. */
MUST_USE enum seal_status identity_generate(struct identity **out, struct random *random,
                                            uint32_t created, uint32_t expires);
void identity_free(struct identity *id);
/* What may be given away of it. */
void identity_public(struct public_key *out, const struct identity *id);

/* passphrase (UTF-8, len bytes) is ignored for a record that is not locked and may then be NULL.
 * SEAL_WRONG_PASSPHRASE; SEAL_BAD_KEY where the passphrase is not UTF-8 or too long;
 * SEAL_NO_MEMORY where Argon2's memory cannot be had. */
MUST_USE enum seal_status secret_record_open(struct identity **out,
                                             const struct secret_record *record,
                                             const char *passphrase, size_t len,
                                             struct fault *fault);
/* Locks with a passphrase, or leaves open where passphrase is NULL. */
MUST_USE enum seal_status secret_record_make(struct secret_record *out, const struct identity *id,
                                             const char *passphrase, size_t len,
                                             struct random *random, struct fault *fault);

/* out holds NUMBER_TEXT_SIZE(FINGERPRINT_GROUPS). */
void fingerprint_text(char *out, const uint8_t pkh[static HASH_LEN]);
/* The last day is over. */
bool key_is_expired(uint32_t expires, uint32_t today);

/* ---- Files -------------------------------------------------------------------------------- */

/* All blocks of one key file. A file may hold several, and both kinds. */
struct key_file {
    struct public_key *public_keys;
    size_t public_count;
    struct secret_record *secrets; /* sodium_malloc, read-only */
    size_t secret_count;
    bool marked_public; /* holds the line KEY_PUBLIC_MARK outside its blocks */
};

#define KEY_FILE_MAX (1024 * 1024)

/* A secret key that others may read is refused, unless the file says with this line that everybody
 * has it anyway: the tutorial's key comes out of version control with any mode. */
#define KEY_PUBLIC_MARK "THIS KEY IS PUBLIC: AN EXAMPLE, NEVER SEAL TO IT"

/* fault->what of faults whose remedy is a particular one; cli looks for them. The three about what
 * is missing are for callers that need it. */
#define KEY_FAULT_LOOSE "holds a secret key, and others on this machine can read it"
#define KEY_FAULT_LARGE "is too large to be a key file"
#define KEY_FAULT_NONE "there is no key in it"
#define KEY_FAULT_NO_PUBLIC "there is no public key in it"
#define KEY_FAULT_NO_SECRET "there is no secret key in it"
#define KEY_FAULT_NOT_UTF8 "the passphrase is not valid UTF-8"
#define KEY_FAULT_LONG_PASSPHRASE "the passphrase is longer than 1023 bytes"

/* Reads the text form; SEAL_BAD_KEY says in fault->what which rule is broken, SEAL_NEWER that a
 * block is of a later version. A text without any block gives SEAL_OK and no keys. name is for the
 * fault. On failure *out is all zero. */
MUST_USE enum seal_status key_file_parse(struct key_file *out, const char *text, size_t len,
                                         const char *name, struct fault *fault);
/* The same from a file of at most KEY_FILE_MAX bytes. Refuses a file with a secret key, locked or
 * not, that group or others have any right on and that is not marked public: SEAL_BAD_KEY,
 * KEY_FAULT_LOOSE. name NULL is never allowed; links are followed; a pipe will do. */
MUST_USE enum seal_status key_file_read(struct key_file *out, const char *name,
                                        struct fault *fault);
void key_file_free(struct key_file *file);

/* A key file's text, for changing it: in sodium_malloc memory, since it may hold a secret key. */
struct key_text {
    char *data; /* not NUL-terminated */
    size_t len;
};

/* key_file_read, and the text that was read. Both *out and *text are the caller's to free. */
MUST_USE enum seal_status key_file_read_text(struct key_file *out, struct key_text *text,
                                             const char *name, struct fault *fault);
void key_text_free(struct key_text *text);
/* The text with its secret key block, which must be the only one, replaced by record; all else
 * stays as it is. old has been parsed without a fault. SEAL_NO_MEMORY. */
MUST_USE enum seal_status key_text_replace_secret(struct key_text *out, const struct key_text *old,
                                                  const struct secret_record *record);

/* Append one block, with comment lines in front (the fingerprint, what kind it is). The secret
 * text is secret where the record is not locked: the buffer was reserved by the caller, with room
 * for KEY_TEXT_MAX more bytes, so that no copy stays behind, and is wiped by it (its data may be
 * sodium_malloc memory). Less room is SEAL_NO_MEMORY; it never grows. */
#define KEY_TEXT_MAX 4096
MUST_USE enum seal_status public_key_text(struct buffer *out, const struct public_key *key);
MUST_USE enum seal_status secret_record_text(struct buffer *out, const struct secret_record *record,
                                             const uint8_t pkh[static HASH_LEN]);

#endif
