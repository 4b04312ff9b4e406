/*
 * Lines of the manifest and of the listing, written and read.
 */
#include <stdio.h>
#include <string.h>

#include "bag/bag_layout.h"
#include "bag/manifest.h"
#include "bag/mtree.h"
#include "bag/table.h"
#include "base/text.h"
#include "lib/unit_check.h"

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
    check_manifest_line(DIGEST_HEX "  %2525", "%25");
    check_manifest_line(DIGEST_HEX "   a", " a");
    check_manifest_line(DIGEST_HEX " data/a", NULL);
    check_manifest_line(DIGEST_HEX "\tdata/a", NULL);
    check_manifest_line(DIGEST_HEX " \tdata/a", NULL);
    check_manifest_line(DIGEST_HEX " *data/a", NULL);
    check_manifest_line(DIGEST_HEX "  data/a\r", NULL);
    check_manifest_line(DIGEST_HEX "  data/%0a%0d%25", NULL);
    check_manifest_line(DIGEST_HEX "  data/%41%2", NULL);
    check_manifest_line(DIGEST_HEX "  %", NULL);
    check_manifest_line(DIGEST_HEX "  a%2", NULL);
    check_manifest_line("AABB"
                        "2233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF  x",
                        NULL);
    check_manifest_line("", NULL);
    check_manifest_line(DIGEST_HEX, NULL);
    check_manifest_line(DIGEST_HEX " ", NULL);
    check_manifest_line(DIGEST_HEX "  ", NULL);
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
    CHECK(parse_mtree(copy, sizeof copy,
                      "./a sha256digest=" DIGEST_HEX
                      " time=0.000000000 size=18446744073709551615 type=file",
                      &e));
    CHECK(e.size == UINT64_MAX);
    check_mtree_path("./a\\040b\\134\\043\\303\\251 type=dir time=0.000000000", "a b\\#\xc3\xa9");
    check_mtree_path("./a\\012 type=link time=0.000000000 link=/x\\040y", "a\n");
    check_mtree_path("./=/= type=dir time=0.000000000", "=/=");
    check_mtree_time("0.000000000", 0, 0);
    check_mtree_time("-1.500000000", -1, 500000000);
    check_mtree_time("9223372036854775807.999999999", INT64_MAX, 999999999);
    check_mtree_time("-9223372036854775807.000000000", -INT64_MAX, 0);
}

static const char *const bad_entries[] = {
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
    "./a  type=dir time=0.000000000",
    "./a type=dir time=0.000000000 ",
    "./a type=dir time=0.000000000 optional",
    "./a type=dir time=0.000000000 mode=0755",
    "./a type=dir time=0.000000000 size=0",
    "./a type=dir time=0.000000000 link=y",
    "./a type=dir time=00.000000000",
    "./a type=dir time=-01.000000000",
    "./a type=dir type=dir time=0.000000000",
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

static void test_mtree_bad(void)
{
    struct mtree_entry e;
    char nul[] = "./a\0 type=dir time=0.000000000";

    for (size_t i = 0; i < sizeof bad_entries / sizeof bad_entries[0]; i++)
        check_mtree_bad(bad_entries[i]);
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

int main(int argc, char **argv)
{
    check_start("formats", argc, argv);
    CHECK_CASE(test_manifest());
    CHECK_CASE(test_mtree_good());
    CHECK_CASE(test_mtree_bad());
    CHECK_CASE(test_mtree_items());
    CHECK_CASE(test_mtree_remarks());
    return check_done();
}
