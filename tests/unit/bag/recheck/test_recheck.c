/*
 * A bag on disk, checked again: clean and old bags, and bags that were changed.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "lib/unit_check.h"
#include "lib/disk.h"
#include "lib/fixture.h"

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
    disk_put(".DS_Store", "");
    disk_put("data/sub/Thumbs.db", "");
    disk_put("data/sub/._b", "");
    disk_put("data/sub/Thumbs.db2", "");
    disk_keep_times();
    disk_expect("by file managers",
                "added .DS_Store: BY_FILE_MANAGER\nadded data/sub/._b: BY_FILE_MANAGER\n"
                "added data/sub/Thumbs.db: BY_FILE_MANAGER\nadded data/sub/Thumbs.db2\n");
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
    buffer_free(&disk_told.text);
    return check_done();
}
