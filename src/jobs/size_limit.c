#include "jobs/size_limit.h"

#define GIB (UINT64_C(1) << 30)
#define LIMIT_LEAST GIB

uint64_t size_limit_usual(uint64_t sealed_size)
{
    if (sealed_size > UINT64_MAX / SIZE_LIMIT_RATIO)
        return UINT64_MAX;
    return sealed_size * SIZE_LIMIT_RATIO > LIMIT_LEAST ? sealed_size * SIZE_LIMIT_RATIO
                                                        : LIMIT_LEAST;
}

uint64_t size_limit_needed(uint64_t content, uint64_t sealed_size)
{
    /* The record counts too: one part in a hundred covers it. */
    if (content / 100 * 101 <= size_limit_usual(sealed_size))
        return 0;
    return content / GIB + 2;
}
