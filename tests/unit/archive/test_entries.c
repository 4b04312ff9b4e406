/*
 * Entries of a bag, written and read back: sizes, paths, times, and numbers of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "lib/unit_check.h"
#include "lib/content.h"
#include "lib/fixture.h"
#include "lib/forge.h"

/* ---- Entries ------------------------------------------------------------------------------ */

static void content_check_entry(const struct tar_entry *want, const struct tar_entry *got)
{
    CHECK_INT(want->path_len, got->path_len);
    CHECK_TEXT(want->path, got->path);
    CHECK_INT(want->is_dir, got->is_dir);
    CHECK_INT(want->is_dir || want->exec, got->exec);
    CHECK(want->size == got->size);
    CHECK_INT(tar_time_floor(want->mtime).sec, got->mtime.sec);
    CHECK_INT(tar_time_floor(want->mtime).nsec, got->mtime.nsec);
}

/* Reads back what write_entries wrote; the data of every skip-th entry is left unread. */
static void check_entries(const struct tar_entry *entries, size_t count, size_t skip)
{
    uint8_t digest[32], receipt[32];
    struct content_reader *r;
    struct tar_entry e;
    struct unsealing u;
    bool more;

    unsealing_start(&u);
    CHECK_INT(SEAL_OK, content_reader_new(&r, CONTENT_BAG, u.stream, &u.fault));
    for (size_t i = 0; i < count; i++) {
        check_about("entry %zu", i);
        if (!CHECK_INT(SEAL_OK, content_read_entry(r, &e, &more, &u.fault)) || !CHECK(more))
            break;
        content_check_entry(&entries[i], &e);
        if (i % skip != 0)
            content_check_data(r, (size_t)e.size, i, &u.fault);
    }
    check_about("after %zu entries", count);
    CHECK_INT(SEAL_OK, content_read_entry(r, &e, &more, &u.fault));
    CHECK(!more);
    CHECK_INT(SEAL_OK, content_reader_finish(r, &u.fault));
    CHECK_INT(SEAL_OK, stream_reader_finish(u.stream, digest, receipt, &u.fault));
    content_reader_free(r);
    unsealing_end(&u);
}

/* ---- By seeking --------------------------------------------------------------------------- */

/* Entry i, which is the next, and all, some or none of its data. */
static bool check_next(struct seeking *k, const struct tar_entry *entries, size_t i, uint32_t how)
{
    struct tar_entry e;
    const uint8_t *data;
    size_t len;
    bool more;

    if (!CHECK_INT(SEAL_OK, content_read_entry(k->r, &e, &more, &k->u.fault)) || !CHECK(more))
        return false;
    content_check_entry(&entries[i], &e);
    if (how == 0)
        content_check_data(k->r, (size_t)e.size, i, &k->u.fault);
    if (how == 1)
        CHECK_INT(SEAL_OK, content_read_data(k->r, &data, &len, &k->u.fault));
    return true;
}

static void check_to_end(struct seeking *k, const struct tar_entry *entries, size_t from,
                         size_t count)
{
    struct tar_entry e;
    bool more;

    check_about("seeking, %zu to the end", from);
    if (from < count)
        CHECK_INT(SEAL_OK, content_reader_seek_entry(k->r, from, &k->u.fault));
    for (size_t i = from; i < count; i++)
        if (!check_next(k, entries, i, (uint32_t)i % 3))
            return;
    CHECK_INT(SEAL_OK, content_read_entry(k->r, &e, &more, &k->u.fault));
    CHECK(!more);
}

/* Any entry, and some behind it; every one in order; the last ones. */
static void check_seeks(const struct tar_entry *entries, size_t count)
{
    struct random random = fixture_random("seeks");
    struct seeking k;

    check_about("seeking, tables");
    CHECK_INT(SEAL_OK, content_seek_start(&k));
    CHECK_INT(count, k.count);
    for (size_t n = fixture_share(60, 10); n > 0 && count > 0; n--) {
        size_t i = random_below(&random, (uint32_t)count);
        size_t end = i + 1 + random_below(&random, 4);

        check_about("seeking to entry %zu", i);
        CHECK_INT(SEAL_OK, content_reader_seek_entry(k.r, i, &k.u.fault));
        for (; i < end && i < count; i++)
            if (!check_next(&k, entries, i, random_below(&random, 3)))
                break;
    }
    for (size_t i = 0; i < count; i += 1 + i % 2) {
        check_about("seeking to entry %zu, in order", i);
        CHECK_INT(SEAL_OK, content_reader_seek_entry(k.r, i, &k.u.fault));
        if (!check_next(&k, entries, i, (uint32_t)i % 3))
            break;
    }
    check_to_end(&k, entries, 0, count);
    if (count > 0)
        check_to_end(&k, entries, count < 5 ? 0 : count - 5, count);
    CHECK_INT(SEAL_USAGE, content_reader_seek_entry(k.r, count, &k.u.fault));
    content_seek_end(&k);
}

static void check_round_trip(const struct tar_entry *entries, size_t count, int level)
{
    write_entries(entries, count, level);
    check_entries(entries, count, SIZE_MAX);
    check_entries(entries, count, 2);
    check_seeks(entries, count);
}

static void test_sizes(void)
{
    static const uint64_t sizes[] = {
        0,           1,       511,         512,         513, 1023, 1024, 1025, 4 * MIB - 1024,
        4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 9 * MIB + 77};
    static const int levels[] = {LEVEL_STORE, LEVEL_MIN, LEVEL_DEFAULT};
    struct tar_entry entries[sizeof sizes / sizeof sizes[0]];

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        entries[i] = content_file("data/f", sizes[i]);
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        check_round_trip(entries, sizeof sizes / sizeof sizes[0], levels[i]);
}

/* Paths of each length around what the ustar field and one pax length digit more take. */
static void test_paths(void)
{
    static const char *const parts[] = {"a", "é", "田", "\xf0\x9f\x94\x92", "e\xcc\x81"};
    static const size_t lens[] = {90, 95, 99, 100, 101, 255, 989, 1000, 4096, 9985, 32765, 32767};
    static char paths[60][PATH_LEN_MAX + 1];
    struct tar_entry entries[120];
    size_t count = 0;

    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
        for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
            char *path = paths[count / 2];
            size_t len = 5, part = strlen(parts[p]);

            memcpy(path, "data/", len);
            for (; len + part <= lens[i]; len += part)
                memcpy(path + len, parts[p], part);
            memset(path + len, 'x', lens[i] - len);
            entries[count] = content_file(path, count % 7);
            count++;
            entries[count] = content_file(path, 0);
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
    struct tar_entry e;
    struct content_writer *w;
    struct sealing s;

    check_about("paths too long");
    memset(path, 'p', PATH_LEN_MAX + 1);
    sealing_start(&s);
    CHECK_INT(SEAL_OK, content_writer_new(&w, CONTENT_BAG, 1, NULL, s.stream, &s.fault));
    e = content_file(path, 0);
    CHECK_INT(SEAL_NO_ROOM, content_write_entry(w, &e, &s.fault));
    s.fault = (struct fault){.status = SEAL_OK};
    path[PATH_LEN_MAX] = '\0';
    e = content_file(path, 0);
    e.is_dir = true;
    CHECK_INT(SEAL_NO_ROOM, content_write_entry(w, &e, &s.fault));
    s.fault = (struct fault){.status = SEAL_OK};
    e.is_dir = false;
    CHECK_INT(SEAL_OK, content_write_entry(w, &e, &s.fault));
    content_writer_free(w);
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
    struct tar_entry entries[sizeof times / sizeof times[0]];

    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        entries[i] = content_file("data/t", i);
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
        struct tar_entry e = content_file("data/t", 3);

        e.mtime = times[i];
        write_entries(&e, 1, LEVEL_DEFAULT);
        check_entries(&e, 1, SIZE_MAX);
    }
}

static void test_many(void)
{
    size_t count = fixture_share(20000, 500);
    struct tar_entry *entries = fixture_alloc(count * sizeof *entries);
    char(*paths)[32] = fixture_alloc(count * sizeof *paths);

    for (size_t i = 0; i < count; i++) {
        (void)snprintf(paths[i], sizeof paths[i], "data/%zu", i);
        entries[i] = content_file(paths[i], i % 1100);
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
    struct tar_entry e = content_file("data/large", size), got;
    struct content_writer *w;
    struct content_reader *r;
    struct sealing s;
    struct unsealing u;
    const uint8_t *piece;
    size_t len;
    bool more;

    check_about("%llu bytes", (unsigned long long)size);
    content_fill(data, 5 * MIB, 1);
    sealing_start(&s);
    CHECK_INT(SEAL_OK, content_writer_new(&w, CONTENT_BAG, LEVEL_STORE, NULL, s.stream, &s.fault));
    CHECK_INT(SEAL_OK, content_write_entry(w, &e, &s.fault));
    CHECK_INT(SEAL_OK, content_write_data(w, data, 5 * MIB, &s.fault));
    content_writer_free(w); /* too early: to finish would fill up all that is missing with zeros */
    sealing_end(&s);
    unsealing_start(&u);
    CHECK_INT(SEAL_OK, content_reader_new(&r, CONTENT_BAG, u.stream, &u.fault));
    CHECK_INT(SEAL_OK, content_read_entry(r, &got, &more, &u.fault));
    CHECK(more && got.size == size);
    CHECK_INT(SEAL_OK, content_read_data(r, &piece, &len, &u.fault));
    CHECK(len > 0 && memcmp(piece, data, len) == 0);
    CHECK_INT(SEAL_HOSTILE, content_read_entry(r, &got, &more, &u.fault));
    content_reader_free(r);
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

static void test_all(void)
{
    CHECK_CASE(test_sizes());
    CHECK_CASE(test_paths());
    CHECK_CASE(test_path_too_long());
    CHECK_CASE(test_times());
    CHECK_CASE(test_extreme_times());
    CHECK_CASE(test_many());
    CHECK_CASE(test_large());
}

int main(int argc, char **argv)
{
    check_start("entries", argc, argv);
    fixture_start(argc, argv);
    fixture_twice(&content_crew, test_all);
    return check_done();
}
