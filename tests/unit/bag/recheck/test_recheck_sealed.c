/*
 * A bag on disk whose record as it was sealed lies beside it, because names were spelled.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bag/recheck/digests.h"
#include "bag/bag_layout.h"
#include "bag/manifest.h"
#include "bag/mtree.h"
#include "lib/unit_check.h"
#include "lib/disk.h"
#include "lib/fixture.h"

static void test_sealed(void)
{
    struct buffer inner;
    struct sha256 hash;
    uint8_t want[SHA256_LEN];

    disk_respelled_bag();
    disk_expect("respelled", "");
    inner = disk_read_text(BAG_AS_SEALED_DIR "/tagmanifest-sha256.txt");
    sha256_start(&hash);
    sha256_add(&hash, inner.data, inner.len);
    sha256_end(&hash, want);
    CHECK(disk_told.result.has_digest);
    CHECK_BYTES(want, disk_told.result.digest, SHA256_LEN);
    buffer_free(&inner);

    /* The comment is needed. */
    disk_put_outer_record(SPELLED_FILE);
    disk_expect("a comment missing",
                "off data/con/b: SEALED_NOT_IN_MANIFEST as-sealed/manifest-sha256.txt\n"
                "off data/con: SEALED_NOT_IN_LISTING as-sealed/metadata.mtree\n"
                "off data/con/b: SEALED_NOT_IN_LISTING as-sealed/metadata.mtree\n"
                "off data/{63}on/b: NOT_LISTED as-sealed/manifest-sha256.txt\n"
                "off data/{63}on: NOT_LISTED as-sealed/metadata.mtree\n");
    disk_put_outer_record(SPELLED_FILE "# spelled ./data/{63}on ../con\n# spelled x\n");
    CHECK_INT(SEAL_OK, disk_recheck("bag"));
    CHECK(strncmp(disk_told_text(), "off metadata.mtree: LINE_MALFORMED line 8\n", 40) == 0);
}

/* Comments that give one name another's place are not believed. */
static void test_spellings(void)
{
    static const struct {
        const char *on_disk, *as_sealed;
        bool holds;
    } cases[] = {{"data/a", "data/a", true},
                 {"data/{6162}{00}", "data/ab", true},
                 {"data/{6162}{00}{00}", "data/ab", true},
                 {"data/{61}b", "data/ab", true},
                 {"data/{7B}00{7D}x{3a}", "data/{00}x:", true},
                 {"data/100{25}/{D0BF}{3A20}x", "data/100%/\\320\\277:\\040x", true},
                 {"data/b", "data/a", false},
                 {"data/ab{00}", "data/ab", false},
                 {"data/{61}b{00}", "data/ab", false},
                 {"data/{61}", "data/ab", false},
                 {"data/{6162}", "data/a", false},
                 {"data/{612F62}", "data/a/b", false},
                 {"data/{6}", "data/a", false},
                 {"data/{616}", "data/a", false},
                 {"data/{}a", "data/a", false},
                 {"data/{6x}", "data/a", false},
                 {"data/{61", "data/a", false},
                 {"data/a/b", "data/a", false},
                 {"data/{00}", "data/b", false}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buffer b = {0};
        char want[256];

        disk_sealed_bag();
        b = disk_read_text("metadata.mtree");
        if (buffer_printf(&b, "# spelled ./%s ./%s\n", cases[i].on_disk, cases[i].as_sealed) !=
            SEAL_OK)
            abort();
        disk_put_buffer("metadata.mtree", &b);
        disk_put_tagmanifest("", tag_file_names, TAG_TAGMANIFEST);
        /* Without as-sealed/ they are the sealer's text and not looked at. */
        disk_expect(cases[i].on_disk, "");
        CHECK_INT(0, mkdir(disk_in_bag(BAG_AS_SEALED_DIR), 0755));
        (void)snprintf(want, sizeof want, "off %s: SPELLING_FALSE metadata.mtree\n",
                       cases[i].on_disk);
        check_about("%s", cases[i].on_disk);
        CHECK_INT(SEAL_OK, disk_recheck("bag"));
        CHECK((strstr(disk_told_text(), want) == NULL) == cases[i].holds);
    }
}

static void test_sealed_altered(void)
{
    struct buffer text = {0};

    disk_respelled_bag();
    disk_append_to(BAG_AS_SEALED_DIR "/bag-info.txt", "Note: x\n");
    disk_expect("bag-info altered", "altered as-sealed/bag-info.txt\n"
                                    "off as-sealed/bag-info.txt: SEALED_DIGEST\n");
    disk_respelled_bag();
    disk_put("data/A{3A}",
             "alphx"); /* with a manifest and a listing that were altered to suit it */
    disk_coded_line_for(&text, "alphx", "data/A{3A}");
    disk_coded_line_for(&text, "beta", "data/{63}on/b");
    disk_put_buffer("manifest-sha256.txt", &text);
    disk_listing_text(&text, MTREE_HEAD "./data type=dir time=" TIME_1 "\n");
    disk_listing_file(&text, "data/A{3A}", "alphx", TIME_1);
    disk_listing_text(&text, "./data/{63}on type=dir time=1700000001.000000000\n");
    disk_listing_file(&text, "data/{63}on/b", "beta", TIME_1);
    disk_listing_text(&text, COMMENTS);
    disk_put_buffer("metadata.mtree", &text);
    disk_redo_tagmanifest();
    disk_set_times_respelled();
    disk_set_time("data/{63}on", 1700000001, 0);
    disk_expect("manifest altered to suit",
                "off data/A:: LISTED_OTHER_DIGEST as-sealed/manifest-sha256.txt\n"
                "off data/A:: SEALED_OTHER_FACTS as-sealed/metadata.mtree\n"
                "off data/con: SEALED_OTHER_FACTS as-sealed/metadata.mtree\n");
    disk_respelled_bag();
    CHECK_INT(0, unlink(disk_in_bag(BAG_AS_SEALED_DIR "/metadata.mtree")));
    disk_expect("a file missing", "gone as-sealed/metadata.mtree\n");
    CHECK_INT(0, unlink(disk_in_bag("tagmanifest-sha256.txt")));
    disk_expect("a file missing that nothing lists",
                "off as-sealed/metadata.mtree: SEALED_MISSING\n"
                "gone tagmanifest-sha256.txt\n");
}

/* Whoever changes what stands beside as-sealed/, and its tag manifest to suit, is found out: D is
 * that of as-sealed/, and would be the same. */
static void test_beside_sealed(void)
{
    disk_respelled_bag();
    disk_append_to("bag-info.txt", "Contact-Name: somebody else\n");
    disk_redo_tagmanifest();
    disk_expect("bag-info.txt", "off bag-info.txt: SEALED_DIFFERS\n");
    disk_respelled_bag();
    disk_append_to("bagit.txt", "Note: x\n");
    disk_redo_tagmanifest();
    disk_expect("bagit.txt", "off bagit.txt: SEALED_DIFFERS\n");
    disk_respelled_bag();
    CHECK_INT(0, unlink(disk_in_bag("tagmanifest-sha256.txt")));
    disk_expect("no tag manifest", "gone tagmanifest-sha256.txt\n");
    disk_respelled_bag();
    CHECK_INT(0, unlink(disk_in_bag("bag-info.txt")));
    disk_expect("no bag-info.txt", "gone bag-info.txt\n");
    disk_put_tagmanifest("", disk_outer_tags, 2); /* nor is it listed; nor are seven others */
    CHECK_INT(SEAL_OK, disk_recheck("bag"));
    CHECK_INT(1, disk_told.result.changes[BAG_GONE]);
    CHECK_INT(7, disk_told.result.changes[BAG_ADDED]); /* with the folder itself */
    CHECK(strstr(disk_told_text(), "gone bag-info.txt\n") != NULL);
    disk_respelled_bag();
    disk_put("metadata.mtree", "#mtree v2.0\n");
    disk_redo_tagmanifest();
    disk_expect("a foreign listing", "off metadata.mtree: LISTING_FOREIGN\n");
    disk_respelled_bag();
    CHECK_INT(0, unlink(disk_in_bag("metadata.mtree")));
    disk_put_tagmanifest("", disk_outer_tags, 1);
    CHECK_INT(SEAL_OK, disk_recheck("bag"));
    CHECK(strstr(disk_told_text(), "gone metadata.mtree\n") != NULL);
}

#define LINK(path, target, time) "./" path " type=link time=" time " link=" target "\n"
#define REMARK "# missing ./data/x it was refused\n"

#define LINKS_OFF "off metadata.mtree: SEALED_LINKS\n"
#define COMMENTS_OFF "off metadata.mtree: COMMENTS_OTHER\n"

static void test_sealed_links(void)
{
    static const struct {
        const char *about, *outer, *want;
    } cases[] = {
        {"as sealed", COMMENTS LINK("data/l", "a", TIME_1) LINK("data/{63}on/m", "b", TIME_1), ""},
        {"in another order",
         COMMENTS LINK("data/{63}on/m", "b", TIME_1) LINK("data/l", "a", TIME_1), ""},
        {"another target", COMMENTS LINK("data/l", "c", TIME_1) LINK("data/{63}on/m", "b", TIME_1),
         LINKS_OFF},
        {"targets exchanged",
         COMMENTS LINK("data/l", "b", TIME_1) LINK("data/{63}on/m", "a", TIME_1), LINKS_OFF},
        {"another time",
         COMMENTS LINK("data/l", "a", "1.000000000") LINK("data/{63}on/m", "b", TIME_1), LINKS_OFF},
        {"one more",
         COMMENTS LINK("data/l", "a", TIME_1) LINK("data/{63}on/m", "b", TIME_1)
             LINK("data/n", "a", TIME_1),
         LINKS_OFF},
        {"one less", COMMENTS LINK("data/l", "a", TIME_1), LINKS_OFF},
        {"a remark added",
         COMMENTS LINK("data/l", "a", TIME_1) LINK("data/{63}on/m", "b", TIME_1) REMARK,
         COMMENTS_OFF},
        {"any comment added",
         COMMENTS LINK("data/l", "a", TIME_1) LINK("data/{63}on/m", "b", TIME_1) "#missing ./x\n",
         COMMENTS_OFF},
    };

    disk_respelled_bag();
    disk_put_record(BAG_AS_SEALED_DIR "/", "data/A:", "data/con", "data/con/b",
                    LINK("data/l", "a", TIME_1) LINK("data/con/m", "b", TIME_1) REMARK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        disk_put_outer_record(cases[i].outer);
        disk_expect(cases[i].about, cases[i].want);
    }
    disk_put_outer_record(cases[0].outer);
    disk_append_to(AS_SEALED("metadata.mtree"), REMARK);
    disk_redo_tagmanifest();
    disk_expect("a remark added to what was sealed",
                "off as-sealed/metadata.mtree: SEALED_DIGEST\n");
}

static void cut_head(const char *path)
{
    struct buffer text = fixture_read(disk_in_bag(path));
    const size_t begin = strlen("#mtree\n"), end = strlen(MTREE_HEAD);

    memmove(text.data + begin, text.data + end, text.len - end);
    text.len -= end - begin;
    disk_put_buffer(path, &text);
}

/* FORMAT.md asks for "#mtree" and no more: others seal with another second line. */
static void test_other_writers(void)
{
    disk_sealed_bag();
    disk_put("bag-info.txt", "Payload-Oxum: 9.2\n");
    cut_head("metadata.mtree");
    disk_put_tagmanifest("", disk_outer_tags, 4);
    disk_expect("another writer's bag", "");
    CHECK(disk_told.result.has_listing);
    disk_put("note.txt", "");
    disk_expect("another writer's bag, and a file more", "added note.txt\n");
    disk_sealed_bag();
    disk_put("metadata.mtree", "#mtree\n./data time=" TIME_1 " type=dir\n");
    disk_put_tagmanifest("", disk_outer_tags, 4);
    disk_expect("keywords in another order", "off data/a: NOT_LISTED metadata.mtree\n"
                                             "off data/sub/b: NOT_LISTED metadata.mtree\n"
                                             "added data/sub: IS_FOLDER\n");
    disk_respelled_bag();
    cut_head(AS_SEALED("metadata.mtree"));
    disk_put_tagmanifest(BAG_AS_SEALED_DIR "/", tag_file_names, TAG_TAGMANIFEST);
    disk_redo_tagmanifest();
    disk_expect("another writer's bag, respelled", "");
    disk_put(AS_SEALED("metadata.mtree"), "#mtree v2.0\n");
    disk_put_tagmanifest(BAG_AS_SEALED_DIR "/", tag_file_names, TAG_TAGMANIFEST);
    disk_redo_tagmanifest();
    CHECK_INT(SEAL_OK, disk_recheck("bag"));
    CHECK_INT(4, disk_told.result.changes[BAG_RECORD_OFF]); /* two folders and two files */
}

/* A bag that had none gets an as-sealed/ with its five files, so that D stays what it was, and then
 * what is beside it is changed. */
static void forged_bag(void)
{
    disk_sealed_bag();
    disk_folder(BAG_AS_SEALED_DIR);
    for (int i = 0; i < TAG_COUNT; i++) {
        struct buffer text = fixture_read(disk_in_bag(tag_file_names[i]));
        char path[256];

        (void)snprintf(path, sizeof path, BAG_AS_SEALED_DIR "/%s", tag_file_names[i]);
        disk_put_buffer(path, &text);
    }
}

#define NOT_SPELLED "off metadata.mtree: NOTHING_SPELLED\n"

static void test_forged_sealed(void)
{
    struct buffer text = {0};

    forged_bag();
    disk_redo_tagmanifest();
    disk_expect("forged, nothing else changed", NOT_SPELLED);
    disk_append_to("metadata.mtree", "# spelled ./data/a ./data/a\n");
    disk_redo_tagmanifest();
    disk_expect("forged, a comment that says nothing", NOT_SPELLED);

    forged_bag();
    disk_put("data/a", "alphx");
    disk_coded_line_for(&text, "alphx", "data/a");
    disk_coded_line_for(&text, "beta", "data/sub/b");
    disk_put_buffer("manifest-sha256.txt", &text);
    disk_listing_text(&text, MTREE_HEAD "./data type=dir time=" TIME_1 "\n");
    disk_listing_file(&text, "data/a", "alphx", TIME_1);
    disk_listing_text(&text, "./data/sub type=dir time=" TIME_1 "\n");
    disk_listing_file(&text, "data/sub/b", "beta", TIME_1);
    disk_listing_text(&text, "# spelled ./data/{7A} ./data/z\n");
    disk_put_buffer("metadata.mtree", &text);
    disk_redo_tagmanifest();
    disk_set_times();
    disk_expect("forged, a file changed",
                "off data/a: LISTED_OTHER_DIGEST as-sealed/manifest-sha256.txt\n"
                "off data/a: SEALED_OTHER_FACTS as-sealed/metadata.mtree\n");
    forged_bag();
    disk_append_to("bag-info.txt", "Note: x\n");
    disk_redo_tagmanifest();
    disk_expect("forged, bag-info.txt changed", NOT_SPELLED "off bag-info.txt: SEALED_DIFFERS\n");
}

int main(int argc, char **argv)
{
    check_start("recheck_sealed", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_sealed());
    CHECK_CASE(test_sealed_altered());
    CHECK_CASE(test_spellings());
    CHECK_CASE(test_beside_sealed());
    CHECK_CASE(test_sealed_links());
    CHECK_CASE(test_other_writers());
    CHECK_CASE(test_forged_sealed());
    buffer_free(&disk_told.text);
    return check_done();
}
