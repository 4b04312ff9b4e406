/*
 * The content of a sealed file: tar and frames, written and read back, altered and forged; and the
 * lines of manifest and listing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zstd.h>

#include "archive/archive.h"
#include "bag/items.h"
#include "lib/check.h"
#include "lib/fixture.h"
#include "lib/forge.h"

static struct crew *crew; /* of readers; NULL: each is alone */

#define MIB (1024 * 1024)

/* ---- Content into a sealed file, and out of one ------------------------------------------- */

/* One envelope for all: the stream is not what is tested here. */
static const struct envelope env = {
    .file_key = "not a secret", .params = {.slot_count = SLOTS_FEW}, .head_len = HEAD_LEN(8)};

struct sealing {
    struct random random;
    struct stream_writer *stream;
    struct fault fault;
    int fd;
};

static void sealing_start(struct sealing *s)
{
    static const uint8_t head[HEAD_LEN_MAX];

    *s = (struct sealing){.random = fixture_random("archive")};
    s->fd = fixture_create(check_scratch("sealed"));
    CHECK_INT(SEAL_OK, stream_writer_new(&s->stream, &env, head, (struct padding){0}, NULL, s->fd,
                                         &s->fault));
}

static void sealing_end(struct sealing *s)
{
    uint8_t digest[32] = {0}, receipt[32];

    CHECK_INT(SEAL_OK, stream_writer_finish(s->stream, digest, &s->random, receipt, &s->fault));
    stream_writer_free(s->stream);
    (void)close(s->fd);
}

static void seal_bytes(const void *content, size_t len)
{
    struct sealing s;

    sealing_start(&s);
    CHECK_INT(SEAL_OK, stream_write(s.stream, content, len, &s.fault));
    sealing_end(&s);
}

static enum seal_status take(void *self, const void *data, size_t len, struct fault *fault)
{
    (void)fault;
    return buffer_append(self, data, len);
}

struct unsealing {
    struct volume_in *in;
    struct stream_reader *stream;
    struct fault fault;
};

static void unsealing_start(struct unsealing *u)
{
    *u = (struct unsealing){.in = NULL};
    CHECK_INT(SEAL_OK, volume_open(&u->in, check_scratch("sealed"), &u->fault));
    CHECK_INT(SEAL_OK, stream_reader_new(&u->stream, &env, u->in, crew, &u->fault));
}

static void unsealing_end(struct unsealing *u)
{
    stream_reader_free(u->stream);
    volume_close(u->in);
}

static enum seal_status append(void *self, const void *data, size_t len, struct fault *fault)
{
    (void)fault;
    return buffer_append(self, data, len);
}

/* The content of the file sealed last, as bytes. */
static struct buffer sealed_content(void)
{
    struct unsealing u;
    struct buffer b = {0};
    const struct sink sink = {append, &b};
    uint8_t digest[32], receipt[32];
    uint64_t len = 0;

    unsealing_start(&u);
    CHECK_INT(SEAL_OK, stream_reader_copy(u.stream, &sink, &len, digest, receipt, &u.fault));
    unsealing_end(&u);
    b.len = (size_t)len;
    return b;
}

/* ---- Entries ------------------------------------------------------------------------------ */

/* The bytes of entry number i: one half compresses, the other does not. */
static void fill(uint8_t *data, size_t len, size_t i)
{
    char seed[32];
    struct random random;

    (void)snprintf(seed, sizeof seed, "entry %zu", i);
    random = fixture_random(seed);
    memset(data, (int)(i & 0xff), len);
    random_bytes(&random, data, len / 2);
}

static void write_entries(const struct archive_entry *entries, size_t count, int level)
{
    struct archive_writer *w;
    struct sealing s;

    sealing_start(&s);
    CHECK_INT(SEAL_OK, archive_writer_new(&w, CONTENT_BAG, level, NULL, s.stream, &s.fault));
    for (size_t i = 0; i < count; i++) {
        size_t len = (size_t)entries[i].size, first = len / 3;
        uint8_t *data = fixture_alloc(len);

        fill(data, len, i);
        CHECK_INT(SEAL_OK, archive_write_entry(w, &entries[i], &s.fault));
        if (first > 0)
            CHECK_INT(SEAL_OK, archive_write_data(w, data, first, &s.fault));
        if (len > first)
            CHECK_INT(SEAL_OK, archive_write_data(w, data + first, len - first, &s.fault));
        free(data);
    }
    CHECK_INT(SEAL_OK, archive_writer_finish(w, &s.fault));
    archive_writer_free(w);
    sealing_end(&s);
}

static void check_entry(const struct archive_entry *want, const struct archive_entry *got)
{
    CHECK_INT(want->path_len, got->path_len);
    CHECK_TEXT(want->path, got->path);
    CHECK_INT(want->is_dir, got->is_dir);
    CHECK_INT(want->is_dir || want->exec, got->exec);
    CHECK(want->size == got->size);
    CHECK_INT(want->mtime.sec, got->mtime.sec);
    CHECK_INT(want->mtime.nsec, got->mtime.nsec);
}

static void check_data(struct archive_reader *r, size_t len, size_t i, struct fault *fault)
{
    uint8_t *want = fixture_alloc(len);
    const uint8_t *data;
    size_t at = 0, n;

    fill(want, len, i);
    do {
        if (!CHECK_INT(SEAL_OK, archive_read_data(r, &data, &n, fault)) ||
            !CHECK(n <= len - at && (n == 0 || memcmp(want + at, data, n) == 0)))
            break;
        at += n;
    } while (n > 0);
    CHECK_INT(len, at);
    free(want);
}

/* Reads back what write_entries wrote; the data of every skip-th entry is left unread. */
static void check_entries(const struct archive_entry *entries, size_t count, size_t skip)
{
    uint8_t digest[32], receipt[32];
    struct archive_reader *r;
    struct archive_entry e;
    struct unsealing u;
    bool more;

    unsealing_start(&u);
    CHECK_INT(SEAL_OK, archive_reader_new(&r, CONTENT_BAG, u.stream, &u.fault));
    for (size_t i = 0; i < count; i++) {
        check_about("entry %zu", i);
        if (!CHECK_INT(SEAL_OK, archive_read_entry(r, &e, &more, &u.fault)) || !CHECK(more))
            break;
        check_entry(&entries[i], &e);
        if (i % skip != 0)
            check_data(r, (size_t)e.size, i, &u.fault);
    }
    check_about("after %zu entries", count);
    CHECK_INT(SEAL_OK, archive_read_entry(r, &e, &more, &u.fault));
    CHECK(!more);
    CHECK_INT(SEAL_OK, archive_reader_finish(r, &u.fault));
    CHECK_INT(SEAL_OK, stream_reader_finish(u.stream, digest, receipt, &u.fault));
    archive_reader_free(r);
    unsealing_end(&u);
}

/* ---- By seeking --------------------------------------------------------------------------- */

/* A reader that has its tables. */
struct seeking {
    struct unsealing u;
    struct archive_reader *r;
    uint64_t count;
};

static enum seal_status seeking_start(struct seeking *k)
{
    uint8_t digest[32], receipt[32];
    uint64_t content_len = 0;

    k->count = 0;
    unsealing_start(&k->u);
    CHECK_INT(SEAL_OK,
              stream_reader_trailer(k->u.stream, &content_len, digest, receipt, &k->u.fault));
    CHECK_INT(SEAL_OK, archive_reader_new(&k->r, CONTENT_BAG, k->u.stream, &k->u.fault));
    return archive_reader_tables(k->r, content_len, &k->count, &k->u.fault);
}

static void seeking_end(struct seeking *k)
{
    archive_reader_free(k->r);
    unsealing_end(&k->u);
}

/* Entry i, which is the next, and all, some or none of its data. */
static bool check_next(struct seeking *k, const struct archive_entry *entries, size_t i,
                       uint32_t how)
{
    struct archive_entry e;
    const uint8_t *data;
    size_t len;
    bool more;

    if (!CHECK_INT(SEAL_OK, archive_read_entry(k->r, &e, &more, &k->u.fault)) || !CHECK(more))
        return false;
    check_entry(&entries[i], &e);
    if (how == 0)
        check_data(k->r, (size_t)e.size, i, &k->u.fault);
    if (how == 1)
        CHECK_INT(SEAL_OK, archive_read_data(k->r, &data, &len, &k->u.fault));
    return true;
}

static void check_to_end(struct seeking *k, const struct archive_entry *entries, size_t from,
                         size_t count)
{
    struct archive_entry e;
    bool more;

    check_about("seeking, %zu to the end", from);
    if (from < count)
        CHECK_INT(SEAL_OK, archive_reader_seek(k->r, from, &k->u.fault));
    for (size_t i = from; i < count; i++)
        if (!check_next(k, entries, i, (uint32_t)i % 3))
            return;
    CHECK_INT(SEAL_OK, archive_read_entry(k->r, &e, &more, &k->u.fault));
    CHECK(!more);
}

/* Any entry, and some behind it; every one in order; the last ones. */
static void check_seeks(const struct archive_entry *entries, size_t count)
{
    struct random random = fixture_random("seeks");
    struct seeking k;

    check_about("seeking, tables");
    CHECK_INT(SEAL_OK, seeking_start(&k));
    CHECK_INT(count, k.count);
    for (size_t n = fixture_share(60, 10); n > 0 && count > 0; n--) {
        size_t i = random_below(&random, (uint32_t)count);
        size_t end = i + 1 + random_below(&random, 4);

        check_about("seeking to entry %zu", i);
        CHECK_INT(SEAL_OK, archive_reader_seek(k.r, i, &k.u.fault));
        for (; i < end && i < count; i++)
            if (!check_next(&k, entries, i, random_below(&random, 3)))
                break;
    }
    for (size_t i = 0; i < count; i += 1 + i % 2) {
        check_about("seeking to entry %zu, in order", i);
        CHECK_INT(SEAL_OK, archive_reader_seek(k.r, i, &k.u.fault));
        if (!check_next(&k, entries, i, (uint32_t)i % 3))
            break;
    }
    check_to_end(&k, entries, 0, count);
    if (count > 0)
        check_to_end(&k, entries, count < 5 ? 0 : count - 5, count);
    CHECK_INT(SEAL_USAGE, archive_reader_seek(k.r, count, &k.u.fault));
    seeking_end(&k);
}

static void check_round_trip(const struct archive_entry *entries, size_t count, int level)
{
    write_entries(entries, count, level);
    check_entries(entries, count, SIZE_MAX);
    check_entries(entries, count, 2);
    check_seeks(entries, count);
}

static struct archive_entry file_entry(const char *path, uint64_t size)
{
    return (struct archive_entry){.path = path, .path_len = strlen(path), .size = size};
}

static void test_sizes(void)
{
    static const uint64_t sizes[] = {
        0,           1,       511,         512,         513, 1023, 1024, 1025, 4 * MIB - 1024,
        4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 9 * MIB + 77};
    static const int levels[] = {LEVEL_STORE, LEVEL_MIN, LEVEL_DEFAULT};
    struct archive_entry entries[sizeof sizes / sizeof sizes[0]];

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        entries[i] = file_entry("data/f", sizes[i]);
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        check_round_trip(entries, sizeof sizes / sizeof sizes[0], levels[i]);
}

/* Paths of each length around what the ustar field and one pax length digit more take. */
static void test_paths(void)
{
    static const char *const parts[] = {"a", "é", "田", "\xf0\x9f\x94\x92", "e\xcc\x81"};
    static const size_t lens[] = {90, 95, 99, 100, 101, 255, 989, 1000, 4096, 9985, 32765, 32767};
    static char paths[60][PATH_LEN_MAX + 1];
    struct archive_entry entries[120];
    size_t count = 0;

    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
        for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
            char *path = paths[count / 2];
            size_t len = 5, part = strlen(parts[p]);

            memcpy(path, "data/", len);
            for (; len + part <= lens[i]; len += part)
                memcpy(path + len, parts[p], part);
            memset(path + len, 'x', lens[i] - len);
            entries[count] = file_entry(path, count % 7);
            count++;
            entries[count] = file_entry(path, 0);
            entries[count].is_dir = true;
            entries[count].path_len -= lens[i] == PATH_LEN_MAX; /* its slash counts */
            count++;
        }
    }
    for (size_t i = 1; i < count; i += 2)
        if (entries[i].path_len < entries[i - 1].path_len)
            entries[i].path = "data/d", entries[i].path_len = 6;
    check_round_trip(entries, count, LEVEL_MIN);
}

static void test_path_too_long(void)
{
    char *path = fixture_alloc(PATH_LEN_MAX + 2);
    struct archive_entry e;
    struct archive_writer *w;
    struct sealing s;

    check_about("paths too long");
    memset(path, 'p', PATH_LEN_MAX + 1);
    sealing_start(&s);
    CHECK_INT(SEAL_OK, archive_writer_new(&w, CONTENT_BAG, 1, NULL, s.stream, &s.fault));
    e = file_entry(path, 0);
    CHECK_INT(SEAL_NO_ROOM, archive_write_entry(w, &e, &s.fault));
    s.fault = (struct fault){.status = SEAL_OK};
    path[PATH_LEN_MAX] = '\0';
    e = file_entry(path, 0);
    e.is_dir = true;
    CHECK_INT(SEAL_NO_ROOM, archive_write_entry(w, &e, &s.fault));
    s.fault = (struct fault){.status = SEAL_OK};
    e.is_dir = false;
    CHECK_INT(SEAL_OK, archive_write_entry(w, &e, &s.fault));
    archive_writer_free(w);
    sealing_end(&s);
    free(path);
}

static void test_times(void)
{
    static const struct timestamp times[] = {{0, 0},
                                             {0, 1},
                                             {0, 999999999},
                                             {1, 0},
                                             {-1, 0},
                                             {-1, 1},
                                             {-1, 500000000},
                                             {-1, 999999999},
                                             {-2, 500000000},
                                             {1700000000, 123456789},
                                             {INT32_MAX, 0},
                                             {INT64_C(1) << 33, 0},
                                             {(INT64_C(1) << 33) - 1, 7},
                                             {INT64_C(1) << 40, 999999999},
                                             {-62135596800, 1},
                                             {INT64_C(253402300800), 0},
                                             {-(INT64_C(1) << 55), 3}};
    struct archive_entry entries[sizeof times / sizeof times[0]];

    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        entries[i] = file_entry("data/t", i);
        entries[i].mtime = times[i];
        entries[i].is_dir = i % 5 == 4;
        entries[i].exec = i % 5 == 3;
        if (entries[i].is_dir)
            entries[i].size = 0;
    }
    check_round_trip(entries, sizeof times / sizeof times[0], LEVEL_DEFAULT);
}

/* What a file system may hold, the sealer writes, and so the reader must take. */
static void test_extreme_times(void)
{
    static const struct timestamp times[] = {
        {INT64_MAX, 999999999}, {INT64_MAX, 0}, {INT64_MIN + 1, 0}, {INT64_MIN, 1}, {INT64_MIN, 0}};

    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        struct archive_entry e = file_entry("data/t", 3);

        e.mtime = times[i];
        write_entries(&e, 1, LEVEL_DEFAULT);
        check_entries(&e, 1, SIZE_MAX);
    }
}

static void test_many(void)
{
    size_t count = fixture_share(20000, 500);
    struct archive_entry *entries = fixture_alloc(count * sizeof *entries);
    char(*paths)[32] = fixture_alloc(count * sizeof *paths);

    for (size_t i = 0; i < count; i++) {
        (void)snprintf(paths[i], sizeof paths[i], "data/%zu", i);
        entries[i] = file_entry(paths[i], i % 1100);
        entries[i].exec = i % 2 == 1;
    }
    check_round_trip(entries, count, LEVEL_MIN);
    check_round_trip(entries, 0, LEVEL_MIN);
    free(paths);
    free(entries);
}

/* Sizes that need a pax record: the header is written and read, and a little of the data. */
static void check_large(uint64_t size)
{
    uint8_t *data = fixture_alloc(5 * MIB);
    struct archive_entry e = file_entry("data/large", size), got;
    struct archive_writer *w;
    struct archive_reader *r;
    struct sealing s;
    struct unsealing u;
    const uint8_t *piece;
    size_t len;
    bool more;

    check_about("%llu bytes", (unsigned long long)size);
    fill(data, 5 * MIB, 1);
    sealing_start(&s);
    CHECK_INT(SEAL_OK, archive_writer_new(&w, CONTENT_BAG, LEVEL_STORE, NULL, s.stream, &s.fault));
    CHECK_INT(SEAL_OK, archive_write_entry(w, &e, &s.fault));
    CHECK_INT(SEAL_OK, archive_write_data(w, data, 5 * MIB, &s.fault));
    CHECK_INT(SEAL_OK, archive_writer_finish(w, &s.fault)); /* too early, as a forger might */
    archive_writer_free(w);
    sealing_end(&s);
    unsealing_start(&u);
    CHECK_INT(SEAL_OK, archive_reader_new(&r, CONTENT_BAG, u.stream, &u.fault));
    CHECK_INT(SEAL_OK, archive_read_entry(r, &got, &more, &u.fault));
    CHECK(more && got.size == size);
    CHECK_INT(SEAL_OK, archive_read_data(r, &piece, &len, &u.fault));
    CHECK(len > 0 && memcmp(piece, data, len) == 0);
    CHECK_INT(SEAL_HOSTILE, archive_read_entry(r, &got, &more, &u.fault));
    archive_reader_free(r);
    unsealing_end(&u);
    free(data);
}

static void test_large(void)
{
    check_large((UINT64_C(1) << 33) - 1); /* the last that eleven octal digits hold */
    check_large(UINT64_C(1) << 33);
    check_large(UINT64_C(9) << 30);
    check_large(UINT64_C(1) << 50);
}

/* ---- Altered and forged content ----------------------------------------------------------- */

/* From that entry to the end, data and all. */
static enum seal_status seek_and_read(struct seeking *k, uint64_t from)
{
    enum seal_status status = archive_reader_seek(k->r, from, &k->u.fault);
    struct archive_entry e;
    const uint8_t *data;
    size_t len;
    bool more = true;

    while (status == SEAL_OK && more) {
        status = archive_read_entry(k->r, &e, &more, &k->u.fault);
        for (len = 1; status == SEAL_OK && len > 0;)
            status = archive_read_data(k->r, &data, &len, &k->u.fault);
    }
    CHECK_INT(status, k->u.fault.status);
    return status;
}

/* By seeking, from several places on; the first failure, which does not spoil the rest. */
static enum seal_status seek_status(void)
{
    struct seeking k;
    enum seal_status first = seeking_start(&k), status;
    uint64_t count = k.count;

    for (int i = 0; i < 3 && count > 0; i++) {
        k.u.fault = (struct fault){.status = SEAL_OK};
        status = seek_and_read(&k, i == 0 ? count - 1 : i == 1 ? count / 2 : 0);
        if (first == SEAL_OK)
            first = status;
    }
    seeking_end(&k);
    return first;
}

/* What reading from begin to end accepts, seeking does too; what it refuses, seeking may not see,
 * but it says nothing else of it. */
static void check_by_seeking(enum seal_status sequential)
{
    enum seal_status status = seek_status();

    CHECK(status == SEAL_OK || (status == SEAL_HOSTILE && sequential == SEAL_HOSTILE));
}

/* Reads it all, as a bag or as a stream. */
static enum seal_status read_status(enum content_type type)
{
    uint8_t digest[32], receipt[32];
    enum seal_status status;
    struct archive_reader *r;
    struct archive_entry e;
    struct unsealing u;
    const uint8_t *data;
    size_t len = 0;
    bool more = type == CONTENT_BAG;

    unsealing_start(&u);
    status = archive_reader_new(&r, type, u.stream, &u.fault);
    while (status == SEAL_OK && more)
        status = archive_read_entry(r, &e, &more, &u.fault);
    if (type == CONTENT_STREAM) {
        do
            status = archive_read_data(r, &data, &len, &u.fault);
        while (status == SEAL_OK && len > 0);
    }
    if (status == SEAL_OK)
        status = archive_reader_finish(r, &u.fault);
    if (status == SEAL_OK)
        status = stream_reader_finish(u.stream, digest, receipt, &u.fault);
    CHECK_INT(status, u.fault.status);
    archive_reader_free(r);
    unsealing_end(&u);
    if (type == CONTENT_BAG)
        check_by_seeking(status);
    return status;
}

static enum seal_status content_status(const struct buffer *content, enum content_type type)
{
    seal_bytes(content->data, content->len);
    return read_status(type);
}

static void add(struct buffer *b, const void *data, size_t len)
{
    CHECK(buffer_append(b, data, len) == SEAL_OK);
}

/* A stream of one frame. */
static struct buffer forge_stream(const void *data, size_t len, struct frame_options o)
{
    struct buffer b = {0};
    struct seek_row row;

    forge_frame(&b, data, len, o);
    row = (struct seek_row){(uint32_t)b.len, (uint32_t)len};
    forge_seek_table(&b, &row, 1);
    return b;
}

static void check_stream_frame(const char *about, size_t len, struct frame_options o,
                               enum seal_status want)
{
    uint8_t *data = fixture_alloc(len);
    struct buffer b;

    check_about("%s", about);
    fill(data, len, 3);
    b = forge_stream(data, len, o);
    CHECK_INT(want, content_status(&b, CONTENT_STREAM));
    CHECK_INT(SEAL_HOSTILE, content_status(&b, CONTENT_BAG));
    buffer_free(&b);
    free(data);
}

static void test_frames(void)
{
    check_stream_frame("an ordinary frame", 3000, (struct frame_options){.level = 3}, SEAL_OK);
    check_stream_frame("a checksum", 3000, (struct frame_options){.checksum = 1}, SEAL_OK);
    check_stream_frame("no size", 3000, (struct frame_options){.no_size = 1}, SEAL_HOSTILE);
    check_stream_frame("8 MiB", 8 * MIB, (struct frame_options){.level = 1}, SEAL_OK);
    check_stream_frame("over 8 MiB", 8 * MIB + 1, (struct frame_options){.level = 1}, SEAL_HOSTILE);
    check_stream_frame("over 8 MiB, small window", 8 * MIB + 1,
                       (struct frame_options){.level = 1, .window_log = 18}, SEAL_HOSTILE);
    check_stream_frame("8 MiB, small window", 8 * MIB,
                       (struct frame_options){.level = 1, .window_log = 18}, SEAL_OK);
}

/* A frame of len bytes by hand, in raw blocks of one byte with so many empty ones before each:
 * longer than anything a compressor makes, but a frame. */
static void check_long_frame(size_t len, size_t empty_blocks, size_t missing, enum seal_status want)
{
    uint8_t *empty = fixture_alloc(3 * empty_blocks);
    struct buffer b = {0};
    struct seek_row row = {0, (uint32_t)len};

    check_about("%zu bytes behind %zu empty blocks each, %zu missing", len, empty_blocks, missing);
    add(&b, "\x28\xb5\x2f\xfd\xa0", 5);
    add(&b, (uint8_t[4]){(uint8_t)len, (uint8_t)(len >> 8)}, 4);
    memset(empty, 0, 3 * empty_blocks);
    for (size_t i = 0; i < len; i++) {
        add(&b, empty, 3 * empty_blocks);
        if (i + missing < len)
            add(&b, (uint8_t[4]){1 << 3, 0, 0, (uint8_t)i}, 4);
    }
    add(&b, "\x01\0", 3);
    row.packed = (uint32_t)b.len;
    forge_seek_table(&b, &row, 1);
    CHECK_INT(want, content_status(&b, CONTENT_STREAM));
    buffer_free(&b);
    free(empty);
}

static void test_long_frames(void)
{
    check_long_frame(5, 10, 0, SEAL_OK);
    check_long_frame(0, 0, 0, SEAL_OK);
    check_long_frame(3, 1000000, 0, SEAL_OK);      /* 9 MB */
    check_long_frame(9, 700000, 0, SEAL_OK);       /* 19 MB */
    check_long_frame(9, 700000, 1, SEAL_HOSTILE);  /* one byte less than it says */
    check_long_frame(2, 3000000, 2, SEAL_HOSTILE); /* none */
}

/* A raw frame by hand: descriptor, window or none, dictionary id or none, size, one raw block. */
static void check_header(const char *about, const char *head, size_t head_len, size_t len,
                         enum seal_status want)
{
    struct buffer b = {0};
    struct seek_row row = {0, (uint32_t)len};
    uint8_t block[3], data[1200] = "content of a block";

    check_about("frame header: %s", about);
    forge_u32(&b, 0xFD2FB528);
    add(&b, head, head_len);
    block[0] = (uint8_t)(1 | len << 3);
    block[1] = (uint8_t)(len >> 5);
    block[2] = (uint8_t)(len >> 13);
    add(&b, block, sizeof block);
    add(&b, data, len);
    row.packed = (uint32_t)b.len;
    forge_seek_table(&b, &row, 1);
    CHECK_INT(want, content_status(&b, CONTENT_STREAM));
    buffer_free(&b);
}

static void test_frame_headers(void)
{
    check_header("sound", "\x20\x20", 2, 0x20, SEAL_OK);
    check_header("larger than it says", "\x20\x1f", 2, 0x20, SEAL_HOSTILE);
    check_header("smaller than it says", "\x20\x21", 2, 0x20, SEAL_HOSTILE);
    check_header("says nothing, holds something", "\x20\x00", 2, 1, SEAL_HOSTILE);
    check_header("empty", "\x20\x00", 2, 0, SEAL_OK);
    check_header("empty, says one", "\x20\x01", 2, 0, SEAL_HOSTILE);
    check_header("size of two bytes", "\x60\x2c\x00", 3, 300, SEAL_OK);
    check_header("size of two bytes, 256 less", "\x60\x20\x00", 3, 0x20, SEAL_HOSTILE);
    check_header("size of four bytes", "\xa0\x20\x00\x00\x00", 5, 0x20, SEAL_OK);
    check_header("size of eight bytes", "\xe0\x20\0\0\0\0\0\0\0", 9, 0x20, SEAL_OK);
    check_header("size of 2^63", "\xe0\x20\0\0\0\0\0\0\x80", 9, 0x20, SEAL_HOSTILE);
    check_header("no size, a window", "\x00\x00", 2, 0x20, SEAL_HOSTILE);
    check_header("window of 1 KiB", "\x80\x00\x20\x00\x00\x00", 6, 0x20, SEAL_OK);
    check_header("window of 1 KiB, a block of as much", "\x80\x00\x00\x04\x00\x00", 6, 1024,
                 SEAL_OK);
    check_header("window of 1 KiB, a longer block", "\x80\x00\x01\x04\x00\x00", 6, 1025,
                 SEAL_HOSTILE);
    check_header("window of 1.125 KiB", "\x80\x01\x80\x04\x00\x00", 6, 1152, SEAL_OK);
    check_header("window of 8 MiB", "\x80\x68\x20\x00\x00\x00", 6, 0x20, SEAL_OK);
    check_header("window of 9 MiB", "\x80\x69\x20\x00\x00\x00", 6, 0x20, SEAL_HOSTILE);
    check_header("window of 3.75 TiB", "\x80\xff\x20\x00\x00\x00", 6, 0x20, SEAL_HOSTILE);
    check_header("dictionary 5", "\x21\x05\x20", 3, 0x20, SEAL_HOSTILE);
    check_header("dictionary 0 in one byte", "\x21\x00\x20", 3, 0x20, SEAL_OK);
    check_header("dictionary of four bytes", "\x23\x00\x00\x00\x01\x20", 6, 0x20, SEAL_HOSTILE);
    check_header("reserved bit", "\x28\x20", 2, 0x20, SEAL_HOSTILE);
}

/* Every byte of a stream's content changed: never accepted with another content table, and never
 * anything but ok (in raw data, which D covers) or hostile. */
static void test_stream_bytes(void)
{
    uint8_t data[200];
    struct buffer b;
    size_t frame_len, accepted = 0;

    fill(data, sizeof data, 4);
    b = forge_stream(data, sizeof data, (struct frame_options){.level = 3, .checksum = 1});
    frame_len = b.len - 8 - 8 - 9;
    for (size_t i = 0; i < b.len; i++) {
        enum seal_status status;

        check_about("content byte %zu of %zu changed", i, b.len);
        b.data[i] ^= 0x41;
        status = content_status(&b, CONTENT_STREAM);
        CHECK(status == SEAL_HOSTILE || (status == SEAL_OK && i < frame_len));
        accepted += status == SEAL_OK;
        b.data[i] ^= 0x41;
    }
    check_about("content bytes changed");
    CHECK_INT(0, accepted); /* the frame has a checksum */
    for (size_t len = 0; len < b.len; len++) {
        struct buffer cut = {b.data, len, len};

        check_about("content cut to %zu of %zu", len, b.len);
        CHECK_INT(SEAL_HOSTILE, content_status(&cut, CONTENT_STREAM));
    }
    check_about("a byte after the seek table");
    add(&b, "", 1);
    seal_bytes(b.data, b.len);
    CHECK_INT(SEAL_HOSTILE, read_status(CONTENT_STREAM));
    buffer_free(&b);
}

/* Compressed bytes changed without a checksum: whatever zstd says, no more than ok or hostile. */
static void test_corrupt_frames(void)
{
    size_t len = 20000, step = fixture_share(100, 1) >= 100 ? 3 : 29;
    uint8_t *data = fixture_alloc(len);
    struct buffer b;
    size_t hostile = 0, tried = 0;

    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)("the quick brown fox "[i % 20] + (int)(i / 700));
    b = forge_stream(data, len, (struct frame_options){.level = 19});
    for (size_t i = 0; i < b.len - 25; i += step, tried++) {
        enum seal_status status;

        check_about("compressed byte %zu of %zu changed", i, b.len);
        b.data[i] ^= 0xff;
        status = content_status(&b, CONTENT_STREAM);
        CHECK(status == SEAL_HOSTILE || status == SEAL_OK);
        hostile += status == SEAL_HOSTILE;
        b.data[i] ^= 0xff;
    }
    check_about("compressed bytes changed");
    CHECK(hostile > 0 && tried > 0);
    buffer_free(&b);
    free(data);
}

static void test_streams(void)
{
    static const char *const empties[] = {
        "28b52ffd20000100005e2a4d1811000000090000000000000001000000"
        "00b1ea928f",
        "5e2a4d18090000000000000000b1ea928f"};
    static const char skippable[] = "\x50\x2a\x4d\x18\x04\0\0\0abcd";
    static const struct seek_row rows[] = {{12, 0}, {13, 4}};
    struct buffer b = {0};
    uint8_t bytes[64];

    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(empties[i]) / 2;

        check_about("empty stream %zu of section 9.5", i);
        CHECK(hex_decode(bytes, len, empties[i]));
        seal_bytes(bytes, len);
        CHECK_INT(SEAL_OK, read_status(CONTENT_STREAM));
        CHECK_INT(SEAL_HOSTILE, read_status(CONTENT_BAG));
    }
    check_about("a skippable frame in front");
    add(&b, skippable, 12);
    forge_frame(&b, "text", 4, (struct frame_options){.level = 3});
    forge_seek_table(&b, rows, 2);
    CHECK_INT(SEAL_HOSTILE, content_status(&b, CONTENT_STREAM));
    buffer_free(&b);
    check_about("no content at all");
    CHECK_INT(SEAL_HOSTILE, content_status(&b, CONTENT_STREAM));
}

/* What seal writes for a stream, in pieces, comes back; with the empty frame for nothing. */
static void check_stream_round_trip(size_t len, int level)
{
    uint8_t *data = fixture_alloc(len), digest[32], receipt[32];
    struct archive_writer *w;
    struct archive_reader *r;
    struct sealing s;
    struct unsealing u;

    check_about("stream of %zu bytes, level %d", len, level);
    fill(data, len, 6);
    sealing_start(&s);
    CHECK_INT(SEAL_OK, archive_writer_new(&w, CONTENT_STREAM, level, NULL, s.stream, &s.fault));
    CHECK_INT(SEAL_OK, archive_write_data(w, data, len / 2, &s.fault));
    CHECK_INT(SEAL_OK, archive_write_data(w, data + len / 2, len - len / 2, &s.fault));
    CHECK_INT(SEAL_OK, archive_writer_finish(w, &s.fault));
    archive_writer_free(w);
    sealing_end(&s);
    unsealing_start(&u);
    CHECK_INT(SEAL_OK, archive_reader_new(&r, CONTENT_STREAM, u.stream, &u.fault));
    check_data(r, len, 6, &u.fault);
    CHECK_INT(SEAL_OK, archive_reader_finish(r, &u.fault));
    CHECK_INT(SEAL_OK, stream_reader_finish(u.stream, digest, receipt, &u.fault));
    archive_reader_free(r);
    unsealing_end(&u);
    free(data);
}

static void test_stream_round_trips(void)
{
    static const size_t lens[] = {0,      1,           65536,   131071,      131072,
                                  131073, 4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 13 * MIB};

    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        check_stream_round_trip(lens[i], LEVEL_DEFAULT);
        check_stream_round_trip(lens[i], LEVEL_STORE);
    }
}

/* Makes a stream of data, and returns its content as it is without the sealing. */
static struct buffer content_of(const uint8_t *data, size_t len, int level)
{
    uint8_t digest[32], receipt[32];
    struct buffer content = {0};
    struct sink sink = {take, &content};
    struct archive_writer *w;
    struct sealing s;
    struct unsealing u;
    uint64_t content_len;

    sealing_start(&s);
    CHECK_INT(SEAL_OK, archive_writer_new(&w, CONTENT_STREAM, level, NULL, s.stream, &s.fault));
    CHECK_INT(SEAL_OK, archive_write_data(w, data, len, &s.fault));
    CHECK_INT(SEAL_OK, archive_writer_finish(w, &s.fault));
    archive_writer_free(w);
    sealing_end(&s);
    unsealing_start(&u);
    CHECK_INT(SEAL_OK,
              stream_reader_copy(u.stream, &sink, &content_len, digest, receipt, &u.fault));
    unsealing_end(&u);
    CHECK(content_len <= content.len);
    content.len = (size_t)content_len;
    return content;
}

/* What is stored has nothing on top but headers, and zstd's own reader takes it. */
static void check_stored(const uint8_t *data, size_t len, int level, size_t frames, size_t blocks)
{
    struct buffer content = content_of(data, len, level);
    uint8_t *plain = fixture_alloc(len);
    size_t packed = frames * 9 + blocks * 3 + len, table = 8 + frames * 8 + 9;

    check_about("%zu bytes stored, level %d", len, level);
    CHECK_INT(packed + table, content.len);
    CHECK_INT(len, ZSTD_decompress(plain, len, content.data, content.len));
    CHECK(memcmp(plain, data, len) == 0);
    free(plain);
    buffer_free(&content);
}

static void test_stored(void)
{
    size_t len = 9 * MIB;
    uint8_t *data = fixture_alloc(len);
    struct random random = fixture_random("stored");
    struct buffer content;

    random_bytes(&random, data, len);
    check_stored(data, 0, LEVEL_STORE, 1, 1);
    check_stored(data, 1, LEVEL_STORE, 1, 1);
    check_stored(data, 131072, LEVEL_STORE, 1, 1);
    check_stored(data, 131073, LEVEL_STORE, 1, 2);
    check_stored(data, len, LEVEL_STORE, 3, 72);
    check_stored(data, len, LEVEL_DEFAULT, 3, 72);
    check_about("text between what does not shrink");
    memset(data + 5 * MIB, 'x', MIB / 2);
    content = content_of(data, len, LEVEL_DEFAULT);
    CHECK(content.len < len - MIB / 2 + 1000);
    buffer_free(&content);
    content = content_of(data, len, LEVEL_STORE);
    CHECK(content.len > len);
    buffer_free(&content);
    free(data);
}

/* ---- Forged tars -------------------------------------------------------------------------- */

struct tar {
    struct buffer bytes;
    struct buffer offsets;
};

static void tar_checksum(char *h)
{
    unsigned int sum = 0;
    char text[9];

    memset(h + 148, ' ', 8);
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += (uint8_t)h[i];
    (void)snprintf(text, sizeof text, "%06o", sum & 0777777u);
    memcpy(h + 148, text, 7);
}

static void tar_header(struct tar *t, const char *name, char type, size_t size)
{
    char h[TAR_BLOCK] = "", text[24];

    memcpy(h, name, strlen(name) < 100 ? strlen(name) : 100);
    memcpy(h + 100, "0000644", 7);
    memcpy(h + 108, "0000000", 7);
    memcpy(h + 116, "0000000", 7);
    (void)snprintf(text, sizeof text, "%011zo", size);
    memcpy(h + 124, text, 12);
    memcpy(h + 136, "00000000000", 12);
    h[156] = type;
    memcpy(h + 257, "ustar\00000", 8);
    tar_checksum(h);
    add(&t->bytes, h, sizeof h);
}

static void tar_note(struct tar *t)
{
    uint8_t row[8];

    store_u64(row, t->bytes.len);
    add(&t->offsets, row, sizeof row);
}

static void tar_data(struct tar *t, const void *data, size_t len)
{
    static const uint8_t zeros[TAR_BLOCK];

    add(&t->bytes, data, len);
    add(&t->bytes, zeros, -len % TAR_BLOCK);
}

static void tar_zeros(struct tar *t, size_t len)
{
    static const uint8_t zeros[2 * 10240];

    add(&t->bytes, zeros, len);
}

/* An entry of that type with some data. */
static void tar_entry(struct tar *t, const char *name, char type, const char *data)
{
    tar_note(t);
    tar_header(t, name, type, strlen(data));
    tar_data(t, data, strlen(data));
}

/* A file of 4 bytes behind an x header with those records. */
static void tar_pax(struct tar *t, const char *records, size_t len)
{
    tar_note(t);
    tar_header(t, "PaxHeaders/entry", 'x', len);
    tar_data(t, records, len);
    tar_header(t, "data/short", '0', 4);
    tar_data(t, "four", 4);
}

/* Makes a bag's content of it, reads it and forgets it. */
static enum seal_status tar_status(struct tar *t)
{
    struct buffer b = {0};
    struct seek_row rows[2];
    enum seal_status status;

    forge_frame(&b, t->bytes.data, t->bytes.len, (struct frame_options){.level = 1});
    rows[0] = (struct seek_row){(uint32_t)b.len, (uint32_t)t->bytes.len};
    forge_u32(&b, 0x184D2A5C);
    forge_u32(&b, (uint32_t)t->offsets.len);
    add(&b, t->offsets.data, t->offsets.len);
    rows[1] = (struct seek_row){(uint32_t)t->offsets.len + 8, 0};
    forge_seek_table(&b, rows, 2);
    status = content_status(&b, CONTENT_BAG);
    buffer_free(&b);
    buffer_free(&t->bytes);
    buffer_free(&t->offsets);
    return status;
}

static void check_name(const char *name, char type, enum seal_status want)
{
    struct tar t = {{0}, {0}};

    check_about("entry \"%s\" of type %c", name, type);
    tar_entry(&t, name, type, type == '5' ? "" : "data");
    tar_zeros(&t, 1024);
    CHECK_INT(want, tar_status(&t));
}

static void test_names(void)
{
    static const char *const bad[] = {
        "",   "/",       "/data/a", "data//a",    "./data/a",          "data/./a",     "data/../a",
        "..", "data/..", "data/.",  "data/a\xff", "data/\xed\xa0\x80", "data/\xc0\xaf"};
    static const char types[] = "1234678gKLSVAD\\ \x7f";

    check_name("data/a", '0', SEAL_OK);
    check_name("data/a", '5', SEAL_OK);
    check_name("data/a/", '5', SEAL_OK);
    check_name("data/a/", '0', SEAL_HOSTILE);
    check_name("data/...", '0', SEAL_OK);
    check_name("data/.a/..b", '0', SEAL_OK);
    check_name("other/a", '0', SEAL_OK); /* what is allowed outside data/ is the bag's affair */
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        check_name(bad[i], '0', SEAL_HOSTILE);
        check_name(bad[i], '5', SEAL_HOSTILE);
    }
    for (const char *type = types; *type != '\0'; type++)
        check_name("data/a", *type, SEAL_HOSTILE);
}

static void check_pax_len(const char *records, size_t len, enum seal_status want)
{
    struct tar t = {{0}, {0}};

    check_about("pax \"%.100s\"", records);
    tar_pax(&t, records, len);
    tar_zeros(&t, 1024);
    CHECK_INT(want, tar_status(&t));
}

static void check_pax(const char *records, enum seal_status want)
{
    check_pax_len(records, strlen(records), want);
}

static void test_pax(void)
{
    static const char *const good[] = {"",
                                       "15 path=data/b\n",
                                       "10 size=4\n",
                                       "12 mtime=-1\n",
                                       "14 mtime=-1.5\n",
                                       "25 mtime=1.1234567890123\n",
                                       "12 comment=\n",
                                       "16 comment=a=b \n",
                                       "19 SCHILY.xattr.x=\n",
                                       "9 path=x\n12 mtime=12\n",
                                       "22 uname=somebody....\n"};
    static const char *const bad[] = {
        "5\n",
        "5 =\n",
        "6 =ab\n",
        "5 ab\n",
        "7 ab=cd\n",
        "10 ab=cd\n",
        "09 ab=cd",
        "x9 ab=cd\n",
        "-9 ab=cd\n",
        "+8 ab=c\n",
        " 8 ab=c\n",
        "0 ab=c\n",
        "99999999999999999999 a=b\n",
        "18446744073709551624 a=b\n",
        "9 path=x\njunk",
        "12 size=513\n", /* then the next header is not where it was */
        "10 size=x\n",
        "11 size=-4\n",
        "9 size=\n",
        "28 size=99999999999999999999\n",
        "28 size=18446744073709551620\n",
        "11 mtime=x\n",
        "9 mtime=\n",
        "10 mtime=\n",
        "14 mtime=1.2x\n",
        "13 mtime=1,5\n",
        "13 mtime=--1\n",
        "18 path=data/../b\n",
        "11 path=/a\n",
        "8 path=\n",
        "12 path=a\xff\xff\n",
        "13 linkpath=\n",
        "14 linkpath=a\n",
        "14 hdrcharset=\n",
        "30 hdrcharset=ISO-IR 10646 20\n",
        "22 GNU.sparse.major=1\n",
        "19 GNU.sparse.x=1\n",
        "14 GNU.sparse.=\n"};

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        check_pax(good[i], SEAL_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        check_pax(bad[i], SEAL_HOSTILE);
    check_pax_len("13 path=a\0bc\n", 13, SEAL_HOSTILE);
}

/* A path record of that length. */
static void check_pax_path(size_t len, enum seal_status want)
{
    struct buffer b = {0};

    CHECK(buffer_printf(&b, "%zu path=%0*d\n", len + 12, (int)len, 0) == SEAL_OK);
    check_pax_len((char *)b.data, b.len, want);
    buffer_free(&b);
}

/* One comment that fills the x header up to that size. */
static void check_pax_size(size_t size, enum seal_status want)
{
    struct buffer b = {0};

    CHECK(buffer_printf(&b, "%zu comment=%0*d\n", size, (int)size - 17, 0) == SEAL_OK);
    CHECK_INT(size, b.len);
    check_pax_len((char *)b.data, b.len, want);
    buffer_free(&b);
}

static void test_pax_limits(void)
{
    check_pax_path(32767, SEAL_OK);
    check_pax_path(32768, SEAL_HOSTILE);
    check_pax_size(PAX_LEN_MAX, SEAL_OK);
    check_pax_size(PAX_LEN_MAX + 1, SEAL_HOSTILE);
}

static struct tar one_entry(void)
{
    struct tar t = {{0}, {0}};

    tar_entry(&t, "data/a", '0', "data");
    return t;
}

static void check_end(const char *about, size_t zeros, const char *behind, enum seal_status want)
{
    struct tar t = one_entry();

    check_about("%s", about);
    tar_zeros(&t, zeros);
    add(&t.bytes, behind, strlen(behind));
    CHECK_INT(want, tar_status(&t));
}

static void test_ends(void)
{
    check_end("two zero blocks", 1024, "", SEAL_OK);
    check_end("a full record", 10240 - 1024, "", SEAL_OK);
    check_end("no end", 0, "", SEAL_HOSTILE);
    check_end("half an end", 512, "", SEAL_HOSTILE);
    check_end("cut within the end", 1000, "", SEAL_HOSTILE);
    check_end("three zero blocks", 1536, "", SEAL_HOSTILE);
    check_end("two records", 2 * 10240 - 1024, "", SEAL_HOSTILE);
    check_end("a byte behind", 1024, "x", SEAL_HOSTILE);
    check_end("a byte behind the record", 10240 - 1024, "x", SEAL_HOSTILE);
}

/* Every byte of a header changed. Some bytes mean nothing here, but all are under its checksum. */
static void test_header_bytes(void)
{
    for (size_t at = 0; at < TAR_BLOCK; at++) {
        struct tar t = one_entry();

        check_about("header byte %zu changed", at);
        tar_zeros(&t, 1024);
        t.bytes.data[at] ^= 1;
        CHECK_INT(SEAL_HOSTILE, tar_status(&t));
        t = one_entry();
        tar_zeros(&t, 1024);
        t.bytes.data[at] ^= 0x80; /* and the checksum made right again */
        tar_checksum((char *)t.bytes.data);
        (void)tar_status(&t);
    }
}

static void test_offsets(void)
{
    struct tar t;

    for (size_t at = 0; at < 16; at++) {
        check_about("offsets byte %zu changed", at);
        t = one_entry();
        tar_entry(&t, "data/b", '0', "");
        tar_zeros(&t, 1024);
        t.offsets.data[at] ^= 1;
        CHECK_INT(SEAL_HOSTILE, tar_status(&t));
    }
    check_about("an offset too many, too few, cut");
    for (int i = 0; i < 3; i++) {
        t = one_entry();
        tar_zeros(&t, 1024);
        if (i == 0)
            tar_note(&t);
        t.offsets.len -= i == 1 ? 8 : i == 2 ? 1 : 0;
        CHECK_INT(SEAL_HOSTILE, tar_status(&t));
    }
}

/* ---- Forged tables, as seeking meets them ---- */

/* A bag of three files in two frames. Counted from the end of its content: */
#define AT_FOOTER 9
#define AT_ROW(i) (AT_FOOTER + (3 - (size_t)(i)) * 8)
#define AT_TABLE (AT_ROW(0) + 8)
#define AT_OFFSET(i) (AT_TABLE + (3 - (size_t)(i)) * 8)
#define AT_OFFSETS (AT_OFFSET(0) + 8)

static struct buffer two_frame_bag(void)
{
    struct tar t = {{0}, {0}};
    struct buffer b = {0};
    struct seek_row rows[3];
    size_t half = 2600;
    char text[1500];

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    tar_entry(&t, "data/a", '0', text);
    tar_entry(&t, "data/b", '0', "bee");
    tar_entry(&t, "data/c", '0', text);
    tar_zeros(&t, 1024);
    forge_frame(&b, t.bytes.data, half, (struct frame_options){.level = 1});
    rows[0] = (struct seek_row){(uint32_t)b.len, (uint32_t)half};
    forge_frame(&b, t.bytes.data + half, t.bytes.len - half, (struct frame_options){.level = 1});
    rows[1] = (struct seek_row){(uint32_t)b.len - rows[0].packed, (uint32_t)(t.bytes.len - half)};
    forge_u32(&b, 0x184D2A5C);
    forge_u32(&b, (uint32_t)t.offsets.len);
    add(&b, t.offsets.data, t.offsets.len);
    rows[2] = (struct seek_row){(uint32_t)t.offsets.len + 8, 0};
    forge_seek_table(&b, rows, 3);
    buffer_free(&t.bytes);
    buffer_free(&t.offsets);
    return b;
}

static void change_u32(struct buffer *b, size_t from_end, uint32_t by)
{
    uint8_t *p = b->data + b->len - from_end;

    store_u32(p, load_u32(p) + by);
}

/* by is added to the number at each place; a second place 0: none. */
struct table_change {
    const char *about;
    size_t at;
    uint32_t by;
    size_t at2;
    uint32_t by2;
};

static void check_change(const struct table_change *c, enum seal_status want)
{
    struct buffer b = two_frame_bag();

    check_about("forged: %s", c->about);
    if (c->at != 0)
        change_u32(&b, c->at, c->by);
    if (c->at2 != 0)
        change_u32(&b, c->at2, c->by2);
    CHECK_INT(want, content_status(&b, CONTENT_BAG));
    CHECK_INT(want, seek_status());
    buffer_free(&b);
}

static void test_forged_tables(void)
{
    static const uint32_t less = UINT32_MAX; /* that is, -1 */
    static const struct table_change changes[] = {
        {"a row more in the footer", AT_FOOTER, 1, 0, 0},
        {"a row less in the footer", AT_FOOTER, less, 0, 0},
        {"a row more in the footer and the head", AT_FOOTER, 1, AT_TABLE - 4, 8},
        {"no rows", AT_FOOTER, less - 2, 0, 0},
        {"very many rows", AT_FOOTER, less - 3, 0, 0},
        {"2^29 rows, whose bytes do not fit 32 bits", AT_FOOTER, (1u << 29) - 3, 0, 0},
        {"a descriptor", 5, 1, 0, 0},
        {"the footer's magic", 4, 1, 0, 0},
        {"the table's magic", AT_TABLE, 1, 0, 0},
        {"the table's length", AT_TABLE - 4, 1, 0, 0},
        {"a frame longer", AT_ROW(0), 1, 0, 0},
        {"a frame longer, the next shorter", AT_ROW(0), 1, AT_ROW(1), less},
        {"a frame shorter, the next longer", AT_ROW(0), less, AT_ROW(1), 1},
        {"a frame with 512 bytes more, the next with less", AT_ROW(0) - 4, 512, AT_ROW(1) - 4,
         0u - 512},
        {"a frame with a byte more", AT_ROW(1) - 4, 1, 0, 0},
        {"a frame with a byte less", AT_ROW(1) - 4, less, 0, 0},
        {"a frame with too many bytes", AT_ROW(1) - 4, 9 * MIB, 0, 0},
        {"sums that wrap", AT_ROW(0), 1u << 31, AT_ROW(1), 1u << 31},
        {"the offsets frame is not empty", AT_ROW(2) - 4, 1, 0, 0},
        {"the offsets frame is longer", AT_ROW(2), 8, 0, 0},
        {"the offsets frame is longer, a frame shorter", AT_ROW(2), 8, AT_ROW(1), 0u - 8},
        {"the magic of the offsets", AT_OFFSETS, 1, 0, 0},
        {"the length of the offsets", AT_OFFSETS - 4, 8, 0, 0},
        {"an offset in the middle of a file", AT_OFFSET(1), 0u - 512, 0, 0},
        {"an offset of the next entry", AT_OFFSET(0), 2048, AT_OFFSET(1), 1024},
        {"an offset that is not whole blocks", AT_OFFSET(1), 1, 0, 0},
        {"an offset at the end", AT_OFFSET(2), 2048, 0, 0},
        {"an offset behind the end", AT_OFFSET(2), 1u << 20, 0, 0},
        {"an offset far behind the end", AT_OFFSET(2) - 4, less, 0, 0},
        {"offsets that go back", AT_OFFSET(1), 1024, AT_OFFSET(2), 0u - 1024},
        {"the same offset twice", AT_OFFSET(1), 1024, 0, 0},
    };
    static const struct table_change none = {"nothing", 0, 0, 0, 0};

    check_change(&none, SEAL_OK);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        check_change(&changes[i], SEAL_HOSTILE);
}

static void test_swapped_rows(void)
{
    struct buffer b = two_frame_bag();
    uint8_t row[8], *rows = b.data + b.len - AT_ROW(0);

    check_about("rows swapped");
    memcpy(row, rows, 8);
    memmove(rows, rows + 8, 8);
    memcpy(rows + 8, row, 8);
    CHECK_INT(SEAL_HOSTILE, content_status(&b, CONTENT_BAG));
    CHECK_INT(SEAL_HOSTILE, seek_status());
    buffer_free(&b);
}

/* Several numbers of the tables changed at once, little or at all: content_status compares. */
static void test_random_tables(void)
{
    struct random random = fixture_random("tables");
    size_t count = fixture_share(3000, 300), hostile = 0;

    for (size_t i = 0; i < count; i++) {
        struct buffer b = two_frame_bag();

        check_about("random tables %zu", i);
        for (uint32_t n = 1 + random_below(&random, 3); n > 0; n--) {
            size_t at = 4 + random_below(&random, AT_OFFSETS);
            uint32_t by = random_below(&random, 9) - 4;

            change_u32(&b, at, by << 8 * random_below(&random, 4));
        }
        hostile += content_status(&b, CONTENT_BAG) == SEAL_HOSTILE;
        buffer_free(&b);
    }
    CHECK(hostile > count / 2);
}

/* Rows for frames that are not there take no memory; those that are may be too many to hold. */
static void test_many_rows(void)
{
    const size_t rows = ((size_t)1 << 24) + 1;
    struct buffer b = {0};
    struct seeking k;

    check_about("a table of 2^24 + 1 rows");
    CHECK_INT(SEAL_OK, buffer_reserve(&b, rows * 8 + 64));
    memset(b.data, 1, rows * 8 + 8);
    b.len = rows * 8 + 8;
    forge_u32(&b, (uint32_t)rows);
    add(&b, "", 1);
    forge_u32(&b, 0x8F92EAB1);
    seal_bytes(b.data, b.len);
    CHECK_INT(SEAL_NO_MEMORY, seeking_start(&k));
    CHECK_INT(SEAL_USAGE, archive_reader_seek(k.r, 0, &(struct fault){.status = SEAL_OK}));
    seeking_end(&k);
    buffer_free(&b);
}

/* A frame with nothing in it is allowed wherever a frame is. */
static void test_empty_frames(void)
{
    struct tar t = one_entry();
    struct buffer b = {0};
    struct seek_row rows[5];
    size_t cuts[5] = {0, 0, 512, 512, 0};

    tar_entry(&t, "data/b", '0', "bee");
    tar_zeros(&t, 1024);
    cuts[4] = t.bytes.len;
    for (size_t i = 0; i < 4; i++) {
        size_t before = b.len, len = cuts[i + 1] - cuts[i];

        forge_frame(&b, t.bytes.data + cuts[i], len, (struct frame_options){.level = 1});
        rows[i] = (struct seek_row){(uint32_t)(b.len - before), (uint32_t)len};
    }
    forge_u32(&b, 0x184D2A5C);
    forge_u32(&b, (uint32_t)t.offsets.len);
    add(&b, t.offsets.data, t.offsets.len);
    rows[4] = (struct seek_row){(uint32_t)t.offsets.len + 8, 0};
    forge_seek_table(&b, rows, 5);
    check_about("frames with nothing in them");
    CHECK_INT(SEAL_OK, content_status(&b, CONTENT_BAG));
    CHECK_INT(SEAL_OK, seek_status());
    buffer_free(&t.bytes);
    buffer_free(&t.offsets);
    buffer_free(&b);
}

static void test_two_pax_headers(void)
{
    struct tar t = {{0}, {0}};

    check_about("an x header behind an x header, and at the end");
    tar_note(&t);
    tar_header(&t, "PaxHeaders/entry", 'x', 9);
    tar_data(&t, "9 path=x\n", 9);
    tar_pax(&t, "9 path=y\n", 9);
    tar_zeros(&t, 1024);
    CHECK_INT(SEAL_HOSTILE, tar_status(&t));
    t = one_entry();
    tar_note(&t);
    tar_header(&t, "PaxHeaders/entry", 'x', 9);
    tar_data(&t, "9 path=x\n", 9);
    tar_zeros(&t, 1024);
    CHECK_INT(SEAL_HOSTILE, tar_status(&t));
}

/* Every byte of a real bag's content changed: ok (file data, which manifests cover) or hostile. */
static void test_bag_bytes(void)
{
    struct archive_entry entries[] = {file_entry("data/a", 40), file_entry("data/b", 0)};
    size_t step = fixture_share(100, 1) >= 100 ? 1 : 7;
    struct buffer b;

    entries[0].mtime = (struct timestamp){-3, 7};
    write_entries(entries, 2, LEVEL_DEFAULT);
    b = sealed_content();
    check_about("a bag's content, taken out and sealed again");
    CHECK_INT(SEAL_OK, content_status(&b, CONTENT_BAG));
    CHECK_INT(SEAL_HOSTILE, content_status(&b, CONTENT_STREAM));
    for (size_t i = 0; i < b.len; i += step) {
        enum seal_status status;

        check_about("content byte %zu of %zu changed", i, b.len);
        b.data[i] ^= 0x04;
        status = content_status(&b, CONTENT_BAG);
        CHECK(status == SEAL_HOSTILE || status == SEAL_OK);
        CHECK(status == SEAL_HOSTILE || i < b.len - 8 - 16 - 8 - 16 - 9);
        b.data[i] ^= 0x04;
    }
    for (size_t len = 0; len < b.len; len += step) {
        struct buffer cut = {b.data, len, len};

        check_about("content cut to %zu of %zu", len, b.len);
        CHECK_INT(SEAL_HOSTILE, content_status(&cut, CONTENT_BAG));
    }
    buffer_free(&b);
}

/* ---- Lines of the manifest ---------------------------------------------------------------- */

#define DIGEST_HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void check_manifest_path(const char *path, const char *in_line)
{
    uint8_t digest[SHA256_LEN], got[SHA256_LEN];
    struct buffer b = {0};
    char want[256], *back;
    size_t len;

    check_about("manifest line of \"%s\"", path);
    CHECK(hex_decode(digest, sizeof digest, DIGEST_HEX));
    CHECK_INT(SEAL_OK, manifest_line(&b, digest, path));
    (void)snprintf(want, sizeof want, "%s  %s\n", DIGEST_HEX, in_line);
    if (CHECK_INT(strlen(want), b.len))
        CHECK_BYTES(want, b.data, b.len);
    if (CHECK(manifest_parse((char *)b.data, b.len - 1, got, &back, &len))) {
        CHECK_BYTES(digest, got, sizeof digest);
        CHECK(len == strlen(path) && memcmp(back, path, len) == 0);
    }
    buffer_free(&b);
}

static void check_manifest_line(const char *line, const char *path)
{
    char copy[256], *got = NULL;
    uint8_t digest[SHA256_LEN];
    size_t len = 0;
    bool ok;

    check_about("manifest line \"%s\"", line);
    (void)snprintf(copy, sizeof copy, "%s", line);
    ok = manifest_parse(copy, strlen(copy), digest, &got, &len);
    CHECK_INT(path != NULL, ok);
    if (ok && path != NULL)
        CHECK(len == strlen(path) && memcmp(got, path, len) == 0);
}

static void test_manifest(void)
{
    check_manifest_path("data/a", "data/a");
    check_manifest_path("data/a b", "data/a b");
    check_manifest_path("data/100%", "data/100%25");
    check_manifest_path("data/%0A", "data/%250A");
    check_manifest_path("data/\n\r%", "data/%0A%0D%25");
    check_manifest_path("data/\t田", "data/\t田");
    check_manifest_line(DIGEST_HEX "  data/a", "data/a");
    check_manifest_line(DIGEST_HEX " data/a", "data/a");
    check_manifest_line(DIGEST_HEX "\tdata/a", "data/a");
    check_manifest_line(DIGEST_HEX "  data/a\r", "data/a");
    check_manifest_line(DIGEST_HEX "  data/%0a%0d%25", "data/\n\r%");
    check_manifest_line(DIGEST_HEX "  data/%41%2", "data/%41%2");
    check_manifest_line(DIGEST_HEX "  %2525", "%25");
    check_manifest_line(DIGEST_HEX "  %", "%");
    check_manifest_line("AABB"
                        "2233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF  x",
                        "x");
    check_manifest_line("", NULL);
    check_manifest_line(DIGEST_HEX, NULL);
    check_manifest_line(DIGEST_HEX " ", NULL);
    check_manifest_line(DIGEST_HEX "   ", NULL);
    check_manifest_line(DIGEST_HEX "data/a", NULL);
    check_manifest_line(DIGEST_HEX "0  data/a", NULL);
    check_manifest_line("0" DIGEST_HEX "  data/a", NULL);
    check_manifest_line(" " DIGEST_HEX "  data/a", NULL);
    check_manifest_line("x0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff  a",
                        NULL);
}

/* ---- Lines of the listing ----------------------------------------------------------------- */

static bool parse_mtree(char *copy, size_t size, const char *line, struct mtree_entry *e)
{
    check_about("listing \"%.200s\"", line);
    (void)snprintf(copy, size, "%s", line);
    return mtree_parse(copy, strlen(copy), e);
}

static void check_mtree_bad(const char *line)
{
    struct mtree_entry e;
    char copy[512];

    CHECK(!parse_mtree(copy, sizeof copy, line, &e));
}

static void check_mtree_path(const char *line, const char *path)
{
    struct mtree_entry e;
    char copy[512];

    if (CHECK(parse_mtree(copy, sizeof copy, line, &e))) {
        CHECK_TEXT(path, e.path);
        CHECK_INT(strlen(path), e.path_len);
    }
}

static void check_mtree_time(const char *text, int64_t sec, uint32_t nsec)
{
    struct mtree_entry e;
    char line[128], copy[512];

    (void)snprintf(line, sizeof line, "./d type=dir time=%s", text);
    if (CHECK(parse_mtree(copy, sizeof copy, line, &e)))
        CHECK(e.time.sec == sec && e.time.nsec == nsec);
}

static void test_mtree_good(void)
{
    struct mtree_entry e;
    char copy[512];

    CHECK(parse_mtree(copy, sizeof copy,
                      "./data/a type=file size=12 time=1.000000002 sha256digest=" DIGEST_HEX, &e));
    CHECK(e.type == ITEM_FILE && e.size == 12 && e.time.sec == 1 && e.time.nsec == 2);
    CHECK_HEX(DIGEST_HEX, e.digest, SHA256_LEN);
    CHECK(
        parse_mtree(copy, sizeof copy,
                    "./a  optional   sha256digest=" DIGEST_HEX
                    " mode=0644 uid=0 time=0.000000000 size=18446744073709551615 nlink type=file ",
                    &e));
    CHECK(e.size == UINT64_MAX);
    check_mtree_path("./a\\040b\\134\\043\\303\\251 type=dir time=0.000000000", "a b\\#\xc3\xa9");
    check_mtree_path("./a\\012 type=link time=0.000000000 link=/x\\040y", "a\n");
    check_mtree_path("./=/= type=dir time=0.000000000", "=/=");
    check_mtree_path("./x type=dir time=0.000000000 link=y", "x");
    check_mtree_time("0.000000000", 0, 0);
    check_mtree_time("-1.500000000", -1, 500000000);
    check_mtree_time("9223372036854775807.999999999", INT64_MAX, 999999999);
    check_mtree_time("-9223372036854775807.000000000", -INT64_MAX, 0);
}

static void test_mtree_bad(void)
{
    static const char *const lines[] = {
        "",
        "./",
        "./a",
        "a type=dir time=0.000000000",
        "/a type=dir time=0.000000000",
        ". type=dir time=0.000000000",
        "./ type=dir time=0.000000000",
        "./a time=0.000000000",
        "./a type=dir",
        "./a type=block time=0.000000000",
        "./a type= time=0.000000000",
        "./a type=dir type=dir time=0.000000000",
        "./a type=dir time=0.000000000 time=0.000000000",
        "./a type=dir time=0",
        "./a type=dir time=0.0",
        "./a type=dir time=0.0000000000",
        "./a type=dir time=.000000000",
        "./a type=dir time=-.000000000",
        "./a type=dir time=--1.000000000",
        "./a type=dir time=+1.000000000",
        "./a type=dir time=1.00000000x",
        "./a type=dir time=1.-00000000",
        "./a type=dir time=9223372036854775808.000000000",
        "./a\\ type=dir time=0.000000000",
        "./a\\04 type=dir time=0.000000000",
        "./a\\000 type=dir time=0.000000000",
        "./a\\400 type=dir time=0.000000000",
        "./a\\08x type=dir time=0.000000000",
        "./a# type=dir time=0.000000000",
        "./a\x7f type=dir time=0.000000000",
        "./\xc3\xa9 type=dir time=0.000000000",
        "./a\t type=dir time=0.000000000",
        "./a type=link time=0.000000000",
        "./a type=link time=0.000000000 link=",
        "./a type=link time=0.000000000 link=\\9",
        "./a type=file time=0.000000000 size=1",
        "./a type=file time=0.000000000 sha256digest=" DIGEST_HEX,
        "./a type=file size=1 sha256digest=" DIGEST_HEX,
        "./a type=file size=x time=0.000000000 sha256digest=" DIGEST_HEX,
        "./a type=file size= time=0.000000000 sha256digest=" DIGEST_HEX,
        "./a type=file size=-1 time=0.000000000 sha256digest=" DIGEST_HEX,
        "./a type=file size=18446744073709551616 time=0.000000000 sha256digest=" DIGEST_HEX,
        "./a type=file size=1 time=0.000000000 sha256digest=" DIGEST_HEX "0",
        "./a type=file size=1 time=0.000000000 sha256digest=0",
        "./a type=file size=1 size=1 time=0.000000000 sha256digest=" DIGEST_HEX};
    struct mtree_entry e;
    char nul[] = "./a\0 type=dir time=0.000000000";

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        check_mtree_bad(lines[i]);
    check_about("listing, a NUL");
    CHECK(!mtree_parse(nul, sizeof nul - 1, &e));
}

/* Writes an item's line and reads it. */
static void check_mtree_item(const char *path, const char *target, enum item_type type,
                             struct timestamp time)
{
    struct mtree_entry e;
    struct table t;
    struct item *item;
    struct buffer b = {0};

    table_init(&t, false);
    item = table_add(&t, path, strlen(path));
    item->type = (uint8_t)type;
    item->size = 77;
    item->sec = time.sec;
    item->nsec = time.nsec;
    memset(item->digest, 0xa5, SHA256_LEN);
    if (target != NULL)
        CHECK_INT(SEAL_OK, table_add_text(&t, target, strlen(target)));
    CHECK_INT(SEAL_OK, mtree_line(&b, &t, item));
    CHECK(b.len > 0 && b.data[b.len - 1] == '\n');
    b.data[b.len - 1] = '\0';
    check_about("listing written, \"%s\"", (char *)b.data);
    if (CHECK(mtree_parse((char *)b.data, b.len - 1, &e))) {
        CHECK_TEXT(path, e.path);
        CHECK(e.type == type && e.time.sec == time.sec && e.time.nsec == time.nsec);
        CHECK_INT(type == ITEM_FILE, e.has_size && e.size == 77 && e.has_digest);
        CHECK_INT(type == ITEM_LINK, e.has_link);
    }
    buffer_free(&b);
    table_free(&t);
}

static void test_mtree_items(void)
{
    char all[256];                            /* a target: any bytes */
    char name[128 + 2 * (0x800 - 0x80)] = ""; /* a path: every character of one or two bytes */
    size_t len = 0;

    for (int c = 1; c < 256; c++)
        all[c - 1] = (char)c;
    all[255] = '\0';
    for (int c = 1; c < 0x800; c++) {
        if (c >= 0x80)
            name[len++] = (char)(0xc0 | c >> 6);
        name[len++] = (char)(c < 0x80 ? c : 0x80 | (c & 0x3f));
    }
    name[len] = '\0';
    check_mtree_item(name, NULL, ITEM_FILE, (struct timestamp){1700000000, 123456789});
    check_mtree_item(name, all, ITEM_LINK, (struct timestamp){-2, 500000000});
    check_mtree_item("data/d", NULL, ITEM_DIR, (struct timestamp){-1, 999999999});
    check_mtree_item("data/d", NULL, ITEM_DIR, (struct timestamp){INT64_MAX, 1});
    check_mtree_item("data/d", NULL, ITEM_DIR, (struct timestamp){INT64_MIN, 1});
}

static void test_mtree_remarks(void)
{
    static const char *const none[] = {
        "", "#", "# a", "# missingx ./a", "#missing ./a b", "# missing a b", "missing ./a"};
    enum bag_remark kind;

    for (int i = 0; i < BAG_REMARK_KINDS; i++) {
        struct buffer b = {0};

        check_about("remark %d", i);
        CHECK_INT(SEAL_OK, mtree_remark(&b, (enum bag_remark)i, "data/a b", "why"));
        CHECK_INT(SEAL_OK, buffer_append_text(&b, ""));
        CHECK(strstr((char *)b.data, " ./data/a\\040b why\n") != NULL);
        CHECK(mtree_is_remark((char *)b.data, &kind) && kind == (enum bag_remark)i);
        buffer_free(&b);
    }
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        check_about("no remark: \"%s\"", none[i]);
        CHECK(!mtree_is_remark(none[i], &kind));
    }
}

static void test_all(void)
{
    test_sizes();
    test_paths();
    test_path_too_long();
    test_times();
    test_extreme_times();
    test_many();
    test_large();
    test_frames();
    test_long_frames();
    test_frame_headers();
    test_stream_bytes();
    test_corrupt_frames();
    test_streams();
    test_stream_round_trips();
    test_stored();
    test_names();
    test_pax();
    test_pax_limits();
    test_ends();
    test_header_bytes();
    test_offsets();
    test_forged_tables();
    test_swapped_rows();
    test_random_tables();
    test_many_rows();
    test_empty_frames();
    test_two_pax_headers();
    test_bag_bytes();
    test_manifest();
    test_mtree_good();
    test_mtree_bad();
    test_mtree_items();
    test_mtree_remarks();
}

/* All of it twice: alone, and with threads that read ahead. */
int main(int argc, char **argv)
{
    struct fault fault = {.status = SEAL_OK};

    check_start("archive", argc, argv);
    fixture_start(argc, argv);
    test_all();
    CHECK_INT(SEAL_OK, crew_new(&crew, 3, &fault));
    test_all();
    crew_free(crew);
    return check_done();
}
