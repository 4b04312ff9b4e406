/*
 * Repair data: thousands of files around every boundary, damaged at random. A model says which come
 * out whole: those of which no lane has more bad data blocks than good parity blocks.
 */
#include <string.h>

#include "lib/damaged.h"
#include "lib/fixture.h"
#include "lib/unit_check.h"
#include "stream/layout.h"

static const uint8_t levels[] = {4, 8, 16};

/* ---- The model ---------------------------------------------------------------------------- */

#define BLOCKS_MAX 1024

struct model {
    bool is_bad[BLOCKS_MAX];
    bool tells; /* how many blocks there are is known: by the second head or the last data block */
};

static bool lane_is_whole(const struct model *x, const struct group *g, unsigned int lane,
                          unsigned int m)
{
    unsigned int bad = 0, good_parity = 0;

    for (uint64_t i = lane; i < g->data_count; i += g->lanes)
        bad += x->is_bad[g->at + i];
    for (uint64_t i = 0; i < group_parity_count(g, m); i++)
        if ((g->data_count + i) % g->lanes == lane)
            good_parity += !x->is_bad[g->at + g->data_count + i];
    return bad <= good_parity;
}

static bool is_whole(const struct model *x, const struct sealed *s)
{
    const unsigned int m = s->env.params.parity;
    const uint64_t data = layout_data_count(s->blocks, m);

    for (uint64_t number = 0; number < data;) {
        const struct group g = layout_group(s->blocks, m, number);

        for (unsigned int lane = 0; lane < g.lanes; lane++)
            if (!lane_is_whole(x, &g, lane, m))
                return false;
        number = g.first_data + g.data_count;
    }
    return x->tells;
}

/* ---- Damage ------------------------------------------------------------------------------- */

static void zero(struct damaged *d, struct model *x, uint64_t first, uint64_t count)
{
    for (uint64_t b = first; b < first + count && b + 1 < d->s.blocks; b++) {
        memset(d->file.data + b * BLOCK_LEN + HEAD_LEN(SLOTS_FEW), 0,
               BLOCK_LEN - HEAD_LEN(SLOTS_FEW));
        x->is_bad[b] = true;
    }
}

static void scattered(struct damaged *d, struct model *x, struct random *r)
{
    const uint32_t blocks = (uint32_t)d->s.blocks - 1;

    for (uint32_t n = 1 + random_below(r, 3 * d->s.env.params.parity); n > 0; n--) {
        const uint64_t b = random_below(r, blocks);

        if (x->is_bad[b])
            continue;
        d->file.data[b * BLOCK_LEN + HEAD_LEN(SLOTS_FEW) +
                     random_below(r, BLOCK_LEN - HEAD_LEN(SLOTS_FEW))] ^=
            (uint8_t)(1u << random_below(r, 8));
        x->is_bad[b] = true;
    }
}

static void burst(struct damaged *d, struct model *x, struct random *r)
{
    zero(d, x, random_below(r, (uint32_t)d->s.blocks), 1 + random_below(r, 40));
}

static void bursts(struct damaged *d, struct model *x, struct random *r)
{
    for (int i = 0; i < 3; i++)
        zero(d, x, random_below(r, (uint32_t)d->s.blocks), 1 + random_below(r, 4));
}

/* Two blocks stand where the other one should. The head stays. */
static void swapped(struct damaged *d, struct model *x, struct random *r)
{
    const uint32_t others = (uint32_t)d->s.blocks - 2;
    const uint64_t a = 1 + random_below(r, others), b = 1 + random_below(r, others);
    uint8_t room[BLOCK_LEN];

    if (a == b)
        return;
    memcpy(room, d->file.data + a * BLOCK_LEN, BLOCK_LEN);
    memcpy(d->file.data + a * BLOCK_LEN, d->file.data + b * BLOCK_LEN, BLOCK_LEN);
    memcpy(d->file.data + b * BLOCK_LEN, room, BLOCK_LEN);
    x->is_bad[a] = x->is_bad[b] = true;
}

/* Then the last data block tells. */
static void cut(struct damaged *d, struct model *x, struct random *r)
{
    const uint64_t last = layout_data_count(d->s.blocks, d->s.env.params.parity) - 1;
    const size_t most = 8 * BLOCK_LEN < d->file.len ? 8 * BLOCK_LEN : d->file.len - BLOCK_LEN;

    d->file.len -= 1 + random_below(r, (uint32_t)most);
    d->told = 0;
    for (uint64_t b = d->file.len / BLOCK_LEN; b < d->s.blocks; b++)
        x->is_bad[b] = true;
    x->tells = !x->is_bad[layout_block_of(last, d->s.env.params.parity)];
}

/* The second head tells, and what is behind the hole is counted from the end. */
static void lost_middle(struct damaged *d, struct model *x, struct random *r)
{
    const size_t len = 1 + random_below(r, 6 * BLOCK_LEN);
    const size_t at = random_below(r, (uint32_t)(d->file.len - BLOCK_LEN));
    const size_t n = len < d->file.len - BLOCK_LEN - at ? len : d->file.len - BLOCK_LEN - at;

    memmove(d->file.data + at, d->file.data + at + n, d->file.len - at - n);
    d->file.len -= n;
    for (uint64_t b = at / BLOCK_LEN; n > 0 && b <= (at + n - 1) / BLOCK_LEN; b++)
        x->is_bad[b] = true;
}

static void (*const damages[])(struct damaged *d, struct model *x, struct random *r) = {
    scattered, burst, bursts, swapped, cut, lost_middle};
#define DAMAGES (sizeof damages / sizeof *damages)

/* ---- Files -------------------------------------------------------------------------------- */

static void try_damage(struct damaged *d, size_t kind, struct random *r, size_t *whole)
{
    struct model x = {.tells = true};
    enum seal_status wanted;

    damaged_restore(d);
    damages[kind](d, &x, r);
    CHECK(d->s.blocks <= BLOCKS_MAX);
    wanted = is_whole(&x, &d->s) ? SEAL_OK : SEAL_DAMAGED;
    *whole += wanted == SEAL_OK;
    CHECK_INT(wanted, damaged_read(d));
}

/* Around the ends of the first three groups, and between them. */
static uint64_t some_size(struct random *r)
{
    static const uint32_t ends[] = {64, 192, 448};
    const uint32_t kind = random_below(r, 4);

    return kind == 0 ? 1 + random_below(r, 60)
                     : ends[random_below(r, 10) == 0 ? 2 : kind % 2] - 3 + random_below(r, 7);
}

#define FILES 200
#define DAMAGES_EACH 12

static void test_campaign(void)
{
    struct random random = fixture_random("campaign");
    size_t whole = 0, all = 0;

    for (size_t i = 0; i < fixture_share(FILES, 10); i++) {
        const uint8_t m = levels[random_below(&random, 3)];
        struct damaged d = damaged_make(m, some_size(&random));

        for (size_t k = 0; k < DAMAGES_EACH; k++) {
            check_about("file %zu, m %u, %llu blocks, damage %zu", i, m,
                        (unsigned long long)d.s.blocks, k);
            try_damage(&d, k % DAMAGES, &random, &whole);
            all++;
        }
        damaged_free(&d);
    }
    /* Of both there are many. */
    check_about("%zu of %zu whole", whole, all);
    CHECK(whole > all / 3);
    CHECK(whole < all * 9 / 10);
}

int main(int argc, char **argv)
{
    check_start("repair_campaign", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_campaign());
    return check_done();
}
