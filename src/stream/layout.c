#include "stream/layout.h"

static unsigned int lanes_most(unsigned int m)
{
    return GROUP_PARITY_MOST / m;
}

/* Blocks of a full group. */
static uint64_t full_len(const struct group *g, unsigned int m)
{
    return (uint64_t)g->lanes * (PARITY_PLACES + m);
}

struct group group_first(void)
{
    return (struct group){.data_count = PARITY_PLACES, .lanes = 1};
}

/* The group that comes count groups behind a full one, of the same size all. */
static struct group behind(const struct group *g, unsigned int m, uint64_t count)
{
    struct group next = *g;

    next.at += count * full_len(g, m);
    next.first_data += count * PARITY_PLACES * g->lanes;
    next.first_parity += count * m * g->lanes;
    return next;
}

struct group group_next(const struct group *g, unsigned int m)
{
    struct group next = behind(g, m, 1);

    if (next.lanes < lanes_most(m))
        next.lanes *= 2;
    next.data_count = (uint64_t)PARITY_PLACES * next.lanes;
    return next;
}

uint64_t group_parity_count(const struct group *g, unsigned int m)
{
    return (uint64_t)m * g->lanes;
}

unsigned int group_parity_lane(const struct group *g, uint64_t i)
{
    return (unsigned int)((g->data_count + i) % g->lanes);
}

/* ---- The group of a block ----------------------------------------------------------------- */

/* The full group in which that block would be, if the file went on for ever. */
static struct group group_at(uint64_t b, unsigned int m)
{
    struct group g = group_first();

    while (g.lanes < lanes_most(m) && b >= g.at + full_len(&g, m))
        g = group_next(&g, m);
    return behind(&g, m, (b - g.at) / full_len(&g, m));
}

static struct group group_of_data(uint64_t n, unsigned int m)
{
    struct group g = group_first();

    while (g.lanes < lanes_most(m) && n >= g.first_data + g.data_count)
        g = group_next(&g, m);
    return behind(&g, m, (n - g.first_data) / g.data_count);
}

/* The last group of a file of so many blocks, with the data blocks it has; those are 0 if no file
 * has that many. */
static struct group last_group(uint64_t blocks, unsigned int m)
{
    struct group g = {.lanes = 1};
    uint64_t left;

    if (blocks < 2)
        return g;
    g = group_at(blocks - 2, m); /* the last block is the second head */
    left = blocks - 1 - g.at;
    g.data_count = left > group_parity_count(&g, m) ? left - group_parity_count(&g, m) : 0;
    return g;
}

/* ---- Files -------------------------------------------------------------------------------- */

uint64_t layout_data_count(uint64_t blocks, unsigned int m)
{
    struct group g;

    if (m == 0)
        return blocks;
    g = last_group(blocks, m);
    return g.data_count == 0 ? 0 : g.first_data + g.data_count;
}

uint64_t layout_block_count(uint64_t data_count, unsigned int m)
{
    struct group g;

    if (m == 0)
        return data_count;
    g = group_of_data(data_count - 1, m);
    return g.at + (data_count - g.first_data) + group_parity_count(&g, m) + 1;
}

struct group layout_group(uint64_t blocks, unsigned int m, uint64_t data_number)
{
    struct group g = group_of_data(data_number, m), last;

    if (blocks == 0)
        return g;
    last = last_group(blocks, m);
    return last.at == g.at ? last : g;
}

uint64_t layout_block_of(uint64_t data_number, unsigned int m)
{
    struct group g;

    if (m == 0)
        return data_number;
    g = group_of_data(data_number, m);
    return g.at + (data_number - g.first_data);
}

struct place layout_at(uint64_t blocks, unsigned int m, uint64_t b)
{
    struct group g, last;

    if (m == 0)
        return (struct place){BLOCK_DATA, b};
    if (blocks != 0 && b + 1 == blocks)
        return (struct place){BLOCK_SECOND_HEAD, 0};
    g = group_at(b, m);
    if (blocks != 0) {
        last = last_group(blocks, m);
        if (last.at == g.at)
            g = last;
    }
    b -= g.at;
    return b < g.data_count ? (struct place){BLOCK_DATA, g.first_data + b}
                            : (struct place){BLOCK_PARITY, g.first_parity + b - g.data_count};
}
