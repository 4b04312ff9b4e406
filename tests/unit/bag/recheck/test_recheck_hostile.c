/*
 * A bag on disk that was made to harm, and what lies beside its data.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/archive.h"
#include "bag/bag_layout.h"
#include "bag/mtree.h"
#include "lib/unit_check.h"
#include "lib/disk.h"
#include "lib/fixture.h"
#include "platform/files.h"

/* ---- The record as it was sealed ---------------------------------------------------------- */

#define MORE_OUTER_TAGS 11

/* ---- Beside data/ ------------------------------------------------------------------------- */

/* In a bag of ours nothing may be missing or added there; in others there may be anything. */
static void test_beside_data(void)
{
    disk_sealed_bag();
    CHECK_INT(0, unlink(disk_in_bag("tagmanifest-sha256.txt")));
    disk_expect("no tag manifest", "gone tagmanifest-sha256.txt\n");
    disk_sealed_bag();
    CHECK_INT(0, unlink(disk_in_bag("metadata.mtree")));
    disk_put_tagmanifest(
        "", (const char *const[]){"manifest-sha256.txt", "bag-info.txt", "bagit.txt"}, 3);
    disk_expect("no listing, which bag-info.txt tells", "gone metadata.mtree\n");
    disk_sealed_bag();
    CHECK_INT(0, unlink(disk_in_bag("bag-info.txt")));
    disk_put_tagmanifest(
        "", (const char *const[]){"manifest-sha256.txt", "metadata.mtree", "bagit.txt"}, 3);
    disk_expect("no bag-info.txt, which the listing tells", "gone bag-info.txt\n");
    disk_sealed_bag();
    disk_put_tagmanifest(
        "", (const char *const[]){"manifest-sha256.txt", "metadata.mtree", "bagit.txt"}, 3);
    disk_expect("one that is not listed", "added bag-info.txt\n");

    disk_sealed_bag();
    disk_put("note.txt", "");
    disk_put(".hidden", "");
    disk_put("manifest-sha3.txt", "");
    disk_put("tagmanifest-sha512.txt", "");
    disk_folder(BAG_AS_SEALED_DIR);
    disk_folder("more");
    disk_put("more/x", "");
    CHECK_INT(0, symlink("data", disk_in_bag("link")));
    CHECK_INT(0, mkfifo(disk_in_bag("fifo"), 0644));
    disk_expect("added", "note 0 manifest-sha3.txt\n"
                         "added .hidden\nadded as-sealed: IS_FOLDER\nadded fifo: IS_FIFO\n"
                         "added link: IS_LINK\nadded manifest-sha3.txt\nadded more: IS_FOLDER\n"
                         "added note.txt\nadded tagmanifest-sha512.txt\n");
    disk_respelled_bag();
    disk_put(AS_SEALED("note.txt"), "");
    disk_folder(AS_SEALED("more"));
    disk_expect("added in as-sealed/",
                "added as-sealed/more: IS_FOLDER\nadded as-sealed/note.txt\n");

    disk_small_bag(BAGIT_1_0, DIGEST_SHA256, "  ");
    disk_put("bag-info.txt", "Payload-Oxum: 9.2\n");
    disk_put_tagmanifest("", (const char *const[]){"manifest-sha256.txt"}, 1);
    disk_put("note.txt", "");
    disk_folder(BAG_AS_SEALED_DIR);
    disk_put(AS_SEALED("x"), "");
    CHECK_INT(0, symlink("data", disk_in_bag("link")));
    disk_expect("a foreign bag", "");
    disk_put("manifest-sha3.txt", "");
    disk_expect("an algorithm more", "note 0 manifest-sha3.txt\n");
}

/* ---- Made to harm ------------------------------------------------------------------------- */

/* Deeper than any bag of ours may be, deeper than there are descriptors. */
static void test_deep(void)
{
    const int depth = 5000;
    struct rlimit before, few;
    int fd, top;

    disk_small_bag(BAGIT_1_0, DIGEST_MD5, "  ");
    fd = plat_open_dir(PLAT_CWD, disk_in_bag("data"), false);
    for (int i = 0; i < depth; i++) {
        int next;

        /* Two folders in each: so there is a way back to every level. */
        if (mkdirat(fd, "d", 0755) != 0 || (i % 100 == 0 && mkdirat(fd, "e", 0755) != 0))
            abort();
        next = plat_open_dir(fd, "d", false);
        (void)close(fd);
        fd = next;
    }
    top = plat_create_file(fd, "f", PLAT_PRIVATE, false);
    (void)close(top);
    (void)close(fd);
    CHECK_INT(0, getrlimit(RLIMIT_NOFILE, &before));
    few = (struct rlimit){128, before.rlim_max};
    CHECK_INT(0, setrlimit(RLIMIT_NOFILE, &few));
    CHECK_INT(SEAL_OK, disk_recheck("bag"));
    CHECK_INT(0, setrlimit(RLIMIT_NOFILE, &before));
    CHECK_INT(1, disk_told.count);
    CHECK_INT(1, disk_told.result.changes[BAG_UNREADABLE]);
    CHECK(strstr(disk_told_text(), "/d: NESTED_DEEP\n") != NULL);
}

/* The path of a file in so many folders; the next call overwrites it. */
static const char *deep_path(size_t folders)
{
    static char path[2 * PATH_PARTS_MAX + 16];

    for (size_t i = 0; i < folders; i++)
        memcpy(path + 2 * i, "d/", 2);
    memcpy(path + 2 * folders, "f", 2);
    return path;
}

/* Each tag file that is listed is looked for by all parts of its path, so there is an end to them.
 */
static void test_deep_tag_files(void)
{
    struct buffer lines = {0};
    char told[4 * PATH_PARTS_MAX + 64];
    int at = 0;

    disk_small_bag(BAGIT_1_0, DIGEST_MD5, "  ");
    for (size_t folders = PATH_PARTS_MAX - 1; folders <= PATH_PARTS_MAX; folders++) {
        const bool is_looked_for = folders < PATH_PARTS_MAX;

        CHECK_INT(SEAL_OK, buffer_printf(&lines, "%032d  %s\n", 0, deep_path(folders)));
        at += snprintf(told + at, sizeof told - (size_t)at, "%s %s%s\n",
                       is_looked_for ? "gone" : "unreadable", deep_path(folders),
                       is_looked_for ? "" : ": NESTED_DEEP");
    }
    disk_put_buffer("tagmanifest-md5.txt", &lines);
    disk_expect("tag files deep down", told);
}

static void test_long_lines(void)
{
    const size_t len = 2 * 1024 * 1024;
    char *text = fixture_alloc(len + 1);
    static const char *const names[] = {"manifest-md5.txt", "fetch.txt", "metadata.mtree",
                                        "bag-info.txt", "tagmanifest-md5.txt"};

    disk_small_bag(BAGIT_1_0, DIGEST_MD5, "  ");
    memset(text, 'a', len);
    text[len] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (i == 0)
            disk_append_to(names[i], text);
        else
            disk_put(names[i], i == 2 ? MTREE_HEAD : "");
    disk_append_to("fetch.txt", text);
    disk_append_to("bag-info.txt", text);
    disk_append_to("tagmanifest-md5.txt", text);
    disk_append_to("metadata.mtree", text);
    disk_expect("long lines", "off manifest-md5.txt: LINE_MALFORMED line 3\n"
                              "off fetch.txt: LINE_MALFORMED line 1\n"
                              "off metadata.mtree: LINE_MALFORMED line 3\n"
                              "off data/a: NOT_LISTED metadata.mtree\n"
                              "off data/sub/b: NOT_LISTED metadata.mtree\n"
                              "off tagmanifest-md5.txt: LINE_MALFORMED line 1\n"
                              "gone manifest-sha256.txt\n"
                              "gone tagmanifest-sha256.txt\n"
                              "added data/sub: IS_FOLDER\n");
    memset(text, '/', len);
    disk_put("manifest-md5.txt", text);
    CHECK_INT(SEAL_OK, disk_recheck("bag"));
    free(text);
}

static void mutate(struct buffer *b, struct random *random)
{
    static const char pieces[] = "/.\n\r \t#%\\*0aA\xEF\x00\xFF";
    uint32_t times = 1 + random_below(random, 4);

    for (uint32_t i = 0; i < times && b->len > 0; i++) {
        size_t at = random_below(random, (uint32_t)b->len);
        size_t n = 1 + random_below(random, 40);

        if (n > b->len - at)
            n = b->len - at;
        switch (random_below(random, 4)) {
        case 0:
            b->data[at] = (uint8_t)pieces[random_below(random, sizeof pieces - 1)];
            break;
        case 1:
            b->data[at] ^= (uint8_t)(1U << random_below(random, 8));
            break;
        case 2: /* taken out */
            memmove(b->data + at, b->data + at + n, b->len - at - n);
            b->len -= n;
            break;
        default: /* copied to another place */
            memmove(b->data + random_below(random, (uint32_t)(b->len - n + 1)), b->data + at, n);
        }
    }
}

/* Whatever the record says, checking ends, and by itself. That is all that is asked here. */
static void test_mutations(void)
{
    static const char *const names[] = {"bagit.txt",
                                        "bag-info.txt",
                                        "manifest-sha256.txt",
                                        "manifest-md5.txt",
                                        "metadata.mtree",
                                        "fetch.txt",
                                        "tagmanifest-sha256.txt",
                                        "as-sealed/manifest-sha256.txt",
                                        "as-sealed/metadata.mtree",
                                        "as-sealed/tagmanifest-sha256.txt"};
    const size_t count = sizeof names / sizeof names[0];
    struct random random = fixture_random("recheck");
    size_t rounds = fixture_share(10000, 2000), told_something = 0;
    struct buffer b = {0};

    disk_respelled_bag();
    disk_line_for(&b, DIGEST_MD5, "alpha", "  ", "data/A{3A}");
    disk_line_for(&b, DIGEST_MD5, "beta", "  ", "data/{63}on/b");
    disk_put_buffer("manifest-md5.txt", &b);
    disk_put("fetch.txt", "http://localhost/a 5 data/A{3A}\nhttp://localhost/b - data/{63}on/b\n");
    disk_put_tagmanifest("", disk_outer_tags, MORE_OUTER_TAGS);
    disk_expect("before", "");
    for (size_t i = 0; i < rounds; i++) {
        const char *name = names[random_below(&random, (uint32_t)count)];
        struct buffer kept = fixture_read(disk_in_bag(name)),
                      text = fixture_read(disk_in_bag(name));

        mutate(&text, &random);
        disk_put_buffer(name, &text);
        check_about("mutation %zu of %s", i, name);
        CHECK(disk_recheck("bag") == SEAL_OK || disk_told.status == SEAL_USAGE);
        told_something += disk_told.count > 0 || disk_told.status != SEAL_OK;
        disk_put_buffer(name, &kept);
    }
    check_about("%s", "");
    disk_expect("after", "");
    CHECK(told_something > rounds / 2);
    random_end(&random);
}

static void test_stop(void)
{
    disk_sealed_bag();
    stop_request(); /* cannot be taken back: so this is the last test */
    CHECK_INT(SEAL_INTERRUPTED, disk_recheck("bag"));
}

int main(int argc, char **argv)
{
    check_start("recheck_hostile", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_beside_data());
    CHECK_CASE(test_deep());
    CHECK_CASE(test_deep_tag_files());
    CHECK_CASE(test_long_lines());
    CHECK_CASE(test_mutations());
    CHECK_CASE(test_stop());
    buffer_free(&disk_told.text);
    return check_done();
}
