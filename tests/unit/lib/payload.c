#include "payload.h"

#include <string.h>
#include <unistd.h>

#include "lib/unit_check.h"
#include "lib/fixture.h"
#include "lib/layers.h"

struct crew *payload_crew;

const uint8_t payload_digest[32] = "a digest that the trailer holds";

struct envelope payload_envelope(uint8_t slots, uint8_t *head, struct random *random)
{
    struct envelope env = {.params = {.slot_count = slots}, .head_len = HEAD_LEN(slots)};

    /* The stream takes head and keys as they come; how they are made is another test. */
    random_bytes(random, head, env.head_len);
    random_bytes(random, env.file_key, KEY_LEN);
    random_bytes(random, env.commitment, COMMITMENT_LEN);
    return env;
}

struct envelope payload_vector_envelope(const json_t *file)
{
    const json_t *group = json_array_get(json_object_get(file, "groups"), 0);
    struct envelope env = {.params = {.slot_count = (uint8_t)fixture_number(file, "n")}};

    env.head_len = HEAD_LEN(fixture_number(file, "n"));
    if (group != NULL) /* the first one has one lane */
        env.params.parity = (uint8_t)fixture_number(group, "parity");
    fixture_hex(env.file_key, KEY_LEN, file, "file_key");
    fixture_hex(env.commitment, COMMITMENT_LEN, file, "C");
    return env;
}

struct buffer payload_content(size_t len, struct random *random)
{
    struct buffer b = {fixture_alloc(len), len, len};

    random_bytes(random, b.data, len);
    if (len > 0 && b.data[len - 1] == 0)
        b.data[len - 1] = 1;
    return b;
}

/* In pieces of odd sizes. */
static enum seal_status payload_write(struct stream_writer *w, const struct buffer *content,
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

/* Like the head, it stands for one. */
static enum seal_status second_head(void *ctx, const struct envelope *env, uint64_t blocks,
                                    uint8_t *block, struct fault *fault)
{
    struct sealed *s = ctx;

    CHECK_BYTES(s->env.file_key, env->file_key, KEY_LEN);
    s->blocks = blocks;
    memset(block, 2, BLOCK_LEN);
    return fault->status;
}

struct sealed payload_seal(uint8_t slots, size_t len, struct padding padding)
{
    return payload_seal_repair(slots, 0, len, padding);
}

struct sealed payload_seal_repair(uint8_t slots, uint8_t m, size_t len, struct padding padding)
{
    struct random random = fixture_random("stream");
    struct fault fault = {.status = SEAL_OK};
    struct stream_writer *w;
    uint8_t head[HEAD_LEN_MAX];
    struct sealed s = {.env = payload_envelope(slots, head, &random)};
    const struct stream_second_head second = {second_head, &s};
    int fd = fixture_create(check_scratch("sealed"));

    s.env.params.parity = m;
    s.content = payload_content(len, &random);
    CHECK_INT(SEAL_OK, stream_writer_new(&w, &s.env, head, padding, payload_crew, fd, &fault));
    if (m > 0)
        CHECK_INT(SEAL_OK, stream_writer_repair(w, &second, &fault));
    CHECK_INT(SEAL_OK, payload_write(w, &s.content, &fault));
    CHECK_INT(SEAL_OK, stream_writer_finish(w, payload_digest, &random, s.receipt, &fault));
    (void)close(fd);
    s.file = fixture_read(check_scratch("sealed"));
    CHECK_INT(s.file.len, stream_written(w));
    stream_writer_free(w);
    return s;
}

void payload_free(struct sealed *s)
{
    buffer_free(&s->file);
    buffer_free(&s->content);
}

/* ---- Reading ------------------------------------------------------------------------------ */

/* Without knowing where content ends. */
static void read_by_copy(struct result *r, struct stream_reader *reader, struct fault *fault)
{
    const struct sink sink = {fixture_append, &r->out};

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

struct result payload_read(const struct envelope *env, const void *file, size_t file_len,
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
    CHECK_INT(SEAL_OK, stream_reader_new(&reader, env, in, payload_crew, &fault));
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

uint64_t payload_capacity(size_t head_len, uint64_t total)
{
    return total - head_len - TAG_LEN * ((total + BLOCK_LEN - 1) / BLOCK_LEN) - TRAILER_LEN;
}

static bool is_padme(uint64_t total)
{
    unsigned int x = 0, s = 0;

    while (total >> (x + 1) != 0)
        x++;
    while (x >> s != 0)
        s++;
    return total % (UINT64_C(1) << (x - s)) == 0;
}

static bool is_round(uint64_t total)
{
    for (uint64_t unit = MIB; unit <= MIB * MIB; unit *= 1024)
        for (uint64_t tens = unit; tens <= 100 * unit; tens *= 10)
            for (uint64_t digit = 1; digit <= 9; digit++)
                if (total == digit * tens)
                    return true;
    return false;
}

/* From the definition of section 3.5, by search rather than by rounding. */
static bool is_allowed(uint64_t total, enum padding_rule rule)
{
    switch (rule) {
    case PAD_POW2:
        return (total & (total - 1)) == 0;
    case PAD_MIB:
        return total % MIB == 0;
    case PAD_ROUND:
        return is_round(total);
    default:
        return is_padme(total);
    }
}

uint64_t payload_least_len(size_t head_len, uint64_t content_len, enum padding_rule rule)
{
    uint64_t total = BLOCK_LEN;

    while (!is_allowed(total, rule) || payload_capacity(head_len, total) < content_len)
        total += LENGTH_UNIT;
    return total;
}

/* ---- By seeking --------------------------------------------------------------------------- */

enum seal_status payload_seek_start(struct seeking *k, const struct envelope *env, const void *file,
                                    size_t file_len)
{
    const char *path = check_scratch("read");

    *k = (struct seeking){.in = NULL};
    fixture_write(path, file, file_len);
    CHECK_INT(SEAL_OK, volume_open(&k->in, path, &k->fault));
    CHECK_INT(SEAL_OK, stream_reader_new(&k->reader, env, k->in, payload_crew, &k->fault));
    return stream_reader_trailer(k->reader, &k->content_len, k->digest, k->receipt, &k->fault);
}

void payload_seek_end(struct seeking *k)
{
    stream_reader_free(k->reader);
    volume_close(k->in);
}

void payload_check_piece(struct seeking *k, const struct sealed *s, size_t off)
{
    uint8_t piece[3000];
    size_t len = s->content.len - off < sizeof piece ? s->content.len - off : sizeof piece, got = 0;

    CHECK_INT(SEAL_OK, stream_reader_seek(k->reader, off, &k->fault));
    CHECK_INT(SEAL_OK, stream_read(k->reader, piece, len, &got, &k->fault));
    CHECK(got == len && (len == 0 || memcmp(piece, s->content.data + off, len) == 0));
}
