/*
 * Checking a bag on disk: as-sealed/, the record as it was sealed, where names on disk are spelled
 * differently. Manifest and listing there must say the same as those beside data/, which are read
 * already, but for the spelling of names; bag-info.txt and bagit.txt must be the same.
 */
#include "bag/recheck/recheck_steps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bag/manifest.h"
#include "bag/mtree.h"

#define SEALED_PATH_SIZE 64

/* A file of as-sealed/ that is being read. */
struct sealed_file {
    struct record_file file;
    struct buffer path; /* the last path that find_sealed put together */
};

static void sealed_path(char path[static SEALED_PATH_SIZE], int which)
{
    (void)snprintf(path, SEALED_PATH_SIZE, BAG_AS_SEALED_DIR "/%s", tag_file_names[which]);
}

/* ---- Manifest and listing ----------------------------------------------------------------- */

/* The item of a path as it was sealed: its path on disk has another beginning, if the path or a
 * folder above it is spelled differently, which is then in f->path. *item is NULL if the record
 * beside data/ does not have it. */
static enum seal_status find_sealed(struct sealed_file *f, const char *path, size_t len,
                                    struct item **item, struct fault *fault)
{
    struct recheck *r = f->file.r;
    const struct item *part = prefixes_find(&r->spelled, path, len);
    const char *on_disk;

    if (part == NULL) {
        *item = table_find(&r->payload.table, path, len);
        return SEAL_OK;
    }
    on_disk = item_path(&r->spelled.table, part) + part->path_len + 1;
    f->path.len = 0;
    if (buffer_append(&f->path, on_disk, strlen(on_disk)) != SEAL_OK ||
        buffer_append(&f->path, path + part->path_len, len - part->path_len) != SEAL_OK)
        return fault_no_memory(fault);
    *item = table_find(&r->payload.table, (const char *)f->path.data, f->path.len);
    return SEAL_OK;
}

static enum seal_status take_sealed_manifest_line(void *ctx, const struct text_line *line,
                                                  struct fault *fault)
{
    struct sealed_file *f = ctx;
    uint8_t digest[SHA256_LEN];
    struct item *item;
    char *path;
    size_t len;

    if (line->cut || !manifest_parse(line->text, line->len, digest, &path, &len) ||
        !tar_path_is_clean(path, len))
        return record_malformed(&f->file, line);
    path[len] = '\0';
    if (find_sealed(f, path, len, &item, fault) != SEAL_OK)
        return fault->status;
    if (item == NULL || !(item->recheck.manifests & DIGEST_BIT(DIGEST_SHA256)))
        record_tell(&f->file, path, BAG_DETAIL_SEALED_NOT_IN_MANIFEST);
    else if (item->recheck.met & MET_IN_SEALED_MANIFEST)
        record_tell(&f->file, path, BAG_DETAIL_SEALED_SECOND);
    else if (memcmp(digest, manifest_set_digest(&f->file.r->payload, item, DIGEST_SHA256),
                    SHA256_LEN) != 0)
        record_tell(&f->file, path, BAG_DETAIL_LISTED_OTHER_DIGEST);
    if (item != NULL)
        item->recheck.met |= MET_IN_SEALED_MANIFEST;
    return SEAL_OK;
}

/* What was sealed is in our dialect, even if its writer left out the line of "." (format 5.3). */
static enum seal_status take_sealed_listing_line(void *ctx, const struct text_line *line,
                                                 struct fault *fault)
{
    struct sealed_file *f = ctx;
    struct mtree_entry e;
    struct item *item;

    if ((line->number == 2 && strcmp(line->text, ". type=dir") == 0) ||
        (line->len > 0 && line->text[0] == '#'))
        return SEAL_OK;
    if (line->cut || memchr(line->text, '\0', line->len) != NULL ||
        !mtree_parse(line->text, line->len, &e))
        return record_malformed(&f->file, line);
    if (find_sealed(f, e.path, e.path_len, &item, fault) != SEAL_OK)
        return fault->status;
    if (e.type == ITEM_LINK) {
        if (prefixes_find(&f->file.r->spelled, e.path, e.path_len) == NULL)
            recheck_sum_link(f->file.r, e.path, e.link, e.time, true);
        else if (buffer_append_text(&f->path, "") != SEAL_OK)
            return fault_no_memory(fault);
        else
            recheck_sum_link(f->file.r, (const char *)f->path.data, e.link, e.time, true);
        return SEAL_OK;
    }
    if (item == NULL || !(item->marks & MARK_IN_LISTING) || item->type != e.type)
        record_tell(&f->file, e.path, BAG_DETAIL_SEALED_NOT_IN_LISTING);
    else if (item->sec != e.time.sec || item->nsec != e.time.nsec || item->size != e.size ||
             memcmp(item->digest, e.digest, SHA256_LEN) != 0)
        record_tell(&f->file, e.path, BAG_DETAIL_SEALED_OTHER_FACTS);
    if (item != NULL)
        item->recheck.met |= MET_IN_SEALED_LISTING;
    return SEAL_OK;
}

/* Tells what manifest and listing beside data/ have, and those in as-sealed/ do not. */
static void tell_not_sealed(struct recheck *r)
{
    struct record_file manifest = {.r = r, .which = BAG_RECORD_SEALED_MANIFEST};
    struct record_file listing = {.r = r, .which = BAG_RECORD_SEALED_LISTING};

    for (size_t i = 0; i < r->payload.table.count; i++) {
        const struct item *item = &r->payload.table.items[i];
        const char *path = item_path(&r->payload.table, item);

        if (item->recheck.manifests != 0 && !(item->recheck.met & MET_IN_SEALED_MANIFEST))
            record_tell(&manifest, path, BAG_DETAIL_NOT_LISTED);
        else if (item->marks & MARK_IN_LISTING && !(item->recheck.met & MET_IN_SEALED_LISTING))
            record_tell(&listing, path, BAG_DETAIL_NOT_LISTED);
    }
}

/* ---- The tag manifest --------------------------------------------------------------------- */

/* What as-sealed/tagmanifest-sha256.txt says. */
struct sealed_tags {
    struct record_file file;
    bool is_whole; /* it could be read */
    bool is_listed[TAG_COUNT];
    uint8_t digests[TAG_COUNT][SHA256_LEN];
};

static enum seal_status take_sealed_tag_line(void *ctx, const struct text_line *line,
                                             struct fault *fault)
{
    struct sealed_tags *t = ctx;
    uint8_t digest[SHA256_LEN];
    char *path;
    size_t len;
    int which;

    (void)fault;
    if (line->cut || !manifest_parse(line->text, line->len, digest, &path, &len))
        return record_malformed(&t->file, line);
    which = tag_file_find(path, len);
    if (which < 0 || which == TAG_TAGMANIFEST || t->is_listed[which])
        return record_malformed(&t->file, line);
    t->is_listed[which] = true;
    memcpy(t->digests[which], digest, SHA256_LEN);
    return SEAL_OK;
}

/* For a file of which only the digest is wanted. */
static enum seal_status take_nothing(void *ctx, const struct text_line *line, struct fault *fault)
{
    (void)ctx;
    (void)line;
    (void)fault;
    return SEAL_OK;
}

typedef enum seal_status take_line(void *ctx, const struct text_line *line, struct fault *fault);

static bool is_as_sealed(const struct sealed_tags *t, int which, const uint8_t *digest)
{
    return t->is_listed[which] && memcmp(digest, t->digests[which], SHA256_LEN) == 0;
}

/* ---- The files ---------------------------------------------------------------------------- */

/* The list that a file of as-sealed/ is; BAG_RECORD_NO_FILE: it has no paths. */
static enum bag_record_file listed_in(int which)
{
    if (which == TAG_MTREE)
        return BAG_RECORD_SEALED_LISTING;
    return which == TAG_MANIFEST ? BAG_RECORD_SEALED_MANIFEST : BAG_RECORD_NO_FILE;
}

/* Reads one of the files, and compares its digest with the one in the tag manifest. */
static enum seal_status read_sealed(struct sealed_tags *t, int which, take_line *take, bool *whole,
                                    struct fault *fault)
{
    struct recheck *r = t->file.r;
    char path[SEALED_PATH_SIZE];
    struct sealed_file f = {.file = {.r = r, .name = path, .which = listed_in(which)}};
    const struct line_taker taker = {take, &f, false, ENCODING_UTF8};
    uint8_t digest[SHA256_LEN];
    enum seal_status status;

    sealed_path(path, which);
    status = recheck_read(r, path, &taker, whole, digest, fault);
    buffer_free(&f.path);
    if (status == SEAL_OK && *whole && t->is_whole && !is_as_sealed(t, which, digest))
        recheck_tell(r, BAG_RECORD_OFF, path, BAG_DETAIL_SEALED_DIGEST);
    return status;
}

/* A file that has no names of the payload in it: those in as-sealed/ and beside data/ must be the
 * same. */
static enum seal_status compare_twin(struct sealed_tags *t, int which, struct fault *fault)
{
    struct recheck *r = t->file.r;
    const struct line_taker taker = {take_nothing, NULL, false, ENCODING_UTF8};
    uint8_t digest[SHA256_LEN];
    bool whole;

    if (read_sealed(t, which, take_nothing, &whole, fault) != SEAL_OK ||
        recheck_read(r, tag_file_names[which], &taker, &whole, digest, fault) != SEAL_OK)
        return fault->status;
    if (whole && t->is_whole && !is_as_sealed(t, which, digest))
        recheck_tell(r, BAG_RECORD_OFF, tag_file_names[which], BAG_DETAIL_SEALED_DIFFERS);
    return SEAL_OK;
}

static void compare_comments(struct recheck *r)
{
    const char *path = tag_file_names[TAG_MTREE];

    if (r->has_other_comments)
        recheck_tell(r, BAG_RECORD_OFF, path, BAG_DETAIL_COMMENTS_OTHER);
    if (!r->has_spelled)
        recheck_tell(r, BAG_RECORD_OFF, path, BAG_DETAIL_NOTHING_SPELLED);
}

static void compare_links(struct recheck *r)
{
    if ((r->links[0] | r->links[1] | r->links[2] | r->links[3]) != 0)
        recheck_tell(r, BAG_RECORD_OFF, tag_file_names[TAG_MTREE], BAG_DETAIL_SEALED_LINKS);
}

/* Manifest and listing. Where one of the four could not be read or is in another dialect, that is
 * told elsewhere, and they are not compared. */
static enum seal_status compare_lists(struct sealed_tags *t, struct fault *fault)
{
    struct recheck *r = t->file.r;
    bool comparable = r->result->has_listing && r->payload.whole & DIGEST_BIT(DIGEST_SHA256);
    bool whole[2];

    if (read_sealed(t, TAG_MANIFEST, comparable ? take_sealed_manifest_line : take_nothing,
                    &whole[0], fault) != SEAL_OK ||
        read_sealed(t, TAG_MTREE, comparable ? take_sealed_listing_line : take_nothing, &whole[1],
                    fault) != SEAL_OK)
        return fault->status;
    if (r->result->has_listing)
        compare_comments(r);
    if (comparable && whole[1])
        compare_links(r);
    if (comparable && whole[0] && whole[1])
        tell_not_sealed(r);
    return SEAL_OK;
}

static enum seal_status compare_sealed(struct recheck *r, struct fault *fault)
{
    char path[SEALED_PATH_SIZE];
    struct sealed_tags t = {.file = {.r = r, .name = path}};
    const struct line_taker taker = {take_sealed_tag_line, &t, false, ENCODING_UTF8};

    sealed_path(path, TAG_TAGMANIFEST);
    if (recheck_read(r, path, &taker, &t.is_whole, r->result->digest, fault) != SEAL_OK)
        return fault->status;
    r->result->has_digest = t.is_whole;
    r->result->has_unread_digest = r->result->has_unread_digest || !t.is_whole;
    if (compare_lists(&t, fault) != SEAL_OK || compare_twin(&t, TAG_BAG_INFO, fault) != SEAL_OK)
        return fault->status;
    return compare_twin(&t, TAG_BAGIT, fault);
}

/* ---- Whether there is one ----------------------------------------------------------------- */

/* Which of the files are there, and how many. *can_tell is false if that is not known. */
static int count_sealed(struct recheck *r, bool there[static TAG_COUNT], bool *can_tell)
{
    int count = 0;

    *can_tell = true;
    for (int i = 0; i < TAG_COUNT; i++) {
        char path[SEALED_PATH_SIZE];
        struct plat_stat st;

        sealed_path(path, i);
        there[i] = disk_stat(r->dirfd, path, &st) == 0;
        if (!there[i] && errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
            *can_tell = false;
        count += there[i];
    }
    return count;
}

enum seal_status recheck_sealed(struct recheck *r, struct fault *fault)
{
    bool there[TAG_COUNT], can_tell;
    int count = count_sealed(r, there, &can_tell);

    if (count == TAG_COUNT) {
        r->is_ours = true;
        return compare_sealed(r, fault);
    }
    if (!can_tell) {
        recheck_tell(r, BAG_UNREADABLE, BAG_AS_SEALED_DIR, BAG_DETAIL_NONE);
        r->result->has_digest = false;
        r->result->has_unread_digest = true;
        return SEAL_OK;
    }
    for (int i = 0; i < TAG_COUNT && count > 0; i++) {
        char path[SEALED_PATH_SIZE];

        sealed_path(path, i);
        if (!there[i] &&
            !recheck_tag_is_listed(r, path)) /* those that are listed are told with the tag files */
            recheck_tell(r, BAG_RECORD_OFF, path, BAG_DETAIL_SEALED_MISSING);
    }
    return SEAL_OK;
}
