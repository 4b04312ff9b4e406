/*
 * Reading from any place: blocks of a file, and what tells how many there are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive.h"
#include "platform/crew.h"
#include "lib/unit_check.h"
#include "lib/fixture.h"

static const uint8_t mark_key[VOLUME_KEY_LEN] = {1, 2, 3};

/* Some blocks from one on. */
static void check_blocks_at(struct volume_in *in, const struct buffer *file, uint64_t number,
                            size_t count)
{
    uint64_t at = number * VOLUME_BLOCK_LEN;
    size_t left = at < file->len ? file->len - (size_t)at : 0;
    size_t want = left < count * VOLUME_BLOCK_LEN ? left : count * VOLUME_BLOCK_LEN;
    struct volume_piece piece = {.blocks = fixture_alloc(count * VOLUME_BLOCK_LEN + 1)};
    struct fault fault = {.status = SEAL_OK};

    CHECK_INT(SEAL_OK, volume_read(in, number, count, &piece, &fault));
    CHECK_INT(want, piece.len);
    CHECK_INT(left > want, piece.more);
    CHECK(want == 0 || memcmp(piece.blocks, file->data + at, want) == 0);
    free(piece.blocks);
}

/* What the one who reads it says, under that key. */
static void read_mark(struct volume_in *in, const uint8_t key[static VOLUME_KEY_LEN],
                      uint8_t mark[static SHA256_LEN])
{
    struct volume_piece piece = {.blocks = fixture_alloc(VOLUME_PIECE_LEN + 1), .more = true};
    struct fault fault = {.status = SEAL_OK};

    volume_hash_reads(in, key);
    for (uint64_t number = 0; piece.more; number += VOLUME_PIECE_BLOCKS) {
        CHECK_INT(SEAL_OK, volume_read(in, number, VOLUME_PIECE_BLOCKS, &piece, &fault));
        volume_note(in, &piece);
    }
    volume_read_digest(in, mark);
    free(piece.blocks);
}

static void check_digest(struct volume_in *in, const struct buffer *file)
{
    struct fault fault = {.status = SEAL_OK};
    uint8_t want[SHA256_LEN], got[SHA256_LEN], mark[SHA256_LEN], read[SHA256_LEN],
        other[SHA256_LEN];
    struct sha256 hash;
    struct crew *crew;

    sha256_start(&hash);
    sha256_add(&hash, file->data, file->len);
    sha256_end(&hash, want);
    CHECK_INT(SEAL_OK, volume_digest(in, NULL, mark_key, got, mark, NULL, NULL, &fault));
    CHECK_BYTES(want, got, sizeof want);
    CHECK_INT(SEAL_OK, crew_new(&crew, 2, &fault));
    CHECK_INT(SEAL_OK, volume_digest(in, crew, mark_key, got, other, NULL, NULL, &fault));
    crew_free(crew);
    CHECK_BYTES(want, got, sizeof want);
    CHECK_BYTES(mark, other, sizeof mark);
    read_mark(in, mark_key, read);
    CHECK_BYTES(mark, read, sizeof mark);
    read_mark(in, (const uint8_t[VOLUME_KEY_LEN]){1, 2, 4}, other);
    CHECK(memcmp(mark, other, sizeof mark) != 0);
}

/* Of a file whose head is another than that which was read there is no digest. */
static void check_head_tells(struct volume_in *in, struct buffer *file, struct random *random)
{
    uint8_t digest[SHA256_LEN], mark[SHA256_LEN], *byte;
    struct fault fault = {.status = SEAL_OK};
    size_t len;

    (void)volume_head(in, &len);
    if (len == 0)
        return;
    byte = file->data + random_below(random, (uint32_t)len);
    *byte ^= 1;
    fixture_write(check_scratch("blocks"), file->data, file->len);
    CHECK_INT(SEAL_IO, volume_digest(in, NULL, mark_key, digest, mark, NULL, NULL, &fault));
    *byte ^= 1;
    CHECK_INT(0, truncate(check_scratch("blocks"), (off_t)len - 1));
    fault.status = SEAL_OK;
    CHECK_INT(SEAL_IO, volume_digest(in, NULL, mark_key, digest, mark, NULL, NULL, &fault));
    fixture_write(check_scratch("blocks"), file->data, file->len);
    fault.status = SEAL_OK;
    CHECK_INT(SEAL_OK, volume_digest(in, NULL, mark_key, digest, mark, NULL, NULL, &fault));
}

/* Any byte that is another, and any length, is another mark. */
static void check_mark_tells(struct buffer *file, struct random *random)
{
    struct fault fault = {.status = SEAL_OK};
    uint8_t digest[SHA256_LEN], mark[SHA256_LEN], other[SHA256_LEN];
    struct volume_in *in;

    CHECK_INT(SEAL_OK, volume_open(&in, check_scratch("blocks"), &fault));
    CHECK_INT(SEAL_OK, volume_digest(in, NULL, mark_key, digest, mark, NULL, NULL, &fault));
    for (int i = 0; i < 20 && file->len > 0; i++) {
        uint8_t *byte = file->data + random_below(random, (uint32_t)file->len);

        *byte ^= 1;
        fixture_write(check_scratch("blocks"), file->data, file->len);
        read_mark(in, mark_key, other);
        CHECK(memcmp(mark, other, sizeof mark) != 0);
        *byte ^= 1;
    }
    fixture_write(check_scratch("blocks"), file->data, file->len);
    read_mark(in, mark_key, other);
    CHECK_BYTES(mark, other, sizeof mark);
    check_head_tells(in, file, random);
    CHECK_INT(0, truncate(check_scratch("blocks"), (off_t)file->len + 1));
    read_mark(in, mark_key, other);
    CHECK(memcmp(mark, other, sizeof mark) != 0);
    volume_close(in);
}

static void check_blocks(size_t len)
{
    struct random random = fixture_random("blocks");
    struct fault fault = {.status = SEAL_OK};
    struct buffer file = {fixture_alloc(len), len, len};
    uint64_t blocks = len == 0 ? 1 : (len + VOLUME_BLOCK_LEN - 1) / VOLUME_BLOCK_LEN;
    static const uint64_t beyond[] = {0, 1, UINT64_C(1) << 32, UINT64_C(1) << 48, UINT64_MAX - 40};
    struct volume_in *in;
    size_t head_len;

    check_about("blocks of %zu bytes", len);
    random_bytes(&random, file.data, len);
    fixture_write(check_scratch("blocks"), file.data, len);
    CHECK_INT(SEAL_OK, volume_open(&in, check_scratch("blocks"), &fault));
    CHECK(memcmp(volume_head(in, &head_len), file.data,
                 len < VOLUME_BLOCK_LEN ? len : VOLUME_BLOCK_LEN) == 0);
    CHECK_INT(len < VOLUME_BLOCK_LEN ? len : VOLUME_BLOCK_LEN, head_len);
    CHECK_INT(len, volume_size(in));
    for (int i = 0; i < 50; i++)
        check_blocks_at(in, &file, random_below(&random, (uint32_t)blocks),
                        1 + random_below(&random, 20));
    for (size_t i = 0; i < sizeof beyond / sizeof beyond[0]; i++)
        check_blocks_at(in, &file, blocks + beyond[i], 1);
    check_digest(in, &file);
    volume_close(in);
    check_mark_tells(&file, &random);
    buffer_free(&file);
}

static void test_blocks(void)
{
    static const size_t lens[] = {0,      1,      65535,   65536,   65537,   131072,
                                  262145, 900000, 1048575, 1048576, 1048577, 4194304};

    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++)
        check_blocks(lens[i]);
}

static void test_file_becomes_shorter(void)
{
    struct fault fault = {.status = SEAL_OK};
    struct buffer file = {fixture_alloc(300000), 300000, 300000};
    struct volume_in *in;

    check_about("a file that becomes shorter");
    fixture_write(check_scratch("blocks"), file.data, file.len);
    CHECK_INT(SEAL_OK, volume_open(&in, check_scratch("blocks"), &fault));
    CHECK_INT(0, truncate(check_scratch("blocks"), 100000));
    file.len = 100000;
    for (uint64_t number = 0; number < 6; number++)
        check_blocks_at(in, &file, number, 2);
    volume_close(in);
    buffer_free(&file);
}

/* Standard input is a pipe for the while; its other end is what is returned. */
static int begin_pipe(int *before)
{
    int ends[2];

    *before = dup(STDIN_FILENO);
    CHECK(*before >= 0 && pipe(ends) == 0 && dup2(ends[0], STDIN_FILENO) == 0);
    (void)close(ends[0]);
    return ends[1];
}

static void end_pipe(int before)
{
    CHECK_INT(0, dup2(before, STDIN_FILENO));
    (void)close(before);
}

static void test_pipe(void)
{
    struct fault fault = {.status = SEAL_OK};
    uint8_t digest[SHA256_LEN], mark[SHA256_LEN];
    int before, end = begin_pipe(&before);
    struct volume_in *in;

    check_about("a pipe");
    CHECK_INT(4, write(end, "four", 4));
    (void)close(end);
    CHECK_INT(SEAL_OK, volume_open(&in, "-", &fault));
    CHECK_INT(SEAL_USAGE, volume_need_file(in, &fault));
    CHECK_INT(REASON_INPUT_NOT_SEEKABLE, fault.reason);
    fault = (struct fault){.status = SEAL_OK};
    CHECK_INT(SEAL_USAGE, volume_digest(in, NULL, mark_key, digest, mark, NULL, NULL, &fault));
    CHECK_INT(SEAL_USAGE, volume_rewind(in, &(struct fault){.status = SEAL_OK}));
    check_blocks_at(in, &(struct buffer){(uint8_t[]){'f', 'o', 'u', 'r'}, 4, 4}, 0, 1);
    volume_close(in);
    end_pipe(before);
}

/* Up to what a pipe holds, in pieces of several lengths; handed on as well. */
static void test_long_pipe(void)
{
    enum { LEN = 65536 };
    struct random random = fixture_random("pipe");

    for (size_t ahead = 0; ahead < 2; ahead++) {
        struct fault fault = {.status = SEAL_OK};
        struct buffer file = {fixture_alloc(2 * LEN), 2 * LEN, 2 * LEN};
        uint8_t want[SHA256_LEN], got[SHA256_LEN];
        int before, end = begin_pipe(&before);
        struct volume_in *in, *other = NULL;
        struct sha256 hash;
        struct span given;

        check_about("a pipe of two blocks, %zu", ahead);
        random_bytes(&random, file.data, file.len);
        CHECK_INT(LEN, write(end, file.data, LEN));
        CHECK_INT(SEAL_OK, volume_open(&in, "-", &fault));
        CHECK_INT(LEN, write(end, file.data + LEN, LEN));
        (void)close(end);
        if (ahead == 1) {
            CHECK_INT(STDIN_FILENO, volume_hand_over(in, &given));
            CHECK_INT(LEN, given.len);
            CHECK_INT(SEAL_OK, volume_take_over(&other, STDIN_FILENO, given, "other", &fault));
            volume_close(in);
            in = other;
        }
        volume_hash_reads(in, mark_key);
        check_blocks_at(in, &file, 0, 1);
        check_blocks_at(in, &file, 1, 1);
        check_blocks_at(in, &file, 2, 1);
        volume_read_digest(in, got);
        sha256_start(&hash);
        sha256_add(&hash, file.data, file.len);
        sha256_end(&hash, want);
        CHECK_BYTES(want, got, sizeof want);
        volume_close(in);
        end_pipe(before);
        buffer_free(&file);
    }
}

int main(int argc, char **argv)
{
    check_start("seek", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_blocks());
    CHECK_CASE(test_file_becomes_shorter());
    CHECK_CASE(test_pipe());
    CHECK_CASE(test_long_pipe());
    return check_done();
}
