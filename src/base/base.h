/*
 * base: what every room stands on. Status codes, buffers, hashing, randomness. Knows nothing of the
 * format beyond the keyed hash F that all of it is built from.
 */
#ifndef SEAL_BASE_H
#define SEAL_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nettle/sha2.h>

#define MUST_USE __attribute__((warn_unused_result))
/* Formats as in the C standard, which Windows' own functions do not know all of. */
#ifdef _WIN32
#define PRINTF_LIKE(format_number, first) __attribute__((format(gnu_printf, format_number, first)))
#else
#define PRINTF_LIKE(format_number, first) __attribute__((format(printf, format_number, first)))
#endif

#define SEAL_VERSION "0.1.0"
#define SEAL_FORMAT_VERSION 1

/* ---- Status ------------------------------------------------------------------------------- */

/* What a library call came to. cli maps each to one sentence and one exit code (users.md). */
enum seal_status {
    SEAL_OK = 0,
    SEAL_IO,               /* the system refused; fault.sys is errno */
    SEAL_NO_MEMORY,        /* memory could not be had */
    SEAL_EXISTS,           /* the output is there already */
    SEAL_NO_ROOM,          /* content is larger than the fixed size or a limit of the format */
    SEAL_LOCAL_NAME,       /* this system cannot hold a name; no fault of the sealed file */
    SEAL_INTERRUPTED,      /* a signal asked to stop */
    SEAL_USAGE,            /* what was asked for makes no sense */
    SEAL_BAD_KEY,          /* a key file is malformed, or a key cannot be used */
    SEAL_WRONG_PASSPHRASE, /* the passphrase does not open this key */
    SEAL_NO_KEY,           /* no key opens the file, or its beginning is damaged */
    SEAL_DAMAGED,          /* a key opens it, but it was altered or cut short */
    SEAL_HOSTILE,          /* all of it is authentic and yet it breaks a rule of the format */
    SEAL_NEWER,            /* made by a later version of the format */
    SEAL_TOO_MUCH,         /* more is inside than the receiver lets come out */
    SEAL_BROKE             /* what reads the content was stopped, or crashed, on it */
};

#define FAULT_NAME_SIZE 1024

/* The first failure of an operation, for the one message that cli prints. */
struct fault {
    enum seal_status status;
    int sys;                    /* errno, or 0 */
    const char *what;           /* a clause, static text: "padding is not zero"; may be NULL */
    char name[FAULT_NAME_SIZE]; /* the file or item concerned, raw bytes, cut to fit; "" if none */
};

/* Notes a failure unless one is noted already, and returns status. name may be NULL. */
enum seal_status fault_set(struct fault *fault, enum seal_status status, const char *what,
                           const char *name);
/* The same with errno: SEAL_IO, but SEAL_NO_MEMORY for ENOMEM, SEAL_INTERRUPTED for EINTR. */
enum seal_status fault_set_errno(struct fault *fault, const char *what, const char *name);
/* Adds the name to a failure that was noted by somebody who did not know it. */
void fault_add_name(struct fault *fault, const char *name);

/* ---- Stopping on a signal ----------------------------------------------------------------- */

/* Asynchronous signals reach a program through a global or not at all; this is the only one.
 * Set by the platform's handler; read by every loop over data. */
void stop_request(void);
bool stop_requested(void);

/* ---- Bytes -------------------------------------------------------------------------------- */

struct span {
    const void *data;
    size_t len;
};

static inline uint32_t load_u32(const uint8_t p[static 4])
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t load_u64(const uint8_t p[static 8])
{
    return (uint64_t)load_u32(p) | (uint64_t)load_u32(p + 4) << 32;
}

static inline void store_u32(uint8_t p[static 4], uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

static inline void store_u64(uint8_t p[static 8], uint64_t v)
{
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

bool bytes_are_zero(const void *data, size_t len);

/* A growing row of bytes; all zero is a valid empty one. Not for secrets: growing leaves copies. */
struct buffer {
    uint8_t *data;
    size_t len;
    size_t cap;
};

/* Both fail with SEAL_NO_MEMORY only, and then leave the buffer as it was. */
MUST_USE enum seal_status buffer_reserve(struct buffer *b, size_t more);
MUST_USE enum seal_status buffer_append(struct buffer *b, const void *data, size_t len);
/* Appends text and leaves a NUL behind it that len does not count. */
MUST_USE enum seal_status buffer_append_text(struct buffer *b, const char *text);
MUST_USE enum seal_status buffer_printf(struct buffer *b, const char *format, ...)
    PRINTF_LIKE(2, 3);
void buffer_free(struct buffer *b);

/* Where a stage of the pipeline pushes what it made. */
struct sink {
    enum seal_status (*write)(void *self, const void *data, size_t len, struct fault *fault);
    void *self;
};

/* The length of the well-formed UTF-8 character at s (1 to 4), or 0: no overlong forms, no
 * surrogates, nothing above U+10FFFF (RFC 3629). len > 0. */
size_t utf8_char_len(const uint8_t *s, size_t len);
bool utf8_is_valid(const void *s, size_t len);

/* The first len bytes of s, or all up to its NUL, malloc'ed; NULL for want of memory. */
char *text_copy(const char *s, size_t len);

/* ---- Text that is safe to show ------------------------------------------------------------ */

#define TEXT_PIECE_SIZE 16

/* The next character of s (len > 0) as it may be shown: printable UTF-8 as it is, everything else
 * (control, bidirectional, zero width, malformed) as \xHH or \u{HHHH}. *marks, 0 at first, counts
 * the marks that combine with one letter: a few are shown. Returns the bytes of s it stands for,
 * and in *columns its width, where such a mark counts as one. */
size_t text_piece(const char *s, size_t len, unsigned int *marks,
                  char piece[static TEXT_PIECE_SIZE], size_t *columns);
/* Appends all of s in that form. A backslash is written \x5C: what comes out can be read back. */
MUST_USE enum seal_status text_escape(struct buffer *out, const char *s, size_t len);
/* The same for a cell of a table: no spreadsheet takes it for a formula, or for more than one cell
 * with one in it. There is no double quote in it, but there may be commas and semicolons. */
MUST_USE enum seal_status text_escape_cell(struct buffer *out, const char *s, size_t len);

#define SIZE_TEXT_SIZE 32
/* "1.2 GB", "340 bytes": decimal units. */
void size_format(char out[static SIZE_TEXT_SIZE], uint64_t bytes);

/* ---- Hashing (format section 1) ----------------------------------------------------------- */

#define HASH_LEN 32
#define HASH512_LEN 64
#define KEY_LEN 32
#define SHA256_LEN 32

/* F(key, name, parts joined): BLAKE2b-256 keyed over a 16-byte label and the message. */
void hash_F(uint8_t out[static HASH_LEN], const uint8_t key[static KEY_LEN], const char *name,
            const struct span *parts, size_t part_count);
/* H: unkeyed BLAKE2b-256 of the parts joined. */
void hash_H(uint8_t out[static HASH_LEN], const struct span *parts, size_t part_count);
/* H512: unkeyed BLAKE2b-512 of the parts joined. */
void hash_H512(uint8_t out[static HASH512_LEN], const struct span *parts, size_t part_count);

/* SHA-256 by nettle, which uses the processor's instructions where it has them. */
struct sha256 {
    struct sha256_ctx ctx;
};

void sha256_start(struct sha256 *h);
void sha256_add(struct sha256 *h, const void *data, size_t len);
void sha256_end(struct sha256 *h, uint8_t out[static SHA256_LEN]);
/* All at once. */
void sha256_of(uint8_t out[static SHA256_LEN], const void *data, size_t len);

/* out takes 2 * len digits, lower case, and a NUL. */
void hex_encode(char *out, const uint8_t *data, size_t len);
/* Reads exactly 2 * len digits of either case; false if one is none. */
bool hex_decode(uint8_t *out, size_t len, const char *digits);

/* ---- Numbers people read to each other ---------------------------------------------------- */

#define FINGERPRINT_GROUPS 9
#define RECEIPT_GROUPS 5
#define NUMBER_TEXT_SIZE(groups) (groups * 5) /* groups: a number, no expression */

/* value, 32 bytes little-endian, mod 10^(4 * groups), as groups of four digits with one space
 * between them and a NUL (sections 2 and 3). out holds NUMBER_TEXT_SIZE(groups). */
void number_text(char *out, const uint8_t value[static 32], size_t groups);

/* ---- Constant time ------------------------------------------------------------------------- */

/* From here on these bytes may decide what the program does and when: they are public, or tell
 * nothing that is not. For a test (tests/tools/secrets.c), which is built with SEAL_SECRETS and
 * watches that no other secret does; else it is nothing. */
#ifdef SEAL_SECRETS
void declassify(const void *data, size_t len);
#else
static inline void declassify(const void *data, size_t len)
{
    (void)data;
    (void)len;
}
#endif

/* ---- Randomness and time ------------------------------------------------------------------ */

/* A generator for one sealing: libsodium's randomness, hedged with the time and what else the
 * caller has (recipients' keys), so that a system that repeats itself still gives fresh keys. */
struct random {
    uint8_t key[32];
};

MUST_USE enum seal_status random_start(struct random *r, const struct span *hedge,
                                       size_t hedge_count);
void random_bytes(struct random *r, void *out, size_t len);
/* Uniform in [0, bound), bound >= 1. */
uint32_t random_below(struct random *r, uint32_t bound);
void random_end(struct random *r);

#ifdef SEAL_TESTING
/* Test builds only: the same bytes for the same seed. random_start does this by itself, and
 * clock_now stands still, when SEAL_TEST_SEED is set; nothing else in a test build differs. */
void random_start_seeded(struct random *r, const void *seed, size_t len);
#endif

struct timestamp {
    int64_t sec; /* since 1970-01-01 UTC, rounded down */
    uint32_t nsec;
};

static inline bool timestamp_equal(struct timestamp a, struct timestamp b)
{
    return a.sec == b.sec && a.nsec == b.nsec;
}

struct timestamp clock_now(void);

#define TIME_TEXT_SIZE 40
/* RFC 3339, UTC: 2026-11-22T20:15:53Z; with the fraction, nine digits, if asked for. Years beyond
 * 0000 to 9999 cannot be written so: then seconds, as in "@-99999999999". */
void time_format(char out[static TIME_TEXT_SIZE], struct timestamp t, bool fraction);

struct date {
    int year, month, day;
};

/* Days since 1970-01-01 <-> the Gregorian calendar. date_from_days takes any uint32_t. */
struct date date_from_days(uint32_t days);
/* False unless it is a real date of 1970 or later, given as YYYY-MM-DD. */
bool date_parse(const char *text, uint32_t *days);
uint32_t date_today(void);

#endif
