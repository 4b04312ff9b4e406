/*
 * Whether readers, writers and a lane being mended leave plaintext behind in memory that they give
 * back, however they end.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/fixture.h"
#include "lib/payload.h"
#include "lib/unit_check.h"
#include "stream/parity.h"

/* ---- What is given back ------------------------------------------------------------------- */

#define MARK_LEN 32

static uint8_t mark[MARK_LEN]; /* what content consists of */
static bool is_watching;
static size_t found; /* pieces of memory that were given back with a mark in them */

#if defined __SANITIZE_ADDRESS__
#define CANNOT_WATCH
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define CANNOT_WATCH
#endif
#endif

#ifndef CANNOT_WATCH
extern void __libc_free(void *memory);

/* Instead of the C library's, for all of the program. */
void free(void *memory)
{
    if (is_watching && memory != NULL &&
        memmem(memory, malloc_usable_size(memory), mark, MARK_LEN) != NULL)
        found++;
    __libc_free(memory);
}
#endif

static size_t stop_watching(void)
{
    is_watching = false;
    return found;
}

static void watch(void)
{
    found = 0;
    is_watching = true;
}

/* Not to be seen through: what is written before a free is no use to the compiler. */
static void (*volatile give_back)(void *memory) = free;

static void test_watching(void)
{
    uint8_t *memory = fixture_alloc(100000);

    memcpy(memory + 77777, mark, MARK_LEN);
    watch();
    give_back(memory);
    CHECK_INT(1, stop_watching());
    memory = fixture_alloc(100000);
    watch();
    give_back(memory);
    CHECK_INT(0, stop_watching());
}

/* ---- Writing ------------------------------------------------------------------------------ */

#define CONTENT_LEN ((size_t)5000000)

/* Marks from begin to end. */
static struct buffer marked_content(void)
{
    struct buffer b = {fixture_alloc(CONTENT_LEN), CONTENT_LEN, CONTENT_LEN};

    for (size_t i = 0; i < CONTENT_LEN; i++)
        b.data[i] = mark[i % MARK_LEN];
    return b;
}

/* Memory that is taken anew later must not have it. */
static void forget(struct buffer *content)
{
    memset(content->data, 0, content->len);
    buffer_free(content);
}

static void check_writer(size_t len, bool finishes)
{
    struct random random = fixture_random("wiped writer");
    struct fault fault = {.status = SEAL_OK};
    struct buffer content = marked_content();
    uint8_t head[HEAD_LEN_MAX], receipt[32];
    struct envelope env = payload_envelope(SLOTS_FEW, head, &random);
    int fd = fixture_create(check_scratch("sealed"));
    struct stream_writer *w;

    check_about("writing %zu bytes, %s", len, finishes ? "to the end" : "ended early");
    CHECK_INT(SEAL_OK, stream_writer_new(&w, &env, head, (struct padding){.rule = PAD_PADME},
                                         payload_crew, fd, &fault));
    CHECK_INT(SEAL_OK, stream_write(w, content.data, len, &fault));
    if (finishes)
        CHECK_INT(SEAL_OK, stream_writer_finish(w, payload_digest, &random, receipt, &fault));
    watch();
    stream_writer_free(w);
    CHECK_INT(0, stop_watching());
    (void)close(fd);
    forget(&content);
}

static void test_writers(void)
{
    static const size_t lens[] = {100, 60000, 1100000, CONTENT_LEN};

    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        check_writer(lens[i], false);
        check_writer(lens[i], true);
    }
}

/* ---- Reading ------------------------------------------------------------------------------ */

static void check_reader(const struct envelope *env, size_t len)
{
    struct fault fault = {.status = SEAL_OK};
    struct stream_reader *reader;
    struct volume_in *in;
    const uint8_t *data;
    size_t have = 1;

    check_about("reading %zu bytes", len);
    CHECK_INT(SEAL_OK, volume_open(&in, check_scratch("sealed"), &fault));
    CHECK_INT(SEAL_OK, stream_reader_new(&reader, env, in, payload_crew, &fault));
    for (size_t got = 0; got < len && have > 0; got += have) {
        CHECK_INT(SEAL_OK, stream_peek(reader, &data, &have, &fault));
        stream_skip(reader, have);
    }
    watch();
    stream_reader_free(reader);
    CHECK_INT(0, stop_watching());
    volume_close(in);
}

static void check_seeking(const struct envelope *env)
{
    struct fault fault = {.status = SEAL_OK};
    struct stream_reader *reader;
    struct volume_in *in;
    uint64_t content_len;
    uint8_t digest[32], receipt[32];

    check_about("seeking");
    CHECK_INT(SEAL_OK, volume_open(&in, check_scratch("sealed"), &fault));
    CHECK_INT(SEAL_OK, stream_reader_new(&reader, env, in, payload_crew, &fault));
    CHECK_INT(SEAL_OK, stream_reader_seek(reader, 70000, &fault));
    CHECK_INT(SEAL_OK, stream_reader_trailer(reader, &content_len, digest, receipt, &fault));
    watch();
    stream_reader_free(reader);
    CHECK_INT(0, stop_watching());
    volume_close(in);
}

static void test_readers(void)
{
    struct random random = fixture_random("wiped reader");
    struct fault fault = {.status = SEAL_OK};
    struct buffer content = marked_content();
    uint8_t head[HEAD_LEN_MAX], receipt[32];
    struct envelope env = payload_envelope(SLOTS_FEW, head, &random);
    int fd = fixture_create(check_scratch("sealed"));
    struct stream_writer *w;

    CHECK_INT(SEAL_OK, stream_writer_new(&w, &env, head, (struct padding){.rule = PAD_PADME}, NULL,
                                         fd, &fault));
    CHECK_INT(SEAL_OK, stream_write(w, content.data, content.len, &fault));
    CHECK_INT(SEAL_OK, stream_writer_finish(w, payload_digest, &random, receipt, &fault));
    stream_writer_free(w);
    (void)close(fd);
    forget(&content);
    check_reader(&env, 1);
    check_reader(&env, 1100000);
    check_reader(&env, SIZE_MAX);
    check_seeking(&env);
}

/* Of one good parity symbol and nothing else the sum is that symbol. */
static void test_lane(void)
{
    struct buffer content = marked_content();
    struct parity_code code;
    struct parity_lane lane;

    parity_code_init(&code, 4);
    CHECK(parity_lane_begin(&lane, &code));
    parity_lane_parity(&lane, 2, content.data);
    CHECK_BYTES(content.data, lane.sums[2], CHUNK_LEN);
    watch();
    parity_lane_end(&lane);
    CHECK_INT(0, stop_watching());
    forget(&content);
}

static void test_both(void)
{
    test_writers();
    test_readers();
}

int main(int argc, char **argv)
{
    check_start("wiped", argc, argv);
    fixture_start(argc, argv);
#ifdef CANNOT_WATCH
    check_case("wiped");
    check_skip("the sanitizer has its own free");
#else
    struct random random = fixture_random("mark");

    random_bytes(&random, mark, sizeof mark);
    CHECK_CASE(test_watching());
    CHECK_CASE(test_lane());
    check_case("readers and writers");
    fixture_twice(&payload_crew, test_both);
#endif
    return check_done();
}
