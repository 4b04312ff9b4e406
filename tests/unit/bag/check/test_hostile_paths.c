/*
 * Bags that no honest sealer makes: tricks in pax headers and paths are refused, and none costs
 * memory or time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bag/bag_layout.h"
#include "bag/check/check.h"
#include "bag/manifest.h"
#include "lib/unit_check.h"
#include "lib/fixture.h"
#include "lib/forge.h"
#include "lib/takein.h"

#define MIB (1024 * KIB)

/* ---- Sealed and taken in ------------------------------------------------------------------ */

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
        {9, "9 a=bbbb\n30 path=data/from-the-padding\n99999999 c=\n"},
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
        struct tar_entry e = {.path_len = PATH_LEN_MAX};
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
    const struct tar_entry listing = {.path = "metadata.mtree", .path_len = 14};
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
    CHECK_INT(SEAL_HOSTILE, bag_check_data(c, text.data, text.len, &fault));
    CHECK(resident() - before < GROWTH_MAX);
    bag_check_free(c);
    buffer_free(&text);
    free(path);
}

/* On disk, too: the longest path, all of it folders, with entries for none of them. */
static void test_longest_path(void)
{
    char *path = long_path("data", PATH_LEN_MAX);
    long long before = resident();
    struct forged b = forge_new();

    check_about("the longest path, all of it folders");
    forge_put_file(&b, path);
    CHECK_REFUSED(b);
    CHECK(resident() - before < 2 * GROWTH_MAX);
    free(path);
}

/* A folder in a folder, and so on, an entry each; and a file at the bottom. */
static void test_chain(void)
{
    size_t depth = PATH_PARTS_MAX - 1;
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

int main(int argc, char **argv)
{
    check_start("hostile_paths", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_honest());
    CHECK_CASE(test_memory_of_paths());
    CHECK_CASE(test_memory_of_links());
    CHECK_CASE(test_record_lengths());
    CHECK_CASE(test_records_to_the_end());
    CHECK_CASE(test_keywords());
    CHECK_CASE(test_longest_path());
    CHECK_CASE(test_chain());
    return check_done();
}
