/*
 * decoder: text in the encodings that files of others are met in, as UTF-8. Public.
 */
#ifndef SEAL_BASE_DECODER_H
#define SEAL_BASE_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum encoding {
    ENCODING_UTF8,   /* also US-ASCII; bytes are passed on as they are, well-formed or not */
    ENCODING_LATIN1, /* ISO-8859-1 */
    ENCODING_UTF16,  /* big-endian unless a byte order mark says else (RFC 2781, 4.3) */
    ENCODING_UTF16LE
};

/* By its name in the registry of character sets (RFC 2978), in letters of any case. False: it is
 * not one of the above. */
bool encoding_by_name(enum encoding *out, const char *name);

/* Takes a text piece by piece. All zero but `from` at its beginning. */
struct decoder {
    enum encoding from;
    bool has_bom;    /* it began with a byte order mark, which is left out */
    bool is_damaged; /* something was no character; U+FFFD stands for it */
    bool has_started, is_little, has_odd;
    uint8_t odd;   /* the first byte of a unit of UTF-16 */
    uint32_t high; /* the first half of a pair; 0: none */
};

/* Bytes of UTF-8 that come of len bytes at most. */
#define DECODED_MAX(len) (2 * (len) + 8)

/* Writes to out, which has room for DECODED_MAX(len), and returns how much. The first piece has at
 * least three bytes, or is all. */
size_t decoder_take(struct decoder *d, const uint8_t *in, size_t len, char *out);
/* What is left at the end; out has room for DECODED_MAX(0). */
size_t decoder_end(struct decoder *d, char *out);

#endif
