/*
 * The payload of a sealed file: lengths, round trips, and blocks that were altered, moved, cut or
 * forged. A reader may hand out plaintext before it meets a defect, but only true plaintext.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "lib/check.h"
#include "lib/fixture.h"
#include "lib/layers.h"
#include "stream/stream.h"

static struct crew *crew; /* of readers; NULL: each is alone */

#define CHUNK_LEN (BLOCK_LEN - TAG_LEN)

static const uint8_t digest[32] = "a digest that the trailer holds";

/* A sealed file in memory, and what is known about it. */
struct sealed {
    struct envelope env;
    struct buffer file;
    struct buffer content;
    uint8_t receipt[32];
};

static struct envelope some_envelope(uint8_t slots, uint8_t *head, struct random *random)
{
    struct envelope env = {.params = {.slot_count = slots}, .head_len = HEAD_LEN(slots)};

    /* The stream takes head and keys as they come; how they are made is another test. */
    random_bytes(random, head, env.head_len);
    random_bytes(random, env.file_key, KEY_LEN);
    random_bytes(random, env.commitment, COMMITMENT_LEN);
    return env;
}

static struct buffer some_content(size_t len, struct random *random)
{
    struct buffer b = {fixture_alloc(len), len, len};

    random_bytes(random, b.data, len);
    if (len > 0 && b.data[len - 1] == 0)
        b.data[len - 1] = 1;
    return b;
}

/* In pieces of odd sizes. */
static enum seal_status write_content(struct stream_writer *w, const struct buffer *content,
                                      struct fault *fault)
{
    size_t piece = 1;

    for (size_t at = 0; at < content->len; at += piece, piece = piece * 3 % 100003) {
        if (piece > content->len - at)
            piece = content->len - at;
        if (stream_write(w, content->data + at, piece, fault) != SEAL_OK)
            return fault->status;
    }
    return SEAL_OK;
}

static struct sealed seal(uint8_t slots, size_t len, struct padding padding)
{
    struct random random = fixture_random("stream");
    struct fault fault = {.status = SEAL_OK};
    struct stream_writer *w;
    uint8_t head[HEAD_LEN_MAX];
    struct sealed s = {.env = some_envelope(slots, head, &random)};
    int fd = fixture_create(check_scratch("sealed"));

    s.content = some_content(len, &random);
    CHECK_INT(SEAL_OK, stream_writer_new(&w, &s.env, head, padding, NULL, fd, &fault));
    CHECK_INT(SEAL_OK, write_content(w, &s.content, &fault));
    CHECK_INT(SEAL_OK, stream_writer_finish(w, digest, &random, s.receipt, &fault));
    (void)close(fd);
    s.file = fixture_read(check_scratch("sealed"));
    CHECK_INT(s.file.len, stream_written(w));
    stream_writer_free(w);
    return s;
}

static void sealed_free(struct sealed *s)
{
    buffer_free(&s->file);
    buffer_free(&s->content);
}

/* ---- Reading ------------------------------------------------------------------------------ */

/* What came out, and how it ended. */
struct result {
    enum seal_status status;
    struct buffer out;
    uint64_t content_len;
    uint64_t consumed;
    uint8_t digest[32], receipt[32];
};

static enum seal_status take(void *self, const void *data, size_t len, struct fault *fault)
{
    (void)fault;
    return buffer_append(self, data, len);
}

/* Without knowing where content ends. */
static void read_by_copy(struct result *r, struct stream_reader *reader, struct fault *fault)
{
    const struct sink sink = {take, &r->out};

    r->status = stream_reader_copy(reader, &sink, &r->content_len, r->digest, r->receipt, fault);
}

/* Takes len bytes, which the caller knows to be the content, and finishes. */
static void read_by_len(struct result *r, struct stream_reader *reader, size_t len,
                        struct fault *fault)
{
    size_t got = 0;

    CHECK_INT(SEAL_OK, buffer_reserve(&r->out, len));
    r->status = stream_read(reader, r->out.data, len, &got, fault);
    r->out.len = got;
    r->content_len = got;
    if (r->status == SEAL_OK)
        r->status = stream_reader_finish(reader, r->digest, r->receipt, fault);
}

#define LEN_UNKNOWN SIZE_MAX

static struct result read_sealed(const struct envelope *env, const void *file, size_t file_len,
                                 size_t len)
{
    const char *path = check_scratch("read");
    struct fault fault = {.status = SEAL_OK};
    struct result r = {.status = SEAL_OK};
    struct stream_reader *reader;
    struct volume_in *in;

    CHECK_INT(SEAL_OK, buffer_reserve(&r.out, 1)); /* so that there is something to compare */
    fixture_write(path, file, file_len);
    CHECK_INT(SEAL_OK, volume_open(&in, path, &fault));
    CHECK_INT(file_len, volume_size(in));
    CHECK_INT(SEAL_OK, stream_reader_new(&reader, env, in, crew, &fault));
    if (len == LEN_UNKNOWN)
        read_by_copy(&r, reader, &fault);
    else
        read_by_len(&r, reader, len, &fault);
    CHECK_INT(r.status, fault.status);
    r.consumed = stream_consumed(reader);
    stream_reader_free(reader);
    volume_close(in);
    return r;
}

/* ---- Lengths and round trips -------------------------------------------------------------- */

static uint64_t capacity(size_t head_len, uint64_t total)
{
    return total - head_len - TAG_LEN * ((total + BLOCK_LEN - 1) / BLOCK_LEN) - TRAILER_LEN;
}

/* From the definition of section 3.5, by search rather than by rounding. */
static bool is_allowed(uint64_t total, enum padding_rule rule)
{
    unsigned int x = 0, s = 0;

    while (total >> (x + 1) != 0)
        x++;
    while (x >> s != 0)
        s++;
    return rule == PAD_POW2 ? (total & (total - 1)) == 0 : total % (UINT64_C(1) << (x - s)) == 0;
}

static uint64_t least_allowed(size_t head_len, uint64_t len, enum padding_rule rule)
{
    uint64_t total = BLOCK_LEN;

    while (!is_allowed(total, rule) || capacity(head_len, total) < len)
        total += LENGTH_UNIT;
    return total;
}

static void check_result(const struct sealed *s, const struct result *r, size_t plain_len)
{
    CHECK_INT(SEAL_OK, r->status);
    CHECK_INT(s->content.len, r->content_len);
    if (CHECK_INT(plain_len, r->out.len)) {
        CHECK(memcmp(s->content.data, r->out.data, s->content.len) == 0);
        CHECK(bytes_are_zero(r->out.data + s->content.len, plain_len - s->content.len));
    }
    CHECK_BYTES(digest, r->digest, sizeof digest);
    CHECK_BYTES(s->receipt, r->receipt, sizeof s->receipt);
    CHECK_INT(s->file.len, r->consumed);
}

/* ---- By seeking --------------------------------------------------------------------------- */

struct seeking {
    struct volume_in *in;
    struct stream_reader *reader;
    struct fault fault;
    uint64_t content_len;
    uint8_t digest[32], receipt[32];
};

static enum seal_status seeking_start(struct seeking *k, const struct envelope *env,
                                      const void *file, size_t file_len)
{
    const char *path = check_scratch("read");

    *k = (struct seeking){.in = NULL};
    fixture_write(path, file, file_len);
    CHECK_INT(SEAL_OK, volume_open(&k->in, path, &k->fault));
    CHECK_INT(SEAL_OK, stream_reader_new(&k->reader, env, k->in, crew, &k->fault));
    return stream_reader_trailer(k->reader, &k->content_len, k->digest, k->receipt, &k->fault);
}

static void seeking_end(struct seeking *k)
{
    stream_reader_free(k->reader);
    volume_close(k->in);
}

/* Up to 3000 bytes of content from there on. */
static void check_piece(struct seeking *k, const struct sealed *s, size_t off)
{
    uint8_t piece[3000];
    size_t len = s->content.len - off < sizeof piece ? s->content.len - off : sizeof piece, got = 0;

    CHECK_INT(SEAL_OK, stream_reader_seek(k->reader, off, &k->fault));
    CHECK_INT(SEAL_OK, stream_read(k->reader, piece, len, &got, &k->fault));
    CHECK(got == len && (len == 0 || memcmp(piece, s->content.data + off, len) == 0));
}

static void check_seeks(const struct sealed *s)
{
    struct random random = fixture_random("seeks");
    size_t len = s->content.len;
    struct seeking k;

    CHECK_INT(SEAL_OK, seeking_start(&k, &s->env, s->file.data, s->file.len));
    CHECK_INT(len, k.content_len);
    CHECK_BYTES(digest, k.digest, sizeof digest);
    CHECK_BYTES(s->receipt, k.receipt, sizeof k.receipt);
    check_piece(&k, s, len);
    check_piece(&k, s, 0);
    for (int i = 0; i < 12; i++)
        check_piece(&k, s, random_below(&random, (uint32_t)len + 1));
    for (size_t end = CHUNK_LEN - s->env.head_len; end <= len; end += CHUNK_LEN) {
        check_piece(&k, s, end); /* where a chunk begins, and a little before */
        check_piece(&k, s, end - 1);
    }
    CHECK_INT(SEAL_OK,
              stream_reader_trailer(k.reader, &k.content_len, k.digest, k.receipt, &k.fault));
    CHECK_INT(SEAL_DAMAGED, stream_reader_seek(k.reader, s->file.len, &k.fault));
    k.fault = (struct fault){.status = SEAL_OK};
    CHECK_INT(SEAL_DAMAGED, stream_reader_seek(k.reader, UINT64_MAX, &k.fault));
    k.fault = (struct fault){.status = SEAL_OK};
    check_piece(&k, s, len / 2);
    seeking_end(&k);
}

/* The block at hand is not read and decrypted again. */
static void test_block_at_hand(void)
{
    struct sealed s = seal(SLOTS_FEW, 300000, (struct padding){.rule = PAD_PADME});
    struct seeking k;
    uint64_t before;

    check_about("the block at hand");
    CHECK_INT(SEAL_OK, seeking_start(&k, &s.env, s.file.data, s.file.len));
    check_piece(&k, &s, 150000);
    before = stream_consumed(k.reader);
    check_piece(&k, &s, 150010);
    check_piece(&k, &s, 149990);
    CHECK_INT(before, stream_consumed(k.reader));
    check_piece(&k, &s, 10);
    CHECK_INT(before + BLOCK_LEN, stream_consumed(k.reader));
    seeking_end(&k);
    sealed_free(&s);
}

/* A flipped bit is met where somebody reads, and nowhere else. */
static void test_flip_by_seeking(void)
{
    struct sealed s = seal(SLOTS_FEW, 300000, (struct padding){.rule = PAD_PADME});
    struct seeking k;

    check_about("a flipped bit, by seeking");
    s.file.data[2 * BLOCK_LEN + 5000] ^= 1;
    CHECK_INT(SEAL_OK, seeking_start(&k, &s.env, s.file.data, s.file.len));
    check_piece(&k, &s, 10);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(SEAL_DAMAGED,
                  stream_reader_seek(k.reader, 3 * CHUNK_LEN - HEAD_LEN(8) - 1, &k.fault));
        k.fault = (struct fault){.status = SEAL_OK};
    }
    check_piece(&k, &s, 3 * CHUNK_LEN - HEAD_LEN(8));
    check_piece(&k, &s, 2 * CHUNK_LEN - HEAD_LEN(8) - 3000);
    seeking_end(&k);
    check_about("a flipped bit in the last block, by seeking");
    s.file.data[s.file.len - 1] ^= 1;
    CHECK_INT(SEAL_DAMAGED, seeking_start(&k, &s.env, s.file.data, s.file.len));
    seeking_end(&k);
    sealed_free(&s);
}

/* Cut by itself, and while it is read. */
static void test_cut_by_seeking(void)
{
    struct sealed s = seal(SLOTS_FEW, 300000, (struct padding){.rule = PAD_PADME});
    const size_t lens[] = {0, 1, 2048, 65536, 131072, s.file.len - 2048, s.file.len - 1};
    struct seeking k;

    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        check_about("cut to %zu, by seeking", lens[i]);
        CHECK_INT(SEAL_DAMAGED, seeking_start(&k, &s.env, s.file.data, lens[i]));
        seeking_end(&k);
        check_about("cut to %zu while it is read, by seeking", lens[i]);
        CHECK_INT(SEAL_OK, seeking_start(&k, &s.env, s.file.data, s.file.len));
        check_piece(&k, &s, 0);
        CHECK_INT(0, truncate(check_scratch("read"), (off_t)lens[i]));
        CHECK_INT(SEAL_DAMAGED,
                  stream_reader_trailer(k.reader, &k.content_len, k.digest, k.receipt, &k.fault));
        seeking_end(&k);
    }
    sealed_free(&s);
}

static void check_round_trip(uint8_t slots, size_t len, struct padding padding)
{
    size_t head = HEAD_LEN(slots);
    struct sealed s = seal(slots, len, padding);
    struct result r;

    check_about("n = %u, %zu bytes, rule %d", (unsigned)slots, len, (int)padding.rule);
    CHECK_INT(padding.rule == PAD_FIXED ? padding.size : least_allowed(head, len, padding.rule),
              s.file.len);
    CHECK_INT(s.file.len, stream_total_len(head, len, padding));
    r = read_sealed(&s.env, s.file.data, s.file.len, LEN_UNKNOWN);
    check_result(&s, &r, capacity(head, s.file.len));
    buffer_free(&r.out);
    r = read_sealed(&s.env, s.file.data, s.file.len, len);
    check_result(&s, &r, len);
    buffer_free(&r.out);
    check_seeks(&s);
    sealed_free(&s);
}

static void check_padme_and_pow2(uint8_t slots, uint64_t len)
{
    check_round_trip(slots, (size_t)len, (struct padding){.rule = PAD_PADME});
    check_round_trip(slots, (size_t)len, (struct padding){.rule = PAD_POW2});
}

/* Lengths around every place where something happens: chunks full, files full. */
static void test_round_trips(void)
{
    static const uint64_t totals[] = {65536, 67584, 69632, 129024, 131072, 133120, 135168, 262144};

    for (unsigned int few = 0; few < 2; few++) {
        uint8_t slots = few ? SLOTS_FEW : SLOTS_MANY;
        size_t head = HEAD_LEN(slots);

        check_padme_and_pow2(slots, 0);
        check_padme_and_pow2(slots, 1);
        for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++)
            for (uint64_t len = capacity(head, totals[i]) - 1; len <= capacity(head, totals[i]) + 1;
                 len++)
                check_padme_and_pow2(slots, len);
        for (size_t chunks = 0; chunks < 3; chunks++) /* content ends where a chunk does */
            for (size_t off = 0; off < 3; off++)
                check_padme_and_pow2(slots, CHUNK_LEN - head + chunks * CHUNK_LEN + off - 1);
    }
}

static void test_fixed(void)
{
    static const uint64_t sizes[] = {65536, 67584, 131072, 133120, 200704};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct padding padding = {PAD_FIXED, sizes[i]};
        uint64_t most = capacity(HEAD_LEN(8), sizes[i]);

        check_round_trip(SLOTS_FEW, 0, padding);
        check_round_trip(SLOTS_FEW, (size_t)most - 1, padding);
        check_round_trip(SLOTS_FEW, (size_t)most, padding);
        check_about("fixed size %llu", (unsigned long long)sizes[i]);
        CHECK_INT(0, stream_total_len(HEAD_LEN(8), most + 1, padding));
    }
}

/* One byte too many is refused when it comes, not at the end. */
static void test_no_room(void)
{
    struct random random = fixture_random("no room");
    struct fault fault = {.status = SEAL_OK};
    uint8_t head[HEAD_LEN_MAX];
    struct envelope env = some_envelope(SLOTS_FEW, head, &random);
    struct stream_writer *w;
    struct buffer content = some_content(capacity(HEAD_LEN(8), 131072), &random);
    int fd = fixture_create(check_scratch("sealed"));

    check_about("content too large for a fixed size");
    CHECK_INT(SEAL_OK, stream_writer_new(&w, &env, head, (struct padding){PAD_FIXED, 131072}, NULL,
                                         fd, &fault));
    CHECK_INT(SEAL_OK, stream_write(w, content.data, content.len, &fault));
    CHECK_INT(SEAL_NO_ROOM, stream_write(w, "x", 1, &fault));
    stream_writer_free(w);
    buffer_free(&content);
    (void)close(fd);
    CHECK_INT(0, stream_total_len(HEAD_LEN(8), STREAM_BLOCKS_MAX * BLOCK_LEN, (struct padding){0}));
    CHECK_INT(0, stream_total_len(HEAD_LEN(8), UINT64_MAX, (struct padding){0}));
    CHECK_INT(STREAM_BLOCKS_MAX * BLOCK_LEN,
              stream_total_len(HEAD_LEN(8), capacity(HEAD_LEN(8), STREAM_BLOCKS_MAX * BLOCK_LEN),
                               (struct padding){.rule = PAD_POW2}));
    CHECK_INT(0, stream_total_len(HEAD_LEN(8),
                                  capacity(HEAD_LEN(8), STREAM_BLOCKS_MAX * BLOCK_LEN) + 1,
                                  (struct padding){.rule = PAD_POW2}));
}

/* ---- Altered files ------------------------------------------------------------------------ */

/* The reader refuses, and what it gave out before is the true plaintext, from its beginning. */
static void check_refused(const struct sealed *s, const void *file, size_t len, bool hostile_too)
{
    const struct buffer *content = &s->content;
    struct result r = read_sealed(&s->env, file, len, LEN_UNKNOWN);
    size_t n = r.out.len < content->len ? r.out.len : content->len;

    CHECK(r.status == SEAL_DAMAGED || (hostile_too && r.status == SEAL_HOSTILE));
    CHECK(memcmp(r.out.data, content->data, n) == 0);
    CHECK(bytes_are_zero(r.out.data + n, r.out.len - n));
    CHECK(r.out.len <= capacity(s->env.head_len, s->file.len));
    CHECK(bytes_are_zero(r.receipt, sizeof r.receipt)); /* none may be shown */
    buffer_free(&r.out);
    r = read_sealed(&s->env, file, len, content->len);
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
    } rows[] = {{SLOTS_FEW, 100, {PAD_PADME, 0}},
                {SLOTS_FEW, 200000, {PAD_PADME, 0}},
                {SLOTS_FEW, 200000, {PAD_POW2, 0}}, /* the last block is a full one */
                {SLOTS_MANY, 69000, {PAD_FIXED, 65536 * 2 + 2048}}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sealed s = seal(rows[i].slots, rows[i].len, rows[i].padding);

        test_flips(&s);
        test_truncations(&s);
        test_appended(&s);
        test_orders(&s);
        sealed_free(&s);
    }
}

/* ---- Forged files: everything authenticates ----------------------------------------------- */

/* content_len bytes of content, padding, and a trailer; change does something to it. */
struct forgery {
    struct envelope env;
    size_t total, content_len;
    uint8_t *plain;
    uint8_t *trailer; /* within plain */
};

static struct forgery forgery_new(size_t total, size_t content_len)
{
    struct random random = fixture_random("forgery");
    uint8_t head[HEAD_LEN_MAX];
    struct forgery f = {.env = some_envelope(SLOTS_FEW, head, &random), total, content_len};
    size_t room = capacity(HEAD_LEN(8), total);

    f.plain = fixture_alloc(room + TRAILER_LEN);
    f.trailer = f.plain + room;
    random_bytes(&random, f.plain, content_len);
    f.plain[content_len - 1] = 0xff;
    store_u64(f.trailer, content_len);
    f.trailer[8] = 1;
    return f;
}

static void check_forgery(const struct forgery *f, enum seal_status by_copy,
                          enum seal_status by_len)
{
    struct buffer file = chunks_seal(&f->env, f->plain, f->total);
    struct result r = read_sealed(&f->env, file.data, file.len, LEN_UNKNOWN);

    CHECK_INT(by_copy, r.status);
    CHECK_INT(by_copy != SEAL_OK, bytes_are_zero(r.receipt, sizeof r.receipt));
    buffer_free(&r.out);
    r = read_sealed(&f->env, file.data, file.len, f->content_len);
    CHECK_INT(by_len, r.status);
    CHECK_INT(by_len != SEAL_OK, bytes_are_zero(r.receipt, sizeof r.receipt));
    buffer_free(&r.out);
    buffer_free(&file);
}

/* What seeking says of the trailer: it sees no padding. */
static void check_forged_trailer(const struct forgery *f, enum seal_status want)
{
    struct buffer file = chunks_seal(&f->env, f->plain, f->total);
    struct seeking k;

    CHECK_INT(want, seeking_start(&k, &f->env, file.data, file.len));
    CHECK_INT(want != SEAL_OK, bytes_are_zero(k.receipt, sizeof k.receipt));
    seeking_end(&k);
    buffer_free(&file);
}

static void test_trailer_fields(struct forgery *f)
{
    for (size_t at = 8; at < TRAILER_LEN; at++) {
        bool is_free = at >= 16 && at < 80; /* D, which others compare, and the source tag */
        enum seal_status want = is_free ? SEAL_OK : SEAL_HOSTILE;

        check_about("trailer byte %zu", at);
        f->trailer[at] ^= 2;
        check_forgery(f, want, want);
        check_forged_trailer(f, want);
        f->trailer[at] ^= 2;
    }
    check_about("trailer: not the last");
    f->trailer[8] = 0;
    check_forgery(f, SEAL_HOSTILE, SEAL_HOSTILE);
    f->trailer[8] = 1;
}

static void test_content_len(struct forgery *f)
{
    size_t room = capacity(HEAD_LEN(8), f->total);

    check_about("content_len");
    store_u64(f->trailer, f->content_len - 1); /* its last byte, 0xff, would be padding */
    check_forgery(f, SEAL_HOSTILE, SEAL_HOSTILE);
    store_u64(f->trailer, f->content_len + 1); /* more zeros: only a parser can know better */
    check_forgery(f, SEAL_OK, SEAL_HOSTILE);
    store_u64(f->trailer, room);
    check_forgery(f, SEAL_OK, SEAL_HOSTILE);
    check_forged_trailer(f, SEAL_OK);
    store_u64(f->trailer, room + 1);
    check_forgery(f, SEAL_HOSTILE, SEAL_HOSTILE);
    check_forged_trailer(f, SEAL_HOSTILE);
    store_u64(f->trailer, 0);
    check_forgery(f, SEAL_HOSTILE, SEAL_HOSTILE);
    store_u64(f->trailer, UINT64_MAX);
    check_forgery(f, SEAL_HOSTILE, SEAL_HOSTILE);
    check_forged_trailer(f, SEAL_HOSTILE);
    store_u64(f->trailer, f->content_len);
    check_forgery(f, SEAL_OK, SEAL_OK);
}

static void test_padding_bytes(struct forgery *f)
{
    size_t room = capacity(HEAD_LEN(8), f->total);

    for (size_t at = f->content_len; at < room;
         at += at + 1 < room && at + 9973 >= room ? room - 1 - at : 9973) {
        check_about("padding byte %zu of %zu", at, room);
        f->plain[at] = 1;
        check_forgery(f, SEAL_HOSTILE, SEAL_HOSTILE);
        f->plain[at] = 0;
    }
}

static void test_forged(void)
{
    static const size_t odd[] = {65536 + 1024, 131072 - 2048 + 16, 131072 + 2047, 131072 + 300};
    struct forgery f = forgery_new(131072, 60000);

    check_about("forged as it should be");
    check_forgery(&f, SEAL_OK, SEAL_OK);
    test_trailer_fields(&f);
    test_content_len(&f);
    test_padding_bytes(&f);
    free(f.plain);
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        check_about("total length %zu, no multiple of 2048", odd[i]);
        f = forgery_new(odd[i], 1000);
        check_forgery(&f, SEAL_DAMAGED, SEAL_DAMAGED);
        check_forged_trailer(&f, SEAL_DAMAGED);
        free(f.plain);
    }
}

/* ---- The trailers and receipts of the vectors --------------------------------------------- */

static void check_vector_file(const json_t *file, const char *name, const char *want_receipt)
{
    struct envelope env = {.params = {.slot_count = (uint8_t)fixture_number(file, "n")}};
    struct buffer data;
    struct result r;
    char path[256], receipt[NUMBER_TEXT_SIZE(RECEIPT_GROUPS)];

    (void)snprintf(path, sizeof path, "files/%s", name);
    check_about("%s", name);
    data = fixture_read(check_vector(path));
    env.head_len = HEAD_LEN(fixture_number(file, "n"));
    fixture_hex(env.file_key, KEY_LEN, file, "file_key");
    fixture_hex(env.commitment, COMMITMENT_LEN, file, "C");
    CHECK_INT(fixture_number(file, "T"), data.len);
    r = read_sealed(&env, data.data, data.len, LEN_UNKNOWN);
    CHECK_INT(SEAL_OK, r.status);
    number_text(receipt, r.receipt, RECEIPT_GROUPS);
    CHECK_TEXT(want_receipt, receipt);
    buffer_free(&r.out);
    buffer_free(&data);
}

static void test_vectors(void)
{
    json_t *index = fixture_json("files/index.json");
    const json_t *list = json_is_array(index) ? index : json_object_get(index, "cases");
    const json_t *sample;
    size_t i;

    json_array_foreach (list, i, sample) {
        const json_t *files = json_object_get(sample, "files");

        if (json_array_size(files) == 1) /* sets: test_volumes.c */
            check_vector_file(json_array_get(json_object_get(sample, "intermediates"), 0),
                              json_string_value(json_array_get(files, 0)),
                              fixture_text(sample, "receipt"));
    }
    CHECK(i > 20);
    json_decref(index);
}

static void test_all(void)
{
    test_vectors();
    test_round_trips();
    test_fixed();
    test_no_room();
    test_block_at_hand();
    test_flip_by_seeking();
    test_cut_by_seeking();
    test_altered();
    test_forged();
}

/* All of it twice: alone, and with threads that read ahead. */
int main(int argc, char **argv)
{
    struct fault fault = {.status = SEAL_OK};

    check_start("stream", argc, argv);
    fixture_start(argc, argv);
    test_all();
    CHECK_INT(SEAL_OK, crew_new(&crew, 3, &fault));
    test_all();
    crew_free(crew);
    return check_done();
}
