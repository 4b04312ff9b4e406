/*
 * Tars that no honest sealer makes: padding, ends and offsets.
 */
#include <stdio.h>
#include <string.h>

#include "archive/archive.h"
#include "lib/unit_check.h"
#include "lib/content.h"
#include "lib/fixture.h"
#include "lib/forge.h"

/* The content of the file sealed last, as bytes. */
static struct buffer sealed_content(void)
{
    struct unsealing u;
    struct buffer b = {0};
    const struct sink sink = {fixture_append, &b};
    uint8_t digest[32], receipt[32];
    uint64_t len = 0;

    unsealing_start(&u);
    CHECK_INT(SEAL_OK, stream_reader_copy(u.stream, &sink, &len, digest, receipt, &u.fault));
    unsealing_end(&u);
    b.len = (size_t)len;
    return b;
}

/* Each byte behind the data of a file, and behind the records of an x header. */
static void test_padding(void)
{
    for (size_t at = 0; at < TAR_BLOCK; at++) {
        struct tar t = {{0}, {0}};

        check_about("byte %zu behind records and behind data", at);
        tar_pax(&t, "9 path=x\n", 9);
        tar_zeros(&t, 1024);
        t.bytes.data[TAR_BLOCK + at] = at < 9 ? t.bytes.data[TAR_BLOCK + at] : 1;
        CHECK_INT(at < 9 ? SEAL_OK : SEAL_HOSTILE, tar_status(&t));
        tar_pax(&t, "9 path=x\n", 9);
        tar_zeros(&t, 1024);
        t.bytes.data[3 * TAR_BLOCK + at] = 'f';
        CHECK_INT(at < 4 ? SEAL_OK : SEAL_HOSTILE, tar_status(&t));
    }
}

static void check_end(const char *about, size_t zeros, const char *behind, enum seal_status want)
{
    struct tar t = tar_one_entry();

    check_about("%s", about);
    tar_zeros(&t, zeros);
    content_add(&t.bytes, behind, strlen(behind));
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

static void test_offsets(void)
{
    struct tar t;

    for (size_t at = 0; at < 16; at++) {
        check_about("offsets byte %zu changed", at);
        t = tar_one_entry();
        tar_entry(&t, "data/b", '0', "");
        tar_zeros(&t, 1024);
        t.offsets.data[at] ^= 1;
        CHECK_INT(SEAL_HOSTILE, tar_status(&t));
    }
    check_about("an offset too many, too few, cut");
    for (int i = 0; i < 3; i++) {
        t = tar_one_entry();
        tar_zeros(&t, 1024);
        if (i == 0)
            tar_note(&t);
        t.offsets.len -= i == 1 ? 8 : i == 2 ? 1 : 0;
        CHECK_INT(SEAL_HOSTILE, tar_status(&t));
    }
}

/* Every byte of a real bag's content changed: ok (file data, which manifests cover) or hostile. */
static void test_bag_bytes(void)
{
    struct tar_entry entries[] = {content_file("data/a", 40), content_file("data/b", 0)};
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

static void test_all(void)
{
    CHECK_CASE(test_padding());
    CHECK_CASE(test_ends());
    CHECK_CASE(test_offsets());
    CHECK_CASE(test_bag_bytes());
}

int main(int argc, char **argv)
{
    check_start("tar_read", argc, argv);
    fixture_start(argc, argv);
    fixture_twice(&content_crew, test_all);
    return check_done();
}
