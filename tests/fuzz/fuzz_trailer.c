/*
 * Padding and trailer: plaintext of which the input says all, sealed; then read to the end without
 * knowing where content ends, with knowing it, and by seeking. What each has to say is worked out
 * here once more. If the file is then cut or made longer, none of them takes it.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/fixture.h"
#include "lib/forge.h"
#include "lib/layers.h"
#include "lib/sealed.h"

struct plan {
    struct envelope env;
    size_t total, room;   /* of the file; for content and padding */
    size_t content_len;   /* what a reader takes who knows */
    uint8_t *plain;       /* room bytes, and the trailer */
    uint64_t claimed;     /* by the trailer */
    bool trailer_is_good; /* but for claimed */
    size_t nonzero_end;
};

static void plan_trailer(struct plan *p, struct input *in, uint8_t flags)
{
    uint8_t *t = p->plain + p->room;

    store_u64(t, (flags & 2) != 0 ? input_u64(in) : p->content_len);
    t[8] = 1;
    memset(t + 16, 0x5a, 64);
    if ((flags & 4) != 0) {
        for (int i = 0; i < 4; i++) {
            uint8_t at = input_byte(in);

            t[at] = (uint8_t)(t[at] ^ input_byte(in));
        }
    }
    p->claimed = load_u64(t);
    p->trailer_is_good =
        t[8] == 1 && bytes_are_zero(t + 9, 7) && bytes_are_zero(t + 80, TRAILER_LEN - 80);
}

static void plan_make(struct plan *p, struct input *in)
{
    uint8_t flags = input_byte(in), slots = (flags & 1) != 0 ? SLOTS_MANY : SLOTS_FEW;
    size_t blocks;

    *p = (struct plan){.env = {.file_key = "not a secret", .params = {.slot_count = slots}}};
    p->env.head_len = HEAD_LEN(slots);
    p->total = BLOCK_LEN + input_byte(in) % 72 * (size_t)LENGTH_UNIT;
    blocks = (p->total + BLOCK_LEN - 1) / BLOCK_LEN;
    p->room = p->total - p->env.head_len - TAG_LEN * blocks - TRAILER_LEN;
    p->plain = fixture_alloc(p->room + TRAILER_LEN);
    p->content_len = (size_t)(input_u64(in) % (p->room + 1));
    memset(p->plain, 0xa5, p->content_len);
    plan_trailer(p, in, flags);
    for (int i = 0; (flags & 8) != 0 && in->len > 0 && i < 8; i++) {
        size_t at = (size_t)(input_u64(in) % (p->room + 1));

        if (at < p->room)
            p->plain[at] = input_byte(in);
    }
    for (p->nonzero_end = p->room; p->nonzero_end > 0 && p->plain[p->nonzero_end - 1] == 0;)
        p->nonzero_end--;
}

static enum seal_status take(void *self, const void *data, size_t len, struct fault *fault)
{
    (void)fault;
    forge_bytes(self, data, len);
    return SEAL_OK;
}

static enum seal_status read_by_copy(const struct plan *p, uint8_t receipt[static 32])
{
    struct buffer got = {0};
    const struct sink sink = {take, &got};
    uint8_t digest[32];
    uint64_t content_len = 0;
    struct opened o;
    enum seal_status status;

    opened_start(&o, &p->env);
    status = stream_reader_copy(o.stream, &sink, &content_len, digest, receipt, &o.fault);
    FUZZ_CHECK(status == o.fault.status);
    FUZZ_CHECK(got.len <= p->room);
    FUZZ_CHECK(got.len == 0 || memcmp(got.data, p->plain, got.len) == 0);
    FUZZ_CHECK(status != SEAL_OK || (got.len == p->room && content_len == p->claimed &&
                                     memcmp(digest, p->plain + p->room + 16, 32) == 0));
    opened_end(&o);
    buffer_free(&got);
    return status;
}

static enum seal_status read_by_len(const struct plan *p, uint8_t receipt[static 32])
{
    uint8_t *got = fixture_alloc(p->content_len), digest[32];
    struct opened o;
    enum seal_status status;
    size_t len;

    opened_start(&o, &p->env);
    status = stream_read(o.stream, got, p->content_len, &len, &o.fault);
    FUZZ_CHECK(len <= p->content_len && memcmp(got, p->plain, len) == 0);
    if (status == SEAL_OK)
        status = stream_reader_finish(o.stream, digest, receipt, &o.fault);
    FUZZ_CHECK(status == o.fault.status);
    opened_end(&o);
    free(got);
    return status;
}

static void check_seek(const struct plan *p, struct opened *o, size_t at)
{
    const uint8_t *data;
    size_t len;

    FUZZ_OK(stream_reader_seek(o->stream, at, &o->fault));
    FUZZ_OK(stream_peek(o->stream, &data, &len, &o->fault));
    FUZZ_CHECK(len <= p->room - at && (len > 0) == (at < p->room));
    FUZZ_CHECK(memcmp(data, p->plain + at, len) == 0);
}

static enum seal_status read_by_seeking(const struct plan *p, uint8_t receipt[static 32])
{
    uint8_t digest[32];
    uint64_t content_len = 0;
    struct opened o;
    enum seal_status status;

    opened_start(&o, &p->env);
    status = stream_reader_trailer(o.stream, &content_len, digest, receipt, &o.fault);
    FUZZ_CHECK(status == o.fault.status);
    if (status == SEAL_OK) {
        FUZZ_CHECK(content_len == p->claimed);
        check_seek(p, &o, p->content_len);
        check_seek(p, &o, 0);
        check_seek(p, &o, p->room / 2);
    }
    opened_end(&o);
    return status;
}

static void check_whole(const struct plan *p)
{
    uint8_t receipts[3][32] = {{0}};
    bool fits = p->trailer_is_good && p->claimed <= p->room;
    enum seal_status copied = read_by_copy(p, receipts[0]), taken = read_by_len(p, receipts[1]),
                     sought = read_by_seeking(p, receipts[2]);
    bool is_whole = fits && p->nonzero_end <= p->claimed;

    FUZZ_CHECK(copied == (is_whole ? SEAL_OK : SEAL_HOSTILE));
    FUZZ_CHECK(sought == (fits ? SEAL_OK : SEAL_HOSTILE));
    FUZZ_CHECK(taken == (is_whole && p->claimed == p->content_len ? SEAL_OK : SEAL_HOSTILE));
    for (int i = 0; i < 3; i++)
        FUZZ_CHECK((i == 0   ? copied
                    : i == 1 ? taken
                             : sought) == SEAL_OK
                       ? copied != SEAL_OK || memcmp(receipts[i], receipts[0], 32) == 0
                       : bytes_are_zero(receipts[i], 32));
}

/* Bytes of the head are no part of the stream. */
static bool is_altered(const struct plan *p, const struct buffer *before,
                       const struct buffer *after)
{
    return before->len != after->len ||
           memcmp(before->data + p->env.head_len, after->data + p->env.head_len,
                  before->len - p->env.head_len) != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct buffer file, altered = {0};
    uint8_t receipt[32];
    enum seal_status taken;
    struct plan p;

    fuzz_start();
    plan_make(&p, &in);
    file = chunks_seal(&p.env, p.plain, p.total);
    memory_put(file.data, file.len);
    check_whole(&p);
    if (in.len > 0) {
        forge_bytes(&altered, file.data, file.len);
        input_edit(&in, &altered);
        memory_put(altered.data, altered.len);
        if (is_altered(&p, &file, &altered)) {
            FUZZ_CHECK(read_by_copy(&p, receipt) == SEAL_DAMAGED);
            /* What is hostile may be met before what was altered. */
            taken = read_by_len(&p, receipt);
            FUZZ_CHECK(taken == SEAL_DAMAGED ||
                       (taken == SEAL_HOSTILE && p.nonzero_end > p.content_len));
        }
    }
    buffer_free(&altered);
    buffer_free(&file);
    free(p.plain);
    return 0;
}
