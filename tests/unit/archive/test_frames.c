/*
 * Frames (format section 6): what a writer makes, what a reader takes, and every byte of them
 * altered.
 */
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "archive/archive.h"
#include "base/text.h"
#include "lib/unit_check.h"
#include "lib/content.h"
#include "lib/fixture.h"
#include "lib/forge.h"

/* A stream of one frame. */
static struct buffer forge_stream(const void *data, size_t len, struct frame_options o)
{
    struct buffer b = {0};
    struct seek_row row;

    forge_frame(&b, data, len, o);
    row = (struct seek_row){(uint32_t)b.len, (uint32_t)len};
    forge_seek_table(&b, &row, 1);
    return b;
}

static void check_stream_frame(const char *about, size_t len, struct frame_options o,
                               enum seal_status want)
{
    uint8_t *data = fixture_alloc(len);
    struct buffer b;

    check_about("%s", about);
    content_fill(data, len, 3);
    b = forge_stream(data, len, o);
    CHECK_INT(want, content_status(&b, CONTENT_STREAM));
    CHECK_INT(SEAL_HOSTILE, content_status(&b, CONTENT_BAG));
    buffer_free(&b);
    free(data);
}

static void test_frames(void)
{
    check_stream_frame("an ordinary frame", 3000, (struct frame_options){.level = 3}, SEAL_OK);
    check_stream_frame("a checksum", 3000, (struct frame_options){.checksum = 1}, SEAL_OK);
    check_stream_frame("no size", 3000, (struct frame_options){.no_size = 1}, SEAL_HOSTILE);
    check_stream_frame("8 MiB", 8 * MIB, (struct frame_options){.level = 1}, SEAL_OK);
    check_stream_frame("over 8 MiB", 8 * MIB + 1, (struct frame_options){.level = 1}, SEAL_HOSTILE);
    check_stream_frame("over 8 MiB, small window", 8 * MIB + 1,
                       (struct frame_options){.level = 1, .window_log = 18}, SEAL_HOSTILE);
    check_stream_frame("8 MiB, small window", 8 * MIB,
                       (struct frame_options){.level = 1, .window_log = 18}, SEAL_OK);
}

/* A frame of len bytes by hand, in raw blocks of one byte with so many empty ones before each:
 * longer than anything a compressor makes, but a frame. */
static void check_long_frame(size_t len, size_t empty_blocks, size_t missing, enum seal_status want)
{
    uint8_t *empty = fixture_alloc(3 * empty_blocks);
    struct buffer b = {0};
    struct seek_row row = {0, (uint32_t)len};

    check_about("%zu bytes behind %zu empty blocks each, %zu missing", len, empty_blocks, missing);
    content_add(&b, "\x28\xb5\x2f\xfd\xa0", 5);
    content_add(&b, (uint8_t[4]){(uint8_t)len, (uint8_t)(len >> 8)}, 4);
    memset(empty, 0, 3 * empty_blocks);
    for (size_t i = 0; i < len; i++) {
        content_add(&b, empty, 3 * empty_blocks);
        if (i + missing < len)
            content_add(&b, (uint8_t[4]){1 << 3, 0, 0, (uint8_t)i}, 4);
    }
    content_add(&b, "\x01\0", 3);
    row.packed = (uint32_t)b.len;
    forge_seek_table(&b, &row, 1);
    CHECK_INT(want, content_status(&b, CONTENT_STREAM));
    buffer_free(&b);
    free(empty);
}

static void test_long_frames(void)
{
    check_long_frame(5, 10, 0, SEAL_OK);
    check_long_frame(0, 0, 0, SEAL_OK);
    check_long_frame(3, 1000000, 0, SEAL_OK);      /* 9 MB */
    check_long_frame(9, 700000, 0, SEAL_OK);       /* 19 MB */
    check_long_frame(9, 700000, 1, SEAL_HOSTILE);  /* one byte less than it says */
    check_long_frame(2, 3000000, 2, SEAL_HOSTILE); /* none */
}

/* A raw frame by hand: descriptor, window or none, dictionary id or none, size, one raw block. */
static void check_header(const char *about, const char *head, size_t head_len, size_t len,
                         enum seal_status want)
{
    struct buffer b = {0};
    struct seek_row row = {0, (uint32_t)len};
    uint8_t block[3], data[1200] = "content of a block";

    check_about("frame header: %s", about);
    forge_u32(&b, 0xFD2FB528);
    content_add(&b, head, head_len);
    block[0] = (uint8_t)(1 | len << 3);
    block[1] = (uint8_t)(len >> 5);
    block[2] = (uint8_t)(len >> 13);
    content_add(&b, block, sizeof block);
    content_add(&b, data, len);
    row.packed = (uint32_t)b.len;
    forge_seek_table(&b, &row, 1);
    CHECK_INT(want, content_status(&b, CONTENT_STREAM));
    buffer_free(&b);
}

static void test_frame_headers(void)
{
    check_header("sound", "\x20\x20", 2, 0x20, SEAL_OK);
    check_header("larger than it says", "\x20\x1f", 2, 0x20, SEAL_HOSTILE);
    check_header("smaller than it says", "\x20\x21", 2, 0x20, SEAL_HOSTILE);
    check_header("says nothing, holds something", "\x20\x00", 2, 1, SEAL_HOSTILE);
    check_header("empty", "\x20\x00", 2, 0, SEAL_OK);
    check_header("empty, says one", "\x20\x01", 2, 0, SEAL_HOSTILE);
    check_header("size of two bytes", "\x60\x2c\x00", 3, 300, SEAL_OK);
    check_header("size of two bytes, 256 less", "\x60\x20\x00", 3, 0x20, SEAL_HOSTILE);
    check_header("size of four bytes", "\xa0\x20\x00\x00\x00", 5, 0x20, SEAL_OK);
    check_header("size of eight bytes", "\xe0\x20\0\0\0\0\0\0\0", 9, 0x20, SEAL_OK);
    check_header("size of 2^63", "\xe0\x20\0\0\0\0\0\0\x80", 9, 0x20, SEAL_HOSTILE);
    check_header("no size, a window", "\x00\x00", 2, 0x20, SEAL_HOSTILE);
    check_header("window of 1 KiB", "\x80\x00\x20\x00\x00\x00", 6, 0x20, SEAL_OK);
    check_header("window of 1 KiB, a block of as much", "\x80\x00\x00\x04\x00\x00", 6, 1024,
                 SEAL_OK);
    check_header("window of 1 KiB, a longer block", "\x80\x00\x01\x04\x00\x00", 6, 1025,
                 SEAL_HOSTILE);
    check_header("window of 1.125 KiB", "\x80\x01\x80\x04\x00\x00", 6, 1152, SEAL_OK);
    check_header("window of 8 MiB", "\x80\x68\x20\x00\x00\x00", 6, 0x20, SEAL_OK);
    check_header("window of 9 MiB", "\x80\x69\x20\x00\x00\x00", 6, 0x20, SEAL_HOSTILE);
    check_header("window of 3.75 TiB", "\x80\xff\x20\x00\x00\x00", 6, 0x20, SEAL_HOSTILE);
    check_header("dictionary 5", "\x21\x05\x20", 3, 0x20, SEAL_HOSTILE);
    check_header("dictionary 0 in one byte", "\x21\x00\x20", 3, 0x20, SEAL_OK);
    check_header("dictionary of four bytes", "\x23\x00\x00\x00\x01\x20", 6, 0x20, SEAL_HOSTILE);
    check_header("reserved bit", "\x28\x20", 2, 0x20, SEAL_HOSTILE);
}

/* Every byte of a stream's content changed: never accepted with another content table, and never
 * anything but ok (in raw data, which D covers) or hostile. */
static void test_stream_bytes(void)
{
    uint8_t data[200];
    struct buffer b;
    size_t frame_len, accepted = 0;

    content_fill(data, sizeof data, 4);
    b = forge_stream(data, sizeof data, (struct frame_options){.level = 3, .checksum = 1});
    frame_len = b.len - 8 - 8 - 9;
    for (size_t i = 0; i < b.len; i++) {
        enum seal_status status;

        check_about("content byte %zu of %zu changed", i, b.len);
        b.data[i] ^= 0x41;
        status = content_status(&b, CONTENT_STREAM);
        CHECK(status == SEAL_HOSTILE || (status == SEAL_OK && i < frame_len));
        accepted += status == SEAL_OK;
        b.data[i] ^= 0x41;
    }
    check_about("content bytes changed");
    CHECK_INT(0, accepted); /* the frame has a checksum */
    for (size_t len = 0; len < b.len; len++) {
        struct buffer cut = {b.data, len, len};

        check_about("content cut to %zu of %zu", len, b.len);
        CHECK_INT(SEAL_HOSTILE, content_status(&cut, CONTENT_STREAM));
    }
    check_about("a byte after the seek table");
    content_add(&b, "", 1);
    content_seal(b.data, b.len);
    CHECK_INT(SEAL_HOSTILE, read_status(CONTENT_STREAM));
    buffer_free(&b);
}

/* Compressed bytes changed without a checksum: whatever zstd says, no more than ok or hostile. */
static void test_corrupt_frames(void)
{
    size_t len = 20000, step = fixture_share(100, 1) >= 100 ? 3 : 29;
    uint8_t *data = fixture_alloc(len);
    struct buffer b;
    size_t hostile = 0, tried = 0;

    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)("the quick brown fox "[i % 20] + (int)(i / 700));
    b = forge_stream(data, len, (struct frame_options){.level = 19});
    for (size_t i = 0; i < b.len - 25; i += step, tried++) {
        enum seal_status status;

        check_about("compressed byte %zu of %zu changed", i, b.len);
        b.data[i] ^= 0xff;
        status = content_status(&b, CONTENT_STREAM);
        CHECK(status == SEAL_HOSTILE || status == SEAL_OK);
        hostile += status == SEAL_HOSTILE;
        b.data[i] ^= 0xff;
    }
    check_about("compressed bytes changed");
    CHECK(hostile > 0 && tried > 0);
    buffer_free(&b);
    free(data);
}

static void test_streams(void)
{
    static const char *const empties[] = {
        "28b52ffd20000100005e2a4d1811000000090000000000000001000000"
        "00b1ea928f",
        "5e2a4d18090000000000000000b1ea928f"};
    static const char skippable[] = "\x50\x2a\x4d\x18\x04\0\0\0abcd";
    static const struct seek_row rows[] = {{12, 0}, {13, 4}};
    struct buffer b = {0};
    uint8_t bytes[64];

    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(empties[i]) / 2;

        check_about("empty stream %zu of section 9.5", i);
        CHECK(hex_decode(bytes, len, empties[i]));
        content_seal(bytes, len);
        CHECK_INT(SEAL_OK, read_status(CONTENT_STREAM));
        CHECK_INT(SEAL_HOSTILE, read_status(CONTENT_BAG));
    }
    check_about("a skippable frame in front");
    content_add(&b, skippable, 12);
    forge_frame(&b, "text", 4, (struct frame_options){.level = 3});
    forge_seek_table(&b, rows, 2);
    CHECK_INT(SEAL_HOSTILE, content_status(&b, CONTENT_STREAM));
    buffer_free(&b);
    check_about("no content at all");
    CHECK_INT(SEAL_HOSTILE, content_status(&b, CONTENT_STREAM));
}

/* What seal writes for a stream, in pieces, comes back; with the empty frame for nothing. */
static void check_stream_round_trip(size_t len, int level)
{
    uint8_t *data = fixture_alloc(len), digest[32], receipt[32];
    struct content_writer *w;
    struct content_reader *r;
    struct sealing s;
    struct unsealing u;

    check_about("stream of %zu bytes, level %d", len, level);
    content_fill(data, len, 6);
    sealing_start(&s);
    CHECK_INT(SEAL_OK, content_writer_new(&w, CONTENT_STREAM, level, NULL, s.stream, &s.fault));
    CHECK_INT(SEAL_OK, content_write_data(w, data, len / 2, &s.fault));
    CHECK_INT(SEAL_OK, content_write_data(w, data + len / 2, len - len / 2, &s.fault));
    CHECK_INT(SEAL_OK, content_writer_finish(w, &s.fault));
    content_writer_free(w);
    sealing_end(&s);
    unsealing_start(&u);
    CHECK_INT(SEAL_OK, content_reader_new(&r, CONTENT_STREAM, u.stream, &u.fault));
    content_check_data(r, len, 6, &u.fault);
    CHECK_INT(SEAL_OK, content_reader_finish(r, &u.fault));
    CHECK_INT(SEAL_OK, stream_reader_finish(u.stream, digest, receipt, &u.fault));
    content_reader_free(r);
    unsealing_end(&u);
    free(data);
}

static void test_stream_round_trips(void)
{
    static const size_t lens[] = {0,      1,           65536,   131071,      131072,
                                  131073, 4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 13 * MIB};

    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        check_stream_round_trip(lens[i], LEVEL_DEFAULT);
        check_stream_round_trip(lens[i], LEVEL_STORE);
    }
}

/* Makes a stream of data, and returns its content as it is without the sealing. */
static struct buffer content_of(const uint8_t *data, size_t len, int level)
{
    uint8_t digest[32], receipt[32];
    struct buffer content = {0};
    struct sink sink = {fixture_append, &content};
    struct content_writer *w;
    struct sealing s;
    struct unsealing u;
    uint64_t content_len;

    sealing_start(&s);
    CHECK_INT(SEAL_OK, content_writer_new(&w, CONTENT_STREAM, level, NULL, s.stream, &s.fault));
    CHECK_INT(SEAL_OK, content_write_data(w, data, len, &s.fault));
    CHECK_INT(SEAL_OK, content_writer_finish(w, &s.fault));
    content_writer_free(w);
    sealing_end(&s);
    unsealing_start(&u);
    CHECK_INT(SEAL_OK,
              stream_reader_copy(u.stream, &sink, &content_len, digest, receipt, &u.fault));
    unsealing_end(&u);
    CHECK(content_len <= content.len);
    content.len = (size_t)content_len;
    return content;
}

/* What is stored has nothing on top but headers, and zstd's own reader takes it. */
static void check_stored(const uint8_t *data, size_t len, int level, size_t frames, size_t blocks)
{
    struct buffer content = content_of(data, len, level);
    uint8_t *plain = fixture_alloc(len);
    size_t packed = frames * 9 + blocks * 3 + len, table = 8 + frames * 8 + 9;

    check_about("%zu bytes stored, level %d", len, level);
    CHECK_INT(packed + table, content.len);
    CHECK_INT(len, ZSTD_decompress(plain, len, content.data, content.len));
    CHECK(memcmp(plain, data, len) == 0);
    free(plain);
    buffer_free(&content);
}

static void test_stored(void)
{
    size_t len = 9 * MIB;
    uint8_t *data = fixture_alloc(len);
    struct random random = fixture_random("stored");
    struct buffer content;

    random_bytes(&random, data, len);
    check_stored(data, 0, LEVEL_STORE, 1, 1);
    check_stored(data, 1, LEVEL_STORE, 1, 1);
    check_stored(data, 131072, LEVEL_STORE, 1, 1);
    check_stored(data, 131073, LEVEL_STORE, 1, 2);
    check_stored(data, len, LEVEL_STORE, 3, 72);
    check_stored(data, len, LEVEL_DEFAULT, 3, 72);
    check_about("text between what does not shrink");
    memset(data + 5 * MIB, 'x', MIB / 2);
    content = content_of(data, len, LEVEL_DEFAULT);
    CHECK(content.len < len - MIB / 2 + 1000);
    buffer_free(&content);
    content = content_of(data, len, LEVEL_STORE);
    CHECK(content.len > len);
    buffer_free(&content);
    free(data);
}

/* Each group of eight bytes begins with one of a few groups of four: level 1 sees none of them, and
 * level 2 none in a whole frame. */
static void test_short_matches(void)
{
    size_t len = 9 * MIB;
    uint8_t *data = fixture_alloc(len), groups[16][4];
    struct random random = fixture_random("groups");

    random_bytes(&random, groups, sizeof groups);
    random_bytes(&random, data, len);
    for (size_t i = 0; i < len; i += 8)
        memcpy(data + i, groups[data[i] % 16], 4);
    for (int level = LEVEL_MIN; level <= LEVEL_DEFAULT; level++) {
        struct buffer content = content_of(data, len, level);

        check_about("short matches, level %d", level);
        CHECK(level == LEVEL_DEFAULT ? content.len < len / 4 * 3 : content.len > len / 10 * 9);
        buffer_free(&content);
    }
    free(data);
}

static void test_all(void)
{
    CHECK_CASE(test_frames());
    CHECK_CASE(test_long_frames());
    CHECK_CASE(test_frame_headers());
    CHECK_CASE(test_stream_bytes());
    CHECK_CASE(test_corrupt_frames());
    CHECK_CASE(test_streams());
    CHECK_CASE(test_stream_round_trips());
    CHECK_CASE(test_stored());
    CHECK_CASE(test_short_matches());
}

int main(int argc, char **argv)
{
    check_start("frames", argc, argv);
    fixture_start(argc, argv);
    fixture_twice(&content_crew, test_all);
    return check_done();
}
