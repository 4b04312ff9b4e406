/*
 * Forged sealed files: everything authenticates, but trailer, length or padding is wrong.
 */
#include <stdlib.h>

#include "lib/unit_check.h"
#include "lib/fixture.h"
#include "lib/layers.h"
#include "lib/payload.h"
#include "stream/stream.h"

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
    struct forgery f = {.env = payload_envelope(SLOTS_FEW, head, &random), total, content_len};
    size_t room = payload_capacity(HEAD_LEN(8), total);

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
    struct result r = payload_read(&f->env, file.data, file.len, LEN_UNKNOWN);

    CHECK_INT(by_copy, r.status);
    CHECK_INT(by_copy != SEAL_OK, bytes_are_zero(r.receipt, sizeof r.receipt));
    buffer_free(&r.out);
    r = payload_read(&f->env, file.data, file.len, f->content_len);
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

    CHECK_INT(want, payload_seek_start(&k, &f->env, file.data, file.len));
    CHECK_INT(want != SEAL_OK, bytes_are_zero(k.receipt, sizeof k.receipt));
    payload_seek_end(&k);
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
    size_t room = payload_capacity(HEAD_LEN(8), f->total);

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
    size_t room = payload_capacity(HEAD_LEN(8), f->total);

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

    check_case("forged as it should be");
    check_forgery(&f, SEAL_OK, SEAL_OK);
    CHECK_CASE(test_trailer_fields(&f));
    CHECK_CASE(test_content_len(&f));
    CHECK_CASE(test_padding_bytes(&f));
    free(f.plain);
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        check_case("total length %zu, no multiple of 2048", odd[i]);
        f = forgery_new(odd[i], 1000);
        check_forgery(&f, SEAL_DAMAGED, SEAL_DAMAGED);
        check_forged_trailer(&f, SEAL_DAMAGED);
        free(f.plain);
    }
}

static void test_all(void)
{
    test_forged();
}

int main(int argc, char **argv)
{
    check_start("trailer", argc, argv);
    fixture_start(argc, argv);
    fixture_twice(&payload_crew, test_all);
    return check_done();
}
