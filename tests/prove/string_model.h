/*
 * Functions of C's library that CBMC does not know: memchr and strnlen.
 */
#ifndef SEAL_PROVE_STRING_MODEL_H
#define SEAL_PROVE_STRING_MODEL_H

#include <string.h>

#include "prove.h"

#ifdef MEMCHR_LINES
/* Finds any of the places where the byte is, or none: what holds then holds for the first one, too,
 * and no loop is needed. Looked at are runs that find up to MEMCHR_LINES line ends. */
static size_t newlines_found;

void *memchr(const void *data, int c, size_t len)
{
    const char *bytes = data;
    size_t i = nondet_size();

    PROVE(__CPROVER_r_ok(data, len));
    if (i >= len || bytes[i] != (char)c)
        return NULL;
    newlines_found += c == '\n';
    ASSUME(newlines_found <= MEMCHR_LINES);
    return (void *)(uintptr_t)(bytes + i);
}
#else
void *memchr(const void *data, int c, size_t len)
{
    const char *bytes = data;

    PROVE(__CPROVER_r_ok(data, len));
    for (size_t i = 0; i < len; i++)
        if (bytes[i] == (char)c)
            return (void *)(uintptr_t)(bytes + i);
    return NULL;
}
#endif

size_t strnlen(const char *text, size_t most)
{
    size_t len = 0;

    while (len < most && text[len] != '\0')
        len++;
    return len;
}

#endif
