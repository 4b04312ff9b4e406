/*
 * Bags that no honest sealer makes: listings whose links, lines or times are wrong.
 */
#include <stdlib.h>
#include <unistd.h>

#include "archive/archive.h"
#include "bag/bag_layout.h"
#include "bag/manifest.h"
#include "bag/mtree.h"
#include "lib/unit_check.h"
#include "lib/fixture.h"
#include "lib/forge.h"
#include "lib/takein.h"

/* ---- Links in the listing ----------------------------------------------------------------- */

static void list_link(struct forged *b, const char *path)
{
    forge_list(b, "./%s type=link time=0.000000000 link=elsewhere\n", path);
}

static void test_link_paths(void)
{
    static const char *const bad[] = {"data",
                                      "data/",
                                      "data/..",
                                      "data/../x",
                                      "data/./x",
                                      "data/.",
                                      "data//x",
                                      "data/x/",
                                      "data/x/..",
                                      "data/x/../y",
                                      "data/\\377",
                                      "data/\\303",
                                      "data/\\300\\200",
                                      "data/\\355\\240\\200",
                                      "data/x\\000y",
                                      "data/\\057x",
                                      "data/x\\057\\056\\056\\057y",
                                      "\\144ata",
                                      "/data/x",
                                      "../data/x",
                                      "x",
                                      "datax",
                                      "dat/x",
                                      "bagit.txt",
                                      "data/f",
                                      "data/f/x",
                                      "data/f/x/y",
                                      "data/d",
                                      "data/d/e",
                                      "data/d/e/f",
                                      "data/d/e/f/g",
                                      "data/none/link",
                                      "data/none/such/link",
                                      "data/d/none/link"};
    struct forged b;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        check_about("a link at %s", bad[i]);
        b = one_file();
        forge_put_folder(&b, "data/d", 0);
        forge_put_file(&b, "data/d/e/f");
        list_link(&b, bad[i]);
        CHECK_REFUSED(b);
    }
    check_about("links where nothing else is");
    b = one_file();
    forge_put_folder(&b, "data/d", 0);
    forge_put_file(&b, "data/d/e/f");
    list_link(&b, "data/link");
    list_link(&b, "data/f2");
    list_link(&b, "data/...");
    list_link(&b, "data/d/e/link");
    list_link(&b, "data/\\303\\251");
    CHECK_TAKEN(b);
    CHECK_INT(5, taken.totals.remarks[BAG_LINK]);
}

static void test_links_and_links(void)
{
    static const char *const bad[][2] = {{"data/l", "data/l"},       {"data/l", "data/l/m"},
                                         {"data/l", "data/l/m/n"},   {"data/l/m", "data/l"},
                                         {"data/l/m/n", "data/l/m"}, {"data/l/m/n", "data/l"}};
    struct forged b;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        check_about("links at %s and %s", bad[i][0], bad[i][1]);
        b = one_file();
        list_link(&b, bad[i][0]);
        list_link(&b, bad[i][1]);
        CHECK_REFUSED(b);
    }
    for (size_t len = PATH_LEN_MAX - 1; len <= PATH_LEN_MAX + 3; len++) {
        char path[PATH_LEN_MAX + 4] = "data";

        check_about("a link whose path has %zu bytes", len);
        b = one_file();
        memset(path + 4, 'n', len - 4);
        path[len] = '\0';
        for (size_t at = 4; at < len - 200; at += 200)
            path[at] = '/';
        *strrchr(path, '/') = '\0';
        forge_put_folder(&b, path, 0);
        path[strlen(path)] = '/';
        list_link(&b, path);
        CHECK_INT(len <= PATH_LEN_MAX ? SEAL_OK : SEAL_HOSTILE, take_in(&b));
    }
    for (size_t parts = PATH_PARTS_MAX; parts <= PATH_PARTS_MAX + 1; parts++) {
        char *path = long_path("data", 4 + 2 * (parts - 1));

        check_about("a link whose path has %zu parts", parts);
        b = one_file();
        path[strlen(path) - 2] = '\0';
        forge_put_folder(&b, path, 0);
        path[strlen(path)] = '/';
        list_link(&b, path);
        CHECK_INT(parts <= PATH_PARTS_MAX ? SEAL_OK : SEAL_HOSTILE, take_in(&b));
        free(path);
    }
}

/* ---- Lines of the listing ----------------------------------------------------------------- */

/* Nowhere on a line may stand what another reader could take for the end of a word or line. */
static void test_listing_bytes(void)
{
    static const char *const bad[] = {
        "\t",      "\t\t",        " a=\tb",     " a=\001",    " a=b\033c", " a=\177",  " a=\377",
        " a=\200", " a=\303\251", " a=b\vc",    " a=b\f",     "\r",        " a\r",     " a=\\",
        " \\",     "\\",          " a=\\b",     " a=\\1",     " a=\\12",   " a=\\128", " a=\\8",
        " a\\=b",  " a=\\\\",     " a=b\\ c=d", " a=\\0401\\"};
    /* Nor what is not of our dialect. */
    static const char *const foreign[] = {" ",
                                          " a",
                                          " optional",
                                          " nochange",
                                          " ignore",
                                          " a=b",
                                          "  a=b",
                                          " a= ",
                                          " a=#b",
                                          " a=\\040b",
                                          " type=file",
                                          " link=f",
                                          " contents=/etc/hostname mode=06755",
                                          " uid=0 gid=0 mode=0644 nlink=1"};
    struct forged b;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0] + sizeof foreign / sizeof foreign[0]; i++) {
        size_t bad_count = sizeof bad / sizeof bad[0];
        const char *more = i < bad_count ? bad[i] : foreign[i - bad_count];

        check_about("words \"%s\" in the listing", more);
        b = forge_new();
        forge_file(&b, "data/f", NULL, NULL);
        forge_list_file(&b, "data/f", FORGE_NO_TIME, more);
        CHECK_REFUSED(b);
    }
}

/* A comment that ends in a backslash goes on in the next line for some, and hides it. */
static void test_comments(void)
{
    static const char *const bad[] = {"#\\", "# note\\", "# \\\\", "# damaged ./data/f 0-1\\"};
    static const char *const good[] = {"#", "# \\ ", "# a\\b", "#\\040", "# \t\001\377", "##\r"};
    struct forged b;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0] + sizeof good / sizeof good[0]; i++) {
        bool is_bad = i < sizeof bad / sizeof bad[0];
        const char *line = is_bad ? bad[i] : good[i - sizeof bad / sizeof bad[0]];

        check_about("comment \"%s\"", line);
        b = forge_new();
        forge_file(&b, "data/f", NULL, NULL);
        forge_list(&b, "%s\n", line);
        forge_list_file(&b, "data/f", FORGE_NO_TIME, "");
        CHECK_INT(is_bad ? SEAL_HOSTILE : SEAL_OK, take_in(&b));
    }
}

/* Seconds are rounded down: half a second before 1970 is -1.5, and -0.5 is nothing. */
static void test_listing_times(void)
{
    static const struct {
        const char *pax, *listed;
        enum seal_status want;
    } times[] = {{"0.5", "0.500000000", SEAL_OK},        {"0.5", "-0.500000000", SEAL_HOSTILE},
                 {"-0.5", "-1.500000000", SEAL_OK},      {"-0.5", "-0.500000000", SEAL_HOSTILE},
                 {"0", "0.000000000", SEAL_OK},          {"0", "-0.000000000", SEAL_HOSTILE},
                 {"-1", "-1.000000000", SEAL_OK},        {"-1", "-01.000000000", SEAL_HOSTILE},
                 {"-1.5", "-2.500000000", SEAL_OK},      {"-1.5", "-1.500000000", SEAL_HOSTILE},
                 {"0.5", "+0.500000000", SEAL_HOSTILE},  {"0.5", "0.5", SEAL_HOSTILE},
                 {"0.5", "--0.500000000", SEAL_HOSTILE}, {"0.5", "-00.500000000", SEAL_HOSTILE}};

    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        struct forged b = forge_new();

        check_about("a time of %s, listed as %s", times[i].pax, times[i].listed);
        forge_file(&b, "data/f", "mtime", times[i].pax);
        forge_list_file(&b, "data/f", times[i].listed, "");
        CHECK_INT(times[i].want, take_in(&b));
    }
}

/* ---- Long lines --------------------------------------------------------------------------- */

#define LINE_LIMIT (512 * KIB)

static void test_long_lines(void)
{
    struct forged b;
    size_t start;

    check_about("a comment of 600 KB");
    b = one_file();
    forge_text(&b.tags[TAG_MTREE], "# ");
    add_filling(&b.tags[TAG_MTREE], "comment ", 600 * KIB);
    forge_text(&b.tags[TAG_MTREE], "\n");
    CHECK_TAKEN(b);

    check_about("a comment of 600 KB that ends in a backslash");
    b = forge_new();
    forge_file(&b, "data/f", NULL, NULL);
    forge_text(&b.tags[TAG_MTREE], "# ");
    add_filling(&b.tags[TAG_MTREE], "comment ", 600 * KIB);
    forge_text(&b.tags[TAG_MTREE], "\\\n");
    forge_list_file(&b, "data/f", FORGE_NO_TIME, "");
    CHECK_REFUSED(b);

    for (size_t len = LINE_LIMIT - 1; len <= LINE_LIMIT + 1; len++) {
        check_about("a line of %zu bytes in bag-info.txt", len);
        b = one_file();
        forge_tag(&b, TAG_BAG_INFO, "External-Description: ");
        add_filling(&b.tags[TAG_BAG_INFO], "x", len - b.tags[TAG_BAG_INFO].len);
        forge_text(&b.tags[TAG_BAG_INFO], "\nPayload-Oxum: 4.1\n");
        CHECK_INT(len <= LINE_LIMIT ? SEAL_OK : SEAL_HOSTILE, take_in(&b));
    }

    /* The target of a link is all that may be long in an entry. */
    for (size_t len = LINE_LIMIT - 1; len <= LINE_LIMIT + 1; len++) {
        check_about("an entry's line of %zu bytes in the listing", len);
        b = one_file();
        start = b.tags[TAG_MTREE].len;
        forge_list(&b, "./data/l type=link time=" FORGE_NO_TIME " link=");
        add_filling(&b.tags[TAG_MTREE], "b", start + len - b.tags[TAG_MTREE].len);
        forge_text(&b.tags[TAG_MTREE], "\n");
        CHECK_INT(len <= LINE_LIMIT ? SEAL_OK : SEAL_HOSTILE, take_in(&b));
    }

    check_about("a line over 512 KB in the manifest");
    b = one_file();
    add_filling(&b.tags[TAG_MANIFEST], "0", LINE_LIMIT + 1);
    CHECK_REFUSED(b);
    check_about("a line over 512 KB in bagit.txt");
    b = one_file();
    add_filling(&b.tags[TAG_BAGIT], " ", LINE_LIMIT + 1);
    CHECK_REFUSED(b);
}

int main(int argc, char **argv)
{
    check_start("hostile_listing", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_link_paths());
    CHECK_CASE(test_links_and_links());
    CHECK_CASE(test_listing_bytes());
    CHECK_CASE(test_comments());
    CHECK_CASE(test_listing_times());
    CHECK_CASE(test_long_lines());
    return check_done();
}
