/*
 * Bags that no honest sealer makes: tag files that are wrong or missing, and folders without an
 * entry or with a late one.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "bag/bag_layout.h"
#include "lib/unit_check.h"
#include "lib/fixture.h"
#include "lib/forge.h"
#include "lib/takein.h"

/* ---- Tag files ---------------------------------------------------------------------------- */

#define VERSION "BagIt-Version: 1.0"
#define ENCODING "Tag-File-Character-Encoding: UTF-8"

static void test_bagit(void)
{
    static const char *const bad[] = {"",
                                      "\n",
                                      VERSION "\n",
                                      ENCODING "\n",
                                      ENCODING "\n" VERSION "\n",
                                      VERSION "\n" ENCODING "\n\n",
                                      VERSION "\n" ENCODING "\nMore: x\n",
                                      VERSION "\n" ENCODING "\n" ENCODING "\n",
                                      VERSION "\n\n" ENCODING "\n",
                                      "\n" VERSION "\n" ENCODING "\n",
                                      "BagIt-Version: 0.97\n" ENCODING "\n",
                                      "BagIt-Version: 1.1\n" ENCODING "\n",
                                      "BagIt-Version: 1.0 \n" ENCODING "\n",
                                      "BagIt-Version:1.0\n" ENCODING "\n",
                                      VERSION "\nTag-File-Character-Encoding: UTF-16\n",
                                      VERSION "\nTag-File-Character-Encoding: ISO-8859-1\n",
                                      VERSION "\n" ENCODING "\r\r\n",
                                      VERSION "\r\n" ENCODING "\r\n",
                                      VERSION "\n" ENCODING,
                                      VERSION "\r\n" ENCODING,
                                      "\357\273\277" VERSION "\n" ENCODING "\n"};
    static const char *const good[] = {VERSION "\n" ENCODING "\n"};
    struct forged b;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0] + sizeof good / sizeof good[0]; i++) {
        bool is_bad = i < sizeof bad / sizeof bad[0];
        const char *text = is_bad ? bad[i] : good[i - sizeof bad / sizeof bad[0]];

        check_about("bagit.txt \"%s\"", text);
        b = one_file();
        forge_tag(&b, TAG_BAGIT, text);
        CHECK_INT(is_bad ? SEAL_HOSTILE : SEAL_OK, take_in(&b));
    }
    check_about("bagit.txt with a NUL");
    b = one_file();
    b.tags[TAG_BAGIT].len--;
    forge_bytes(&b.tags[TAG_BAGIT], "\0\n", 2);
    CHECK_REFUSED(b);
}

static void test_oxum(void)
{
    static const struct {
        const char *info;
        enum seal_status want;
    } infos[] = {{"Payload-Oxum: 8.2\n", SEAL_OK},
                 {"payload-OXUM: 8.2\n", SEAL_OK},
                 {"Payload-Oxum: 8.2", SEAL_HOSTILE},
                 {"Payload-Oxum: 8.2\r\n", SEAL_HOSTILE},
                 {"Payload-Oxum: 8.2 \n", SEAL_HOSTILE},
                 {"Payload-Oxum:  8.2\n", SEAL_HOSTILE},
                 {"Payload-Oxum: 8.2\n goes on\n", SEAL_HOSTILE},
                 {"Payload-Oxum: 8.2\nPayload-Oxum: 8.2\n", SEAL_HOSTILE},
                 {"Note: a\n\tgoes on: b\n and on\nPayload-Oxum: 8.2\nNote: \n", SEAL_OK},
                 {"A label with blanks: x\n\xd0\xb0: \xd0\xb1\nx: :y\n", SEAL_OK},
                 {" goes on\n", SEAL_HOSTILE},
                 {"\n", SEAL_HOSTILE},
                 {"a\n", SEAL_HOSTILE},
                 {"a:b\n", SEAL_HOSTILE},
                 {"a:\n", SEAL_HOSTILE},
                 {": b\n", SEAL_HOSTILE},
                 {"a : b\n", SEAL_HOSTILE},
                 {"a: b\xff\n", SEAL_HOSTILE},
                 {"\xef\xbb\xbf"
                  "a: b\n",
                  SEAL_HOSTILE},
                 {"a: b\n\n", SEAL_HOSTILE},
                 {"a: b\rc: d\n", SEAL_HOSTILE},
                 {"a: b\vc: d\n", SEAL_HOSTILE},
                 {"a: b\x1e\n", SEAL_HOSTILE},
                 {"a: x\xc2\x85Payload-Oxum: 999.9\n", SEAL_HOSTILE},
                 {"a: b\xe2\x80\xa8\n", SEAL_HOSTILE},
                 {"a: b\n \xe2\x80\xa9\n", SEAL_HOSTILE},
                 {"a: b\x1b[31m\n", SEAL_OK},
                 {"Bagging-Date: 2024-05-17\nPayload-Oxum: 8.2\nMore: x\n", SEAL_OK},
                 {"Bagging-Date: 2024-05-17\n", SEAL_OK},
                 {"", SEAL_OK},
                 {"payload-oxum :\t8.2 \n", SEAL_HOSTILE},
                 {"PAYLOAD-OXUM:8.1\n", SEAL_HOSTILE},
                 {"Payload-Oxum:\xff 8.2\n", SEAL_HOSTILE},
                 {"Payload-Oxum: 8.1\n", SEAL_HOSTILE},
                 {"Payload-Oxum: 4.2\n", SEAL_HOSTILE},
                 {"Payload-Oxum: 2.8\n", SEAL_HOSTILE},
                 {"Payload-Oxum: 8.20\n", SEAL_HOSTILE},
                 {"Payload-Oxum: 8\n", SEAL_HOSTILE},
                 {"Payload-Oxum: \n", SEAL_HOSTILE},
                 {"Payload-Oxum: 18446744073709551624.2\n", SEAL_HOSTILE},
                 {"Payload-Oxum: 8.2\nPayload-Oxum: 9.2\n", SEAL_HOSTILE}};

    for (size_t i = 0; i < sizeof infos / sizeof infos[0]; i++) {
        struct forged b = one_file();

        check_about("bag-info.txt \"%s\"", infos[i].info);
        forge_put_file(&b, "data/g");
        forge_put_folder(&b, "data/d", 0);
        forge_tag(&b, TAG_BAG_INFO, infos[i].info);
        CHECK_INT(infos[i].want, take_in(&b));
    }
}

static void test_missing(void)
{
    struct forged b;

    for (int i = 0; i < TAG_COUNT; i++) {
        check_about("no %s", tag_file_names[i]);
        b = one_file();
        b.left_out[i] = true;
        CHECK_REFUSED(b);
    }
    check_about("no data folder");
    b = forge_new();
    CHECK_REFUSED(b);
    check_about("an empty data folder");
    b = forge_new();
    forge_put_folder(&b, "data", 7);
    CHECK_TAKEN(b);
    CHECK_INT(0, taken.totals.folders);
}

/* ---- Folders without an entry, and with a late one ---------------------------------------- */

static long long time_of(const char *path)
{
    struct stat st;

    return stat(check_scratch(path), &st) == 0 ? (long long)st.st_mtime : -1;
}

static void test_implied_folders(void)
{
    struct forged b = forge_new();

    check_about("folders that have no entry");
    forge_put_file(&b, "data/a/b/c/file");
    forge_put_file(&b, "data/a/b/other");
    forge_put_file(&b, "data/a/b2/c");
    forge_put_folder(&b, "data/e/f/g", 99);
    CHECK_TAKEN(b);
    CHECK_INT(3, taken.totals.files);
    CHECK_INT(1, taken.totals.folders);
    CHECK_INT(0, access(check_scratch("out/data/a/b/c/file"), F_OK));
    CHECK_INT(0, access(check_scratch("out/data/a/b/other"), F_OK));
    CHECK_INT(0, access(check_scratch("out/data/a/b2/c"), F_OK));
    CHECK_INT(99, time_of("out/data/e/f/g"));

    check_about("folders whose entry comes late");
    b = forge_new();
    forge_put_file(&b, "data/a/b/c/file");
    forge_put_folder(&b, "data/a/b", 1000);
    forge_put_file(&b, "data/a/b/later");
    forge_put_folder(&b, "data/a/b/c", 2000);
    forge_put_folder(&b, "data/a", 3000);
    forge_put_file(&b, "data/z");
    forge_put_folder(&b, "data", 4000);
    CHECK_TAKEN(b);
    CHECK_INT(3, taken.totals.files);
    CHECK_INT(3, taken.totals.folders);
    CHECK_INT(1000, time_of("out/data/a/b"));
    CHECK_INT(2000, time_of("out/data/a/b/c"));
    CHECK_INT(3000, time_of("out/data/a"));
    CHECK_INT(4000, time_of("out/data"));
    CHECK_INT(0, access(check_scratch("out/data/a/b/later"), F_OK));
}

static void test_folder_conflicts(void)
{
    struct forged b;

    check_about("a folder twice, with and without something in it");
    for (int i = 0; i < 3; i++) {
        b = forge_new();
        forge_put_folder(&b, "data/d", 0);
        if (i > 0)
            forge_put_file(&b, "data/d/f");
        forge_entry(&b, "data/d/", '5', &(struct buffer){0}, 0, NULL, NULL);
        CHECK_REFUSED(b);
    }
    check_about("a listed folder that has no entry");
    b = forge_new();
    forge_put_file(&b, "data/d/f");
    forge_list(&b, "./data/d type=dir time=0.000000000\n");
    CHECK_REFUSED(b);
    check_about("a file where a folder is, known by what is in it");
    b = forge_new();
    forge_put_file(&b, "data/d/e/f");
    forge_put_file(&b, "data/d");
    CHECK_REFUSED(b);
    check_about("something in a file, next to it and further on");
    b = forge_new();
    forge_put_file(&b, "data/d");
    forge_put_file(&b, "data/d/f");
    CHECK_REFUSED(b);
    b = forge_new();
    forge_put_file(&b, "data/d/e");
    forge_put_file(&b, "data/other/f");
    forge_put_file(&b, "data/d/e/f/g");
    CHECK_REFUSED(b);
}

int main(int argc, char **argv)
{
    check_start("hostile_tags", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_bagit());
    CHECK_CASE(test_oxum());
    CHECK_CASE(test_missing());
    CHECK_CASE(test_implied_folders());
    CHECK_CASE(test_folder_conflicts());
    return check_done();
}
