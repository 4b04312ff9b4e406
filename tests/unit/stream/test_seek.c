/*
 * Reading from any place: blocks of a file, and what tells how many there are.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive.h"
#include "lib/unit_check.h"
#include "lib/fixture.h"

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

/* What volume_read_all gives on. */
struct copy {
    struct buffer got;
    enum seal_status status; /* what writing comes to */
    struct volume_in *gives_up;
};

static enum seal_status keep(void *self, const void *data, size_t len, struct fault *fault)
{
    struct copy *c = self;

    CHECK(buffer_append(&c->got, data, len) == SEAL_OK);
    if (c->gives_up != NULL)
        volume_give_up(c->gives_up);
    return c->status == SEAL_OK ? SEAL_OK
                                : (enum seal_status)fault_set(fault, REASON_INTERRUPTED, NULL);
}

static enum seal_status read_all(struct volume_in *in, struct copy *copy,
                                 uint8_t digest[static SHA256_LEN], uint64_t *len,
                                 struct fault *fault)
{
    uint8_t *room = fixture_alloc(VOLUME_PIECE_LEN + 1);
    const struct sink to = {keep, copy};
    enum seal_status status = volume_read_all(in, room, &to, digest, len, fault);

    free(room);
    return status;
}

/* All bytes are given on, and the digest is theirs. */
static void check_all_read(struct volume_in *in, const struct buffer *file)
{
    struct fault fault = {.status = SEAL_OK};
    uint8_t want[SHA256_LEN], got[SHA256_LEN];
    struct copy copy = {.status = SEAL_OK};
    uint64_t len = 0;

    sha256_of(want, file->data, file->len);
    CHECK_INT(SEAL_OK, read_all(in, &copy, got, &len, &fault));
    CHECK_BYTES(want, got, sizeof want);
    CHECK_INT(file->len, len);
    CHECK(copy.got.len == file->len &&
          (file->len == 0 || memcmp(copy.got.data, file->data, file->len) == 0));
    CHECK(!volume_is_waiting(in));
    buffer_free(&copy.got);
}

/* Of a file whose first block or length is another than that which was opened there is no digest.
 */
static void check_change_tells(struct volume_in *in, struct buffer *file, struct random *random)
{
    uint8_t digest[SHA256_LEN], *byte;
    struct fault fault = {.status = SEAL_OK};
    struct copy copy = {.status = SEAL_OK};
    uint64_t read;
    size_t len;

    (void)volume_head(in, &len);
    if (len == 0)
        return;
    byte = file->data + random_below(random, (uint32_t)len);
    *byte ^= 1;
    fixture_write(check_scratch("blocks"), file->data, file->len);
    CHECK_INT(SEAL_IO, read_all(in, &copy, digest, &read, &fault));
    CHECK_INT(REASON_CHANGED, fault.reason);
    CHECK_INT(0, copy.got.len);
    *byte ^= 1;
    fixture_write(check_scratch("blocks"), file->data, file->len);
    for (int longer = -1; longer <= 1; longer += 2) {
        CHECK_INT(0, truncate(check_scratch("blocks"), (off_t)file->len + longer));
        fault = (struct fault){.status = SEAL_OK};
        CHECK_INT(SEAL_IO, read_all(in, &copy, digest, &read, &fault));
        CHECK_INT(REASON_CHANGED, fault.reason);
    }
    fixture_write(check_scratch("blocks"), file->data, file->len);
    check_all_read(in, file);
    buffer_free(&copy.got);
}

/* Whoever gets the pieces can end it, and so can another thread. */
static void check_ends(struct volume_in *in)
{
    struct fault fault = {.status = SEAL_OK};
    struct copy stops = {.status = SEAL_INTERRUPTED}, copy = {.gives_up = in};
    uint8_t digest[SHA256_LEN];
    uint64_t len;

    CHECK_INT(SEAL_INTERRUPTED, read_all(in, &stops, digest, &len, &fault));
    CHECK(stops.got.len <= VOLUME_PIECE_LEN);
    fault = (struct fault){.status = SEAL_OK};
    if (volume_size(in) > VOLUME_PIECE_LEN) {
        CHECK_INT(SEAL_INTERRUPTED, read_all(in, &copy, digest, &len, &fault));
        CHECK_INT(VOLUME_PIECE_LEN, copy.got.len);
    }
    buffer_free(&stops.got);
    buffer_free(&copy.got);
}

/* What is fed: as many bytes as are its own, and those behind them stay for the next one. */
static void check_fed(const struct buffer *file, size_t len)
{
    struct fault fault = {.status = SEAL_OK};
    struct volume_piece piece = {.blocks = fixture_alloc(VOLUME_PIECE_LEN + 1), .more = true};
    struct buffer got = {0};
    struct volume_in *in;
    int fd = open(check_scratch("blocks"), O_RDONLY);

    CHECK(fd >= 0);
    for (size_t at = 0; at < file->len; at += len) {
        size_t left = file->len - at;

        CHECK_INT(SEAL_OK, volume_open_feed(&in, fd, left < len ? left : len, "fed", &fault));
        CHECK(!volume_is_file(in) && volume_fd(in) == -1);
        piece.more = true;
        for (uint64_t n = 0; piece.more && fault.status == SEAL_OK; n += VOLUME_PIECE_BLOCKS) {
            CHECK_INT(SEAL_OK, volume_read(in, n, VOLUME_PIECE_BLOCKS, &piece, &fault));
            CHECK_INT(SEAL_OK, buffer_append(&got, piece.blocks, piece.len));
        }
        CHECK_INT(at + volume_size(in), got.len);
        volume_close(in);
    }
    CHECK(got.len == file->len && memcmp(got.data, file->data, got.len) == 0);
    (void)close(fd);
    free(piece.blocks);
    buffer_free(&got);
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
    check_all_read(in, &file);
    check_change_tells(in, &file, &random);
    check_ends(in);
    volume_close(in);
    if (len > 0) {
        check_fed(&file, len);
        check_fed(&file, 1 + len / 3);
    }
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
    int before, end = begin_pipe(&before);
    struct volume_in *in;

    check_about("a pipe");
    CHECK_INT(4, write(end, "four", 4));
    (void)close(end);
    CHECK_INT(SEAL_OK, volume_open(&in, "-", &fault));
    CHECK_INT(SEAL_USAGE, volume_need_file(in, &fault));
    CHECK_INT(REASON_INPUT_NOT_SEEKABLE, fault.reason);
    CHECK_INT(-1, volume_fd(in));
    check_blocks_at(in, &(struct buffer){(uint8_t[]){'f', 'o', 'u', 'r'}, 4, 4}, 0, 1);
    volume_close(in);
    end_pipe(before);
}

/* Up to what a pipe holds, in pieces of several lengths, or all at once. */
static void test_long_pipe(void)
{
    enum { LEN = 65536 };
    struct random random = fixture_random("pipe");

    for (int all = 0; all < 2; all++) {
        struct fault fault = {.status = SEAL_OK};
        struct buffer file = {fixture_alloc(2 * LEN), 2 * LEN, 2 * LEN};
        int before, end = begin_pipe(&before);
        struct volume_in *in;

        check_about("a pipe of two blocks, %d", all);
        random_bytes(&random, file.data, file.len);
        CHECK_INT(LEN, write(end, file.data, LEN));
        CHECK_INT(SEAL_OK, volume_open(&in, "-", &fault));
        CHECK_INT(LEN, write(end, file.data + LEN, LEN));
        (void)close(end);
        for (uint64_t n = 0; all == 0 && n < 3; n++)
            check_blocks_at(in, &file, n, 1);
        if (all == 1)
            check_all_read(in, &file);
        volume_close(in);
        end_pipe(before);
        buffer_free(&file);
    }
}

static void *give_up(void *in)
{
    while (!volume_is_waiting(in))
        ;
    volume_give_up(in);
    return NULL;
}

/* Nobody writes into it and nobody closes it: only another thread can end that. */
static void test_silent_pipe(void)
{
    struct fault fault = {.status = SEAL_OK};
    int before, end = begin_pipe(&before);
    struct copy copy = {.status = SEAL_OK};
    uint8_t digest[SHA256_LEN], block[VOLUME_BLOCK_LEN] = {0};
    struct volume_in *in;
    pthread_t thread;
    uint64_t len;

    check_about("a pipe that falls silent");
    CHECK_INT(sizeof block, write(end, block, sizeof block));
    CHECK_INT(SEAL_OK, volume_open(&in, "-", &fault));
    CHECK_INT(0, pthread_create(&thread, NULL, give_up, in));
    CHECK_INT(SEAL_INTERRUPTED, read_all(in, &copy, digest, &len, &fault));
    CHECK_INT(0, copy.got.len);
    CHECK_INT(0, pthread_join(thread, NULL));
    volume_close(in);
    (void)close(end);
    end_pipe(before);
}

int main(int argc, char **argv)
{
    check_start("seek", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_blocks());
    CHECK_CASE(test_file_becomes_shorter());
    CHECK_CASE(test_pipe());
    CHECK_CASE(test_long_pipe());
    CHECK_CASE(test_silent_pipe());
    return check_done();
}
