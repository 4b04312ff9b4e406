/*
 * A bag on disk, checked again, whose record is wrong: its declaration, manifests, fetch.txt, tag
 * files or listing.
 */
#include <unistd.h>

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

#define BAGIT_0_97 "BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n"

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
    disk_put("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: KOI8-R\n");
    disk_expect_no_bag("an encoding that is not read", REASON_BAG_ENCODING);
    disk_put("bagit.txt", "BagIt-Version: 1.0\n");
    disk_expect_no_bag("no encoding", REASON_BAG_ENCODING);
    disk_put("bagit.txt", "\xEF\xBB\xBF" BAGIT_1_0);
    disk_expect("byte order mark", "off bagit.txt: BYTE_ORDER_MARK\n");
}

/* Appends text with its one character above U+007F, U+00E9, as two bytes a character or one. */
static void encode(struct buffer *out, const char *text, bool is_wide)
{
    for (; *text != '\0'; text++) {
        char c = *text == '\xc3' ? '\xe9' : *text;

        if (*text == '\xa9')
            continue;
        if (is_wide)
            CHECK_INT(SEAL_OK, buffer_append(out, "", 1));
        CHECK_INT(SEAL_OK, buffer_append(out, &c, 1));
    }
}

static const char accent[] = "data/\xc3\xa9", accent_apart[] = "data/e\xcc\x81";

static void encoded_bag(const char *encoding, bool is_wide)
{
    struct buffer line = {0}, encoded = {0};

    disk_fresh(BAGIT_1_0);
    disk_put("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: ");
    disk_append_to("bagit.txt", encoding);
    disk_put(accent, "alpha");
    disk_line_for(&line, DIGEST_SHA256, "alpha", "  ", accent);
    CHECK_INT(SEAL_OK, buffer_append(&line, "", 1));
    encode(&encoded, (const char *)line.data, is_wide);
    disk_put_buffer("manifest-sha256.txt", &encoded);
    encode(&encoded, "Payload-Oxum: 5.1\n", is_wide);
    disk_put_buffer("bag-info.txt", &encoded);
    buffer_free(&line);
    buffer_free(&encoded);
}

static void test_encodings(void)
{
    encoded_bag("ISO-8859-1\n", false);
    disk_expect("ISO-8859-1", "");
    encoded_bag("UTF-16\n", true);
    disk_expect("UTF-16", "");
    disk_put(accent, "alphx");
    disk_expect("altered", "altered data/\xc3\xa9\n");
    encoded_bag("UTF-16LE\n", true);
    disk_expect("in the other order", "off manifest-sha256.txt: LINE_MALFORMED line 1\n"
                                      "added data/\xc3\xa9\n");
}

/* As some programs on Windows write them. */
static void test_backslashes(void)
{
    struct buffer line = {0};

    disk_small_bag(BAGIT_1_0, DIGEST_SHA256, "  ");
    disk_line_for(&line, DIGEST_SHA256, "alpha", "  ", "data\\a");
    disk_line_for(&line, DIGEST_SHA256, "beta", "  ", "data\\sub\\b");
    disk_put_buffer("manifest-sha256.txt", &line);
    disk_expect("compared all the same", "off data\\a: BACKSLASHES manifest-sha256.txt\n"
                                         "off data\\sub\\b: BACKSLASHES manifest-sha256.txt\n");
    buffer_free(&line);
}

static void test_marks(void)
{
    struct buffer line = {0};

    disk_small_bag(BAGIT_1_0, DIGEST_SHA256, "  ");
    CHECK_INT(SEAL_OK, buffer_append(&line, "\xEF\xBB\xBF", 3));
    disk_line_for(&line, DIGEST_SHA256, "alpha", "  ", "data/a");
    disk_line_for(&line, DIGEST_SHA256, "beta", "  ", "data/sub/b");
    disk_put_buffer("manifest-sha256.txt", &line);
    buffer_free(&line);
    disk_expect("a byte order mark", "off manifest-sha256.txt: BYTE_ORDER_MARK\n");
}

/* What media and systems on the way make of names. */
static void test_other_names(void)
{
    struct buffer line = {0};

    disk_small_bag(BAGIT_1_0, DIGEST_SHA256, "  ");
    CHECK_INT(0, rename(disk_in_bag("data/a"), disk_in_bag("data/A")));
    disk_expect("capital letters", "added data/A\ngone data/a: NAME_OTHER_FORM\n");
    disk_fresh(BAGIT_1_0);
    disk_put(accent_apart, "alpha");
    disk_line_for(&line, DIGEST_SHA256, "alpha", "  ", accent);
    disk_put_buffer("manifest-sha256.txt", &line);
    buffer_free(&line);
    disk_expect("accents apart", "added data/e\xcc\x81\ngone data/\xc3\xa9: NAME_OTHER_FORM\n");
    disk_fresh(BAGIT_1_0);
    disk_folder("data/sub");
    disk_put("data/sub/b", "alpha");
    line = (struct buffer){0};
    disk_line_for(&line, DIGEST_SHA256, "alpha", "  ", "data/sub./b. ");
    disk_put_buffer("manifest-sha256.txt", &line);
    buffer_free(&line);
    disk_expect("ends dropped", "added data/sub/b\ngone data/sub./b. : NAME_OTHER_FORM\n");
    CHECK_INT(0, unlink(disk_in_bag("manifest-sha256.txt")));
    disk_put("MANIFEST-SHA256.TXT", "");
    disk_expect_no_bag("a manifest in capital letters", REASON_BAG_NAMES_CAPITAL);
    CHECK_INT(0, rename(disk_in_bag("bagit.txt"), disk_in_bag("BAGIT.TXT")));
    disk_expect_no_bag("bagit.txt in capital letters", REASON_BAG_NAMES_CAPITAL);
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
    check_start("recheck_records", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_no_bag());
    CHECK_CASE(test_bagit());
    CHECK_CASE(test_encodings());
    CHECK_CASE(test_marks());
    CHECK_CASE(test_backslashes());
    CHECK_CASE(test_other_names());
    CHECK_CASE(test_manifests());
    CHECK_CASE(test_climbing());
    CHECK_CASE(test_fetch_and_oxum());
    CHECK_CASE(test_percent());
    CHECK_CASE(test_tag_files());
    CHECK_CASE(test_listing());
    buffer_free(&disk_told.text);
    return check_done();
}
