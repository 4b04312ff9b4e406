/*
 * Bags that no honest sealer makes: forged in memory, sealed like any other, and taken in. Tricks
 * in pax headers, paths, listings and tag files are refused, and none costs memory or time.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bag/items.h"
#include "intake/receive.h"
#include "lib/check.h"
#include "lib/fixture.h"
#include "lib/forge.h"

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)

/* As many times as it takes to make that many bytes. */
static void add_filling(struct buffer *b, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        forge_bytes(b, text + i % strlen(text), 1);
}

/* An honest bag of one file, data/f. */
static struct forged one_file(void)
{
    struct forged b = forge_new();

    forge_put_file(&b, "data/f");
    return b;
}

/* ---- Sealed and taken in ------------------------------------------------------------------ */

static void seal_bag(struct forged *b)
{
    int fd = fixture_create(check_scratch("sealed"));

    forge_finish(b);
    forge_seal(b, fd);
    (void)close(fd);
}

/* What the bag taken in last came to. */
static struct {
    struct bag_totals totals;
    struct fault fault;
} taken;

/* Seals and forgets the bag and takes it into the folder "out", which is empty before. */
static enum seal_status take_in(struct forged *b)
{
    const struct intake_progress progress = {NULL, NULL};
    struct intake_result result;
    struct stream_reader *stream;
    struct volume_in *in;
    enum seal_status status;
    int out;

    seal_bag(b);
    forge_free(b);
    taken.fault = (struct fault){.status = SEAL_OK};
    (void)fixture_remove_tree(check_scratch("out"));
    (void)mkdir(check_scratch("out"), 0700);
    out = open(check_scratch("out"), O_RDONLY | O_DIRECTORY);
    CHECK_INT(SEAL_OK, volume_open(&in, check_scratch("sealed"), &taken.fault));
    CHECK_INT(SEAL_OK, stream_reader_new(&stream, &forge_envelope, in, NULL, &taken.fault));
    status = intake_bag(&result, stream,
                        &(struct intake_target){.dirfd = out, .limits = INTAKE_NO_LIMITS},
                        &progress, &taken.fault);
    CHECK_INT(status, taken.fault.status);
    taken.totals = result.totals;
    intake_result_free(&result);
    stream_reader_free(stream);
    volume_close(in);
    (void)close(out);
    return status;
}

#define CHECK_REFUSED(bag) CHECK_INT(SEAL_HOSTILE, take_in(&(bag)))
#define CHECK_TAKEN(bag) CHECK_INT(SEAL_OK, take_in(&(bag)))

static void test_honest(void)
{
    struct forged b = one_file();
    struct buffer got;
    char hex[2 * SHA256_LEN + 1];

    check_about("a bag that is as it should be");
    forge_digest(hex, FORGE_FOUR, 4);
    CHECK_TEXT(FORGE_FOUR_SHA256, hex);
    CHECK_TAKEN(b);
    CHECK_INT(1, taken.totals.files);
    CHECK_INT(4, taken.totals.bytes);
    got = fixture_read(check_scratch("out/data/f"));
    CHECK_INT(4, got.len);
    CHECK_BYTES(FORGE_FOUR, got.data, 4);
    buffer_free(&got);
}

/* ---- pax records -------------------------------------------------------------------------- */

/* A file behind an x header that says it has size bytes, before a block that begins with text. */
static struct forged with_records(size_t size, const char *text)
{
    const struct buffer data = {(uint8_t *)(uintptr_t)FORGE_FOUR, 4, 4};
    struct forged b = forge_new();
    uint8_t row[8] = {0};

    forge_bytes(&b.offsets, row, sizeof row);
    forge_header(&b, "PaxHeaders/entry", 'x', size, 0);
    forge_blocks(&b, text, strlen(text) > size ? strlen(text) : size);
    forge_header(&b, "data/f", '0', data.len, 0);
    forge_blocks(&b, data.data, data.len);
    forge_file(&b, "data/g", NULL, NULL);
    forge_text(&b.tags[TAG_MANIFEST], FORGE_FOUR_SHA256 "  data/f\n");
    forge_list_file(&b, "data/f", FORGE_NO_TIME, "");
    forge_list_file(&b, "data/g", FORGE_NO_TIME, "");
    return b;
}

/* A record ends where it says, and that is never behind the header's last byte. */
static void test_record_lengths(void)
{
    static const struct {
        size_t size;
        const char *text;
    } bad[] = {
        {4, "9 a=bbbb\n30 path=data/from-the-padding\n99999999 c=\n"},
        {4, "9 a=bbbb\n"},
        {8, "9 a=bbbb\n"},
        {10, "9 a=bbbb\n8 c=ddd\n"},
        {16, "9 a=bbbb\n9 c=ddd\n\n"},
        {9, "10 a=bbb\n\n"},
        {9, "513 a=bb\n"},
        {9, "99999 a=\n"},
        {12, "99999999 a=\n"},
        {24, "18446744073709551615 a=b\n"},
        {24, "18446744073709551616 a=b\n"},
        {24, "18446744073709551621 a=b\n"},
        {23, "9223372036854775807 a=\n"},
        {23, "9223372036854775808 a=\n"},
        {1, "9 a=bbbb\n"},
        {2, "9 a=bbbb\n"},
        {1, "5"},
        {3, "999 a=\n"},
        {6, "0 a=b\n"},
        {6, "1 a=b\n"},
        {6, "4 a=b\n"},
        {7, "00 a=b\n"},
        {6, " a=bc\n"},
        {7, "-7 a=b\n"},
        {7, "+7 a=b\n"},
        {8, "0x8 a=b\n"},
    };
    struct forged b;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        check_about("x header of %zu bytes before \"%s\"", bad[i].size, bad[i].text);
        b = with_records(bad[i].size, bad[i].text);
        CHECK_REFUSED(b);
    }
    check_about("records that are as long as they say");
    b = with_records(9, "9 a=bbbb\n");
    CHECK_TAKEN(b);
    b = with_records(17, "9 a=bbbb\n8 c=ddd\n");
    CHECK_TAKEN(b);
    b = with_records(9, "9 a=bbbb\n30 path=data/from-the-padding\n99999999 c=\n");
    CHECK_TAKEN(b);
    CHECK_INT(0, access(check_scratch("out/data/f"), F_OK));
}

/* The header's end is also that of a block, and of what was read: nothing lies behind. */
static void test_records_to_the_end(void)
{
    for (size_t size = TAR_BLOCK - 2; size <= TAR_BLOCK + 2; size++) {
        for (size_t says = size - 1; says <= size + 1; says++) {
            char *text = fixture_alloc(size + 1);
            int head = snprintf(text, size, "%zu a=", says);
            struct forged b;

            check_about("an x header of %zu bytes, its record of %zu", size, says);
            memset(text + head, 'b', size - 1 - (size_t)head);
            text[size - 1] = '\n';
            b = with_records(size, text);
            CHECK_INT(says == size ? SEAL_OK : SEAL_HOSTILE, take_in(&b));
            free(text);
        }
    }
}

/* Keywords by which some reader makes something else of the entry. */
static void test_keywords(void)
{
    static const char *const bad[] = {
        "SCHILY.realsize",  "SCHILY.filetype",      "SUN.holesdata",       "GNU.sparse.major",
        "GNU.sparse.minor", "GNU.sparse.name",      "GNU.sparse.realsize", "GNU.sparse.size",
        "GNU.sparse.map",   "GNU.sparse.numblocks", "GNU.sparse.",         "linkpath",
        "hdrcharset"};
    static const char *const good[] = {
        "comment",  "SCHILY.dev", "SCHILY.fflags", "gname", "LIBARCHIVE.creationtime", "GNU.sparse",
        "Linkpath", "x"};
    struct forged b;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0] + sizeof good / sizeof good[0]; i++) {
        bool is_bad = i < sizeof bad / sizeof bad[0];
        const char *key = is_bad ? bad[i] : good[i - sizeof bad / sizeof bad[0]];

        check_about("keyword %s", key);
        b = forge_new();
        forge_file(&b, "data/f", key, "4");
        forge_list_file(&b, "data/f", FORGE_NO_TIME, "");
        CHECK_INT(is_bad ? SEAL_HOSTILE : SEAL_OK, take_in(&b));
    }
}

/* ---- Paths -------------------------------------------------------------------------------- */

/* first and then a/a/a..., len bytes in all; for the caller to free. */
static char *long_path(const char *first, size_t len)
{
    struct buffer b = {0};

    forge_text(&b, first);
    add_filling(&b, "/a", len - b.len);
    if (b.data[len - 1] == '/')
        b.data[len - 1] = 'b';
    forge_bytes(&b, "", 1);
    return (char *)b.data;
}

/* Memory of this process, where the system tells. */
static long long resident(void)
{
    long long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    if (f == NULL || fscanf(f, "%*s %lld", &pages) != 1)
        pages = 0;
    if (f != NULL)
        (void)fclose(f);
    return pages * sysconf(_SC_PAGESIZE);
}

/* A sanitizer keeps what was freed for a while, tens of megabytes of it. */
#ifdef __SANITIZE_ADDRESS__
#define GROWTH_MAX ((long long)(512 * MIB))
#else
#define GROWTH_MAX ((long long)(16 * MIB))
#endif

/* The folders above a path are as many as it has slashes: they must not have a text each. */
static void test_memory_of_paths(void)
{
    struct fault fault = {.status = SEAL_OK};
    long long before = resident();
    struct bag_check *c;

    CHECK_INT(SEAL_OK, bag_check_new(&c, BAG_WHOLE, &fault));
    for (int i = 0; i < 4; i++) {
        char first[32], *path;
        struct archive_entry e = {.path_len = PATH_LEN_MAX};
        struct bag_place place;
        long long at_first = resident();

        check_about("path %d of a/a/a...", i);
        (void)snprintf(first, sizeof first, "data/%d", i);
        e.path = path = long_path(first, PATH_LEN_MAX);
        CHECK_INT(SEAL_OK, bag_check_entry(c, &e, &place, &fault));
        CHECK_INT(SEAL_OK, bag_check_entry_end(c, &fault));
        CHECK_INT(i == 0 ? 0 : 4, place.known_len);
        CHECK(resident() - at_first < GROWTH_MAX);
        free(path);
    }
    CHECK(resident() - before < 2 * GROWTH_MAX);
    bag_check_free(c);
}

static void test_memory_of_links(void)
{
    const struct archive_entry listing = {.path = "metadata.mtree", .path_len = 14};
    struct fault fault = {.status = SEAL_OK};
    char *path = long_path("data", PATH_LEN_MAX);
    struct buffer text = {0};
    long long before = resident();
    struct bag_check *c;

    check_about("a link at a/a/a...");
    if (buffer_printf(&text, "#mtree\n. type=dir\n./%s type=link time=0.000000000 link=x\n", path))
        abort();
    CHECK_INT(SEAL_OK, bag_check_new(&c, BAG_WHOLE, &fault));
    CHECK_INT(SEAL_OK, bag_check_entry(c, &listing, NULL, &fault));
    CHECK_INT(SEAL_OK, bag_check_data(c, text.data, text.len, &fault));
    CHECK_INT(SEAL_OK, bag_check_entry_end(c, &fault));
    CHECK(resident() - before < GROWTH_MAX);
    bag_check_free(c);
    buffer_free(&text);
    free(path);
}

/* On disk, too: as deep as a path may say, with entries for none of its folders. */
static void test_longest_path(void)
{
    char *path = long_path("data", PATH_LEN_MAX);
    long long before = resident();
    struct forged b = forge_new();
    enum seal_status status;

    check_about("the longest path, all of it folders");
    forge_put_file(&b, path);
    status = take_in(&b);
    CHECK(status == SEAL_OK || status == SEAL_HOSTILE || status == SEAL_LOCAL_NAME);
    CHECK(resident() - before < 2 * GROWTH_MAX);
    CHECK(fixture_remove_tree(check_scratch("out")));
    free(path);
}

/* A folder in a folder, and so on, an entry each; and a file at the bottom. */
static void test_chain(void)
{
    size_t depth = 2000;
    char *path = long_path("data", 4 + 2 * depth);
    struct forged b = forge_new();
    struct stat st;

    check_about("%zu folders in each other", depth);
    for (size_t len = 4; len < 4 + 2 * depth; len += 2) {
        path[len] = '\0';
        forge_put_folder(&b, path, (unsigned int)len);
        path[len] = '/';
    }
    forge_put_file(&b, path);
    CHECK_TAKEN(b);
    CHECK_INT(depth - 1, taken.totals.folders);
    CHECK_INT(1, taken.totals.files);
    CHECK(stat(check_scratch("out/data/a/a/a"), &st) == 0 && st.st_mtime == 10);
    CHECK(fixture_remove_tree(check_scratch("out")));
    free(path);
}

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
                                      "data/d/e/f/g"};
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
    list_link(&b, "data/none/such/link");
    list_link(&b, "data/\\303\\251");
    CHECK_TAKEN(b);
    CHECK_INT(6, taken.totals.remarks[BAG_LINK]);
    CHECK_INT(-1, access(check_scratch("out/data/none"), F_OK));
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
        char *path = long_path("data", len);

        check_about("a link whose path has %zu bytes", len);
        b = one_file();
        list_link(&b, path);
        CHECK_INT(len <= PATH_LEN_MAX ? SEAL_OK : SEAL_HOSTILE, take_in(&b));
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
    static const char *const good[] = {"",
                                       " ",
                                       " a",
                                       " optional",
                                       " a=b",
                                       "  a=b",
                                       " a= ",
                                       " a=#b",
                                       " a=\\040b",
                                       " a=\\134",
                                       " a=~",
                                       " a=\\377\\000",
                                       " uid=0 gid=0 mode=0644 nlink=1"};
    struct forged b;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0] + sizeof good / sizeof good[0]; i++) {
        bool is_bad = i < sizeof bad / sizeof bad[0];
        const char *more = is_bad ? bad[i] : good[i - sizeof bad / sizeof bad[0]];

        check_about("words \"%s\" in the listing", more);
        b = forge_new();
        forge_file(&b, "data/f", NULL, NULL);
        forge_list_file(&b, "data/f", FORGE_NO_TIME, more);
        CHECK_INT(is_bad ? SEAL_HOSTILE : SEAL_OK, take_in(&b));
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
                 {"-1", "-1.000000000", SEAL_OK},        {"-1", "-01.000000000", SEAL_OK},
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

    check_about("a line of 600 KB in bag-info.txt");
    b = one_file();
    forge_text(&b.tags[TAG_BAG_INFO], "External-Description: ");
    add_filling(&b.tags[TAG_BAG_INFO], "words ", 600 * KIB);
    forge_text(&b.tags[TAG_BAG_INFO], "\nPayload-Oxum: 4.1\n");
    CHECK_TAKEN(b);

    for (size_t len = LINE_LIMIT - 1; len <= LINE_LIMIT + 1; len++) {
        check_about("an entry's line of %zu bytes in the listing", len);
        b = one_file();
        b.tags[TAG_MTREE].len--;
        start = b.tags[TAG_MTREE].len;
        for (; b.tags[TAG_MTREE].data[start - 1] != '\n';)
            start--;
        forge_text(&b.tags[TAG_MTREE], " a=");
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
                                      "\357\273\277" VERSION "\n" ENCODING "\n"};
    static const char *const good[] = {VERSION "\n" ENCODING "\n", VERSION "\r\n" ENCODING "\r\n",
                                       VERSION "\n" ENCODING, VERSION "\r\n" ENCODING};
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
                 {"Payload-Oxum: 8.2", SEAL_OK},
                 {"Payload-Oxum: 8.2\r\n", SEAL_OK},
                 {"Bagging-Date: 2024-05-17\nPayload-Oxum: 8.2\nMore: x\n", SEAL_OK},
                 {"Bagging-Date: 2024-05-17\n", SEAL_OK},
                 {"", SEAL_OK},
                 {"payload-oxum :\t8.2 \n", SEAL_OK},
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
    check_start("hostile", argc, argv);
    fixture_start(argc, argv);
    test_honest();
    test_memory_of_paths();
    test_memory_of_links();
    test_record_lengths();
    test_records_to_the_end();
    test_keywords();
    test_longest_path();
    test_chain();
    test_link_paths();
    test_links_and_links();
    test_listing_bytes();
    test_comments();
    test_listing_times();
    test_long_lines();
    test_bagit();
    test_oxum();
    test_missing();
    test_implied_folders();
    test_folder_conflicts();
    return check_done();
}
