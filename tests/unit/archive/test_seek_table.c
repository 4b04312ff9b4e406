/*
 * The seek table and the table of offsets, forged, as a reader that seeks meets them.
 */
#include <string.h>

#include "archive/archive.h"
#include "bag/bag_layout.h"
#include "bag/table.h"
#include "lib/unit_check.h"
#include "lib/content.h"
#include "lib/fixture.h"
#include "lib/forge.h"

/* A bag of three files in two frames. Counted from the end of its content: */
#define AT_FOOTER 9

#define AT_ROW(i) (AT_FOOTER + (3 - (size_t)(i)) * 8)
#define AT_TABLE (AT_ROW(0) + 8)

#define AT_OFFSET(i) (AT_TABLE + (3 - (size_t)(i)) * 8)
#define AT_OFFSETS (AT_OFFSET(0) + 8)

static struct buffer two_frame_bag(void)
{
    struct tar t = {{0}, {0}};
    struct buffer b = {0};
    struct seek_row rows[3];
    size_t half = 2600;
    char text[1500];

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    tar_entry(&t, "data/a", '0', text);
    tar_entry(&t, "data/b", '0', "bee");
    tar_entry(&t, "data/c", '0', text);
    tar_zeros(&t, 1024);
    forge_frame(&b, t.bytes.data, half, (struct frame_options){.level = 1});
    rows[0] = (struct seek_row){(uint32_t)b.len, (uint32_t)half};
    forge_frame(&b, t.bytes.data + half, t.bytes.len - half, (struct frame_options){.level = 1});
    rows[1] = (struct seek_row){(uint32_t)b.len - rows[0].packed, (uint32_t)(t.bytes.len - half)};
    forge_u32(&b, 0x184D2A5C);
    forge_u32(&b, (uint32_t)t.offsets.len);
    content_add(&b, t.offsets.data, t.offsets.len);
    rows[2] = (struct seek_row){(uint32_t)t.offsets.len + 8, 0};
    forge_seek_table(&b, rows, 3);
    buffer_free(&t.bytes);
    buffer_free(&t.offsets);
    return b;
}

static void change_u32(struct buffer *b, size_t from_end, uint32_t by)
{
    uint8_t *p = b->data + b->len - from_end;

    store_u32(p, load_u32(p) + by);
}

/* by is added to the number at each place; a second place 0: none. */
struct table_change {
    const char *about;
    size_t at;
    uint32_t by;
    size_t at2;
    uint32_t by2;
};

static void check_change(const struct table_change *c, enum seal_status want)
{
    struct buffer b = two_frame_bag();

    check_about("forged: %s", c->about);
    if (c->at != 0)
        change_u32(&b, c->at, c->by);
    if (c->at2 != 0)
        change_u32(&b, c->at2, c->by2);
    CHECK_INT(want, content_status(&b, CONTENT_BAG));
    CHECK_INT(want, seek_status());
    buffer_free(&b);
}

static void test_forged_tables(void)
{
    static const uint32_t less = UINT32_MAX; /* that is, -1 */
    static const struct table_change changes[] = {
        {"a row more in the footer", AT_FOOTER, 1, 0, 0},
        {"a row less in the footer", AT_FOOTER, less, 0, 0},
        {"a row more in the footer and the head", AT_FOOTER, 1, AT_TABLE - 4, 8},
        {"no rows", AT_FOOTER, less - 2, 0, 0},
        {"very many rows", AT_FOOTER, less - 3, 0, 0},
        {"2^29 rows, whose bytes do not fit 32 bits", AT_FOOTER, (1u << 29) - 3, 0, 0},
        {"a descriptor", 5, 1, 0, 0},
        {"the footer's magic", 4, 1, 0, 0},
        {"the table's magic", AT_TABLE, 1, 0, 0},
        {"the table's length", AT_TABLE - 4, 1, 0, 0},
        {"a frame longer", AT_ROW(0), 1, 0, 0},
        {"a frame longer, the next shorter", AT_ROW(0), 1, AT_ROW(1), less},
        {"a frame shorter, the next longer", AT_ROW(0), less, AT_ROW(1), 1},
        {"a frame with 512 bytes more, the next with less", AT_ROW(0) - 4, 512, AT_ROW(1) - 4,
         0u - 512},
        {"a frame with a byte more", AT_ROW(1) - 4, 1, 0, 0},
        {"a frame with a byte less", AT_ROW(1) - 4, less, 0, 0},
        {"a frame with too many bytes", AT_ROW(1) - 4, 9 * MIB, 0, 0},
        {"sums that wrap", AT_ROW(0), 1u << 31, AT_ROW(1), 1u << 31},
        {"the offsets frame is not empty", AT_ROW(2) - 4, 1, 0, 0},
        {"the offsets frame is longer", AT_ROW(2), 8, 0, 0},
        {"the offsets frame is longer, a frame shorter", AT_ROW(2), 8, AT_ROW(1), 0u - 8},
        {"the magic of the offsets", AT_OFFSETS, 1, 0, 0},
        {"the length of the offsets", AT_OFFSETS - 4, 8, 0, 0},
        {"an offset in the middle of a file", AT_OFFSET(1), 0u - 512, 0, 0},
        {"an offset of the next entry", AT_OFFSET(0), 2048, AT_OFFSET(1), 1024},
        {"an offset that is not whole blocks", AT_OFFSET(1), 1, 0, 0},
        {"an offset at the end", AT_OFFSET(2), 2048, 0, 0},
        {"an offset behind the end", AT_OFFSET(2), 1u << 20, 0, 0},
        {"an offset far behind the end", AT_OFFSET(2) - 4, less, 0, 0},
        {"offsets that go back", AT_OFFSET(1), 1024, AT_OFFSET(2), 0u - 1024},
        {"the same offset twice", AT_OFFSET(1), 1024, 0, 0},
    };
    static const struct table_change none = {"nothing", 0, 0, 0, 0};

    check_change(&none, SEAL_OK);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        check_change(&changes[i], SEAL_HOSTILE);
}

static void test_swapped_rows(void)
{
    struct buffer b = two_frame_bag();
    uint8_t row[8], *rows = b.data + b.len - AT_ROW(0);

    check_about("rows swapped");
    memcpy(row, rows, 8);
    memmove(rows, rows + 8, 8);
    memcpy(rows + 8, row, 8);
    CHECK_INT(SEAL_HOSTILE, content_status(&b, CONTENT_BAG));
    CHECK_INT(SEAL_HOSTILE, seek_status());
    buffer_free(&b);
}

/* Several numbers of the tables changed at once, little or at all: content_status compares. */
static void test_random_tables(void)
{
    struct random random = fixture_random("tables");
    size_t count = fixture_share(3000, 300), hostile = 0;

    for (size_t i = 0; i < count; i++) {
        struct buffer b = two_frame_bag();

        check_about("random tables %zu", i);
        for (uint32_t n = 1 + random_below(&random, 3); n > 0; n--) {
            size_t at = 4 + random_below(&random, AT_OFFSETS);
            uint32_t by = random_below(&random, 9) - 4;

            change_u32(&b, at, by << 8 * random_below(&random, 4));
        }
        hostile += content_status(&b, CONTENT_BAG) == SEAL_HOSTILE;
        buffer_free(&b);
    }
    CHECK(hostile > count / 2);
}

/* Rows for frames that are not there take no memory; those that are may be too many to hold. */
static void test_many_rows(void)
{
    const size_t rows = ((size_t)1 << 24) + 1;
    struct buffer b = {0};
    struct seeking k;

    check_about("a table of 2^24 + 1 rows");
    CHECK_INT(SEAL_OK, buffer_reserve(&b, rows * 8 + 64));
    memset(b.data, 1, rows * 8 + 8);
    b.len = rows * 8 + 8;
    forge_u32(&b, (uint32_t)rows);
    content_add(&b, "", 1);
    forge_u32(&b, 0x8F92EAB1);
    content_seal(b.data, b.len);
    CHECK_INT(SEAL_NO_MEMORY, content_seek_start(&k));
    CHECK_INT(SEAL_USAGE, content_reader_seek_entry(k.r, 0, &(struct fault){.status = SEAL_OK}));
    content_seek_end(&k);
    buffer_free(&b);
}

/* A frame with nothing in it is allowed wherever a frame is. */
static void test_empty_frames(void)
{
    struct tar t = tar_one_entry();
    struct buffer b = {0};
    struct seek_row rows[5];
    size_t cuts[5] = {0, 0, 512, 512, 0};

    tar_entry(&t, "data/b", '0', "bee");
    tar_zeros(&t, 1024);
    cuts[4] = t.bytes.len;
    for (size_t i = 0; i < 4; i++) {
        size_t before = b.len, len = cuts[i + 1] - cuts[i];

        forge_frame(&b, t.bytes.data + cuts[i], len, (struct frame_options){.level = 1});
        rows[i] = (struct seek_row){(uint32_t)(b.len - before), (uint32_t)len};
    }
    forge_u32(&b, 0x184D2A5C);
    forge_u32(&b, (uint32_t)t.offsets.len);
    content_add(&b, t.offsets.data, t.offsets.len);
    rows[4] = (struct seek_row){(uint32_t)t.offsets.len + 8, 0};
    forge_seek_table(&b, rows, 5);
    check_about("frames with nothing in them");
    CHECK_INT(SEAL_OK, content_status(&b, CONTENT_BAG));
    CHECK_INT(SEAL_OK, seek_status());
    buffer_free(&t.bytes);
    buffer_free(&t.offsets);
    buffer_free(&b);
}

static void test_all(void)
{
    CHECK_CASE(test_forged_tables());
    CHECK_CASE(test_swapped_rows());
    CHECK_CASE(test_random_tables());
    CHECK_CASE(test_many_rows());
    CHECK_CASE(test_empty_frames());
}

int main(int argc, char **argv)
{
    check_start("seek_table", argc, argv);
    fixture_start(argc, argv);
    fixture_twice(&content_crew, test_all);
    return check_done();
}
