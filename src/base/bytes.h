/*
 * bytes: spans, little-endian numbers, growing buffers.
 */
#ifndef SEAL_BYTES_H
#define SEAL_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

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

#endif
