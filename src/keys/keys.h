/*
 * keys: key records, key files, passphrases, fingerprints (format section 2). A key file's text in,
 * keys out; and back.
 *
 * Knows nothing of sealed files. Lengths are in bytes. All text is UTF-8.
 */
#ifndef SEAL_KEYS_H
#define SEAL_KEYS_H

#include "base/bytes.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/status.h"
#include "base/text.h"

#define XWING_PK_LEN 1216
#define CLOAK_PK_LEN 32
#define PK_LEN (XWING_PK_LEN + CLOAK_PK_LEN)
#define MASTER_LEN 32
#define PUBLIC_RECORD_LEN 1272
#define SECRET_RECORD_LEN 120

/* Cost of Argon2id: of new keys, and the bounds within which a reader accepts it. */
#define KEYS_OPSLIMIT_DEFAULT 4
#define KEYS_MEMORY_KIB_DEFAULT (512 * 1024)
#define KEYS_OPSLIMIT_MAX 64
#define KEYS_MEMORY_KIB_MIN 8
#define KEYS_MEMORY_KIB_MAX (2 * 1024 * 1024)

/* The longest passphrase in bytes, before and after it is brought to NFC. */
#define PASSPHRASE_MAX 1023

struct public_key {
    uint8_t pk[PK_LEN];    /* xwing_pk || cloak_pk */
    uint8_t pkh[HASH_LEN]; /* H(pk): what the fingerprint shows */
    uint32_t created;      /* days since 1970-01-01 UTC */
    uint32_t expires;      /* likewise, the last day on which it is valid; 0: never */
};

#define FINGERPRINT_SIZE NUMBER_TEXT_SIZE(FINGERPRINT_GROUPS)

/* A secret key as it stands in a file. */
struct secret_record {
    uint8_t bytes[SECRET_RECORD_LEN]; /* secret: if it is not locked, they hold the master */
    uint32_t created, expires;
    bool locked; /* with a passphrase */
    /* The fingerprint that the line before the block says; "" if it says none. Nothing vouches for
     * it: compare it when the key is opened (secret_record_note_fits). */
    char noted[FINGERPRINT_SIZE];
};

/* An opened secret key: the master and all that is derived from it. It lies in sodium_malloc
 * memory, which is read-only once it is made. */
struct identity {
    uint8_t master[MASTER_LEN];
    uint8_t xwing_sk[32];
    uint8_t cloak_sk[32];
    uint8_t pk[PK_LEN];
    uint8_t pkh[HASH_LEN];
    uint32_t created, expires;
};

/* ---- Making and opening ------------------------------------------------------------------- */

/* Derives all from the master. *out is freed with identity_free. SEAL_NO_MEMORY. */
MUST_USE enum seal_status identity_from_master(struct identity **out,
                                               const uint8_t master[static MASTER_LEN],
                                               uint32_t created, uint32_t expires);
/* The same from a fresh random master. */
MUST_USE enum seal_status identity_generate(struct identity **out, struct random *random,
                                            uint32_t created, uint32_t expires);
void identity_free(struct identity *id);
/* Its public half. */
void identity_public(struct public_key *out, const struct identity *id);

/* Opens a record with a passphrase of len bytes. If the record is not locked, passphrase is ignored
 * and may be NULL. SEAL_WRONG_PASSPHRASE; SEAL_BAD_KEY: the passphrase is not UTF-8 or too long;
 * SEAL_NO_MEMORY, also for want of the memory that Argon2id needs. */
MUST_USE enum seal_status secret_record_open(struct identity **out,
                                             const struct secret_record *record,
                                             const char *passphrase, size_t len,
                                             struct fault *fault);
/* False: another fingerprint than that of the opened key is noted beside the record. */
bool secret_record_note_fits(const struct secret_record *record, const struct identity *id);
/* Makes a record, locked with the passphrase; not locked if passphrase is NULL. SEAL_BAD_KEY and
 * SEAL_NO_MEMORY as above. */
MUST_USE enum seal_status secret_record_make(struct secret_record *out, const struct identity *id,
                                             const char *passphrase, size_t len,
                                             struct random *random, struct fault *fault);

/* The number by which people compare keys. */
void fingerprint_text(char out[static FINGERPRINT_SIZE], const uint8_t pkh[static HASH_LEN]);
/* Whether the last valid day is over; both are days since 1970-01-01. */
bool key_is_expired(uint32_t expires, uint32_t today);

/* ---- New passphrases ---------------------------------------------------------------------- */

/* What is in it that nobody sees, and so nobody types again: PASSPHRASE_NOT_UTF8, _INVISIBLE or
 * _BLANK_ENDS; REASON_NONE. */
enum seal_reason passphrase_flaw(const char *text, size_t len);
/* Roughly how many bits somebody who guesses as people choose has to guess. Below the least, people
 * are warned. */
#define PASSPHRASE_BITS_LEAST 20
unsigned int passphrase_bits(const char *text, size_t len);
/* One of seven words with blanks between them, drawn at random: 70 bits. It is secret. */
#define PASSPHRASE_WORDS 7
#define PASSPHRASE_WORD_BITS 10
#define PASSPHRASE_SUGGESTED_BITS (PASSPHRASE_WORDS * PASSPHRASE_WORD_BITS)
#define PASSPHRASE_SUGGESTED_SIZE 49
void passphrase_suggest(char out[static PASSPHRASE_SUGGESTED_SIZE], struct random *random);

/* ---- Files -------------------------------------------------------------------------------- */

/* All keys of one key file, which may hold several, of both kinds. */
struct key_file {
    struct public_key *public_keys;
    size_t public_count;
    struct secret_record *secrets; /* in sodium_malloc memory, read-only */
    size_t secret_count;
    bool marked_public; /* holds the line KEY_PUBLIC_MARK outside its blocks */
    bool is_exposed;    /* it has a secret key, and its medium lets others read it */
    /* Of a file without keys: what it is instead, and the line that shows it; REASON_NONE if
     * nothing is known. */
    enum seal_reason instead;
    uint64_t instead_line;
};

#define KEY_FILE_MAX (1024 * 1024)

/* A file with a secret key that others may read is refused, unless it has this line, which says
 * that everybody has the key anyway. Version control hands out the tutorial's key with any mode. */
#define KEY_PUBLIC_MARK "THIS KEY IS PUBLIC: AN EXAMPLE, NEVER SEAL TO IT"

/* Reads the text of a key file. A text without any block gives SEAL_OK and no keys. name is for the
 * fault. On failure *out is all zero. SEAL_BAD_KEY: fault->reason says which rule is broken, and
 * fault->number in which line, if it is one about lines; SEAL_NEWER: a block is of a later version;
 * SEAL_NO_MEMORY. */
MUST_USE enum seal_status key_file_parse(struct key_file *out, const char *text, size_t len,
                                         const char *name, struct fault *fault);
/* The same from a file, or a pipe, of at most KEY_FILE_MAX bytes, in UTF-8 or, with a byte order
 * mark, in UTF-16; links are followed. A file with a
 * secret key, locked or not, is refused if group or others have any right on it and it is not
 * marked public: SEAL_BAD_KEY with REASON_KEY_LOOSE. Where the medium keeps no rights, only one
 * that is not locked is refused: REASON_KEY_NO_RIGHTS. Also SEAL_IO. name is not NULL. */
MUST_USE enum seal_status key_file_read(struct key_file *out, const char *name,
                                        struct fault *fault);
/* Whether a name that was given for something else ends like this and is that of a file with keys,
 * as where --to or --key stands in front of the first of several only. */
bool key_file_is_meant(const char *name, const char *ending);
void key_file_free(struct key_file *file);
/* The fault of a file that could not be opened (errno). If name looks like the text of a key, which
 * may be secret, or like a fingerprint, that is said, and the name is not. */
enum seal_status key_file_not_opened(const char *name, struct fault *fault);
/* The fault of a file in which there is no key of the kind that is needed: reason, unless more is
 * known of it. */
enum seal_status key_file_lacks(const struct key_file *file, enum seal_reason reason,
                                const char *name, struct fault *fault);

/* The text of a key file, to change it. It lies in sodium_malloc memory: it may hold a secret key.
 */
struct key_text {
    char *data; /* not NUL-terminated */
    size_t len;
};

/* key_file_read that also gives the text, in UTF-8, and takes a key that is not locked on a medium
 * without rights: to show it or to lock it. Both *out and *text are the caller's to free.
 */
MUST_USE enum seal_status key_file_read_text(struct key_file *out, struct key_text *text,
                                             const char *name, struct fault *fault);
void key_text_free(struct key_text *text);
/* Copies the text, with record in place of its secret key block, which is the only one. All else
 * stays as it is. key_file_parse read old without a fault. SEAL_NO_MEMORY. */
MUST_USE enum seal_status key_text_replace_secret(struct key_text *out, const struct key_text *old,
                                                  const struct secret_record *record);

/* The most that the text of one key takes, in bytes. */
#define KEY_TEXT_MAX 4096
/* Append the text of one key: comment lines (which kind it is, the fingerprint), then the block.
 *
 * The text of a secret key is secret if it is not locked. So secret_record_text never lets the
 * buffer grow, which would leave a copy behind: the caller reserves room for KEY_TEXT_MAX more
 * bytes (the buffer's data may be sodium_malloc memory), and wipes it. SEAL_NO_MEMORY: there is
 * less room. */
MUST_USE enum seal_status public_key_text(struct buffer *out, const struct public_key *key);
MUST_USE enum seal_status secret_record_text(struct buffer *out, const struct secret_record *record,
                                             const uint8_t pkh[static HASH_LEN]);

#endif
