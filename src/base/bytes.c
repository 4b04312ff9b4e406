#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool bytes_are_zero(const void *data, size_t len)
{
    const uint8_t *p = data;

    /* Comparing the row with itself one byte on lets memcmp do the work. */
    return len == 0 || (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0);
}

enum seal_status buffer_reserve(struct buffer *b, size_t more)
{
    size_t cap = b->cap < 64 ? 64 : b->cap;
    uint8_t *data;

    if (more > SIZE_MAX / 2 - b->len)
        return SEAL_NO_MEMORY;
    if (b->len + more <= b->cap)
        return SEAL_OK;
    while (cap < b->len + more)
        cap += cap / 2;
    data = realloc(b->data, cap);
    if (data == NULL)
        return SEAL_NO_MEMORY;
    b->data = data;
    b->cap = cap;
    return SEAL_OK;
}

enum seal_status buffer_append(struct buffer *b, const void *data, size_t len)
{
    if (buffer_reserve(b, len) != SEAL_OK)
        return SEAL_NO_MEMORY;
    if (len > 0)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    return SEAL_OK;
}

enum seal_status buffer_append_text(struct buffer *b, const char *text)
{
    size_t len = strlen(text);

    if (buffer_append(b, text, len + 1) != SEAL_OK)
        return SEAL_NO_MEMORY;
    b->len--;
    return SEAL_OK;
}

enum seal_status buffer_printf(struct buffer *b, const char *format, ...)
{
    va_list args;
    size_t room;
    int need;

    /* Mostly there is room for it, and it is made only once. */
    if (buffer_reserve(b, 1) != SEAL_OK)
        return SEAL_NO_MEMORY;
    room = b->cap - b->len;
    va_start(args, format);
    need = vsnprintf((char *)b->data + b->len, room, format, args);
    va_end(args);
    if (need < 0 || buffer_reserve(b, (size_t)need + 1) != SEAL_OK)
        return SEAL_NO_MEMORY;
    if ((size_t)need >= room) {
        va_start(args, format);
        (void)vsnprintf((char *)b->data + b->len, (size_t)need + 1, format, args);
        va_end(args);
    }
    b->len += (size_t)need;
    return SEAL_OK;
}

void buffer_free(struct buffer *b)
{
    free(b->data);
    *b = (struct buffer){0};
}
