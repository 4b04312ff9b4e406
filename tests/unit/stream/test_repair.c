/*
 * Repair data: files that are damaged in every way that can be mended, or cannot.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/unit_check.h"
#include "lib/fixture.h"
#include "lib/damaged.h"
#include "lib/payload.h"
#include "stream/chunk.h"
#include "stream/holed.h"
#include "stream/layout.h"
#include "stream/stream.h"

static const uint8_t levels[] = {4, 8, 16};

static void spoil(struct damaged *d, uint64_t block)
{
    d->file.data[block * BLOCK_LEN + BLOCK_LEN - 1] ^= 1; /* its tag */
}

/* ---- Bad blocks --------------------------------------------------------------------------- */

/* count different blocks of a lane of the group that this data block is in, any of its kinds. */
static void spoil_lane(struct damaged *d, uint64_t data, unsigned int count, struct random *random)
{
    const unsigned int m = d->s.env.params.parity;
    const struct group g = layout_group(d->s.blocks, m, data);
    const unsigned int lane = (unsigned int)((data - g.first_data) % g.lanes);
    uint64_t blocks[PARITY_PLACES + PARITY_MAX];
    size_t all = 0;

    for (uint64_t i = lane; i < g.data_count; i += g.lanes)
        blocks[all++] = g.at + i;
    for (uint64_t i = 0; i < group_parity_count(&g, m); i++)
        if (group_parity_lane(&g, i) == lane)
            blocks[all++] = g.at + g.data_count + i;
    for (size_t i = 0; i < count && i < all; i++) {
        size_t other = i + random_below(random, (uint32_t)(all - i));
        uint64_t block = blocks[other];

        blocks[other] = blocks[i];
        spoil(d, block);
    }
}

static const uint64_t data_counts[] = {1,  2,  3,   16,  17,  63,  64, 65,
                                       66, 67, 128, 191, 192, 193, 200};

static void test_lanes(void)
{
    struct random random = fixture_random("lanes");

    for (size_t i = 0; i < sizeof levels; i++)
        for (size_t k = 0; k < sizeof data_counts / sizeof *data_counts; k++) {
            struct damaged d = damaged_make(levels[i], data_counts[k]);

            check_about("m %u, %llu data blocks", levels[i], (unsigned long long)data_counts[k]);
            CHECK_INT(SEAL_OK, damaged_read(&d));
            CHECK_INT(0, d.mended.block_count);
            for (int turn = 0; turn < 3; turn++) {
                damaged_restore(&d);
                spoil_lane(&d, random_below(&random, (uint32_t)data_counts[k]), levels[i], &random);
                CHECK_INT(SEAL_OK, damaged_read(&d));
            }
            damaged_free(&d);
        }
}

/* One more than the lane can stand, and one of them a data block. */
static void test_too_many(void)
{
    for (size_t i = 0; i < sizeof levels; i++)
        for (unsigned int parity_too = 0; parity_too < 2; parity_too++) {
            struct damaged d = damaged_make(levels[i], 100);
            const struct group g = layout_group(d.s.blocks, levels[i], 99);

            check_about("m %u, one too many", levels[i]);
            for (unsigned int n = 0; n <= levels[i]; n++) {
                CHECK_INT(SEAL_OK, n == 0 ? SEAL_OK : damaged_read(&d));
                spoil(&d, parity_too && n > 0
                              ? g.at + g.data_count + (g.data_count + 1) % 2 + (n - 1) * g.lanes
                              : g.at + 1 + n * g.lanes);
            }
            CHECK_INT(SEAL_DAMAGED, damaged_read(&d));
            damaged_free(&d);
        }
}

/* A burst of as many blocks as the group has parity, wherever it begins in it. */
static void test_bursts(void)
{
    struct damaged d = damaged_make(4, 300);
    const struct group g = layout_group(d.s.blocks, 4, 200);
    const uint64_t all = g.data_count + group_parity_count(&g, 4);

    for (uint64_t at = 0; at + 16 <= all; at += 7) {
        check_about("a burst at %llu", (unsigned long long)at);
        damaged_restore(&d);
        memset(d.file.data + (g.at + at) * BLOCK_LEN, 0, 16 * BLOCK_LEN);
        CHECK_INT(SEAL_OK, damaged_read(&d));
        if (at + 16 <= g.data_count) {
            CHECK_INT(16, d.mended.block_count);
            CHECK_INT(1, d.mended.range_count);
            CHECK_INT(g.at + at, d.mended.ranges[0].first);
            CHECK_INT(16, d.mended.ranges[0].count);
        }
    }
    damaged_free(&d);
}

/* ---- Lost ends ---------------------------------------------------------------------------- */

/* The end may be missing as far as the last data block, which tells how many there are. */
static void test_lost_end(void)
{
    struct damaged d = damaged_make(4, 70);
    const uint64_t last = layout_block_of(69, 4);

    d.told = 0;
    for (uint64_t blocks = d.s.blocks; blocks > 0; blocks--) {
        check_about("the first %llu blocks", (unsigned long long)blocks);
        d.file.len = blocks * BLOCK_LEN;
        CHECK_INT(blocks > last ? SEAL_OK : SEAL_DAMAGED, damaged_read(&d));
        d.file.len -= 2000;
        CHECK_INT(blocks > last + 1 ? SEAL_OK : SEAL_DAMAGED, damaged_read(&d));
    }
    damaged_restore(&d);
    d.told = 0;
    d.file.len += 2 * BLOCK_LEN + 100;
    check_about("something put behind it");
    CHECK_INT(SEAL_OK, damaged_read(&d));
    CHECK_INT(0, d.mended.block_count);
    damaged_free(&d);
}

/* With a second head at the end, what is missing elsewhere is found from there. */
static void cut_out(struct damaged *d, size_t from, size_t len)
{
    damaged_restore(d);
    memmove(d->file.data + from, d->file.data + from + len, d->file.len - from - len);
    d->file.len -= len;
}

static void test_lost_middle(void)
{
    static const size_t lens[] = {1, 2048, 65536, 65537, 4 * 65536, 4 * 65536 + 1, 5 * 65536};
    struct damaged d = damaged_make(4, 70);

    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++)
        for (uint64_t at = 0; at < 60; at += 9) {
            const size_t off = (size_t)at * BLOCK_LEN;
            const uint64_t lost = (lens[i] + BLOCK_LEN - 1) / BLOCK_LEN;

            check_about("%zu bytes lost at block %llu", lens[i], (unsigned long long)at);
            cut_out(&d, off, lens[i]);
            CHECK_INT(lost <= 4 ? SEAL_OK : SEAL_DAMAGED, damaged_read(&d));
            CHECK(lost > 4 || d.mended.block_count == lost);
        }
    damaged_free(&d);
}

/* Who cuts a file between two groups must not have a shorter one read for whole. */
static void test_cut_between_groups(void)
{
    struct damaged d = damaged_make(4, 300);

    check_about("cut between two groups");
    d.told = 0;
    d.file.len = 69 * BLOCK_LEN;
    CHECK_INT(69, layout_block_count(layout_data_count(69, 4), 4));
    CHECK_INT(SEAL_DAMAGED, damaged_read(&d));
    damaged_free(&d);
}

/* A second head is the sender's, who may write any number into it: then the file itself tells. */
static void test_told_too_much(void)
{
    static const uint64_t more[] = {STREAM_BLOCKS_MAX, UINT64_C(1) << 48, UINT64_MAX / 2};
    struct damaged d = damaged_make(4, 70);

    fixture_write(check_scratch("damaged"), d.file.data, d.file.len);
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        struct stream_volume v = {.env = &d.s.env, .told = {d.s.blocks + more[i], true}};
        struct fault fault = {.status = SEAL_OK};
        struct stream_reader *reader;

        check_about("a second head that tells of %llu blocks", (unsigned long long)v.told.count);
        CHECK_INT(SEAL_OK, volume_open(&v.in, check_scratch("damaged"), &fault));
        CHECK_INT(SEAL_OK, stream_reader_new_set(&reader, &v, 1, payload_crew, &fault));
        CHECK_INT(d.s.blocks, stream_reader_blocks(reader, 0));
        stream_reader_free(reader);
        volume_close(v.in);
    }
    damaged_free(&d);
}

/* The maker of a file ends it early for who does not know its length; with other bad blocks in the
 * lane or without. */
static void test_ends_early(void)
{
    for (unsigned int others = 0; others < 2; others++) {
        struct damaged d = damaged_make(4, 70);
        const struct chunk_id id = {.number = 30}, final = {.number = 30, .is_final = true};
        uint8_t key[KEY_LEN], *block = d.file.data + layout_block_of(30, 4) * BLOCK_LEN;

        check_about("a block more that is the last, %u others", others);
        chunk_derive_key(key, &d.s.env);
        CHECK(chunk_open(block, CHUNK_LEN, id, key));
        CHECK(chunk_seal(block, CHUNK_LEN, final, key));
        if (others > 0)
            spoil(&d, layout_block_of(20, 4));
        CHECK_INT(SEAL_HOSTILE, damaged_read(&d));
        damaged_free(&d);
    }
}

/* What cannot be read any more may be right. */
static void test_unreadable(void)
{
    struct damaged d = damaged_make(4, 70);
    struct stream_volume v = {.env = &d.s.env, .told = {d.s.blocks, true}};
    struct fault fault = {.status = SEAL_OK};
    struct stream_reader *reader;
    uint8_t byte;
    size_t got;
    int fd, other;

    fixture_write(check_scratch("damaged"), d.file.data, d.file.len);
    fd = open(check_scratch("damaged"), O_RDONLY);
    other = open(check_scratch("damaged"), O_WRONLY);
    CHECK_INT(SEAL_OK, volume_open_fd(&v.in, fd, "damaged", &fault));
    CHECK_INT(SEAL_OK, stream_reader_new_set(&reader, &v, 1, payload_crew, &fault));
    CHECK(dup2(other, fd) == fd);
    CHECK_INT(SEAL_IO, stream_read(reader, &byte, 1, &got, &fault));
    stream_reader_free(reader);
    fault = (struct fault){.status = SEAL_OK};
    v.told.count = 0; /* nor can its end be looked for */
    CHECK_INT(SEAL_IO, stream_reader_new_set(&reader, &v, 1, payload_crew, &fault));
    volume_close(v.in);
    CHECK(close(fd) == 0 && close(other) == 0);
    damaged_free(&d);
}

/* A medium gave other bytes when the file was hashed than it does now. */
static void test_unlike(void)
{
    struct damaged d = damaged_make(4, 70);
    struct stream_volume v = {.env = &d.s.env, .told = {d.s.blocks, true}};
    const struct sink to = {fixture_append, &(struct buffer){0}};
    struct fault fault = {.status = SEAL_OK};
    struct stream_reader *reader;
    uint8_t digest[32], receipt[32];
    uint64_t len;
    int fd;

    fixture_write(check_scratch("right"), d.file.data, d.file.len);
    spoil(&d, 5);
    fixture_write(check_scratch("damaged"), d.file.data, d.file.len);
    fd = open(check_scratch("damaged"), O_RDONLY);
    CHECK_INT(SEAL_OK, volume_open_feed(&v.in, fd, d.file.len, "damaged", &fault));
    CHECK_INT(SEAL_OK, volume_open(&v.again, check_scratch("right"), &fault));
    CHECK_INT(SEAL_OK, stream_reader_new_set(&reader, &v, 1, payload_crew, &fault));
    CHECK_INT(SEAL_OK, stream_reader_copy(reader, &to, &len, digest, receipt, &fault));
    CHECK_INT(1, stream_reader_mended(reader)->block_count);
    CHECK_INT(5, stream_reader_mended(reader)->ranges[0].first);
    stream_reader_free(reader);
    buffer_free(to.self);
    volume_close(v.in);
    volume_close(v.again);
    CHECK(close(fd) == 0);
    damaged_free(&d);
}

/* ---- What is left of a set ---------------------------------------------------------------- */

/* From one volume to the other and back: blocks of both have to be mended. */
static void check_both(struct holed *h, const struct damaged *d, size_t full)
{
    struct fault fault = {.status = SEAL_OK};
    uint8_t got[1000];

    for (size_t at = 0; at + sizeof got < d->s.content.len; at += 3 * BLOCK_LEN)
        for (size_t volume = 0; volume < 2; volume++) {
            check_about("byte %zu of volume %zu", at, volume);
            CHECK_INT(SEAL_OK, holed_read(h, volume * full + at, got, sizeof got, &fault));
            CHECK_BYTES(d->s.content.data + at, got, sizeof got);
        }
}

static void test_two_holed(void)
{
    struct damaged d = damaged_make(4, 70);
    struct envelope envs[2] = {d.s.env, d.s.env};
    struct holed_volume v[2] = {{.env = &envs[0]}, {.env = &envs[1]}};
    struct fault fault = {.status = SEAL_OK};
    struct holed *holed = NULL;
    struct holed_totals totals;

    for (uint32_t block = 0; block < 64; block += 20)
        spoil(&d, block);
    fixture_write(check_scratch("damaged"), d.file.data, d.file.len);
    for (uint32_t i = 0; i < 2; i++) {
        envs[i].params.flags |= FLAG_VOLUME;
        envs[i].params.index = i;
        CHECK_INT(SEAL_OK, volume_open(&v[i].in, check_scratch("damaged"), &fault));
    }
    if (CHECK_INT(SEAL_OK, holed_new(&holed, v, 2, NULL, NULL, &fault)))
        check_both(holed, &d, d.s.content.len + 5);
    holed_free(holed);
    envs[1].params.index = UINT32_MAX;
    CHECK_INT(SEAL_OK, holed_new(&holed, v, 2, NULL, NULL, &fault));
    holed_totals(holed, &totals);
    CHECK_INT(UINT32_MAX - UINT64_C(1), totals.missing_volumes);
    holed_free(holed);
    for (size_t i = 0; i < 2; i++)
        volume_close(v[i].in);
    damaged_free(&d);
}

static void test_all(void)
{
    CHECK_CASE(test_lanes());
    CHECK_CASE(test_too_many());
    CHECK_CASE(test_bursts());
    CHECK_CASE(test_lost_end());
    CHECK_CASE(test_lost_middle());
    CHECK_CASE(test_cut_between_groups());
    CHECK_CASE(test_told_too_much());
    CHECK_CASE(test_ends_early());
    CHECK_CASE(test_unreadable());
    CHECK_CASE(test_unlike());
}

int main(int argc, char **argv)
{
    check_start("repair", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_two_holed());
    fixture_twice(&payload_crew, test_all);
    return check_done();
}
