/*
 * Sealed files whose blocks were altered, moved or cut. A reader may hand out plaintext before
 * it meets a defect, but only true plaintext.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/unit_check.h"
#include "lib/fixture.h"
#include "lib/payload.h"
#include "stream/stream.h"

/* ---- By seeking --------------------------------------------------------------------------- */

/* A flipped bit is met where somebody reads, and nowhere else. */
static void test_flip_by_seeking(void)
{
    struct sealed s = payload_seal(SLOTS_FEW, 300000, (struct padding){.rule = PAD_PADME});
    struct seeking k;

    check_about("a flipped bit, by seeking");
    s.file.data[2 * BLOCK_LEN + 5000] ^= 1;
    CHECK_INT(SEAL_OK, payload_seek_start(&k, &s.env, s.file.data, s.file.len));
    payload_check_piece(&k, &s, 10);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(SEAL_DAMAGED,
                  stream_reader_seek(k.reader, 3 * CHUNK_LEN - HEAD_LEN(8) - 1, &k.fault));
        k.fault = (struct fault){.status = SEAL_OK};
    }
    payload_check_piece(&k, &s, 3 * CHUNK_LEN - HEAD_LEN(8));
    payload_check_piece(&k, &s, 2 * CHUNK_LEN - HEAD_LEN(8) - 3000);
    payload_seek_end(&k);
    check_about("a flipped bit in the last block, by seeking");
    s.file.data[s.file.len - 1] ^= 1;
    CHECK_INT(SEAL_DAMAGED, payload_seek_start(&k, &s.env, s.file.data, s.file.len));
    payload_seek_end(&k);
    payload_free(&s);
}

/* Cut by itself, and while it is read. */
static void test_cut_by_seeking(void)
{
    struct sealed s = payload_seal(SLOTS_FEW, 300000, (struct padding){.rule = PAD_PADME});
    const size_t lens[] = {0, 1, 2048, 65536, 131072, s.file.len - 2048, s.file.len - 1};
    struct seeking k;

    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        check_about("cut to %zu, by seeking", lens[i]);
        CHECK_INT(SEAL_DAMAGED, payload_seek_start(&k, &s.env, s.file.data, lens[i]));
        payload_seek_end(&k);
        check_about("cut to %zu while it is read, by seeking", lens[i]);
        CHECK_INT(SEAL_OK, payload_seek_start(&k, &s.env, s.file.data, s.file.len));
        payload_check_piece(&k, &s, 0);
        CHECK_INT(0, truncate(check_scratch("read"), (off_t)lens[i]));
        CHECK_INT(SEAL_DAMAGED,
                  stream_reader_trailer(k.reader, &k.content_len, k.digest, k.receipt, &k.fault));
        payload_seek_end(&k);
    }
    payload_free(&s);
}

/* ---- Altered files ------------------------------------------------------------------------ */

/* The reader refuses, and what it gave out before is the true plaintext, from its beginning. */
static void check_refused(const struct sealed *s, const void *file, size_t len, bool hostile_too)
{
    const struct buffer *content = &s->content;
    struct result r = payload_read(&s->env, file, len, LEN_UNKNOWN);
    size_t n = r.out.len < content->len ? r.out.len : content->len;

    CHECK(r.status == SEAL_DAMAGED || (hostile_too && r.status == SEAL_HOSTILE));
    CHECK(memcmp(r.out.data, content->data, n) == 0);
    CHECK(bytes_are_zero(r.out.data + n, r.out.len - n));
    CHECK(r.out.len <= payload_capacity(s->env.head_len, s->file.len));
    CHECK(bytes_are_zero(r.receipt, sizeof r.receipt)); /* none may be shown */
    buffer_free(&r.out);
    r = payload_read(&s->env, file, len, content->len);
    CHECK(r.status != SEAL_OK);
    CHECK(r.out.len <= content->len && memcmp(r.out.data, content->data, r.out.len) == 0);
    buffer_free(&r.out);
}

static void test_flips(const struct sealed *s)
{
    uint8_t *file = s->file.data;

    for (size_t at = s->env.head_len; at < s->file.len;) {
        size_t in_block = at % BLOCK_LEN;

        check_about("byte %zu flipped", at);
        file[at] ^= 0x10;
        check_refused(s, file, s->file.len, false);
        file[at] ^= 0x10;
        /* Every 4096th, and the ends of every block: last ciphertext, tag. */
        if (in_block >= BLOCK_LEN - TAG_LEN - 1 || at + TAG_LEN + 1 >= s->file.len)
            at++;
        else if (in_block > BLOCK_LEN - 4096 || at + 4096 > s->file.len)
            at = at + 4096 > s->file.len ? s->file.len - TAG_LEN - 1
                                         : at - in_block + BLOCK_LEN - TAG_LEN - 1;
        else
            at += 4096;
    }
}

static void test_truncations(const struct sealed *s)
{
    for (size_t block = 1; block <= s->file.len / BLOCK_LEN; block++) {
        for (int off = -1; off <= 1; off++) {
            size_t len = (size_t)((long long)(block * BLOCK_LEN) + off);

            if (len < BLOCK_LEN || len >= s->file.len)
                continue; /* a file shorter than a block never gets here: no key opens it */
            check_about("cut to %zu", len);
            check_refused(s, s->file.data, len, false);
        }
    }
    for (size_t less = LENGTH_UNIT; less < s->file.len % BLOCK_LEN; less += LENGTH_UNIT) {
        check_about("cut by %zu", less);
        check_refused(s, s->file.data, s->file.len - less, false);
    }
}

static void test_appended(const struct sealed *s)
{
    static const size_t lens[] = {1, 16, 2047, 2048, 4096, BLOCK_LEN - 2048, BLOCK_LEN};
    uint8_t *file = fixture_alloc(s->file.len + BLOCK_LEN);

    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        check_about("%zu bytes appended", lens[i]);
        memcpy(file, s->file.data, s->file.len);
        memset(file + s->file.len, 0, lens[i]);
        check_refused(s, file, s->file.len + lens[i], false);
        memcpy(file + s->file.len, s->file.data, lens[i]);
        check_refused(s, file, s->file.len + lens[i], false);
    }
    free(file);
}

/* The length of block b, which for the last one may be less. */
static size_t block_len(const struct sealed *s, size_t b)
{
    size_t left = s->file.len - b * BLOCK_LEN;

    return left < BLOCK_LEN ? left : BLOCK_LEN;
}

/* The file's blocks in that order, SIZE_MAX at the end. */
static void check_order(const struct sealed *s, const size_t *order)
{
    struct buffer file = {0};

    for (; *order != SIZE_MAX; order++)
        CHECK_INT(SEAL_OK,
                  buffer_append(&file, s->file.data + *order * BLOCK_LEN, block_len(s, *order)));
    check_refused(s, file.data, file.len, false);
    buffer_free(&file);
}

static void test_orders(const struct sealed *s)
{
    size_t count = (s->file.len + BLOCK_LEN - 1) / BLOCK_LEN, order[16];

    if (!CHECK(count + 2 <= sizeof order / sizeof order[0]))
        return;
    for (size_t a = 1; a < count; a++) { /* block 0 holds the head: without it there is no key */
        size_t n = 0;

        check_about("block %zu of %zu dropped", a, count);
        for (size_t b = 0; b < count; b++)
            if (b != a)
                order[n++] = b;
        order[n] = SIZE_MAX;
        check_order(s, order);
    }
    for (size_t a = 0; a < count; a++) {
        size_t n = 0;

        check_about("block %zu of %zu doubled", a, count);
        for (size_t b = 0; b < count; b++) {
            order[n++] = b;
            if (b == a)
                order[n++] = b;
        }
        order[n] = SIZE_MAX;
        check_order(s, order);
    }
    for (size_t a = 1; a < count; a++) {
        for (size_t c = a + 1; c < count; c++) {
            check_about("blocks %zu and %zu of %zu swapped", a, c, count);
            for (size_t b = 0; b < count; b++)
                order[b] = b == a ? c : b == c ? a : b;
            order[count] = SIZE_MAX;
            check_order(s, order);
        }
    }
}

static void test_altered(void)
{
    static const struct {
        uint8_t slots;
        size_t len;
        struct padding padding;
    } rows[] = {{SLOTS_FEW, 100, {.rule = PAD_PADME}},
                {SLOTS_FEW, 200000, {.rule = PAD_PADME}},
                {SLOTS_FEW, 200000, {.rule = PAD_POW2}}, /* the last block is a full one */
                {SLOTS_MANY, 69000, {.rule = PAD_FIXED, .size = 65536 * 2 + 2048}}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sealed s = payload_seal(rows[i].slots, rows[i].len, rows[i].padding);

        CHECK_CASE(test_flips(&s));
        if (s.file.len > BLOCK_LEN)
            CHECK_CASE(test_truncations(&s));
        CHECK_CASE(test_appended(&s));
        CHECK_CASE(test_orders(&s));
        payload_free(&s);
    }
}

static void test_all(void)
{
    CHECK_CASE(test_flip_by_seeking());
    CHECK_CASE(test_cut_by_seeking());
    test_altered();
}

int main(int argc, char **argv)
{
    check_start("stream_altered", argc, argv);
    fixture_start(argc, argv);
    fixture_twice(&payload_crew, test_all);
    return check_done();
}
