/*
 * The payload of a sealed file: lengths and round trips, from begin to end and by seeking.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/unit_check.h"
#include "base/text.h"
#include "lib/fixture.h"
#include "lib/layers.h"
#include "lib/payload.h"
#include "stream/stream.h"

/* ---- Lengths and round trips -------------------------------------------------------------- */

static void payload_check(const struct sealed *s, const struct result *r, size_t plain_len)
{
    CHECK_INT(SEAL_OK, r->status);
    CHECK_INT(s->content.len, r->content_len);
    if (CHECK_INT(plain_len, r->out.len)) {
        CHECK(memcmp(s->content.data, r->out.data, s->content.len) == 0);
        CHECK(bytes_are_zero(r->out.data + s->content.len, plain_len - s->content.len));
    }
    CHECK_BYTES(payload_digest, r->digest, sizeof payload_digest);
    CHECK_BYTES(s->receipt, r->receipt, sizeof s->receipt);
    CHECK_INT(s->file.len, r->consumed);
}

/* ---- By seeking --------------------------------------------------------------------------- */

static void check_seeks(const struct sealed *s)
{
    struct random random = fixture_random("seeks");
    size_t len = s->content.len;
    struct seeking k;

    CHECK_INT(SEAL_OK, payload_seek_start(&k, &s->env, s->file.data, s->file.len));
    CHECK_INT(len, k.content_len);
    CHECK_BYTES(payload_digest, k.digest, sizeof payload_digest);
    CHECK_BYTES(s->receipt, k.receipt, sizeof k.receipt);
    payload_check_piece(&k, s, len);
    payload_check_piece(&k, s, 0);
    for (int i = 0; i < 12; i++)
        payload_check_piece(&k, s, random_below(&random, (uint32_t)len + 1));
    for (size_t end = CHUNK_LEN - s->env.head_len; end <= len; end += CHUNK_LEN) {
        payload_check_piece(&k, s, end); /* where a chunk begins, and a little before */
        payload_check_piece(&k, s, end - 1);
    }
    CHECK_INT(SEAL_OK,
              stream_reader_trailer(k.reader, &k.content_len, k.digest, k.receipt, &k.fault));
    CHECK_INT(SEAL_DAMAGED, stream_reader_seek(k.reader, s->file.len, &k.fault));
    k.fault = (struct fault){.status = SEAL_OK};
    CHECK_INT(SEAL_DAMAGED, stream_reader_seek(k.reader, UINT64_MAX, &k.fault));
    k.fault = (struct fault){.status = SEAL_OK};
    payload_check_piece(&k, s, len / 2);
    payload_seek_end(&k);
}

/* The block at hand is not read and decrypted again. */
static void test_block_at_hand(void)
{
    struct sealed s = payload_seal(SLOTS_FEW, 300000, (struct padding){.rule = PAD_PADME});
    struct seeking k;
    uint64_t before;

    check_about("the block at hand");
    CHECK_INT(SEAL_OK, payload_seek_start(&k, &s.env, s.file.data, s.file.len));
    payload_check_piece(&k, &s, 150000);
    before = stream_consumed(k.reader);
    payload_check_piece(&k, &s, 150010);
    payload_check_piece(&k, &s, 149990);
    CHECK_INT(before, stream_consumed(k.reader));
    payload_check_piece(&k, &s, 10);
    CHECK_INT(before + BLOCK_LEN, stream_consumed(k.reader));
    payload_seek_end(&k);
    payload_free(&s);
}

static void check_round_trip(uint8_t slots, size_t len, struct padding padding)
{
    size_t head = HEAD_LEN(slots);
    struct sealed s = payload_seal(slots, len, padding);
    struct result r;

    check_about("n = %u, %zu bytes, rule %d", (unsigned)slots, len, (int)padding.rule);
    CHECK_INT(padding.rule == PAD_FIXED ? padding.size : payload_least_len(head, len, padding.rule),
              s.file.len);
    CHECK_INT(s.file.len, stream_total_len(((struct file_shape){.head_len = head}), len, padding));
    r = payload_read(&s.env, s.file.data, s.file.len, LEN_UNKNOWN);
    payload_check(&s, &r, payload_capacity(head, s.file.len));
    buffer_free(&r.out);
    r = payload_read(&s.env, s.file.data, s.file.len, len);
    payload_check(&s, &r, len);
    buffer_free(&r.out);
    check_seeks(&s);
    payload_free(&s);
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
            for (uint64_t len = payload_capacity(head, totals[i]) - 1;
                 len <= payload_capacity(head, totals[i]) + 1; len++)
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
        struct padding padding = {.rule = PAD_FIXED, .size = sizes[i]};
        uint64_t most = payload_capacity(HEAD_LEN(8), sizes[i]);

        check_round_trip(SLOTS_FEW, 0, padding);
        check_round_trip(SLOTS_FEW, (size_t)most - 1, padding);
        check_round_trip(SLOTS_FEW, (size_t)most, padding);
        check_about("fixed size %llu", (unsigned long long)sizes[i]);
        CHECK_INT(
            0, stream_total_len(((struct file_shape){.head_len = HEAD_LEN(8)}), most + 1, padding));
    }
}

static uint64_t total_of(uint64_t capacity_of, uint64_t more, enum padding_rule rule)
{
    return stream_total_len(((struct file_shape){.head_len = HEAD_LEN(8)}),
                            payload_capacity(HEAD_LEN(8), capacity_of) + more,
                            (struct padding){.rule = rule});
}

static void test_mib_and_round(void)
{
    static const struct {
        uint64_t full, next_mib, next_round; /* in MiB */
    } rows[] = {{1, 2, 2},
                {9, 10, 10},
                {10, 11, 20},
                {90, 91, 100},
                {100, 101, 200},
                {900, 901, 1024},
                {1024, 1025, 2048},
                {9 * 1024, 9217, 10 * 1024},
                {10 * 1024, 10241, 20 * 1024},
                {900 * 1024, 921601, 1024 * 1024},
                {9 * 1024 * 1024, 9437185, 10 * 1024 * 1024},
                {200 * 1024 * 1024, 209715201, 0}};

    for (unsigned int few = 0; few < 2; few++)
        for (uint64_t more = 0; more < 2; more++) {
            uint8_t slots = few ? SLOTS_FEW : SLOTS_MANY;
            uint64_t len = payload_capacity(HEAD_LEN(slots), MIB) + more;

            check_round_trip(slots, (size_t)(more * 70000), (struct padding){.rule = PAD_MIB});
            check_round_trip(slots, (size_t)len, (struct padding){.rule = PAD_MIB});
            check_round_trip(slots, (size_t)len, (struct padding){.rule = PAD_ROUND});
        }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_about("%llu MiB", (unsigned long long)rows[i].full);
        CHECK_INT(rows[i].full * MIB, total_of(rows[i].full * MIB, 0, PAD_MIB));
        CHECK_INT(rows[i].full * MIB, total_of(rows[i].full * MIB, 0, PAD_ROUND));
        CHECK_INT(rows[i].next_mib * MIB, total_of(rows[i].full * MIB, 1, PAD_MIB));
        CHECK_INT(rows[i].next_round * MIB, total_of(rows[i].full * MIB, 1, PAD_ROUND));
    }
    check_about("the longest");
    CHECK_INT(STREAM_BLOCKS_MAX * BLOCK_LEN, total_of(STREAM_BLOCKS_MAX * BLOCK_LEN, 0, PAD_MIB));
    CHECK_INT(0, total_of(STREAM_BLOCKS_MAX * BLOCK_LEN, 1, PAD_MIB));
}

/* One byte too many is refused when it comes, not at the end. */
static void test_no_room(void)
{
    struct random random = fixture_random("no room");
    struct fault fault = {.status = SEAL_OK};
    uint8_t head[HEAD_LEN_MAX];
    struct envelope env = payload_envelope(SLOTS_FEW, head, &random);
    struct stream_writer *w;
    struct buffer content = payload_content(payload_capacity(HEAD_LEN(8), 131072), &random);
    int fd = fixture_create(check_scratch("sealed"));

    check_about("content too large for a fixed size");
    CHECK_INT(SEAL_OK,
              stream_writer_new(&w, &env, head, (struct padding){.rule = PAD_FIXED, .size = 131072},
                                NULL, fd, &fault));
    CHECK_INT(SEAL_OK, stream_write(w, content.data, content.len, &fault));
    CHECK_INT(SEAL_NO_ROOM, stream_write(w, "x", 1, &fault));
    stream_writer_free(w);
    buffer_free(&content);
    (void)close(fd);
    CHECK_INT(0, stream_total_len(((struct file_shape){.head_len = HEAD_LEN(8)}),
                                  STREAM_BLOCKS_MAX * BLOCK_LEN, (struct padding){0}));
    CHECK_INT(0, stream_total_len(((struct file_shape){.head_len = HEAD_LEN(8)}), UINT64_MAX,
                                  (struct padding){0}));
    CHECK_INT(STREAM_BLOCKS_MAX * BLOCK_LEN,
              stream_total_len(((struct file_shape){.head_len = HEAD_LEN(8)}),
                               payload_capacity(HEAD_LEN(8), STREAM_BLOCKS_MAX * BLOCK_LEN),
                               (struct padding){.rule = PAD_POW2}));
    CHECK_INT(0, stream_total_len(((struct file_shape){.head_len = HEAD_LEN(8)}),
                                  payload_capacity(HEAD_LEN(8), STREAM_BLOCKS_MAX * BLOCK_LEN) + 1,
                                  (struct padding){.rule = PAD_POW2}));
}

/* ---- The trailers and receipts of the vectors --------------------------------------------- */

static void check_vector_file(const json_t *file, const char *name, const char *want_receipt)
{
    const struct envelope env = payload_vector_envelope(file);
    struct buffer data;
    struct result r;
    char path[256], receipt[NUMBER_TEXT_SIZE(RECEIPT_GROUPS)];

    (void)snprintf(path, sizeof path, "files/%s", name);
    check_case("%s", name);
    data = fixture_read(check_vector(path));
    CHECK_INT(fixture_number(file, "T"), data.len);
    r = payload_read(&env, data.data, data.len, LEN_UNKNOWN);
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

/* ---- In order ----------------------------------------------------------------------------- */

/* A sealed file of which so many bytes come through a pipe. */
struct fed {
    struct sealed s;
    size_t len;
    int ends[2];
    pthread_t thread;
    struct volume_in *in;
    struct stream_reader *reader;
    struct fault fault;
};

static void *feed(void *arg)
{
    struct fed *f = arg;

    for (size_t at = 0; at < f->len;) {
        ssize_t n = write(f->ends[1], f->s.file.data + at, f->len - at);

        if (!CHECK(n > 0))
            break;
        at += (size_t)n;
    }
    return NULL;
}

static void begin_feed(struct fed *f, size_t len)
{
    *f = (struct fed){.s = payload_seal(SLOTS_FEW, 4 * MIB, (struct padding){.rule = PAD_PADME}),
                      .len = len};
    if (f->len > f->s.file.len)
        f->len = f->s.file.len;
    CHECK_INT(0, pipe(f->ends));
    CHECK_INT(0, pthread_create(&f->thread, NULL, feed, f));
    CHECK_INT(SEAL_OK, volume_open_feed(&f->in, f->ends[0], f->s.file.len, "fed", &f->fault));
    CHECK_INT(SEAL_OK, stream_reader_new(&f->reader, &f->s.env, f->in, payload_crew, &f->fault));
}

static void end_feed(struct fed *f)
{
    stream_reader_free(f->reader);
    volume_close(f->in);
    CHECK_INT(0, pthread_join(f->thread, NULL));
    (void)close(f->ends[0]);
    (void)close(f->ends[1]);
    payload_free(&f->s);
}

static void test_in_order(void)
{
    struct fed f;
    struct buffer out = {fixture_alloc(5 * MIB), 5 * MIB, 5 * MIB};

    check_about("fed, to the end");
    begin_feed(&f, SIZE_MAX);
    CHECK_INT(SEAL_OK, stream_read(f.reader, out.data, out.cap, &out.len, &f.fault));
    CHECK(out.len >= f.s.content.len && memcmp(out.data, f.s.content.data, f.s.content.len) == 0);
    end_feed(&f);
    buffer_free(&out);
}

/* Who refuses what came so far does not wait for the rest, whoever reads ahead. */
static void test_falls_silent(void)
{
    const uint8_t *data;
    struct fed f;
    size_t len;

    check_about("fed, then silent");
    begin_feed(&f, VOLUME_PIECE_LEN + 100);
    CHECK_INT(SEAL_OK, stream_peek(f.reader, &data, &len, &f.fault));
    end_feed(&f);
}

static void test_all(void)
{
    test_vectors();
    CHECK_CASE(test_round_trips());
    CHECK_CASE(test_fixed());
    CHECK_CASE(test_mib_and_round());
    CHECK_CASE(test_no_room());
    CHECK_CASE(test_block_at_hand());
    CHECK_CASE(test_in_order());
    CHECK_CASE(test_falls_silent());
}

int main(int argc, char **argv)
{
    check_start("stream", argc, argv);
    fixture_start(argc, argv);
    fixture_twice(&payload_crew, test_all);
    return check_done();
}
