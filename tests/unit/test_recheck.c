/*
 * A bag on disk, checked again: clean and old bags, everything that may be wrong with one, and
 * records that were made to harm.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bag/digests.h"
#include "bag/items.h"
#include "lib/check.h"
#include "lib/fixture.h"
#include "platform/platform.h"

/* ---- What was told ------------------------------------------------------------------------ */

static const char *const change_words[BAG_CHANGE_KINDS] = {"gone",    "altered",    "added",
                                                           "retimed", "unreadable", "off"};

/* One line a change: "WORD PATH" or "WORD PATH: DETAIL". */
struct told {
    struct buffer text;
    size_t count;
    uint64_t progress;
    struct bag_recheck result;
    struct fault fault;
    enum seal_status status;
};

static void note_change(void *ctx, enum bag_change kind, const char *path, const char *detail)
{
    struct told *t = ctx;

    t->count++;
    if (t->text.len < 100000 &&
        buffer_printf(&t->text, "%s %s%s%s\n", change_words[kind], path, detail == NULL ? "" : ": ",
                      detail == NULL ? "" : detail) != SEAL_OK)
        abort();
}

static void take_note(void *ctx, const char *path, const char *what)
{
    struct told *t = ctx;

    if (buffer_printf(&t->text, "note %s: %s\n", path, what) != SEAL_OK)
        abort();
}

static void note_progress(void *ctx, uint64_t bytes)
{
    struct told *t = ctx;

    t->progress += bytes;
}

static struct told told;

/* Checks the bag of that name again; what was told is in told until the next call. */
static enum seal_status recheck(const char *bag)
{
    const struct bag_recheck_observer observer = {&told, note_change, take_note, note_progress};
    int fd = plat_open_dir(PLAT_CWD, check_scratch(bag), true);
    uint64_t sum = 0;

    buffer_free(&told.text);
    told = (struct told){0};
    if (buffer_append_text(&told.text, "") != SEAL_OK || fd < 0)
        abort();
    told.status = bag_recheck(&told.result, fd, bag, &observer, &told.fault);
    (void)close(fd);
    for (size_t i = 0; i < BAG_CHANGE_KINDS; i++)
        sum += told.result.changes[i];
    CHECK_INT(told.count, sum);
    return told.status;
}

static const char *told_text(void)
{
    return (const char *)told.text.data;
}

static void expect(const char *about, const char *text)
{
    check_about("%s", about);
    CHECK_INT(SEAL_OK, recheck("bag"));
    CHECK_TEXT(text, told_text());
    check_about("%s", "");
}

static void expect_no_bag(const char *about, const char *what)
{
    check_about("%s", about);
    CHECK_INT(SEAL_USAGE, recheck("bag"));
    CHECK_TEXT(what, told.fault.what);
    check_about("%s", "");
}

/* ---- Bags --------------------------------------------------------------------------------- */

static const char *in_bag(const char *path)
{
    static char full[4][4096];
    static unsigned int at;

    at = (at + 1) % 4;
    (void)snprintf(full[at], sizeof full[at], "%s/%s", check_scratch("bag"), path);
    return full[at];
}

static void put(const char *path, const char *text)
{
    fixture_write(in_bag(path), text, strlen(text));
}

static void folder(const char *path)
{
    CHECK_INT(0, mkdir(in_bag(path), 0755));
}

static void set_time(const char *path, int64_t sec, long nsec)
{
    const struct timespec times[2] = {{sec, nsec}, {sec, nsec}};

    CHECK_INT(0, utimensat(AT_FDCWD, in_bag(path), times, AT_SYMLINK_NOFOLLOW));
}

/* Appends a manifest line for a file that holds text. */
static void line_for(struct buffer *out, enum digest_kind kind, const char *text,
                     const char *between, const char *path)
{
    struct digests d;
    uint8_t digest[DIGEST_LEN_MAX];
    char hex[2 * DIGEST_LEN_MAX + 1];

    digests_start(&d, 1U << kind);
    digests_add(&d, text, strlen(text));
    digests_end(&d, kind, digest);
    hex_encode(hex, digest, digest_len(kind));
    if (buffer_printf(out, "%s%s%s\n", hex, between, path) != SEAL_OK)
        abort();
}

static void put_buffer(const char *path, struct buffer *b)
{
    fixture_write(in_bag(path), b->data, b->len);
    buffer_free(b);
}

#define BAGIT_1_0 "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
#define BAGIT_0_97 "BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n"

static void fresh(const char *bagit)
{
    CHECK(fixture_remove_tree(check_scratch("bag")));
    CHECK_INT(0, mkdir(check_scratch("bag"), 0755));
    folder("data");
    put("bagit.txt", bagit);
}

/* A bag with one manifest for data/a ("alpha") and data/sub/b ("beta"). */
static void small_bag(const char *bagit, enum digest_kind kind, const char *between)
{
    struct buffer manifest = {0};
    char name[64];

    fresh(bagit);
    folder("data/sub");
    put("data/a", "alpha");
    put("data/sub/b", "beta");
    line_for(&manifest, kind, "alpha", between, "data/a");
    line_for(&manifest, kind, "beta", between, "data/sub/b");
    (void)snprintf(name, sizeof name, "manifest-%s.txt", digest_name(kind));
    put_buffer(name, &manifest);
}

static struct buffer read_text(const char *path)
{
    struct buffer b = fixture_read(in_bag(path));

    if (buffer_append(&b, "", 1) != SEAL_OK)
        abort();
    b.len--;
    return b;
}

static void append_to(const char *path, const char *text)
{
    struct buffer b = fixture_read(in_bag(path));

    if (buffer_append(&b, text, strlen(text)) != SEAL_OK)
        abort();
    put_buffer(path, &b);
}

/* A tag manifest for these tag files as they are now. */
static void put_tagmanifest(const char *in, const char *const *names, size_t count)
{
    struct buffer out = {0};
    char path[256];

    for (size_t i = 0; i < count; i++) {
        struct buffer text;

        (void)snprintf(path, sizeof path, "%s%s", in, names[i]);
        text = read_text(path);
        line_for(&out, DIGEST_SHA256, (const char *)text.data, "  ", names[i]);
        buffer_free(&text);
    }
    (void)snprintf(path, sizeof path, "%stagmanifest-sha256.txt", in);
    put_buffer(path, &out);
}

static struct buffer hex_of(const char *text)
{
    struct buffer line = {0};

    line_for(&line, DIGEST_SHA256, text, "", "");
    line.data[--line.len] = '\0';
    return line;
}

static void listing_file(struct buffer *out, const char *path, const char *text, const char *time)
{
    struct buffer hex = hex_of(text);

    if (buffer_printf(out, "./%s type=file size=%zu time=%s sha256digest=%s\n", path, strlen(text),
                      time, (const char *)hex.data) != SEAL_OK)
        abort();
    buffer_free(&hex);
}

static void listing_text(struct buffer *out, const char *text)
{
    if (buffer_append_text(out, text) != SEAL_OK)
        abort();
}

#define TIME_1 "1700000000.123456789"
#define TIME_OF_1 1700000000, 123456789

/* As seal writes it: SHA-256, and the path with percent codes. */
static void coded_line_for(struct buffer *out, const char *text, const char *path)
{
    struct sha256 hash;
    uint8_t digest[SHA256_LEN];

    sha256_start(&hash);
    sha256_add(&hash, text, strlen(text));
    sha256_end(&hash, digest);
    if (manifest_line(out, digest, path) != SEAL_OK)
        abort();
}

/* The small bag as seal makes it, with the names first and second for the files. */
static void put_record(const char *in, const char *first, const char *sub, const char *second,
                       const char *comments)
{
    struct buffer manifest = {0}, listing = {0};
    char path[256];

    coded_line_for(&manifest, "alpha", first);
    coded_line_for(&manifest, "beta", second);
    (void)snprintf(path, sizeof path, "%smanifest-sha256.txt", in);
    put_buffer(path, &manifest);
    listing_text(&listing, MTREE_HEAD "./data type=dir time=" TIME_1 "\n");
    listing_file(&listing, first, "alpha", TIME_1);
    if (buffer_printf(&listing, "./%s type=dir time=" TIME_1 "\n", sub) != SEAL_OK)
        abort();
    listing_file(&listing, second, "beta", TIME_1);
    listing_text(&listing, comments);
    (void)snprintf(path, sizeof path, "%smetadata.mtree", in);
    put_buffer(path, &listing);
    (void)snprintf(path, sizeof path, "%sbag-info.txt", in);
    put(path, "Bagging-Date: 2026-11-22\nPayload-Oxum: 9.2\nSeal-Format-Version: 1\n");
    (void)snprintf(path, sizeof path, "%sbagit.txt", in);
    put(path, BAGIT_1_0);
    put_tagmanifest(in, tag_file_names, TAG_TAGMANIFEST);
}

static void set_times(void)
{
    set_time("data/a", TIME_OF_1);
    set_time("data/sub/b", TIME_OF_1);
    set_time("data/sub", TIME_OF_1);
    set_time("data", TIME_OF_1);
}

static void sealed_bag(void)
{
    small_bag(BAGIT_1_0, DIGEST_SHA256, "  ");
    put_record("", "data/a", "data/sub", "data/sub/b", "");
    set_times();
}

/* The same again after something was changed that the times of folders follow. */
static void keep_times(void)
{
    set_time("data/sub", TIME_OF_1);
    set_time("data", TIME_OF_1);
}

/* ---- Clean bags --------------------------------------------------------------------------- */

static void test_clean(void)
{
    struct buffer tagmanifest;
    struct sha256 hash;
    uint8_t want[SHA256_LEN];

    sealed_bag();
    expect("a sealed bag", "");
    CHECK_INT(2, told.result.files);
    CHECK_INT(9, told.result.bytes);
    CHECK_INT(9, told.progress);
    CHECK(told.result.has_listing);
    CHECK(told.result.has_digest);
    CHECK_TEXT("sha256", told.result.algorithms);
    tagmanifest = read_text("tagmanifest-sha256.txt");
    sha256_start(&hash);
    sha256_add(&hash, tagmanifest.data, tagmanifest.len);
    sha256_end(&hash, want);
    CHECK_BYTES(want, told.result.digest, SHA256_LEN);
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
        small_bag(BAGIT_1_0, kind, "  ");
        expect(digest_name(kind), "");
        CHECK_TEXT(digest_name(kind), told.result.algorithms);
        CHECK(!told.result.has_digest && !told.result.has_listing);
        put("data/a", "alphx");
        expect(digest_name(kind), "altered data/a\n");
    }
}

static void test_old(void)
{
    struct buffer manifest = {0};

    small_bag(BAGIT_0_97, DIGEST_MD5, " *");
    line_for(&manifest, DIGEST_SHA512, "alpha", "\t ", "./data/a");
    put_buffer("manifest-sha512.txt", &manifest); /* 0.97: some of the files are enough */
    folder("data/empty");
    put("package-info.txt", "payload-oxum:  9.2 \n");
    expect("md5 and sha512, version 0.97", "");
    CHECK_TEXT("md5, sha512", told.result.algorithms);
    put("bagit.txt", "bagit-version: 0.93\r\ntag-file-character-encoding:  utf-8\r\n");
    expect("version 0.93", "");
    put("package-info.txt", "Payload-Oxum: 9.3\n");
    expect("package-info.txt",
           "off package-info.txt: its Payload-Oxum is 9.3, and the files are 9.2\n");
}

static void test_line_ends(void)
{
    struct buffer text;
    struct buffer crlf = {0};

    for (int i = 0; i < 2; i++) { /* CR LF, and then CR */
        small_bag(BAGIT_1_0, DIGEST_SHA256, "  ");
        text = read_text("manifest-sha256.txt");
        for (size_t k = 0; k < text.len; k++)
            if (buffer_append(&crlf, text.data[k] == '\n' ? "\r\n" : (const char *)text.data + k,
                              text.data[k] == '\n' && i == 0 ? 2 : 1) != SEAL_OK)
                abort();
        buffer_free(&text);
        put_buffer("manifest-sha256.txt", &crlf);
        put("bagit.txt", i == 0 ? "BagIt-Version: 1.0\r\nTag-File-Character-Encoding: UTF-8\r\n"
                                : "BagIt-Version: 1.0\rTag-File-Character-Encoding: UTF-8\r");
        put("bag-info.txt", "Payload-Oxum: 9.2\r\n");
        expect("line ends", "");
    }
}

/* ---- Changed bags ------------------------------------------------------------------------- */

static void test_files(void)
{
    sealed_bag();
    put("data/a", "alphx");
    set_time("data/a", TIME_OF_1);
    expect("a byte altered", "altered data/a\n");
    put("data/a", "al");
    set_time("data/a", TIME_OF_1);
    expect("cut short", "altered data/a: 5 bytes -> 2\n");
    CHECK_INT(0, unlink(in_bag("data/sub/b")));
    put("data/a", "alpha");
    set_time("data/a", TIME_OF_1);
    keep_times();
    expect("missing", "gone data/sub/b\n");
    CHECK_INT(0, rmdir(in_bag("data/sub")));
    set_time("data", TIME_OF_1);
    expect("a folder missing", "gone data/sub/b\ngone data/sub: a folder\n");
}

static void test_added(void)
{
    sealed_bag();
    put("data/sub/new", "");
    folder("data/extra");
    CHECK_INT(0, symlink("../../secret", in_bag("data/link")));
    CHECK_INT(0, symlink(".", in_bag("data/sub/loop")));
    CHECK_INT(0, mkfifo(in_bag("data/fifo"), 0644));
    keep_times();
    expect("added", "added data/fifo: a fifo\nadded data/link: a link\nadded data/extra: a folder\n"
                    "added data/sub/loop: a link\nadded data/sub/new\n");
    sealed_bag();
    CHECK_INT(0, unlink(in_bag("data/a")));
    CHECK_INT(0, symlink("sub/b", in_bag("data/a")));
    CHECK_INT(0, rename(in_bag("data/sub"), in_bag("moved")));
    CHECK_INT(0, symlink("../moved", in_bag("data/sub")));
    set_time("data", TIME_OF_1);
    expect("links in place of files and folders",
           "added moved: a folder\nadded data/a: a link\nadded data/sub: a link\n"
           "gone data/a\ngone data/sub/b\ngone data/sub: a folder\n");
}

static void test_times(void)
{
    sealed_bag();
    set_time("data/a", 1700000001, 123456789);
    set_time("data/sub", 1700000000, 0);
    expect("retimed", "retimed data/a: 2023-11-14T22:13:20.123456789Z -> "
                      "2023-11-14T22:13:21.123456789Z\n"
                      "retimed data/sub: 2023-11-14T22:13:20.123456789Z -> "
                      "2023-11-14T22:13:20.000000000Z (this file system may have rounded it)\n");
    set_time("data/a", 1700000000, 123456700);
    set_time("data/sub", 1700000002, 0);
    expect("rounded up or to 100 ns",
           "retimed data/a: 2023-11-14T22:13:20.123456789Z -> "
           "2023-11-14T22:13:20.123456700Z (this file system may have rounded it)\n"
           "retimed data/sub: 2023-11-14T22:13:20.123456789Z -> "
           "2023-11-14T22:13:22.000000000Z (this file system may have rounded it)\n");
}

static void test_unreadable(void)
{
    if (geteuid() == 0) {
        printf("recheck: skipped: files without the right to read: root may read all\n");
        return;
    }
    sealed_bag();
    CHECK_INT(0, chmod(in_bag("data/a"), 0));
    CHECK_INT(0, chmod(in_bag("data/sub"), 0));
    expect("no right to read", "unreadable data/a: Permission denied\n"
                               "unreadable data/sub: Permission denied\n"
                               "unreadable data/sub/b: its folder could not be read\n");
    CHECK_INT(0, chmod(in_bag("data/sub"), 0755));
}

/* ---- Records that are wrong --------------------------------------------------------------- */

static void test_no_bag(void)
{
    fresh(BAGIT_1_0);
    expect_no_bag("no manifest", "it is no bag: it has no manifest");
    put("manifest-blake2.txt", "");
    expect_no_bag("only one that is not known", "it has no manifest this program can check");
    CHECK_TEXT("note manifest-blake2.txt: an algorithm this program does not know\n", told_text());
    CHECK_INT(0, rmdir(in_bag("data")));
    expect_no_bag("no data", "it is no bag: it has no data folder");
    put("data", "");
    expect_no_bag("data a file", "it is no bag: it has no data folder");
    CHECK_INT(0, unlink(in_bag("bagit.txt")));
    expect_no_bag("no bagit.txt", "it is no bag: it has no bagit.txt");
    CHECK_INT(0, symlink("data", in_bag("bagit.txt")));
    expect_no_bag("bagit.txt a link", "it is no bag: its bagit.txt is no file");
}

static void test_bagit(void)
{
    static const char version[] = "its bagit.txt does not say a version of BagIt from 0.93 to 1.0";
    static const char encoding[] = "its bagit.txt does not say that its record is in UTF-8";
    static const char utf8[] = "\nTag-File-Character-Encoding: UTF-8\n";
    static const char *const versions[] = {
        "0.92", "1.1", "2.0", "", "1", "1.0x", ".97", "0.", "-1.0", "0.99999999999999999999999"};
    char text[256];

    small_bag(BAGIT_1_0, DIGEST_SHA1, "  ");
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        (void)snprintf(text, sizeof text, "BagIt-Version: %s%s", versions[i], utf8);
        put("bagit.txt", text);
        expect_no_bag(versions[i], version);
    }
    put("bagit.txt", "");
    expect_no_bag("empty", version);
    put("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-16\n");
    expect_no_bag("UTF-16", encoding);
    put("bagit.txt", "BagIt-Version: 1.0\n");
    expect_no_bag("no encoding", encoding);
    put("bagit.txt", "\xEF\xBB\xBF" BAGIT_1_0);
    expect("byte order mark", "off bagit.txt: it begins with a byte order mark\n");
}

static void test_manifests(void)
{
    struct buffer b = {0};

    small_bag(BAGIT_1_0, DIGEST_MD5, "  ");
    line_for(&b, DIGEST_SHA512, "alpha", "  ", "data/a");
    put_buffer("manifest-sha512.txt", &b);
    expect("not the same files", "off data/sub/b: manifest-sha512.txt does not list it\n");
    line_for(&b, DIGEST_SHA512, "alphx", "  ", "data/a");
    line_for(&b, DIGEST_SHA512, "beta", "  ", "data/sub/b");
    put_buffer("manifest-sha512.txt", &b);
    expect("the weaker agrees", "altered data/a: manifest-md5.txt has its digest, "
                                "manifest-sha512.txt has another\n");
    put("data/a", "alphx");
    expect("the stronger agrees", "off data/a: manifest-sha512.txt has its digest, "
                                  "manifest-md5.txt has another\n");

    small_bag(BAGIT_1_0, DIGEST_SHA256, "  ");
    line_for(&b, DIGEST_SHA256, "alpha", "  ", "data/a");
    append_to("manifest-sha256.txt", (const char *)b.data);
    expect("twice the same", "");
    b.len = 0;
    line_for(&b, DIGEST_SHA256, "gamma", "  ", "data/a");
    append_to("manifest-sha256.txt", (const char *)b.data);
    buffer_free(&b);
    expect("twice, different", "off data/a: manifest-sha256.txt lists it twice, with different "
                               "digests\n");
    small_bag(BAGIT_1_0, DIGEST_MD5, "  ");
    append_to("manifest-md5.txt", "\n  \nnot a line\nnor this\n"
                                  "00000000000000000000000000000000\n"
                                  "00000000000000000000000000000000 \n");
    CHECK_INT(0, symlink("manifest-md5.txt", in_bag("manifest-sha1.txt")));
    expect("malformed lines, and a link", "off manifest-md5.txt: line 5 is malformed\n"
                                          "off manifest-sha1.txt: a link is in its place\n");
}

static void test_climbing(void)
{
    static const char *const paths[] = {"../x",      "/etc/passwd", "data/../../x", "data/..",
                                        "data//a",   "data/./a",    "data/",        "x",
                                        "data/\xff", "data/a/",     "..",           "data"};
    char line[256], want[256];

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        small_bag(BAGIT_1_0, DIGEST_MD5, "  ");
        (void)snprintf(line, sizeof line, "00000000000000000000000000000000  %s\n", paths[i]);
        append_to("manifest-md5.txt", line);
        (void)snprintf(line, sizeof line, "http://localhost/ - %s\n", paths[i]);
        put("fetch.txt", line);
        (void)snprintf(want, sizeof want,
                       "off %s: manifest-md5.txt, line 3: it may not list this path\n"
                       "off %s: fetch.txt, line 1: it may not list this path\n",
                       paths[i], paths[i]);
        expect(paths[i], want);
    }
    small_bag(BAGIT_1_0, DIGEST_MD5, "  ");
    put("tagmanifest-md5.txt", "00000000000000000000000000000000  ../bag/bagit.txt\n"
                               "00000000000000000000000000000000  data/a\n"
                               "00000000000000000000000000000000  nowhere/x\n"
                               "00000000000000000000000000000000  bagit.txt\n"
                               "00000000000000000000000000000000  data\n");
    expect("tag files", "off ../bag/bagit.txt: tagmanifest-md5.txt, line 1: it may not list this "
                        "path\n"
                        "off data/a: tagmanifest-md5.txt, line 2: it may not list this path\n"
                        "gone nowhere/x\naltered bagit.txt\n"
                        "gone data: a folder is in its place\n");
}

static void test_fetch_and_oxum(void)
{
    small_bag(BAGIT_1_0, DIGEST_MD5, "  ");
    put("fetch.txt", "http://localhost/a 5 data/a\nhttp://localhost/b\t-\tdata/sub/b\n"
                     "http://localhost/c - data/c\nmalformed\n");
    CHECK_INT(0, unlink(in_bag("data/sub/b")));
    put("bag-info.txt", "Payload-Oxum: 9.2\n");
    expect("fetch.txt", "off data/c: fetch.txt lists it, and no manifest does\n"
                        "off fetch.txt: line 4 is malformed\n"
                        "gone data/sub/b: fetch.txt says where it can be fetched\n"
                        "gone data/c: fetch.txt says where it can be fetched\n");
    small_bag(BAGIT_1_0, DIGEST_MD5, "  ");
    put("bag-info.txt", "X: y\n  Payload-Oxum: 1.1\nPayload-Oxum: 8.2\n");
    expect("oxum", "off bag-info.txt: its Payload-Oxum is 8.2, and the files are 9.2\n");
    put("bag-info.txt", "Payload-Oxum: 9.2\nPayload-Oxum: 9.3\nPAYLOAD-OXUM: 9\n"
                        "Payload-Oxum: 99999999999999999999.2\n");
    expect("oxums", "off bag-info.txt: it has more than one Payload-Oxum\n"
                    "off bag-info.txt: its Payload-Oxum is malformed\n"
                    "off bag-info.txt: its Payload-Oxum is malformed\n");
}

static void test_percent(void)
{
    struct buffer b = {0};

    fresh(BAGIT_1_0);
    put("data/a\nb\rc%", "x");
    line_for(&b, DIGEST_MD5, "x", "  ", "data/a%0Ab%0dc%25");
    put_buffer("manifest-md5.txt", &b);
    expect("encoded", "");
    fresh(BAGIT_0_97);
    put("data/100%25", "x");
    put("data/5%", "x");
    line_for(&b, DIGEST_MD5, "x", "  ", "data/100%25");
    line_for(&b, DIGEST_MD5, "x", "  ", "data/5%");
    put_buffer("manifest-md5.txt", &b);
    expect("literal", "");
    put("bagit.txt", BAGIT_1_0);
    expect("literal in 1.0", "off data/100%25: manifest-md5.txt does not write its percent sign as "
                             "BagIt 1.0 wants\n");
}

static void test_tag_files(void)
{
    sealed_bag();
    append_to("bag-info.txt", "Note: altered\n");
    CHECK_INT(0, unlink(in_bag("metadata.mtree")));
    expect("tag files", "gone metadata.mtree\naltered bag-info.txt\n");
    CHECK(!told.result.has_listing);
}

static void relist(const char *text)
{
    struct buffer b = {0};

    sealed_bag();
    CHECK_INT(0, unlink(in_bag("tagmanifest-sha256.txt")));
    put("bag-info.txt", "Payload-Oxum: 9.2\n");
    listing_text(&b, text);
    put_buffer("metadata.mtree", &b);
}

static void test_listing(void)
{
    struct buffer b = {0};

    relist("#mtree v2.0\n. type=dir\n./data type=dir\n");
    expect("foreign", "");
    CHECK(!told.result.has_listing);
    relist("#mtree\n/set type=file\n");
    expect("foreign too", "");
    relist("");
    expect("empty", "");
    CHECK(!told.result.has_listing);
    relist(MTREE_HEAD);
    expect("no entries", "off data/a: metadata.mtree does not list it\n"
                         "off data/sub/b: metadata.mtree does not list it\n"
                         "gone tagmanifest-sha256.txt\n"
                         "added data/sub: a folder\n");
    CHECK(told.result.has_listing);

    listing_text(&b, MTREE_HEAD "# a comment\n./data/a malformed\n./data/\\999 type=dir\n");
    listing_file(&b, "data/a", "alpha", TIME_1);
    listing_file(&b, "data/a", "alpha", TIME_1);
    listing_file(&b, "data/sub/b", "BETA!", TIME_1);
    listing_file(&b, "data/c", "c", TIME_1);
    listing_text(&b, "./elsewhere type=dir time=" TIME_1 "\n"
                     "./data/l type=link time=" TIME_1 " link=a\n"
                     "./data/sub/b type=link time=" TIME_1 " link=a\n");
    relist((const char *)b.data);
    buffer_free(&b);
    expect("contradictions", "off metadata.mtree: line 4 is malformed\n"
                             "off data/a: metadata.mtree lists it twice\n"
                             "off data/sub/b: metadata.mtree has another digest than "
                             "manifest-sha256.txt\n"
                             "off elsewhere: metadata.mtree may not list this path\n"
                             "off data/sub/b: metadata.mtree does not call it a file, and a "
                             "manifest does\n"
                             "off data/c: metadata.mtree lists it, and no manifest does\n"
                             "gone tagmanifest-sha256.txt\n"
                             "off data/sub/b: metadata.mtree has another size\n"
                             "gone data/c\n"
                             "off bag-info.txt: its Payload-Oxum is 9.2, and the files are 10.2\n");
}

/* ---- The record as it was sealed ---------------------------------------------------------- */

#define SPELLED_FILE "# spelled ./data/A{3A} ./data/A:\n"
#define SPELLED_FOLDER "# spelled ./data/{63}on ./data/con\n"
#define COMMENTS SPELLED_FILE SPELLED_FOLDER
#define AS_SEALED(name) BAG_AS_SEALED_DIR "/" name

/* What the tag manifest beside data/ lists, and behind it what some tests add. */
static const char *const outer_tags[] = {"manifest-sha256.txt",
                                         "metadata.mtree",
                                         "bag-info.txt",
                                         "bagit.txt",
                                         AS_SEALED("manifest-sha256.txt"),
                                         AS_SEALED("metadata.mtree"),
                                         AS_SEALED("bag-info.txt"),
                                         AS_SEALED("bagit.txt"),
                                         AS_SEALED("tagmanifest-sha256.txt"),
                                         "manifest-md5.txt",
                                         "fetch.txt"};
#define OUTER_TAGS 9
#define MORE_OUTER_TAGS 11

/* As somebody does who changed what it lists. */
static void redo_tagmanifest(void)
{
    put_tagmanifest("", outer_tags, OUTER_TAGS);
}

static void put_outer_record(const char *comments)
{
    put_record("", "data/A{3A}", "data/{63}on", "data/{63}on/b", comments);
    redo_tagmanifest();
}

static void set_times_respelled(void)
{
    set_time("data/A{3A}", TIME_OF_1);
    set_time("data/{63}on/b", TIME_OF_1);
    set_time("data/{63}on", TIME_OF_1);
    set_time("data", TIME_OF_1);
}

/* The files were sealed as data/A: and data/con/b. */
static void respelled_bag(void)
{
    fresh(BAGIT_1_0);
    folder("data/{63}on");
    put("data/A{3A}", "alpha");
    put("data/{63}on/b", "beta");
    folder(BAG_AS_SEALED_DIR);
    put_record(BAG_AS_SEALED_DIR "/", "data/A:", "data/con", "data/con/b", "");
    put_outer_record(COMMENTS);
    set_times_respelled();
}

static void test_sealed(void)
{
    struct buffer inner;
    struct sha256 hash;
    uint8_t want[SHA256_LEN];

    respelled_bag();
    expect("respelled", "");
    inner = read_text(BAG_AS_SEALED_DIR "/tagmanifest-sha256.txt");
    sha256_start(&hash);
    sha256_add(&hash, inner.data, inner.len);
    sha256_end(&hash, want);
    CHECK(told.result.has_digest);
    CHECK_BYTES(want, told.result.digest, SHA256_LEN);
    buffer_free(&inner);

    /* The comment is needed. */
    put_outer_record(SPELLED_FILE);
    expect("a comment missing",
           "off data/con/b: as-sealed/manifest-sha256.txt lists it, and manifest-sha256.txt has no "
           "file for it\n"
           "off data/con: as-sealed/metadata.mtree lists it, and metadata.mtree does not\n"
           "off data/con/b: as-sealed/metadata.mtree lists it, and metadata.mtree does not\n"
           "off data/{63}on/b: as-sealed/manifest-sha256.txt does not list it\n"
           "off data/{63}on: as-sealed/metadata.mtree does not list it\n");
    put_outer_record(SPELLED_FILE "# spelled ./data/{63}on ../con\n# spelled x\n");
    CHECK_INT(SEAL_OK, recheck("bag"));
    CHECK(strncmp(told_text(), "off metadata.mtree: line 8 is malformed\n", 40) == 0);
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

        sealed_bag();
        b = read_text("metadata.mtree");
        if (buffer_printf(&b, "# spelled ./%s ./%s\n", cases[i].on_disk, cases[i].as_sealed) !=
            SEAL_OK)
            abort();
        put_buffer("metadata.mtree", &b);
        put_tagmanifest("", tag_file_names, TAG_TAGMANIFEST);
        /* Without as-sealed/ they are the sealer's text and not looked at. */
        expect(cases[i].on_disk, "");
        CHECK_INT(0, mkdir(in_bag(BAG_AS_SEALED_DIR), 0755));
        (void)snprintf(want, sizeof want,
                       "off %s: metadata.mtree calls it a spelling of a name that it is none of\n",
                       cases[i].on_disk);
        check_about("%s", cases[i].on_disk);
        CHECK_INT(SEAL_OK, recheck("bag"));
        CHECK((strstr(told_text(), want) == NULL) == cases[i].holds);
    }
}

static void test_sealed_altered(void)
{
    struct buffer text = {0};

    respelled_bag();
    append_to(BAG_AS_SEALED_DIR "/bag-info.txt", "Note: x\n");
    expect("bag-info altered", "altered as-sealed/bag-info.txt\n"
                               "off as-sealed/bag-info.txt: its tag manifest has another digest\n");
    respelled_bag();
    put("data/A{3A}", "alphx"); /* with a manifest and a listing that were altered to suit it */
    coded_line_for(&text, "alphx", "data/A{3A}");
    coded_line_for(&text, "beta", "data/{63}on/b");
    put_buffer("manifest-sha256.txt", &text);
    listing_text(&text, MTREE_HEAD "./data type=dir time=" TIME_1 "\n");
    listing_file(&text, "data/A{3A}", "alphx", TIME_1);
    listing_text(&text, "./data/{63}on type=dir time=1700000001.000000000\n");
    listing_file(&text, "data/{63}on/b", "beta", TIME_1);
    listing_text(&text, COMMENTS);
    put_buffer("metadata.mtree", &text);
    redo_tagmanifest();
    set_times_respelled();
    set_time("data/{63}on", 1700000001, 0);
    expect("manifest altered to suit",
           "off data/A:: as-sealed/manifest-sha256.txt has another digest than "
           "manifest-sha256.txt\n"
           "off data/A:: as-sealed/metadata.mtree has another time, size or digest than "
           "metadata.mtree\n"
           "off data/con: as-sealed/metadata.mtree has another time, size or digest than "
           "metadata.mtree\n");
    respelled_bag();
    CHECK_INT(0, unlink(in_bag(BAG_AS_SEALED_DIR "/metadata.mtree")));
    expect("a file missing", "gone as-sealed/metadata.mtree\n");
    CHECK_INT(0, unlink(in_bag("tagmanifest-sha256.txt")));
    expect("a file missing that nothing lists", "off as-sealed/metadata.mtree: it is missing\n"
                                                "gone tagmanifest-sha256.txt\n");
}

/* Whoever changes what stands beside as-sealed/, and its tag manifest to suit, is found out: D is
 * that of as-sealed/, and would be the same. */
static void test_beside_sealed(void)
{
    respelled_bag();
    append_to("bag-info.txt", "Contact-Name: somebody else\n");
    redo_tagmanifest();
    expect("bag-info.txt", "off bag-info.txt: it is not the one in as-sealed/\n");
    respelled_bag();
    append_to("bagit.txt", "Note: x\n");
    redo_tagmanifest();
    expect("bagit.txt", "off bagit.txt: it is not the one in as-sealed/\n");
    respelled_bag();
    CHECK_INT(0, unlink(in_bag("tagmanifest-sha256.txt")));
    expect("no tag manifest", "gone tagmanifest-sha256.txt\n");
    respelled_bag();
    CHECK_INT(0, unlink(in_bag("bag-info.txt")));
    expect("no bag-info.txt", "gone bag-info.txt\n");
    put_tagmanifest("", outer_tags, 2); /* nor is it listed; nor are seven others */
    CHECK_INT(SEAL_OK, recheck("bag"));
    CHECK_INT(1, told.result.changes[BAG_GONE]);
    CHECK_INT(7, told.result.changes[BAG_ADDED]); /* with the folder itself */
    CHECK(strstr(told_text(), "gone bag-info.txt\n") != NULL);
    respelled_bag();
    put("metadata.mtree", "#mtree v2.0\n");
    redo_tagmanifest();
    expect("a foreign listing", "off metadata.mtree: it is not as seal writes it\n");
    respelled_bag();
    CHECK_INT(0, unlink(in_bag("metadata.mtree")));
    put_tagmanifest("", outer_tags, 1);
    CHECK_INT(SEAL_OK, recheck("bag"));
    CHECK(strstr(told_text(), "gone metadata.mtree\n") != NULL);
}

#define LINK(path, target, time) "./" path " type=link time=" time " link=" target "\n"
#define REMARK "# missing ./data/x it was refused\n"
#define LINKS_OFF "off metadata.mtree: its links are not those in as-sealed/\n"
#define COMMENTS_OFF "off metadata.mtree: it has comments that are no spellings of names\n"

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

    respelled_bag();
    put_record(BAG_AS_SEALED_DIR "/", "data/A:", "data/con", "data/con/b",
               LINK("data/l", "a", TIME_1) LINK("data/con/m", "b", TIME_1) REMARK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put_outer_record(cases[i].outer);
        expect(cases[i].about, cases[i].want);
    }
    put_outer_record(cases[0].outer);
    append_to(AS_SEALED("metadata.mtree"), REMARK);
    redo_tagmanifest();
    expect("a remark added to what was sealed",
           "off as-sealed/metadata.mtree: its tag manifest has another digest\n");
}

static void cut_head(const char *path)
{
    struct buffer text = fixture_read(in_bag(path));
    const size_t begin = strlen("#mtree\n"), end = strlen(MTREE_HEAD);

    memmove(text.data + begin, text.data + end, text.len - end);
    text.len -= end - begin;
    put_buffer(path, &text);
}

/* FORMAT.md asks for "#mtree" and no more: others seal with another second line. */
static void test_other_writers(void)
{
    sealed_bag();
    put("bag-info.txt", "Payload-Oxum: 9.2\n");
    cut_head("metadata.mtree");
    put_tagmanifest("", outer_tags, 4);
    expect("another writer's bag", "");
    CHECK(told.result.has_listing);
    put("note.txt", "");
    expect("another writer's bag, and a file more", "added note.txt\n");
    sealed_bag();
    put("metadata.mtree", "#mtree\n./data time=" TIME_1 " type=dir\n");
    put_tagmanifest("", outer_tags, 4);
    expect("keywords in another order", "off data/a: metadata.mtree does not list it\n"
                                        "off data/sub/b: metadata.mtree does not list it\n"
                                        "added data/sub: a folder\n");
    respelled_bag();
    cut_head(AS_SEALED("metadata.mtree"));
    put_tagmanifest(BAG_AS_SEALED_DIR "/", tag_file_names, TAG_TAGMANIFEST);
    redo_tagmanifest();
    expect("another writer's bag, respelled", "");
    put(AS_SEALED("metadata.mtree"), "#mtree v2.0\n");
    put_tagmanifest(BAG_AS_SEALED_DIR "/", tag_file_names, TAG_TAGMANIFEST);
    redo_tagmanifest();
    CHECK_INT(SEAL_OK, recheck("bag"));
    CHECK_INT(4, told.result.changes[BAG_RECORD_OFF]); /* two folders and two files */
}

/* A bag that had none gets an as-sealed/ with its five files, so that D stays what it was, and then
 * what is beside it is changed. */
static void forged_bag(void)
{
    sealed_bag();
    folder(BAG_AS_SEALED_DIR);
    for (int i = 0; i < TAG_COUNT; i++) {
        struct buffer text = fixture_read(in_bag(tag_file_names[i]));
        char path[256];

        (void)snprintf(path, sizeof path, BAG_AS_SEALED_DIR "/%s", tag_file_names[i]);
        put_buffer(path, &text);
    }
}

#define NOT_SPELLED "off metadata.mtree: it spells no name differently, and there is as-sealed/\n"

static void test_forged_sealed(void)
{
    struct buffer text = {0};

    forged_bag();
    redo_tagmanifest();
    expect("forged, nothing else changed", NOT_SPELLED);
    append_to("metadata.mtree", "# spelled ./data/a ./data/a\n");
    redo_tagmanifest();
    expect("forged, a comment that says nothing", NOT_SPELLED);

    forged_bag();
    put("data/a", "alphx");
    coded_line_for(&text, "alphx", "data/a");
    coded_line_for(&text, "beta", "data/sub/b");
    put_buffer("manifest-sha256.txt", &text);
    listing_text(&text, MTREE_HEAD "./data type=dir time=" TIME_1 "\n");
    listing_file(&text, "data/a", "alphx", TIME_1);
    listing_text(&text, "./data/sub type=dir time=" TIME_1 "\n");
    listing_file(&text, "data/sub/b", "beta", TIME_1);
    listing_text(&text, "# spelled ./data/{7A} ./data/z\n");
    put_buffer("metadata.mtree", &text);
    redo_tagmanifest();
    set_times();
    expect("forged, a file changed",
           "off data/a: as-sealed/manifest-sha256.txt has another digest than "
           "manifest-sha256.txt\n"
           "off data/a: as-sealed/metadata.mtree has another time, size or digest than "
           "metadata.mtree\n");
    forged_bag();
    append_to("bag-info.txt", "Note: x\n");
    redo_tagmanifest();
    expect("forged, bag-info.txt changed",
           NOT_SPELLED "off bag-info.txt: it is not the one in as-sealed/\n");
}

/* ---- Beside data/ ------------------------------------------------------------------------- */

/* In a bag of ours nothing may be missing or added there; in others there may be anything. */
static void test_beside_data(void)
{
    sealed_bag();
    CHECK_INT(0, unlink(in_bag("tagmanifest-sha256.txt")));
    expect("no tag manifest", "gone tagmanifest-sha256.txt\n");
    sealed_bag();
    CHECK_INT(0, unlink(in_bag("metadata.mtree")));
    put_tagmanifest("", (const char *const[]){"manifest-sha256.txt", "bag-info.txt", "bagit.txt"},
                    3);
    expect("no listing, which bag-info.txt tells", "gone metadata.mtree\n");
    sealed_bag();
    CHECK_INT(0, unlink(in_bag("bag-info.txt")));
    put_tagmanifest("", (const char *const[]){"manifest-sha256.txt", "metadata.mtree", "bagit.txt"},
                    3);
    expect("no bag-info.txt, which the listing tells", "gone bag-info.txt\n");
    sealed_bag();
    put_tagmanifest("", (const char *const[]){"manifest-sha256.txt", "metadata.mtree", "bagit.txt"},
                    3);
    expect("one that is not listed", "added bag-info.txt\n");

    sealed_bag();
    put("note.txt", "");
    put(".hidden", "");
    put("manifest-sha3.txt", "");
    put("tagmanifest-sha512.txt", "");
    folder(BAG_AS_SEALED_DIR);
    folder("more");
    put("more/x", "");
    CHECK_INT(0, symlink("data", in_bag("link")));
    CHECK_INT(0, mkfifo(in_bag("fifo"), 0644));
    expect("added", "note manifest-sha3.txt: an algorithm this program does not know\n"
                    "added .hidden\nadded as-sealed: a folder\nadded fifo: a fifo\n"
                    "added link: a link\nadded manifest-sha3.txt\nadded more: a folder\n"
                    "added note.txt\nadded tagmanifest-sha512.txt\n");
    respelled_bag();
    put(AS_SEALED("note.txt"), "");
    folder(AS_SEALED("more"));
    expect("added in as-sealed/", "added as-sealed/more: a folder\nadded as-sealed/note.txt\n");

    small_bag(BAGIT_1_0, DIGEST_SHA256, "  ");
    put("bag-info.txt", "Payload-Oxum: 9.2\n");
    put_tagmanifest("", (const char *const[]){"manifest-sha256.txt"}, 1);
    put("note.txt", "");
    folder(BAG_AS_SEALED_DIR);
    put(AS_SEALED("x"), "");
    CHECK_INT(0, symlink("data", in_bag("link")));
    expect("a foreign bag", "");
    put("manifest-sha3.txt", "");
    expect("an algorithm more",
           "note manifest-sha3.txt: an algorithm this program does not know\n");
}

/* ---- Made to harm ------------------------------------------------------------------------- */

/* Deeper than any bag of ours may be, deeper than there are descriptors. */
static void test_deep(void)
{
    const int depth = 5000;
    struct rlimit before, few;
    int fd, top;

    small_bag(BAGIT_1_0, DIGEST_MD5, "  ");
    fd = plat_open_dir(PLAT_CWD, in_bag("data"), false);
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
    CHECK_INT(SEAL_OK, recheck("bag"));
    CHECK_INT(0, setrlimit(RLIMIT_NOFILE, &before));
    CHECK_INT(1, told.count);
    CHECK_INT(1, told.result.changes[BAG_UNREADABLE]);
    CHECK(strstr(told_text(), "/d: it is nested too deeply\n") != NULL);
}

static void test_long_lines(void)
{
    const size_t len = 2 * 1024 * 1024;
    char *text = fixture_alloc(len + 1);
    static const char *const names[] = {"manifest-md5.txt", "fetch.txt", "metadata.mtree",
                                        "bag-info.txt", "tagmanifest-md5.txt"};

    small_bag(BAGIT_1_0, DIGEST_MD5, "  ");
    memset(text, 'a', len);
    text[len] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (i == 0)
            append_to(names[i], text);
        else
            put(names[i], i == 2 ? MTREE_HEAD : "");
    append_to("fetch.txt", text);
    append_to("bag-info.txt", text);
    append_to("tagmanifest-md5.txt", text);
    append_to("metadata.mtree", text);
    expect("long lines", "off manifest-md5.txt: line 3 is malformed\n"
                         "off fetch.txt: line 1 is malformed\n"
                         "off metadata.mtree: line 3 is malformed\n"
                         "off data/a: metadata.mtree does not list it\n"
                         "off data/sub/b: metadata.mtree does not list it\n"
                         "off tagmanifest-md5.txt: line 1 is malformed\n"
                         "gone manifest-sha256.txt\n"
                         "gone tagmanifest-sha256.txt\n"
                         "added data/sub: a folder\n");
    memset(text, '/', len);
    put("manifest-md5.txt", text);
    CHECK_INT(SEAL_OK, recheck("bag"));
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

    respelled_bag();
    line_for(&b, DIGEST_MD5, "alpha", "  ", "data/A{3A}");
    line_for(&b, DIGEST_MD5, "beta", "  ", "data/{63}on/b");
    put_buffer("manifest-md5.txt", &b);
    put("fetch.txt", "http://localhost/a 5 data/A{3A}\nhttp://localhost/b - data/{63}on/b\n");
    put_tagmanifest("", outer_tags, MORE_OUTER_TAGS);
    expect("before", "");
    for (size_t i = 0; i < rounds; i++) {
        const char *name = names[random_below(&random, (uint32_t)count)];
        struct buffer kept = fixture_read(in_bag(name)), text = fixture_read(in_bag(name));

        mutate(&text, &random);
        put_buffer(name, &text);
        check_about("mutation %zu of %s", i, name);
        CHECK(recheck("bag") == SEAL_OK || told.status == SEAL_USAGE);
        told_something += told.count > 0 || told.status != SEAL_OK;
        put_buffer(name, &kept);
    }
    check_about("%s", "");
    expect("after", "");
    CHECK(told_something > rounds / 2);
    random_end(&random);
}

static void test_stop(void)
{
    sealed_bag();
    stop_request(); /* cannot be taken back: so this is the last test */
    CHECK_INT(SEAL_INTERRUPTED, recheck("bag"));
}

int main(int argc, char **argv)
{
    check_start("recheck", argc, argv);
    fixture_start(argc, argv);
    test_clean();
    test_algorithms();
    test_old();
    test_line_ends();
    test_files();
    test_added();
    test_times();
    test_unreadable();
    test_no_bag();
    test_bagit();
    test_manifests();
    test_climbing();
    test_fetch_and_oxum();
    test_percent();
    test_tag_files();
    test_listing();
    test_sealed();
    test_sealed_altered();
    test_spellings();
    test_beside_sealed();
    test_sealed_links();
    test_other_writers();
    test_forged_sealed();
    test_beside_data();
    test_deep();
    test_long_lines();
    test_mutations();
    test_stop();
    buffer_free(&told.text);
    return check_done();
}
