/*
 * Headers that no honest sealer makes: names and pax records. One thread parses them, however many
 * there are.
 */
#include <stdio.h>
#include <string.h>

#include "archive/archive.h"
#include "lib/unit_check.h"
#include "lib/content.h"
#include "lib/fixture.h"
#include "lib/forge.h"

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

/* data/0/0/0... */
static void check_parts(size_t parts, char type, enum seal_status want)
{
    char name[2 * PATH_PARTS_MAX + 16] = "data";
    struct tar t = {{0}, {0}};
    struct buffer record = {0};

    for (size_t i = 1; i < parts; i++)
        memcpy(name + 4 + 2 * (i - 1), "/0", 3);
    check_about("%zu parts, type %c", parts, type);
    CHECK(buffer_printf(&record, "%zu path=%s\n", strlen(name) + 10, name) == SEAL_OK);
    tar_note(&t);
    tar_header(&t, "PaxHeaders/entry", 'x', record.len);
    tar_data(&t, record.data, record.len);
    tar_header(&t, "data/short", type, 0);
    tar_zeros(&t, 1024);
    CHECK_INT(want, tar_status(&t));
    buffer_free(&record);
}

static void test_parts(void)
{
    check_parts(PATH_PARTS_MAX, '0', SEAL_OK);
    check_parts(PATH_PARTS_MAX, '5', SEAL_OK);
    check_parts(PATH_PARTS_MAX + 1, '0', SEAL_HOSTILE);
    check_parts(PATH_PARTS_MAX + 1, '5', SEAL_HOSTILE);
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

static void test_pax_good(void)
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
                                       "9 path=x\n9 Path=y\n11 pathe=z\n12 comment=\n",
                                       "22 uname=somebody....\n"};

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        check_pax(good[i], SEAL_OK);
}

static void test_pax_bad(void)
{
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
        "9 path=x\n9 path=x\n",
        "10  path=x\n",
        "10 \tpath=x\n",
        "10 path =x\n",
        "9 path=x\n10  path=y\n",
        "10 pa\th=x\n",
        "11 \xc2\xa0path=x\n",
        "9 path=x\n9 path=y\n",
        "10 size=4\n10 size=4\n",
        "12 mtime=12\n12 mtime=12\n",
        "12 comment=\n8 x=abc\n14 comment=ab\n",
        "6 x=a\n6 y=a\n6 z=a\n6 x=b\n",
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

/* An x header with so many records that are all different; or with one more like the first. */
static void check_many_keywords(unsigned int count, bool has_double, enum seal_status want)
{
    struct buffer b = {0};

    check_about("%u keywords", count);
    for (unsigned int i = 0; i < count; i++)
        CHECK(buffer_printf(&b, "12 %07u=\n", i) == SEAL_OK);
    if (has_double)
        CHECK(buffer_printf(&b, "12 %07u=\n", 0) == SEAL_OK);
    check_pax_len((char *)b.data, b.len, want);
    buffer_free(&b);
}

static void test_many_keywords(void)
{
    check_many_keywords(PAX_KEYWORDS_MAX, false, SEAL_OK);
    check_many_keywords(PAX_KEYWORDS_MAX - 1, true, SEAL_HOSTILE);
    check_many_keywords(PAX_KEYWORDS_MAX + 1, false, SEAL_HOSTILE);
    check_many_keywords(PAX_LEN_MAX / 12 - 5, false, SEAL_HOSTILE);
}

/* The field of the header at offset off, of a file that pax records stand before. */
static enum seal_status overridden_status(const char *records, size_t off, const char *field)
{
    struct tar t = {{0}, {0}};
    size_t header;

    check_about("\"%s\", and \"%s\" at %zu of the header", records, field, off);
    tar_note(&t);
    tar_header(&t, "PaxHeaders/entry", 'x', strlen(records));
    tar_data(&t, records, strlen(records));
    header = t.bytes.len;
    tar_header(&t, "data/short", '0', 4);
    memcpy(t.bytes.data + header + off, field, strlen(field));
    tar_checksum((char *)t.bytes.data + header);
    tar_data(&t, "four", 4);
    tar_zeros(&t, 1024);
    return tar_status(&t);
}

/* What a record overrides is not read: neither a name, nor numbers in base 256. */
static void test_overridden(void)
{
    static const char base_256[] = "\x80\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b";

    CHECK_INT(SEAL_OK, overridden_status("15 path=data/b\n", 0, "../\xff\xff"));
    CHECK_INT(SEAL_HOSTILE, overridden_status("13 mtime=1.5\n", 0, "../\xff\xff"));
    CHECK_INT(SEAL_OK, overridden_status("10 size=4\n", 124, base_256));
    CHECK_INT(SEAL_HOSTILE, overridden_status("12 mtime=12\n", 124, base_256));
    CHECK_INT(SEAL_OK, overridden_status("12 mtime=12\n", 136, base_256));
    CHECK_INT(SEAL_HOSTILE, overridden_status("10 size=4\n", 136, base_256));
    CHECK_INT(SEAL_HOSTILE, overridden_status("10 size=4\n", 100, base_256)); /* the mode */
}

/* Every byte of a header changed. Some bytes mean nothing here, but all are under its checksum. */
static void test_header_bytes(void)
{
    for (size_t at = 0; at < TAR_BLOCK; at++) {
        struct tar t = tar_one_entry();

        check_about("header byte %zu changed", at);
        tar_zeros(&t, 1024);
        t.bytes.data[at] ^= 1;
        CHECK_INT(SEAL_HOSTILE, tar_status(&t));
        t = tar_one_entry();
        tar_zeros(&t, 1024);
        t.bytes.data[at] ^= 0x80; /* and the checksum made right again */
        tar_checksum((char *)t.bytes.data);
        (void)tar_status(&t);
    }
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
    t = tar_one_entry();
    tar_note(&t);
    tar_header(&t, "PaxHeaders/entry", 'x', 9);
    tar_data(&t, "9 path=x\n", 9);
    tar_zeros(&t, 1024);
    CHECK_INT(SEAL_HOSTILE, tar_status(&t));
}

int main(int argc, char **argv)
{
    check_start("tar_headers", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_names());
    CHECK_CASE(test_parts());
    CHECK_CASE(test_pax_good());
    CHECK_CASE(test_pax_bad());
    CHECK_CASE(test_pax_limits());
    CHECK_CASE(test_many_keywords());
    CHECK_CASE(test_overridden());
    CHECK_CASE(test_header_bytes());
    CHECK_CASE(test_two_pax_headers());
    return check_done();
}
