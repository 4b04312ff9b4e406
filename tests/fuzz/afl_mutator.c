/*
 * The mutators of lib/mutate.c for AFL++, which takes them from a shared library
 * (AFL_CUSTOM_MUTATOR_LIBRARY). SEAL_FUZZ_SHAPE says what inputs are made of: "lines" or "tar".
 */
#include <stdlib.h>
#include <string.h>

#include "lib/mutate.h"

struct mutator {
    unsigned int seed;
    uint8_t *out;
    size_t cap;
};

/* As AFL++ 4 calls them. */
void *afl_custom_init(void *afl, unsigned int seed);
size_t afl_custom_fuzz(void *self, uint8_t *data, size_t size, uint8_t **out, uint8_t *other,
                       size_t other_size, size_t max);
void afl_custom_deinit(void *self);

void *afl_custom_init(void *afl, unsigned int seed)
{
    struct mutator *m = calloc(1, sizeof *m);

    (void)afl;
    if (m == NULL)
        abort();
    m->seed = seed;
    return m;
}

static size_t mutate(struct mutator *m, size_t size, size_t max)
{
    const char *shape = getenv("SEAL_FUZZ_SHAPE");

    if (shape != NULL && strcmp(shape, "tar") == 0)
        return mutate_pieces(m->out, size, max, m->seed, 2, 512);
    return mutate_lines(m->out, size, max, m->seed);
}

/* What the mutators leave to the fuzzer comes back unaltered: then another seed. */
size_t afl_custom_fuzz(void *self, uint8_t *data, size_t size, uint8_t **out, uint8_t *other,
                       size_t other_size, size_t max)
{
    struct mutator *m = self;
    size_t used = size;

    (void)other;
    (void)other_size;
    if (m->cap < max) {
        free(m->out);
        m->out = malloc(max);
        m->cap = max;
    }
    if (m->out == NULL)
        abort();
    memcpy(m->out, data, size);
    for (int i = 0; i < 16 && used == size && memcmp(m->out, data, size) == 0; i++) {
        m->seed = m->seed * 1103515245u + 12345u;
        used = mutate(m, size, max);
    }
    *out = m->out;
    return used;
}

void afl_custom_deinit(void *self)
{
    struct mutator *m = self;

    free(m->out);
    free(m);
}
