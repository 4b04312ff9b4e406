/*
 * SHA-256 of several messages side by side: what the library says of each alone, in every way that
 * this processor has.
 */
#include <stdlib.h>
#include <string.h>

#include "base/sha256_many.h"
#include "lib/unit_check.h"
#include "lib/fixture.h"

#define COUNT_MAX 40

/* Messages at random places of some random bytes. */
struct messages {
    uint8_t *data;
    size_t room;
    struct sha256_item items[COUNT_MAX];
    uint8_t digests[COUNT_MAX][SHA256_LEN];
};

static void draw(struct messages *m, struct random *random, size_t count, size_t most)
{
    for (size_t i = 0; i < count; i++) {
        size_t len = random_below(random, (uint32_t)most + 1);

        m->items[i].data = m->data + random_below(random, (uint32_t)(m->room - len));
        m->items[i].len = len;
        m->items[i].digest = m->digests[i];
    }
    memset(m->digests, 0, sizeof m->digests);
}

static bool all_are_right(const struct messages *m, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t digest[SHA256_LEN];

        sha256_of(digest, m->items[i].data, m->items[i].len);
        if (memcmp(digest, m->digests[i], sizeof digest) != 0)
            return false;
    }
    return true;
}

/* So many times, up to COUNT_MAX messages of up to most bytes. */
static void check_way(enum sha256_way way, size_t times, size_t most)
{
    struct random random = fixture_random("many");
    struct messages m = {.room = most + 4096};

    check_about("way %d, up to %zu bytes", (int)way, most);
    m.data = fixture_alloc(m.room);
    random_bytes(&random, m.data, m.room);
    for (size_t i = 0; i < times; i++) {
        size_t count = random_below(&random, COUNT_MAX + 1);

        draw(&m, &random, count, most);
        sha256_many(way, m.items, count);
        if (!CHECK(all_are_right(&m, count)))
            break;
    }
    free(m.data);
}

static void test_ways(void)
{
    check_way(SHA256_UNMEASURED, fixture_share(200, 20), 300);
    for (enum sha256_way way = 0; way < SHA256_WAYS; way++) {
        if (!sha256_way_is_here(way))
            continue;
        check_way(way, fixture_share(20000, 200), 300);
        check_way(way, fixture_share(200, 4), 70000);
    }
}

/* Every length around the ends of blocks, eight at a time and one more. */
static void test_lengths(void)
{
    static const uint8_t zeros[1024];
    struct messages m = {.room = 0};

    for (enum sha256_way way = 0; way < SHA256_WAYS; way++) {
        if (!sha256_way_is_here(way))
            continue;
        check_about("way %d", (int)way);
        for (size_t len = 0; len + 9 <= sizeof zeros; len++) {
            for (size_t i = 0; i < 9; i++)
                m.items[i] = (struct sha256_item){zeros, len + i, m.digests[i]};
            sha256_many(way, m.items, 9);
            if (!CHECK(all_are_right(&m, 9)))
                break;
        }
    }
}

/* NIST's example of 896 bits for SHA-2, so that this does not rest on the library alone. */
static void test_example(void)
{
    static const char text[] = "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                               "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
    uint8_t digests[8][SHA256_LEN];
    struct sha256_item items[8];

    for (size_t i = 0; i < 8; i++)
        items[i] = (struct sha256_item){(const uint8_t *)text, sizeof text - 1, digests[i]};
    sha256_many(SHA256_LANES, items, 8);
    for (size_t i = 0; i < 8; i++)
        CHECK_HEX("cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1", digests[i],
                  SHA256_LEN);
}

/* ---- The choice --------------------------------------------------------------------------- */

static double clock_at;
static size_t readings;

/* Each way is measured three times, between two readings: the way with this number took least. */
static size_t quick_way;

static double fake_now(void)
{
    if (readings++ % 2 == 1)
        clock_at += (readings - 1) / 6 == quick_way ? 1 : 2;
    return clock_at;
}

static void test_choice(void)
{
    size_t number = 0;

    for (enum sha256_way way = 0; way < SHA256_WAYS; way++) {
        if (!sha256_way_is_here(way))
            continue;
        readings = 0;
        quick_way = number++;
        CHECK_INT(way, sha256_fastest_way(fake_now));
    }
    CHECK(!sha256_way_is_here(SHA256_WAYS));
}

int main(int argc, char **argv)
{
    check_start("sha256_many", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_ways());
    CHECK_CASE(test_lengths());
    CHECK_CASE(test_example());
    CHECK_CASE(test_choice());
    return check_done();
}
