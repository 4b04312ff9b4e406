/*
 * A bag on disk, checked again: clean and old bags, bags that were changed, and records that are
 * wrong.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bag/recheck/digests.h"
#include "bag/bag_layout.h"
#include "bag/manifest.h"
#include "bag/mtree.h"
#include "lib/unit_check.h"
#include "lib/disk.h"
#include "lib/fixture.h"

/* ---- What was told ------------------------------------------------------------------------ */

static void disk_expect_no_bag(const char *about, enum seal_reason reason)
{
    check_about("%s", about);
    CHECK_INT(SEAL_USAGE, disk_recheck("bag"));
    CHECK_INT(reason, disk_told.fault.reason);
    check_about("%s", "");
}

/* ---- Bags --------------------------------------------------------------------------------- */

#define BAGIT_0_97 "BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n"

/* The same again after something was changed that the times of folders follow. */
static void disk_keep_times(void)
{
    disk_set_time("data/sub", TIME_OF_1);
    disk_set_time("data", TIME_OF_1);
}

/* ---- Clean bags --------------------------------------------------------------------------- */

static void test_clean(void)
{
    struct buffer tagmanifest;
    struct sha256 hash;
    uint8_t want[SHA256_LEN];

    disk_sealed_bag();
    disk_expect("a sealed bag", "");
    CHECK_INT(2, disk_told.result.files);
    CHECK_INT(9, disk_told.result.bytes);
    CHECK_INT(9, disk_told.progress);
    CHECK(disk_told.result.has_listing);
    CHECK(disk_told.result.has_digest);
    CHECK_INT(DIGEST_BIT(DIGEST_SHA256), disk_told.result.algorithms);
    tagmanifest = disk_read_text("tagmanifest-sha256.txt");
    sha256_start(&hash);
    sha256_add(&hash, tagmanifest.data, tagmanifest.len);
    sha256_end(&hash, want);
    CHECK_BYTES(want, disk_told.result.digest, SHA256_LEN);
    buffer_free(&tagmanifest);
}

static void test_algorithms(void)
{
    /* RFC 1321, FIPS 180-4: of "abc". */
    static const char *const want[DIGEST_KINDS] = {
        "900150983cd24fb0d6963f7d28e17f72",
        "a9993e364706816aba3e25717850c26c9cd0d89d",
        "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
        "8086072ba1e7cc2358baeca134c825a7",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"};

    for (int i = 0; i < DIGEST_KINDS; i++) {
        enum digest_kind kind = (enum digest_kind)i;
        struct digests d;
        uint8_t digest[DIGEST_LEN_MAX];

        digests_start(&d, 1U << i);
        digests_add(&d, "abc", 3);
        digests_end(&d, kind, digest);
        CHECK_HEX(want[i], digest, digest_len(kind));
        disk_small_bag(BAGIT_1_0, kind, "  ");
        disk_expect(digest_name(kind), "");
        CHECK_INT(DIGEST_BIT(kind), disk_told.result.algorithms);
        CHECK(!disk_told.result.has_digest && !disk_told.result.has_listing);
        disk_put("data/a", "alphx");
        disk_expect(digest_name(kind), "altered data/a\n");
    }
}

static void test_old(void)
{
    struct buffer manifest = {0};

    disk_small_bag(BAGIT_0_97, DIGEST_MD5, " *");
    disk_line_for(&manifest, DIGEST_SHA512, "alpha", "\t ", "./data/a");
    disk_put_buffer("manifest-sha512.txt", &manifest); /* 0.97: some of the files are enough */
    disk_folder("data/empty");
    disk_put("package-info.txt", "payload-oxum:  9.2 \n");
    disk_expect("md5 and sha512, version 0.97", "");
    CHECK_INT(DIGEST_BIT(DIGEST_MD5) | DIGEST_BIT(DIGEST_SHA512), disk_told.result.algorithms);
    disk_put("bagit.txt", "bagit-version: 0.93\r\ntag-file-character-encoding:  utf-8\r\n");
    disk_expect("version 0.93", "");
    disk_put("package-info.txt", "Payload-Oxum: 9.3\n");
    disk_expect("package-info.txt", "off package-info.txt: OXUM_DIFFERS 9.3 -> 9.2\n");
}

static void test_line_ends(void)
{
    struct buffer text;
    struct buffer crlf = {0};

    for (int i = 0; i < 2; i++) { /* CR LF, and then CR */
        disk_small_bag(BAGIT_1_0, DIGEST_SHA256, "  ");
        text = disk_read_text("manifest-sha256.txt");
        for (size_t k = 0; k < text.len; k++)
            if (buffer_append(&crlf, text.data[k] == '\n' ? "\r\n" : (const char *)text.data + k,
                              text.data[k] == '\n' && i == 0 ? 2 : 1) != SEAL_OK)
                abort();
        buffer_free(&text);
        disk_put_buffer("manifest-sha256.txt", &crlf);
        disk_put("bagit.txt", i == 0
                                  ? "BagIt-Version: 1.0\r\nTag-File-Character-Encoding: UTF-8\r\n"
                                  : "BagIt-Version: 1.0\rTag-File-Character-Encoding: UTF-8\r");
        disk_put("bag-info.txt", "Payload-Oxum: 9.2\r\n");
        disk_expect("line ends", "");
    }
}

/* ---- Changed bags ------------------------------------------------------------------------- */

static void test_files(void)
{
    disk_sealed_bag();
    disk_put("data/a", "alphx");
    disk_set_time("data/a", TIME_OF_1);
    disk_expect("a byte altered", "altered data/a\n");
    disk_put("data/a", "al");
    disk_set_time("data/a", TIME_OF_1);
    disk_expect("cut short", "altered data/a: SIZE 5 -> 2\n");
    CHECK_INT(0, unlink(disk_in_bag("data/sub/b")));
    disk_put("data/a", "alpha");
    disk_set_time("data/a", TIME_OF_1);
    disk_keep_times();
    disk_expect("missing", "gone data/sub/b\n");
    CHECK_INT(0, rmdir(disk_in_bag("data/sub")));
    disk_set_time("data", TIME_OF_1);
    disk_expect("a folder missing", "gone data/sub/b\ngone data/sub: IS_FOLDER\n");
}

static void test_added(void)
{
    disk_sealed_bag();
    disk_put("data/sub/new", "");
    disk_folder("data/extra");
    CHECK_INT(0, symlink("../../secret", disk_in_bag("data/link")));
    CHECK_INT(0, symlink(".", disk_in_bag("data/sub/loop")));
    CHECK_INT(0, mkfifo(disk_in_bag("data/fifo"), 0644));
    disk_keep_times();
    disk_expect("added",
                "added data/fifo: IS_FIFO\nadded data/link: IS_LINK\nadded data/extra: IS_FOLDER\n"
                "added data/sub/loop: IS_LINK\nadded data/sub/new\n");
    disk_sealed_bag();
    CHECK_INT(0, unlink(disk_in_bag("data/a")));
    CHECK_INT(0, symlink("sub/b", disk_in_bag("data/a")));
    CHECK_INT(0, rename(disk_in_bag("data/sub"), disk_in_bag("moved")));
    CHECK_INT(0, symlink("../moved", disk_in_bag("data/sub")));
    disk_set_time("data", TIME_OF_1);
    disk_expect("links in place of files and folders",
                "added moved: IS_FOLDER\nadded data/a: IS_LINK\nadded data/sub: IS_LINK\n"
                "gone data/a\ngone data/sub/b\ngone data/sub: IS_FOLDER\n");
}

static void test_times(void)
{
    disk_sealed_bag();
    disk_set_time("data/a", 1700000001, 123456789);
    disk_set_time("data/sub", 1700000000, 0);
    disk_expect(
        "retimed",
        "retimed data/a: TIME 2023-11-14T22:13:20.123456789Z -> 2023-11-14T22:13:21.123456789Z\n"
        "retimed data/sub: TIME_ROUNDED 2023-11-14T22:13:20.123456789Z -> "
        "2023-11-14T22:13:20.000000000Z\n");
    disk_set_time("data/a", 1700000000, 123456700);
    disk_set_time("data/sub", 1700000002, 0);
    disk_expect("rounded up or to 100 ns",
                "retimed data/a: TIME_ROUNDED 2023-11-14T22:13:20.123456789Z -> "
                "2023-11-14T22:13:20.123456700Z\n"
                "retimed data/sub: TIME_ROUNDED 2023-11-14T22:13:20.123456789Z -> "
                "2023-11-14T22:13:22.000000000Z\n");
    disk_set_time("data/a", 1700000000 - 3 * 3600, 123456789);
    disk_set_time("data/sub", 1700000000 + 3600, 0);
    disk_expect("whole hours off, rounded or not",
                "retimed data/a: TIME_SHIFTED 2023-11-14T22:13:20.123456789Z -> "
                "2023-11-14T19:13:20.123456789Z\n"
                "retimed data/sub: TIME_SHIFTED 2023-11-14T22:13:20.123456789Z -> "
                "2023-11-14T23:13:20.000000000Z\n");
    disk_set_time("data/a", 1700000000 + 3599, 123456789);
    disk_set_time("data/sub", 1700000000 + 27 * 3600, 123456789);
    disk_expect("others", "retimed data/a: TIME 2023-11-14T22:13:20.123456789Z -> "
                          "2023-11-14T23:13:19.123456789Z\n"
                          "retimed data/sub: TIME 2023-11-14T22:13:20.123456789Z -> "
                          "2023-11-16T01:13:20.123456789Z\n");
}

static void test_unreadable(void)
{
    if (geteuid() == 0) {
        check_skip("root may read all");
        return;
    }
    disk_sealed_bag();
    CHECK_INT(0, chmod(disk_in_bag("data/a"), 0));
    CHECK_INT(0, chmod(disk_in_bag("data/sub"), 0));
    disk_expect("no right to read", "unreadable data/a: SYSTEM Permission denied\n"
                                    "unreadable data/sub: SYSTEM Permission denied\n"
                                    "unreadable data/sub/b: FOLDER_UNREAD\n");
    CHECK_INT(0, chmod(disk_in_bag("data/sub"), 0755));
}

/* ---- Records that are wrong --------------------------------------------------------------- */

static void test_no_bag(void)
{
    disk_fresh(BAGIT_1_0);
    disk_expect_no_bag("no manifest", REASON_BAG_NO_MANIFEST);
    disk_put("manifest-blake2.txt", "");
    disk_expect_no_bag("only one that is not known", REASON_BAG_MANIFEST_UNKNOWN);
    CHECK_TEXT("note 0 manifest-blake2.txt\n", disk_told_text());
    CHECK_INT(0, rmdir(disk_in_bag("data")));
    disk_expect_no_bag("no data", REASON_BAG_NO_DATA);
    disk_put("data", "");
    disk_expect_no_bag("data a file", REASON_BAG_NO_DATA);
    CHECK_INT(0, unlink(disk_in_bag("bagit.txt")));
    disk_expect_no_bag("no bagit.txt", REASON_BAG_NO_DECLARATION);
    CHECK_INT(0, symlink("data", disk_in_bag("bagit.txt")));
    disk_expect_no_bag("bagit.txt a link", REASON_BAG_DECLARATION_KIND);
}

static void test_bagit(void)
{
    static const char utf8[] = "\nTag-File-Character-Encoding: UTF-8\n";
    static const char *const versions[] = {
        "0.92", "1.1", "2.0", "", "1", "1.0x", ".97", "0.", "-1.0", "0.99999999999999999999999"};
    char text[256];

    disk_small_bag(BAGIT_1_0, DIGEST_SHA1, "  ");
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        (void)snprintf(text, sizeof text, "BagIt-Version: %s%s", versions[i], utf8);
        disk_put("bagit.txt", text);
        disk_expect_no_bag(versions[i], REASON_BAG_VERSION);
    }
    disk_put("bagit.txt", "");
    disk_expect_no_bag("empty", REASON_BAG_VERSION);
    (void)snprintf(text, sizeof text, "BagIt-Version : 1.0%s", utf8);
    disk_put("bagit.txt", text);
    disk_expect_no_bag("a blank before the colon", REASON_BAG_VERSION);
    disk_put("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-16\n");
    disk_expect_no_bag("UTF-16", REASON_BAG_ENCODING);
    disk_put("bagit.txt", "BagIt-Version: 1.0\n");
    disk_expect_no_bag("no encoding", REASON_BAG_ENCODING);
    disk_put("bagit.txt", "\xEF\xBB\xBF" BAGIT_1_0);
    disk_expect("byte order mark", "off bagit.txt: BYTE_ORDER_MARK\n");
}

static void test_manifests(void)
{
    struct buffer b = {0};

    disk_small_bag(BAGIT_1_0, DIGEST_MD5, "  ");
    disk_line_for(&b, DIGEST_SHA512, "alpha", "  ", "data/a");
    disk_put_buffer("manifest-sha512.txt", &b);
    disk_expect("not the same files", "off data/sub/b: NOT_LISTED manifest-sha512.txt\n");
    disk_line_for(&b, DIGEST_SHA512, "alphx", "  ", "data/a");
    disk_line_for(&b, DIGEST_SHA512, "beta", "  ", "data/sub/b");
    disk_put_buffer("manifest-sha512.txt", &b);
    disk_expect("the weaker agrees",
                "altered data/a: DIGESTS_DIFFER manifest-md5.txt manifest-sha512.txt\n");
    disk_put("data/a", "alphx");
    disk_expect("the stronger agrees",
                "off data/a: DIGESTS_DIFFER manifest-sha512.txt manifest-md5.txt\n");

    disk_small_bag(BAGIT_1_0, DIGEST_SHA256, "  ");
    disk_line_for(&b, DIGEST_SHA256, "alpha", "  ", "data/a");
    disk_append_to("manifest-sha256.txt", (const char *)b.data);
    disk_expect("twice the same", "");
    b.len = 0;
    disk_line_for(&b, DIGEST_SHA256, "gamma", "  ", "data/a");
    disk_append_to("manifest-sha256.txt", (const char *)b.data);
    buffer_free(&b);
    disk_expect("twice, different", "off data/a: LISTED_TWO_DIGESTS manifest-sha256.txt\n");
    disk_small_bag(BAGIT_1_0, DIGEST_MD5, "  ");
    disk_append_to("manifest-md5.txt", "\n  \nnot a line\nnor this\n"
                                       "00000000000000000000000000000000\n"
                                       "00000000000000000000000000000000 \n");
    CHECK_INT(0, symlink("manifest-md5.txt", disk_in_bag("manifest-sha1.txt")));
    disk_expect("malformed lines, and a link", "off manifest-md5.txt: LINE_MALFORMED line 5\n"
                                               "off manifest-sha1.txt: LINK_IN_PLACE\n");
}

static void test_climbing(void)
{
    static const char *const paths[] = {"../x",      "/etc/passwd", "data/../../x", "data/..",
                                        "data//a",   "data/./a",    "data/",        "x",
                                        "data/\xff", "data/a/",     "..",           "data"};
    char line[256], want[256];

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        disk_small_bag(BAGIT_1_0, DIGEST_MD5, "  ");
        (void)snprintf(line, sizeof line, "00000000000000000000000000000000  %s\n", paths[i]);
        disk_append_to("manifest-md5.txt", line);
        (void)snprintf(line, sizeof line, "http://localhost/ - %s\n", paths[i]);
        disk_put("fetch.txt", line);
        (void)snprintf(want, sizeof want,
                       "off %s: PATH_FORBIDDEN_LINE manifest-md5.txt line 3\n"
                       "off %s: PATH_FORBIDDEN_LINE fetch.txt line 1\n",
                       paths[i], paths[i]);
        disk_expect(paths[i], want);
    }
    disk_small_bag(BAGIT_1_0, DIGEST_MD5, "  ");
    disk_put("tagmanifest-md5.txt", "00000000000000000000000000000000  ../bag/bagit.txt\n"
                                    "00000000000000000000000000000000  data/a\n"
                                    "00000000000000000000000000000000  nowhere/x\n"
                                    "00000000000000000000000000000000  bagit.txt\n"
                                    "00000000000000000000000000000000  data\n");
    disk_expect("tag files",
                "off ../bag/bagit.txt: PATH_FORBIDDEN_LINE tagmanifest-md5.txt line 1\n"
                "off data/a: PATH_FORBIDDEN_LINE tagmanifest-md5.txt line 2\n"
                "gone nowhere/x\naltered bagit.txt\n"
                "gone data: FOLDER_IN_PLACE\n");
}

static void test_fetch_and_oxum(void)
{
    disk_small_bag(BAGIT_1_0, DIGEST_MD5, "  ");
    disk_put("fetch.txt", "http://localhost/a 5 data/a\nhttp://localhost/b\t-\tdata/sub/b\n"
                          "http://localhost/c - data/c\nmalformed\n");
    CHECK_INT(0, unlink(disk_in_bag("data/sub/b")));
    disk_put("bag-info.txt", "Payload-Oxum: 9.2\n");
    disk_expect("fetch.txt", "off data/c: LISTED_ALONE fetch.txt\n"
                             "off fetch.txt: LINE_MALFORMED line 4\n"
                             "gone data/sub/b: FETCHABLE\n"
                             "gone data/c: FETCHABLE\n");
    disk_small_bag(BAGIT_1_0, DIGEST_MD5, "  ");
    disk_put("bag-info.txt", "X: y\n  Payload-Oxum: 1.1\nPayload-Oxum: 8.2\n");
    disk_expect("oxum", "off bag-info.txt: OXUM_DIFFERS 8.2 -> 9.2\n");
    disk_put("bag-info.txt", "Payload-Oxum: 9.2\nPayload-Oxum: 9.3\nPAYLOAD-OXUM: 9\n"
                             "Payload-Oxum: 99999999999999999999.2\n");
    disk_expect("oxums", "off bag-info.txt: OXUM_TWICE\n"
                         "off bag-info.txt: OXUM_MALFORMED\n"
                         "off bag-info.txt: OXUM_MALFORMED\n");
}

static void test_percent(void)
{
    struct buffer b = {0};

    disk_fresh(BAGIT_1_0);
    disk_put("data/a\nb\rc%", "x");
    disk_line_for(&b, DIGEST_MD5, "x", "  ", "data/a%0Ab%0dc%25");
    disk_put_buffer("manifest-md5.txt", &b);
    disk_expect("encoded", "");
    disk_fresh(BAGIT_0_97);
    disk_put("data/100%25", "x");
    disk_put("data/5%", "x");
    disk_line_for(&b, DIGEST_MD5, "x", "  ", "data/100%25");
    disk_line_for(&b, DIGEST_MD5, "x", "  ", "data/5%");
    disk_put_buffer("manifest-md5.txt", &b);
    disk_expect("literal", "");
    disk_put("bagit.txt", BAGIT_1_0);
    disk_expect("literal in 1.0", "off data/100%25: PERCENT_UNCODED manifest-md5.txt\n");
}

static void test_tag_files(void)
{
    disk_sealed_bag();
    disk_append_to("bag-info.txt", "Note: altered\n");
    CHECK_INT(0, unlink(disk_in_bag("metadata.mtree")));
    disk_expect("tag files", "gone metadata.mtree\naltered bag-info.txt\n");
    CHECK(!disk_told.result.has_listing);
}

static void relist(const char *text)
{
    struct buffer b = {0};

    disk_sealed_bag();
    CHECK_INT(0, unlink(disk_in_bag("tagmanifest-sha256.txt")));
    disk_put("bag-info.txt", "Payload-Oxum: 9.2\n");
    disk_listing_text(&b, text);
    disk_put_buffer("metadata.mtree", &b);
}

static void test_listing(void)
{
    struct buffer b = {0};

    relist("#mtree v2.0\n. type=dir\n./data type=dir\n");
    disk_expect("foreign", "");
    CHECK(!disk_told.result.has_listing);
    relist("#mtree\n/set type=file\n");
    disk_expect("foreign too", "");
    relist("");
    disk_expect("empty", "");
    CHECK(!disk_told.result.has_listing);
    relist(MTREE_HEAD);
    disk_expect("no entries", "off data/a: NOT_LISTED metadata.mtree\n"
                              "off data/sub/b: NOT_LISTED metadata.mtree\n"
                              "gone tagmanifest-sha256.txt\n"
                              "added data/sub: IS_FOLDER\n");
    CHECK(disk_told.result.has_listing);

    disk_listing_text(&b, MTREE_HEAD "# a comment\n./data/a malformed\n./data/\\999 type=dir\n");
    disk_listing_file(&b, "data/a", "alpha", TIME_1);
    disk_listing_file(&b, "data/a", "alpha", TIME_1);
    disk_listing_file(&b, "data/sub/b", "BETA!", TIME_1);
    disk_listing_file(&b, "data/c", "c", TIME_1);
    disk_listing_text(&b, "./elsewhere type=dir time=" TIME_1 "\n"
                          "./data/l type=link time=" TIME_1 " link=a\n"
                          "./data/sub/b type=link time=" TIME_1 " link=a\n");
    relist((const char *)b.data);
    buffer_free(&b);
    disk_expect("contradictions", "off metadata.mtree: LINE_MALFORMED line 4\n"
                                  "off data/a: LISTED_TWICE metadata.mtree\n"
                                  "off data/sub/b: LISTED_OTHER_DIGEST metadata.mtree\n"
                                  "off elsewhere: PATH_FORBIDDEN metadata.mtree\n"
                                  "off data/sub/b: LISTED_NO_FILE metadata.mtree\n"
                                  "off data/c: LISTED_ALONE metadata.mtree\n"
                                  "gone tagmanifest-sha256.txt\n"
                                  "off data/sub/b: LISTED_SIZE metadata.mtree 5 -> 4\n"
                                  "gone data/c\n"
                                  "off bag-info.txt: OXUM_DIFFERS 9.2 -> 10.2\n");
}

int main(int argc, char **argv)
{
    check_start("recheck", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_clean());
    CHECK_CASE(test_algorithms());
    CHECK_CASE(test_old());
    CHECK_CASE(test_line_ends());
    CHECK_CASE(test_files());
    CHECK_CASE(test_added());
    CHECK_CASE(test_times());
    CHECK_CASE(test_unreadable());
    CHECK_CASE(test_no_bag());
    CHECK_CASE(test_bagit());
    CHECK_CASE(test_manifests());
    CHECK_CASE(test_climbing());
    CHECK_CASE(test_fetch_and_oxum());
    CHECK_CASE(test_percent());
    CHECK_CASE(test_tag_files());
    CHECK_CASE(test_listing());
    buffer_free(&disk_told.text);
    return check_done();
}
