/*
 * Where the blocks of a file stand, and how long it becomes, against the vectors.
 */
#include <stdio.h>
#include <string.h>

#include "lib/unit_check.h"
#include "lib/fixture.h"
#include "lib/payload.h"
#include "stream/layout.h"
#include "stream/stream.h"

static const uint8_t levels[] = {4, 8, 16};

/* ---- Where blocks stand ------------------------------------------------------------------- */

static void check_layout(const json_t *entry)
{
    const unsigned int m = (unsigned int)fixture_number(entry, "m");
    const uint64_t blocks = fixture_number(entry, "B"), data = fixture_number(entry, "data");
    const json_t *last = json_object_get(entry, "last");
    struct group g;

    check_about("m %u, %llu blocks", m, (unsigned long long)blocks);
    CHECK_INT(data, layout_data_count(blocks, m));
    if (data == 0)
        return;
    CHECK_INT(blocks, layout_block_count(data, m));
    g = layout_group(blocks, m, data - 1);
    CHECK_INT(fixture_number(last, "first_block"), g.at);
    CHECK_INT(fixture_number(last, "first_data"), g.first_data);
    CHECK_INT(fixture_number(last, "first_parity"), g.first_parity);
    CHECK_INT(fixture_number(last, "lanes"), g.lanes);
    CHECK_INT(fixture_number(last, "data"), g.data_count);
}

static void check_invalid(const json_t *invalid)
{
    for (size_t i = 0; i < sizeof levels; i++) {
        char key[8];
        const json_t *list, *number;
        size_t at = 0;

        (void)snprintf(key, sizeof key, "%u", levels[i]);
        list = json_object_get(invalid, key);
        for (uint64_t blocks = 1; blocks <= 600; blocks++) {
            number = json_array_get(list, at);
            check_about("m %u, %llu blocks", levels[i], (unsigned long long)blocks);
            if ((uint64_t)json_integer_value(number) == blocks)
                at++;
            CHECK((layout_data_count(blocks, levels[i]) == 0) ==
                  ((uint64_t)json_integer_value(number) == blocks));
        }
        CHECK_INT(json_array_size(list), at);
    }
}

static void test_layouts(void)
{
    json_t *all = fixture_json("parity.json");
    const json_t *entry;
    size_t i;

    json_array_foreach (json_object_get(all, "layouts"), i, entry)
        check_layout(entry);
    CHECK(i > 0);
    check_invalid(json_object_get(all, "invalid"));
    json_decref(all);
}

/* Every block of a file is one thing, and nothing is twice. */
static void check_places(uint64_t blocks, unsigned int m)
{
    const uint64_t data = layout_data_count(blocks, m);
    uint64_t next_data = 0, next_parity = 0;

    check_about("places of %llu blocks, m %u", (unsigned long long)blocks, m);
    for (uint64_t b = 0; data > 0 && b < blocks; b++) {
        const struct place p = layout_at(blocks, m, b);

        if (p.kind == BLOCK_DATA) {
            CHECK_INT(next_data, p.number);
            CHECK_INT(b, layout_block_of(next_data++, m));
        } else if (p.kind == BLOCK_PARITY) {
            CHECK_INT(next_parity++, p.number);
        } else {
            CHECK_INT(blocks - 1, b);
        }
    }
    CHECK_INT(data, next_data);
}

static void test_places(void)
{
    for (size_t i = 0; i < sizeof levels; i++)
        for (uint64_t blocks = 1; blocks < 20000; blocks = blocks * 5 / 4 + 1)
            check_places(blocks, levels[i]);
}

/* ---- Lengths ------------------------------------------------------------------------------ */

/* [L, Padmé(L)]: what fills a file of Padmé(L) bytes makes one of that length, and so does what
 * fills L, where a file of L bytes could be. */
static void test_padme(void)
{
    json_t *root = fixture_json("padme.json");
    const struct padding padding = {.rule = PAD_PADME};
    const json_t *pair;
    size_t i;

    json_array_foreach (json_object_get(root, "padme"), i, pair) {
        uint64_t len = (uint64_t)json_integer_value(json_array_get(pair, 0));
        uint64_t padded = (uint64_t)json_integer_value(json_array_get(pair, 1));

        check_about("padme %zu", i);
        for (size_t n = SLOTS_FEW; n <= SLOTS_MANY; n += SLOTS_MANY - SLOTS_FEW) {
            const size_t head = HEAD_LEN(n);

            CHECK_INT(padded, stream_total_len(((struct file_shape){.head_len = head}),
                                               payload_capacity(head, padded), padding));
            if (len % BLOCK_LEN == 0 || len % BLOCK_LEN > TAG_LEN)
                CHECK_INT(padded, stream_total_len(((struct file_shape){.head_len = head}),
                                                   payload_capacity(head, len), padding));
        }
    }
    CHECK(i > 0);
    json_decref(root);
}

static void check_total(const json_t *entry)
{
    const struct file_shape shape = {
        HEAD_LEN(fixture_number(entry, "n")),
        json_object_get(entry, "m") == NULL ? 0 : (unsigned int)fixture_number(entry, "m")};
    const json_t *pad = json_object_get(entry, "pad");
    struct padding padding = {.rule = PAD_FIXED, .size = (uint64_t)json_integer_value(pad)};
    uint64_t want = json_is_string(json_object_get(entry, "T")) ? 0 : fixture_number(entry, "T");

    if (json_is_string(pad))
        padding.rule = strcmp(json_string_value(pad), "pow2") == 0 ? PAD_POW2 : PAD_PADME;
    check_about("total of %llu", (unsigned long long)fixture_number(entry, "content_len"));
    CHECK_INT(want, stream_total_len(shape, fixture_number(entry, "content_len"), padding));
}

static void test_totals(const char *vector)
{
    json_t *all = fixture_json(vector);
    const json_t *entry;
    size_t i;

    json_array_foreach (json_object_get(all, "totals"), i, entry)
        check_total(entry);
    CHECK(i > 0);
    json_decref(all);
}

int main(int argc, char **argv)
{
    check_start("layout", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_layouts());
    CHECK_CASE(test_places());
    CHECK_CASE(test_padme());
    CHECK_CASE(test_totals("padme.json"));
    CHECK_CASE(test_totals("parity.json"));
    return check_done();
}
