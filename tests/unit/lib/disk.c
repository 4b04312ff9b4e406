#include "disk.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "lib/unit_check.h"
#include "lib/fixture.h"
#include "platform/files.h"
#include "platform/process.h"

/* ---- What was told ------------------------------------------------------------------------ */

static const char *const disk_change_words[BAG_CHANGE_KINDS] = {"gone",    "altered",    "added",
                                                                "retimed", "unreadable", "off"};

static const char *const detail_names[BAG_DETAILS] = {
#define DETAIL(name, kinds, fields) [BAG_DETAIL_##name] = #name,
#include "bag/recheck/details.def"
#undef DETAIL
};

/* Appends to the text what was formatted. */
#define NOTE(t, ...)                                           \
    do                                                         \
        if (buffer_printf(&(t)->text, __VA_ARGS__) != SEAL_OK) \
            abort();                                           \
    while (0)

static void note_facts(struct told *t, const struct bag_facts *was, const struct bag_facts *is)
{
    char before[TIME_TEXT_SIZE], after[TIME_TEXT_SIZE];

    time_format(before, was->time, true);
    time_format(after, is->time, true);
    if (was->time.sec != 0)
        NOTE(t, " %s -> %s", before, after);
    else if (was->files != 0)
        NOTE(t, " %" PRIu64 ".%" PRIu64 " -> %" PRIu64 ".%" PRIu64, was->bytes, was->files,
             is->bytes, is->files);
    else if (was->bytes != 0)
        NOTE(t, " %" PRIu64 " -> %" PRIu64, was->bytes, is->bytes);
}

static void note_detail(struct told *t, const struct bag_difference *d)
{
    NOTE(t, ": %s", detail_names[d->detail]);
    if (d->sys != 0)
        NOTE(t, " %s", plat_strerror(d->sys));
    if (d->file != BAG_RECORD_NO_FILE)
        NOTE(t, " %s", bag_record_file_name(d->file));
    if (d->other != BAG_RECORD_NO_FILE)
        NOTE(t, " %s", bag_record_file_name(d->other));
    if (d->line != 0)
        NOTE(t, " line %" PRIu64, d->line);
    note_facts(t, &d->was, &d->is);
}

static void note_change(void *ctx, const struct bag_difference *d)
{
    struct told *t = ctx;

    t->count++;
    CHECK(bag_difference_is_possible(d));
    if (t->text.len >= 100000)
        return;
    NOTE(t, "%s %s", disk_change_words[d->kind], d->path);
    if (d->detail != BAG_DETAIL_NONE)
        note_detail(t, d);
    NOTE(t, "\n");
}

static void take_note(void *ctx, enum bag_note note, const char *path)
{
    struct told *t = ctx;

    NOTE(t, "note %d %s\n", (int)note, path);
}

static void note_progress(void *ctx, uint64_t bytes)
{
    struct told *t = ctx;

    t->progress += bytes;
}

struct told disk_told;

enum seal_status disk_recheck(const char *bag)
{
    const struct bag_recheck_observer observer = {&disk_told, note_change, take_note,
                                                  note_progress};
    int fd = plat_open_dir(PLAT_CWD, check_scratch(bag), true);
    uint64_t sum = 0;

    buffer_free(&disk_told.text);
    disk_told = (struct told){0};
    if (buffer_append_text(&disk_told.text, "") != SEAL_OK || fd < 0)
        abort();
    disk_told.status = bag_recheck(&disk_told.result, fd, bag, &observer, &disk_told.fault);
    (void)close(fd);
    for (size_t i = 0; i < BAG_CHANGE_KINDS; i++)
        sum += disk_told.result.changes[i];
    CHECK_INT(disk_told.count, sum);
    return disk_told.status;
}

const char *disk_told_text(void)
{
    return (const char *)disk_told.text.data;
}

void disk_expect(const char *about, const char *text)
{
    check_about("%s", about);
    CHECK_INT(SEAL_OK, disk_recheck("bag"));
    CHECK_TEXT(text, disk_told_text());
    check_about("%s", "");
}

/* ---- Bags --------------------------------------------------------------------------------- */

const char *disk_in_bag(const char *path)
{
    static char full[4][4096];
    static unsigned int at;

    at = (at + 1) % 4;
    (void)snprintf(full[at], sizeof full[at], "%s/%s", check_scratch("bag"), path);
    return full[at];
}

void disk_put(const char *path, const char *text)
{
    fixture_write(disk_in_bag(path), text, strlen(text));
}

void disk_folder(const char *path)
{
    CHECK_INT(0, mkdir(disk_in_bag(path), 0755));
}

void disk_set_time(const char *path, int64_t sec, long nsec)
{
    const struct timespec times[2] = {{sec, nsec}, {sec, nsec}};

    CHECK_INT(0, utimensat(AT_FDCWD, disk_in_bag(path), times, AT_SYMLINK_NOFOLLOW));
}

void disk_line_for(struct buffer *out, enum digest_kind kind, const char *text, const char *between,
                   const char *path)
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

void disk_put_buffer(const char *path, struct buffer *b)
{
    fixture_write(disk_in_bag(path), b->data, b->len);
    buffer_free(b);
}

void disk_fresh(const char *bagit)
{
    CHECK(fixture_remove_tree(check_scratch("bag")));
    CHECK_INT(0, mkdir(check_scratch("bag"), 0755));
    disk_folder("data");
    disk_put("bagit.txt", bagit);
}

void disk_small_bag(const char *bagit, enum digest_kind kind, const char *between)
{
    struct buffer manifest = {0};
    char name[64];

    disk_fresh(bagit);
    disk_folder("data/sub");
    disk_put("data/a", "alpha");
    disk_put("data/sub/b", "beta");
    disk_line_for(&manifest, kind, "alpha", between, "data/a");
    disk_line_for(&manifest, kind, "beta", between, "data/sub/b");
    (void)snprintf(name, sizeof name, "manifest-%s.txt", digest_name(kind));
    disk_put_buffer(name, &manifest);
}

struct buffer disk_read_text(const char *path)
{
    struct buffer b = fixture_read(disk_in_bag(path));

    if (buffer_append(&b, "", 1) != SEAL_OK)
        abort();
    b.len--;
    return b;
}

void disk_append_to(const char *path, const char *text)
{
    struct buffer b = fixture_read(disk_in_bag(path));

    if (buffer_append(&b, text, strlen(text)) != SEAL_OK)
        abort();
    disk_put_buffer(path, &b);
}

void disk_put_tagmanifest(const char *in, const char *const *names, size_t count)
{
    struct buffer out = {0};
    char path[256];

    for (size_t i = 0; i < count; i++) {
        struct buffer text;

        (void)snprintf(path, sizeof path, "%s%s", in, names[i]);
        text = disk_read_text(path);
        disk_line_for(&out, DIGEST_SHA256, (const char *)text.data, "  ", names[i]);
        buffer_free(&text);
    }
    (void)snprintf(path, sizeof path, "%stagmanifest-sha256.txt", in);
    disk_put_buffer(path, &out);
}

static struct buffer disk_hex_of(const char *text)
{
    struct buffer line = {0};

    disk_line_for(&line, DIGEST_SHA256, text, "", "");
    line.data[--line.len] = '\0';
    return line;
}

void disk_listing_file(struct buffer *out, const char *path, const char *text, const char *time)
{
    struct buffer hex = disk_hex_of(text);

    if (buffer_printf(out, "./%s type=file size=%zu time=%s sha256digest=%s\n", path, strlen(text),
                      time, (const char *)hex.data) != SEAL_OK)
        abort();
    buffer_free(&hex);
}

void disk_listing_text(struct buffer *out, const char *text)
{
    if (buffer_append_text(out, text) != SEAL_OK)
        abort();
}

void disk_coded_line_for(struct buffer *out, const char *text, const char *path)
{
    struct sha256 hash;
    uint8_t digest[SHA256_LEN];

    sha256_start(&hash);
    sha256_add(&hash, text, strlen(text));
    sha256_end(&hash, digest);
    if (manifest_line(out, digest, path) != SEAL_OK)
        abort();
}

void disk_put_record(const char *in, const char *first, const char *sub, const char *second,
                     const char *comments)
{
    struct buffer manifest = {0}, listing = {0};
    char path[256];

    disk_coded_line_for(&manifest, "alpha", first);
    disk_coded_line_for(&manifest, "beta", second);
    (void)snprintf(path, sizeof path, "%smanifest-sha256.txt", in);
    disk_put_buffer(path, &manifest);
    disk_listing_text(&listing, MTREE_HEAD "./data type=dir time=" TIME_1 "\n");
    disk_listing_file(&listing, first, "alpha", TIME_1);
    if (buffer_printf(&listing, "./%s type=dir time=" TIME_1 "\n", sub) != SEAL_OK)
        abort();
    disk_listing_file(&listing, second, "beta", TIME_1);
    disk_listing_text(&listing, comments);
    (void)snprintf(path, sizeof path, "%smetadata.mtree", in);
    disk_put_buffer(path, &listing);
    (void)snprintf(path, sizeof path, "%sbag-info.txt", in);
    disk_put(path, "Bagging-Date: 2026-11-22\nPayload-Oxum: 9.2\nSeal-Format-Version: 1\n");
    (void)snprintf(path, sizeof path, "%sbagit.txt", in);
    disk_put(path, BAGIT_1_0);
    disk_put_tagmanifest(in, tag_file_names, TAG_TAGMANIFEST);
}

void disk_set_times(void)
{
    disk_set_time("data/a", TIME_OF_1);
    disk_set_time("data/sub/b", TIME_OF_1);
    disk_set_time("data/sub", TIME_OF_1);
    disk_set_time("data", TIME_OF_1);
}

void disk_sealed_bag(void)
{
    disk_small_bag(BAGIT_1_0, DIGEST_SHA256, "  ");
    disk_put_record("", "data/a", "data/sub", "data/sub/b", "");
    disk_set_times();
}

/* ---- The record as it was sealed ---------------------------------------------------------- */

const char *const disk_outer_tags[] = {"manifest-sha256.txt",
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

void disk_redo_tagmanifest(void)
{
    disk_put_tagmanifest("", disk_outer_tags, OUTER_TAGS);
}

void disk_put_outer_record(const char *comments)
{
    disk_put_record("", "data/A{3A}", "data/{63}on", "data/{63}on/b", comments);
    disk_redo_tagmanifest();
}

void disk_set_times_respelled(void)
{
    disk_set_time("data/A{3A}", TIME_OF_1);
    disk_set_time("data/{63}on/b", TIME_OF_1);
    disk_set_time("data/{63}on", TIME_OF_1);
    disk_set_time("data", TIME_OF_1);
}

void disk_respelled_bag(void)
{
    disk_fresh(BAGIT_1_0);
    disk_folder("data/{63}on");
    disk_put("data/A{3A}", "alpha");
    disk_put("data/{63}on/b", "beta");
    disk_folder(BAG_AS_SEALED_DIR);
    disk_put_record(BAG_AS_SEALED_DIR "/", "data/A:", "data/con", "data/con/b", "");
    disk_put_outer_record(COMMENTS);
    disk_set_times_respelled();
}
