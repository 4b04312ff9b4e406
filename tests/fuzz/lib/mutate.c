#include "mutate.h"

#include <stdlib.h>
#include <string.h>

/* What a fuzzer does with any bytes; it is not there where nothing is fuzzed. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max) __attribute__((weak));

static unsigned int next(unsigned int *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16 & 0x7fff;
}

static size_t any_bytes(uint8_t *data, size_t size, size_t max)
{
    return LLVMFuzzerMutate == NULL ? size : LLVMFuzzerMutate(data, size, max);
}

/* Where in data something begins and how long it is. */
struct place {
    size_t at, len;
};

static size_t take_out(uint8_t *data, size_t size, struct place p)
{
    memmove(data + p.at, data + p.at + p.len, size - p.at - p.len);
    return size - p.len;
}

/* Puts a copy of what is at from before to; unchanged where there is no room. */
static size_t copy_to(uint8_t *data, size_t size, size_t max, struct place from, size_t to)
{
    uint8_t *copy = malloc(from.len + 1);

    if (copy == NULL || size + from.len > max) {
        free(copy);
        return size;
    }
    memcpy(copy, data + from.at, from.len);
    memmove(data + to + from.len, data + to, size - to);
    memcpy(data + to, copy, from.len);
    free(copy);
    return size + from.len;
}

static size_t move_to(uint8_t *data, size_t size, size_t max, struct place from, size_t to)
{
    size_t grown = copy_to(data, size, max, from, to);

    if (grown == size)
        return size;
    if (to <= from.at)
        from.at += from.len;
    return take_out(data, grown, from);
}

/* One of three things with a, which may go to before b. */
static size_t shuffle(uint8_t *data, size_t size, size_t max, struct place a, struct place b,
                      unsigned int what)
{
    switch (what % 3) {
    case 0:
        return take_out(data, size, a);
    case 1:
        return copy_to(data, size, max, a, b.at);
    default:
        return b.at > a.at && b.at < a.at + a.len ? size : move_to(data, size, max, a, b.at);
    }
}

/* The piece around a byte of data that reaches to the next separator, which is part of it. */
static struct place around(const uint8_t *data, size_t size, size_t at, const char *separators)
{
    struct place p = {at, 0};
    size_t end = at;

    while (p.at > 0 && strchr(separators, data[p.at - 1]) == NULL)
        p.at--;
    while (end < size && strchr(separators, data[end]) == NULL)
        end++;
    p.len = end - p.at + (end < size);
    return p;
}

size_t mutate_lines(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
    unsigned int what = next(&seed);
    const char *separators = what % 2 == 0 ? "\n" : "\n =";
    struct place a, b;

    if (size < 2 || what % 5 < 3)
        return any_bytes(data, size, max);
    a = around(data, size, (next(&seed) << 15 | next(&seed)) % size, separators);
    b = around(data, size, (next(&seed) << 15 | next(&seed)) % size, separators);
    return shuffle(data, size, max, a, b, next(&seed));
}

size_t mutate_pieces(uint8_t *data, size_t size, size_t max, unsigned int seed, size_t skip,
                     size_t piece)
{
    size_t count = size < skip ? 0 : (size - skip) / piece, first, length, to;

    if (count < 2 || next(&seed) % 4 != 0)
        return any_bytes(data, size, max);
    first = next(&seed) % count;
    length = 1 + next(&seed) % 3u;
    to = next(&seed) % count;
    if (first + length > count)
        length = count - first;
    return shuffle(data, size, max, (struct place){skip + first * piece, length * piece},
                   (struct place){skip + to * piece, 0}, next(&seed));
}
