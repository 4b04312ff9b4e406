/*
 * The record of a bag. An input is a text:
 *
 *     FLAGS                       hexadecimal
 *     f PATH CONTENT              entries, one a line; \ooo in a path is a byte
 *     d PATH SECONDS
 *     x KEY=VALUE                 a pax record of the next entry
 *     %%
 *     manifest-sha256.txt         each tag file: what it holds, or what is added to the honest one
 *     %%                          if it begins with a line "+"; the honest one if it is not there.
 *     metadata.mtree              @0 to @9 stand for the digests of the first files
 *     ...
 *
 * It is sealed with the right digests and D, so that all checks are reached; taken in without
 * unpacking; looked into by seeking; and unpacked into a folder, which a recheck then finds
 * unchanged.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bag/manifest.h"
#include "bag/mtree.h"
#include "base/text.h"
#include "intake/extract.h"
#include "intake/quota.h"
#include "intake/seek_view.h"
#include "intake/unpack_bag.h"
#include "lib/fixture.h"
#include "lib/forge.h"
#include "lib/mutate.h"
#include "lib/sealed.h"

#define UNPACK 1
#define EXACT_NAMES 2
#define WRITABLE 4
#define LEFT_OUT(tag) (8 << (tag)) /* all but the tag manifest */
#define WRONG_DIGEST 0x200
#define WRONG_TAG 0x400 /* in the tag manifest, for bagit.txt */

#define FILES_MAX 10

/* ---- Entries ------------------------------------------------------------------------------ */

struct making {
    struct forged bag;
    struct span files[FILES_MAX];
    size_t count;
    char key[64], value[64]; /* for the next entry */
    bool in_order;           /* of their paths, as a sealer has them */
    char *last;
};

/* In place; a NUL ends it. */
static void unescape(char *s)
{
    char *out = s;

    while (*s != '\0') {
        if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
            s[3] >= '0' && s[3] <= '7') {
            *out++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
            s += 4;
        } else {
            *out++ = *s++;
        }
    }
    *out = '\0';
}

static void list_path(struct buffer *listing, const char *path)
{
    forge_text(listing, "./");
    FUZZ_OK(mtree_escape(listing, path));
}

/* Folders have their final slash here. */
static void note_order(struct making *m, const char *path, const char *slash)
{
    char *whole;

    FUZZ_CHECK(asprintf(&whole, "%s%s", path, slash) >= 0);
    if (strcmp(m->last, whole) >= 0 || strcmp(m->key, "path") == 0)
        m->in_order = false;
    free(m->last);
    m->last = whole;
}

static void put_file(struct making *m, const char *path, const char *content)
{
    struct buffer data = {(uint8_t *)(uintptr_t)content, strlen(content), 0};
    struct buffer *listing = &m->bag.tags[TAG_MTREE];
    uint8_t digest[SHA256_LEN];
    char hex[2 * SHA256_LEN + 1];

    note_order(m, path, "");
    forge_digest(hex, content, data.len);
    FUZZ_CHECK(hex_decode(digest, sizeof digest, hex));
    forge_entry(&m->bag, path, '0', &data, 0, m->key[0] == '\0' ? NULL : m->key, m->value);
    FUZZ_OK(manifest_line(&m->bag.tags[TAG_MANIFEST], digest, path));
    list_path(listing, path);
    FUZZ_OK(buffer_printf(listing, " type=file size=%zu time=0.000000000 sha256digest=%s\n",
                          data.len, hex));
    if (m->count < FILES_MAX)
        m->files[m->count++] = (struct span){content, data.len};
}

static void put_folder(struct making *m, const char *path, const char *seconds)
{
    const struct buffer none = {0};
    struct buffer *listing = &m->bag.tags[TAG_MTREE], name = {0};
    unsigned int sec = (unsigned int)strtoul(seconds, NULL, 10) & 07777777777u;

    note_order(m, path, "/");
    FUZZ_OK(buffer_printf(&name, "%s/", path));
    forge_entry(&m->bag, (char *)name.data, '5', &none, sec, m->key[0] == '\0' ? NULL : m->key,
                m->value);
    list_path(listing, path);
    FUZZ_OK(buffer_printf(listing, " type=dir time=%u.000000000\n", sec));
    buffer_free(&name);
}

static void put_entry(struct making *m, char *line)
{
    char *path = line + 2, *rest;

    if (line[0] == '\0' || line[1] != ' ')
        return;
    rest = path + strcspn(path, line[0] == 'x' ? "=" : " ");
    if (*rest != '\0')
        *rest++ = '\0';
    if (line[0] == 'x') {
        (void)snprintf(m->key, sizeof m->key, "%s", path);
        (void)snprintf(m->value, sizeof m->value, "%s", rest);
        return;
    }
    unescape(path);
    if (line[0] == 'd')
        put_folder(m, path, rest);
    else if (line[0] == 'f')
        put_file(m, path, rest);
    m->key[0] = '\0';
}

static void put_tag(struct making *m, enum tag_file tag, struct input *in)
{
    struct span text;

    if (!input_section(in, &text))
        return;
    if (text.len > 1 && memcmp(text.data, "+\n", 2) == 0) {
        text.data = (const char *)text.data + 2;
        text.len -= 2;
    } else {
        m->bag.tags[tag].len = 0;
    }
    fuzz_expand(&m->bag.tags[tag], text, m->files, m->count);
}

/* D is right, but what it is the digest of is not. */
static bool spoil_tag(struct forged *b)
{
    static const char line_end[] = "  bagit.txt\n";
    struct buffer *tag = &b->tags[TAG_TAGMANIFEST];
    uint8_t *in_tag, *in_tar;
    char hex[2 * SHA256_LEN + 1];

    if (tag->len == 0)
        return false;
    in_tag = memmem(tag->data, tag->len, line_end, sizeof line_end - 1);
    in_tar = memmem(b->tar.data, b->tar.len, tag->data, tag->len);
    if (in_tag == NULL || in_tar == NULL || in_tag == tag->data)
        return false;
    in_tar += in_tag - tag->data - 1;
    *in_tar = in_tag[-1] = in_tag[-1] == '0' ? '1' : '0';
    forge_digest(hex, tag->data, tag->len);
    return hex_decode(b->digest, SHA256_LEN, hex);
}

/* entries holds what the spans point to. */
static unsigned int make_bag(struct making *m, struct input *in, char **entries)
{
    static const enum tag_file order[] = {TAG_MANIFEST, TAG_MTREE, TAG_BAG_INFO, TAG_BAGIT,
                                          TAG_TAGMANIFEST};
    unsigned int flags = 0;
    char *line, *next;

    *m = (struct making){.bag = forge_new(), .in_order = true, .last = strdup("")};
    FUZZ_CHECK(m->last != NULL);
    *entries = input_text(in);
    if (*entries != NULL)
        flags = (unsigned int)strtoul(*entries, &next, 16);
    for (line = *entries; line != NULL && *line != '\0'; line = next) {
        next = line + strcspn(line, "\n");
        if (*next != '\0')
            *next++ = '\0';
        put_entry(m, line);
    }
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        put_tag(m, order[i], in);
    for (int tag = 0; tag < TAG_TAGMANIFEST; tag++)
        m->bag.left_out[tag] = (flags & (unsigned int)LEFT_OUT(tag)) != 0;
    forge_finish(&m->bag);
    if ((flags & WRONG_DIGEST) != 0)
        m->bag.digest[0] ^= 1;
    if ((flags & WRONG_TAG) != 0 && !spoil_tag(&m->bag))
        flags &= ~(unsigned int)WRONG_TAG;
    return flags;
}

/* ---- Taking it in ------------------------------------------------------------------------- */

static enum seal_status take_in(struct intake_result *result, const struct unpack_target *target)
{
    const struct intake_progress progress = {NULL, NULL};
    struct opened o;
    enum seal_status status;

    opened_start(&o, &forge_envelope);
    status = intake_unpack_bag(result, o.stream, target, &INTAKE_NO_LIMITS, &progress, &o.fault);
    FUZZ_CHECK(status == o.fault.status);
    FUZZ_CHECK(status == SEAL_OK || status == SEAL_HOSTILE || status == SEAL_LOCAL_NAME);
    FUZZ_CHECK(status != SEAL_LOCAL_NAME || target->dirfd >= 0);
    opened_end(&o);
    return status;
}

static enum seal_status count_item(void *ctx, const struct bag_item *item, struct fault *fault)
{
    uint64_t *counts = ctx;

    (void)fault;
    FUZZ_CHECK(tar_path_is_clean(item->path, strlen(item->path)));
    FUZZ_CHECK((item->type == BAG_SYMLINK) == (item->target != NULL));
    FUZZ_CHECK((item->type == BAG_FILE) == (item->digest != NULL));
    counts[item->type]++;
    return SEAL_OK;
}

/* What is good from begin to end has a record that is good by itself, and says the same. */
static void look_in(const struct intake_result *whole)
{
    uint64_t counts[3] = {0};
    struct bag_totals totals;
    struct seek_view *view;
    struct opened o;

    opened_start(&o, &forge_envelope);
    if (seek_view_open(&view, o.stream, &INTAKE_NO_LIMITS, &o.fault) == SEAL_OK) {
        bag_check_totals(seek_view_record(view), &totals);
        FUZZ_OK(bag_check_each_item(seek_view_record(view), count_item, counts, &o.fault));
    }
    FUZZ_CHECK(o.fault.status == SEAL_OK || o.fault.status == SEAL_HOSTILE);
    if (whole != NULL) {
        FUZZ_CHECK(o.fault.status == SEAL_OK);
        FUZZ_CHECK(totals.files == whole->totals.files && totals.bytes == whole->totals.bytes);
        FUZZ_CHECK(totals.remarks[BAG_LINK] == whole->totals.remarks[BAG_LINK]);
        FUZZ_CHECK(counts[BAG_FILE] == totals.files);
        FUZZ_CHECK(counts[BAG_SYMLINK] == totals.remarks[BAG_LINK]);
    }
    seek_view_free(view);
    opened_end(&o);
}

static void count_good(void *ctx, const struct bag_item *item, const char *on_disk)
{
    uint64_t *files = ctx;

    FUZZ_CHECK(tar_path_is_clean(on_disk, strlen(on_disk)));
    *files += item->type == BAG_FILE;
}

/* By seeking all files come out of a bag that is good, and none that the record does not have. */
static void extract(const struct intake_result *whole, bool in_order, unsigned int flags)
{
    static const char *const paths[] = {"data"};
    int dirfd = plat_open_dir(PLAT_CWD, fuzz_folder("extracted"), true);
    const struct unpack_target target = {.dirfd = dirfd, .exact_names = (flags & EXACT_NAMES) != 0};
    struct seek_view *view;
    struct opened o;
    uint64_t files = 0, times[BAG_TIME_KINDS];
    enum seal_status status;

    opened_start(&o, &forge_envelope);
    status = seek_view_open(&view, o.stream, &INTAKE_NO_LIMITS, &o.fault);
    if (status == SEAL_OK)
        status = extract_files(view, paths, 1, &target, count_good, &files, times, &o.fault);
    FUZZ_CHECK(status == o.fault.status);
    FUZZ_CHECK(status == SEAL_OK || status == SEAL_HOSTILE || status == SEAL_LOCAL_NAME ||
               status == SEAL_USAGE);
    if (whole != NULL && in_order && status != SEAL_LOCAL_NAME)
        FUZZ_CHECK(status == SEAL_OK && files == whole->totals.files);
    if (whole != NULL && status == SEAL_OK)
        FUZZ_CHECK(files == whole->totals.files);
    seek_view_free(view);
    opened_end(&o);
    (void)close(dirfd);
    fuzz_folder_remove("extracted");
}

/* ---- On disk ------------------------------------------------------------------------------ */

static void tell(void *ctx, const struct bag_difference *d)
{
    (void)ctx;
    fprintf(stderr, "recheck says %d of %s (%d)\n", (int)d->kind, d->path, (int)d->detail);
}

static void recheck(int dirfd, const struct intake_result *result)
{
    const struct bag_recheck_observer observer = {NULL, tell, NULL, NULL};
    struct fault fault = {.status = SEAL_OK};
    struct bag_recheck again;

    FUZZ_OK(bag_recheck(&again, dirfd, "bag", &observer, &fault));
    for (int i = 0; i < BAG_CHANGE_KINDS; i++)
        FUZZ_CHECK(again.changes[i] == 0);
    FUZZ_CHECK(again.files == result->totals.files && again.bytes == result->totals.bytes);
    FUZZ_CHECK(again.has_digest && memcmp(again.digest, result->digest, SHA256_LEN) == 0);
}

static void unpack(unsigned int flags, const struct intake_result *checked)
{
    int dirfd = plat_open_dir(PLAT_CWD, fuzz_folder("bag"), true);
    const struct unpack_target target = {.dirfd = dirfd,
                                         .writable = (flags & WRITABLE) != 0,
                                         .exact_names = (flags & EXACT_NAMES) != 0};
    struct intake_result result;
    enum seal_status status = take_in(&result, &target);

    FUZZ_CHECK(status == SEAL_LOCAL_NAME || (status == SEAL_OK) == (checked != NULL));
    if (status == SEAL_OK)
        recheck(dirfd, &result);
    intake_result_free(&result);
    (void)close(dirfd);
    fuzz_folder_remove("bag");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct intake_result result;
    struct buffer content;
    struct making m;
    unsigned int flags;
    char *entries;
    bool good;

    fuzz_start();
    flags = make_bag(&m, &in, &entries);
    content = content_of_tar(&m.bag.tar, &m.bag.offsets, 100000);
    sealed_put(&content, m.bag.digest);
    good = take_in(&result, &(struct unpack_target){.dirfd = -1}) == SEAL_OK;
    FUZZ_CHECK(!good || (flags & (WRONG_DIGEST | WRONG_TAG)) == 0);
    look_in(good ? &result : NULL);
    if ((flags & UNPACK) != 0) {
        unpack(flags, good ? &result : NULL);
        extract(good ? &result : NULL, m.in_order, flags);
    }
    intake_result_free(&result);
    buffer_free(&content);
    forge_free(&m.bag);
    free(m.last);
    free(entries);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
    return mutate_lines(data, size, max, seed);
}
