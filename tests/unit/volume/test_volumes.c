/*
 * Sets of volumes (format section 3): content cut into slices, each in a sealed file of its own,
 * and put together again; sets that are not whole, in another order, or forged.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/unit_check.h"
#include "base/base.h"
#include "base/text.h"
#include "lib/fixture.h"
#include "lib/payload.h"
#include "lib/layers.h"
#include "stream/stream.h"

#define VOLUMES_MOST 16

static struct crew *crew; /* of writers and readers; NULL: each is alone */

static const uint8_t digest[32] = "a digest that the trailer holds";

/* A set as files, and what is known about it. */
struct set {
    struct random random;
    uint8_t slots;
    size_t count;
    struct envelope envs[VOLUMES_MOST];
    struct buffer files[VOLUMES_MOST];
    int fd; /* of the last */
    uint8_t head[HEAD_LEN_MAX];
    struct buffer content;
    uint8_t receipt[32];
};

static const char *volume_path(size_t number)
{
    char name[32];

    (void)snprintf(name, sizeof name, "volume.%zu", number);
    return check_scratch(name);
}

/* The next envelope and an empty file for it. */
static enum seal_status next(void *ctx, struct stream_out *out, struct fault *fault)
{
    struct set *s = ctx;
    struct envelope *env = &s->envs[s->count];

    if (s->count == VOLUMES_MOST)
        return fault_set(fault, REASON_IO, NULL);
    if (s->fd >= 0)
        (void)close(s->fd);
    *env = (struct envelope){
        .params = {.slot_count = s->slots, .flags = FLAG_VOLUME, .index = (uint32_t)s->count},
        .head_len = HEAD_LEN(s->slots)};
    /* The stream takes head and keys as they come; how they are made is another test. */
    random_bytes(&s->random, s->head, env->head_len);
    random_bytes(&s->random, env->file_key, KEY_LEN);
    random_bytes(&s->random, env->commitment, COMMITMENT_LEN);
    s->fd = fixture_create(volume_path(s->count++));
    *out = (struct stream_out){env, s->head, s->fd};
    return SEAL_OK;
}

static uint64_t capacity(size_t head_len, uint64_t total)
{
    return total - head_len - TAG_LEN * ((total + BLOCK_LEN - 1) / BLOCK_LEN) - TRAILER_LEN;
}

/* In pieces of odd sizes. */
static void write_content(struct stream_writer *w, const struct buffer *content,
                          struct fault *fault)
{
    size_t piece = 1;

    for (size_t at = 0; at < content->len; at += piece, piece = piece * 3 % 100003) {
        if (piece > content->len - at)
            piece = content->len - at;
        if (!CHECK_INT(SEAL_OK, stream_write(w, content->data + at, piece, fault)))
            return;
    }
}

static struct set *set_new(uint8_t slots, size_t len, uint64_t size, struct padding padding)
{
    struct set *s = fixture_alloc(sizeof *s);
    const struct stream_split split = {size, &s->random, next, s};
    struct fault fault = {.status = SEAL_OK};
    struct stream_writer *w;
    struct stream_out out;
    uint64_t sum = 0;

    s->random = fixture_random("volumes");
    s->slots = slots;
    s->fd = -1;
    s->content = (struct buffer){fixture_alloc(len), len, len};
    random_bytes(&s->random, s->content.data, len);
    if (len > 0)
        s->content.data[len - 1] |= 1; /* no padding by itself */
    CHECK_INT(SEAL_OK, next(s, &out, &fault));
    CHECK_INT(SEAL_OK, stream_writer_new(&w, out.env, out.head, padding, crew, out.fd, &fault));
    stream_writer_split(w, &split);
    write_content(w, &s->content, &fault);
    CHECK_INT(SEAL_OK, stream_writer_finish(w, digest, &s->random, s->receipt, &fault));
    (void)close(s->fd);
    for (size_t i = 0; i < s->count; i++) {
        s->files[i] = fixture_read(volume_path(i));
        sum += s->files[i].len;
    }
    CHECK_INT(sum, stream_written(w));
    stream_writer_free(w);
    return s;
}

static void set_free(struct set *s)
{
    for (size_t i = 0; i < s->count; i++)
        buffer_free(&s->files[i]);
    buffer_free(&s->content);
    free(s);
}

/* ---- Reading ------------------------------------------------------------------------------ */

/* Volumes of a set on disk, as they are in its buffers now, opened in some order. */
struct opened {
    struct stream_volume volumes[VOLUMES_MOST];
    size_t count;
    struct stream_reader *reader;
    struct fault fault;
};

static void open_volumes(struct opened *o, const struct set *s, const size_t *order, size_t count)
{
    *o = (struct opened){.count = count};
    for (size_t i = 0; i < count; i++) {
        size_t number = order == NULL ? i : order[i];
        const struct buffer *file = &s->files[number];

        fixture_write(volume_path(number), file->data, file->len);
        o->volumes[i].env = &s->envs[number];
        CHECK_INT(SEAL_OK, volume_open(&o->volumes[i].in, volume_path(number), &o->fault));
    }
    CHECK_INT(SEAL_OK, stream_reader_new_set(&o->reader, o->volumes, count, crew, &o->fault));
}

static void close_volumes(struct opened *o)
{
    stream_reader_free(o->reader);
    for (size_t i = 0; i < o->count; i++)
        volume_close(o->volumes[i].in);
}

/* Read from begin to end, without knowing where content ends and knowing it: the first way's end,
 * and that both have it. What came out is the content's beginning in any case. */
static enum seal_status read_set(const struct set *s, const size_t *order, size_t count,
                                 uint8_t receipt[static 32])
{
    struct buffer out = {0};
    const struct sink sink = {fixture_append, &out};
    uint64_t content_len = 0, extent = 0;
    uint8_t got_digest[32], again[32] = {0};
    enum seal_status status;
    struct opened o;
    size_t got = 0;

    memset(receipt, 0, 32);
    open_volumes(&o, s, order, count);
    for (size_t i = 0; i < count; i++)
        extent += volume_size(o.volumes[i].in);
    CHECK_INT(extent, stream_extent(o.reader));
    status = stream_reader_copy(o.reader, &sink, &content_len, got_digest, receipt, &o.fault);
    CHECK_INT(status, o.fault.status);
    if (status == SEAL_OK) {
        CHECK_INT(extent, stream_consumed(o.reader));
        CHECK_INT(s->content.len, content_len);
        CHECK_BYTES(digest, got_digest, sizeof digest);
    }
    close_volumes(&o);
    if (order == NULL) {
        size_t n = out.len < s->content.len ? out.len : s->content.len;

        CHECK(n == 0 || memcmp(s->content.data, out.data, n) == 0);
    }
    buffer_free(&out);

    open_volumes(&o, s, order, count);
    CHECK_INT(SEAL_OK, buffer_reserve(&out, s->content.len + 1));
    if (stream_read(o.reader, out.data, s->content.len, &got, &o.fault) == SEAL_OK)
        IGNORE_RESULT(stream_reader_finish(o.reader, got_digest, again, &o.fault));
    CHECK_INT(status, o.fault.status);
    if (status == SEAL_OK) {
        CHECK(got == s->content.len && (got == 0 || memcmp(out.data, s->content.data, got) == 0));
        CHECK_BYTES(receipt, again, sizeof again);
    } else {
        CHECK(bytes_are_zero(receipt, 32) && bytes_are_zero(again, sizeof again));
    }
    close_volumes(&o);
    buffer_free(&out);
    return status;
}

/* Up to 3000 bytes of content from there on. */
static void check_piece(struct opened *o, const struct set *s, uint64_t off)
{
    uint8_t piece[3000];
    size_t left = s->content.len - (size_t)off, got = 0;
    size_t len = left < sizeof piece ? left : sizeof piece;

    CHECK_INT(SEAL_OK, stream_reader_seek(o->reader, off, &o->fault));
    CHECK_INT(SEAL_OK, stream_read(o->reader, piece, len, &got, &o->fault));
    CHECK(got == len && (len == 0 || memcmp(piece, s->content.data + off, len) == 0));
}

static void check_seeks(const struct set *s)
{
    uint64_t len = s->content.len, content_len = 0, end = 0;
    uint8_t got_digest[32], receipt[32];
    struct random random = fixture_random("seeks");
    struct opened o;

    open_volumes(&o, s, NULL, s->count);
    CHECK_INT(SEAL_OK,
              stream_reader_trailer(o.reader, &content_len, got_digest, receipt, &o.fault));
    CHECK_INT(len, content_len);
    CHECK_BYTES(digest, got_digest, sizeof digest);
    CHECK_BYTES(s->receipt, receipt, sizeof receipt);
    check_piece(&o, s, len);
    check_piece(&o, s, 0);
    for (size_t i = 0; i + 1 < s->count; i++) { /* where a volume begins, and a little before */
        end += capacity(s->envs[i].head_len, s->files[i].len);
        check_piece(&o, s, end);
        check_piece(&o, s, end - 1);
        check_piece(&o, s, end > 2000 ? end - 2000 : 0);
    }
    for (int i = 0; i < 12; i++)
        check_piece(&o, s, random_below(&random, (uint32_t)len + 1));
    CHECK_INT(SEAL_DAMAGED, stream_reader_seek(o.reader, UINT64_MAX, &o.fault));
    o.fault = (struct fault){.status = SEAL_OK};
    check_piece(&o, s, len / 2);
    close_volumes(&o);
}

/* ---- What is cut fits together ------------------------------------------------------------ */

static void check_round_trip(uint8_t slots, size_t len, uint64_t size, struct padding padding)
{
    uint64_t full = capacity(HEAD_LEN(slots), size), rest = len, want;
    struct set *s = set_new(slots, len, size, padding);
    uint8_t receipt[32];

    check_about("n = %u, %zu bytes in volumes of %llu, rule %d", (unsigned)slots, len,
                (unsigned long long)size, (int)padding.rule);
    CHECK_INT(len == 0 ? 1 : (len + full - 1) / full, s->count);
    for (size_t i = 0; i + 1 < s->count; i++, rest -= full)
        CHECK_INT(size, s->files[i].len);
    want = stream_total_len(((struct file_shape){.head_len = HEAD_LEN(slots)}), rest, padding);
    CHECK_INT(want > size ? size : want, s->files[s->count - 1].len);
    CHECK_INT(SEAL_OK, read_set(s, NULL, s->count, receipt));
    CHECK_BYTES(s->receipt, receipt, sizeof receipt);
    check_seeks(s);
    set_free(s);
}

static void test_round_trips(void)
{
    static const uint64_t sizes[] = {65536, 67584, 131072, 200704};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (unsigned int few = 0; few < 2; few++) {
            uint8_t slots = few ? SLOTS_FEW : SLOTS_MANY;
            size_t full = (size_t)capacity(HEAD_LEN(slots), sizes[i]);
            const size_t lens[] = {0,
                                   1,
                                   full - 1,
                                   full,
                                   full + 1,
                                   2 * full,
                                   2 * full + 1,
                                   3 * full - 1,
                                   3 * full + 7,
                                   5 * full};

            for (size_t k = 0; k < sizeof lens / sizeof lens[0]; k++) {
                check_round_trip(slots, lens[k], sizes[i], (struct padding){.rule = PAD_PADME});
                check_round_trip(slots, lens[k], sizes[i], (struct padding){.rule = PAD_POW2});
            }
        }
    }
    /* More than one batch of blocks in each. */
    check_round_trip(SLOTS_FEW, 5000000, 2097152 + 2048, (struct padding){.rule = PAD_PADME});
    check_round_trip(SLOTS_FEW, 5000000, 1048576, (struct padding){.rule = PAD_POW2});
    /* The last is padded, or as long as the others. */
    check_round_trip(SLOTS_FEW, 3000000, 2097152 + 2048, (struct padding){.rule = PAD_MIB});
    check_round_trip(SLOTS_FEW, 2200000, 1048576 / 2, (struct padding){.rule = PAD_ROUND});
}

/* ---- Sets that are not whole --------------------------------------------------------------- */

static void test_not_whole(void)
{
    struct set *s = set_new(SLOTS_FEW, 250000, 67584, (struct padding){0});
    uint8_t receipt[32];

    CHECK_INT(5, s->count);
    for (size_t count = 1; count < s->count; count++) {
        check_about("the first %zu of %zu", count, s->count);
        CHECK_INT(SEAL_USAGE, read_set(s, NULL, count, receipt));
    }
    for (size_t at = 0; at < s->count; at++) {
        uint8_t *byte = &s->files[at].data[s->files[at].len / 2];

        check_about("volume %zu has another byte", at);
        *byte ^= 1;
        CHECK_INT(SEAL_DAMAGED, read_set(s, NULL, s->count, receipt));
        *byte ^= 1;
        check_about("volume %zu is cut", at);
        s->files[at].len -= LENGTH_UNIT;
        CHECK_INT(SEAL_DAMAGED, read_set(s, NULL, s->count, receipt));
        s->files[at].len += LENGTH_UNIT;
    }
    check_about("the last is not at the end");
    CHECK_INT(SEAL_HOSTILE, read_set(s, (size_t[]){0, 1, 2, 4, 3}, 5, receipt));
    check_about("something is behind the end");
    CHECK_INT(SEAL_HOSTILE, read_set(s, (size_t[]){0, 1, 2, 3, 4, 4}, 6, receipt));
    set_free(s);
}

/* ---- Forged: everything authenticates ------------------------------------------------------ */

/* Seals the trailer of volume at anew, with change made to its byte off. */
static void check_forged(struct set *s, size_t at, size_t off, uint8_t value, enum seal_status want)
{
    size_t full = (size_t)capacity(HEAD_LEN(s->slots), 65536);
    size_t len = at + 1 < s->count ? full : s->content.len - at * full;
    uint8_t *plain = fixture_alloc(full + TRAILER_LEN), *trailer = plain + full, receipt[32];
    struct buffer file, real = s->files[at];

    check_about("byte %zu of trailer %zu is %u", off, at, (unsigned)value);
    memcpy(plain, s->content.data + at * full, len);
    store_u64(trailer, len);
    if (at + 1 == s->count) {
        trailer[8] = 1;
        memcpy(trailer + 16, digest, sizeof digest);
    }
    trailer[off] = value;
    file = chunks_seal(&s->envs[at], plain, 65536);
    s->files[at] = file;
    CHECK_INT(want, read_set(s, NULL, s->count, receipt));
    s->files[at] = real;
    buffer_free(&file);
    free(plain);
}

/* Content that ends in the first of three volumes: the last one's length would have to be negative,
 * and says so modulo 2^64. */
static void test_ends_before_the_last(void)
{
    enum { TAKEN = 1000 };
    struct set *s =
        set_new(SLOTS_FEW, 140000, 65536, (struct padding){.rule = PAD_FIXED, .size = 65536});
    size_t full = (size_t)capacity(HEAD_LEN(s->slots), 65536);
    uint8_t *plain = fixture_alloc(full + TRAILER_LEN), *trailer = plain + full, receipt[32];
    uint8_t got_digest[32], content[TAKEN];
    struct opened o;
    size_t got;

    CHECK_INT(3, s->count);
    for (size_t at = 0; at < 3; at++) {
        memset(plain, 0, full + TRAILER_LEN);
        memcpy(plain, s->content.data, at == 0 ? TAKEN : 0);
        store_u64(trailer, at < 2 ? full : TAKEN - 2 * (uint64_t)full);
        trailer[8] = at == 2;
        memcpy(trailer + 16, digest, at == 2 ? sizeof digest : 0);
        buffer_free(&s->files[at]);
        s->files[at] = chunks_seal(&s->envs[at], plain, 65536);
    }
    free(plain);
    memset(s->content.data + TAKEN, 0, s->content.len - TAKEN);
    open_volumes(&o, s, NULL, 3);
    CHECK_INT(SEAL_OK, stream_read(o.reader, content, TAKEN, &got, &o.fault));
    CHECK_INT(TAKEN, got);
    CHECK_INT(SEAL_HOSTILE, stream_reader_finish(o.reader, got_digest, receipt, &o.fault));
    close_volumes(&o);
    CHECK_INT(SEAL_HOSTILE, read_set(s, NULL, 3, receipt));
    set_free(s);
}

static void test_forged(void)
{
    struct set *s =
        set_new(SLOTS_FEW, 140000, 65536, (struct padding){.rule = PAD_FIXED, .size = 65536});

    CHECK_INT(3, s->count);
    for (size_t at = 0; at < 2; at++) {
        check_forged(s, at, 48, 7, SEAL_OK); /* the source tag */
        check_forged(s, at, 8, 1, SEAL_HOSTILE);
        check_forged(s, at, 8, 2, SEAL_HOSTILE);
        check_forged(s, at, 9, 1, SEAL_HOSTILE);
        check_forged(s, at, 16, 1, SEAL_HOSTILE);
        check_forged(s, at, 47, 1, SEAL_HOSTILE);
        check_forged(s, at, 80, 1, SEAL_HOSTILE);
        check_forged(s, at, 255, 1, SEAL_HOSTILE);
        check_forged(s, at, 0, 1, SEAL_HOSTILE);
        check_forged(s, at, 7, 1, SEAL_HOSTILE);
    }
    check_forged(s, 2, 48, 7, SEAL_OK);
    check_forged(s, 2, 8, 0, SEAL_USAGE);
    check_forged(s, 2, 8, 2, SEAL_HOSTILE);
    check_forged(s, 2, 7, 1, SEAL_HOSTILE);
    set_free(s);
}

/* ---- The vectors --------------------------------------------------------------------------- */

static void check_vector_set(const json_t *sample)
{
    const json_t *files = json_object_get(sample, "files");
    struct set *s;
    uint8_t want_digest[32], got_digest[32], receipt[32];
    char path[256], text[NUMBER_TEXT_SIZE(RECEIPT_GROUPS)];
    struct buffer out = {0};
    const struct sink sink = {fixture_append, &out};
    uint64_t content_len = 0;
    struct opened o;

    check_case("%s", fixture_text(sample, "name"));
    s = fixture_alloc(sizeof *s);
    s->count = json_array_size(files);
    for (size_t i = 0; i < s->count; i++) {
        const json_t *file = json_array_get(json_object_get(sample, "intermediates"), i);
        const char *name = json_string_value(json_array_get(files, i));

        (void)snprintf(path, sizeof path, "files/%s", name);
        s->files[i] = fixture_read(check_vector(path));
        s->envs[i] = payload_vector_envelope(file);
        s->envs[i].params.flags = FLAG_VOLUME;
    }
    open_volumes(&o, s, NULL, s->count);
    CHECK_INT(SEAL_OK,
              stream_reader_copy(o.reader, &sink, &content_len, got_digest, receipt, &o.fault));
    close_volumes(&o);
    number_text(text, receipt, RECEIPT_GROUPS);
    CHECK_TEXT(fixture_text(sample, "receipt"), text);
    fixture_hex(want_digest, sizeof want_digest, sample, "D");
    CHECK_BYTES(want_digest, got_digest, sizeof want_digest);
    buffer_free(&out);
    set_free(s);
}

static void test_vectors(void)
{
    json_t *index = fixture_json("files/index.json");
    const json_t *list = json_is_array(index) ? index : json_object_get(index, "cases");
    const json_t *sample;
    size_t i, sets = 0;

    json_array_foreach (list, i, sample) {
        if (json_array_size(json_object_get(sample, "files")) == 1)
            continue;
        check_vector_set(sample);
        sets++;
    }
    CHECK(sets > 2);
    json_decref(index);
}

static void test_all(void)
{
    test_vectors();
    CHECK_CASE(test_round_trips());
    CHECK_CASE(test_not_whole());
    CHECK_CASE(test_forged());
    CHECK_CASE(test_ends_before_the_last());
}

/* Threads encrypt and write, and read ahead. */
int main(int argc, char **argv)
{
    check_start("volumes", argc, argv);
    fixture_start(argc, argv);
    fixture_twice(&crew, test_all);
    return check_done();
}
