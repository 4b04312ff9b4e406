/*
 * Checking a bag on disk: data/ and all below it, against the tables.
 */
#include "bag/recheck/recheck_digests.h"
#include "bag/recheck/recheck_steps.h"

#include <errno.h>
#include <string.h>

/* ---- Times -------------------------------------------------------------------------------- */

static void check_time(struct recheck *r, const struct item *item, struct timestamp is)
{
    static const enum bag_detail details[BAG_TIME_KINDS] = {
        [BAG_TIME_ROUNDED] = BAG_DETAIL_TIME_ROUNDED,
        [BAG_TIME_SHIFTED] = BAG_DETAIL_TIME_SHIFTED,
        [BAG_TIME_OTHER] = BAG_DETAIL_TIME};
    const struct timestamp was = {item->sec, item->nsec};
    const enum bag_time_kind kind = bag_time_compare(was, is);

    if ((item->marks & MARK_IN_LISTING) && kind != BAG_TIME_SAME)
        recheck_tell_difference(
            r, &(struct bag_difference){BAG_RETIMED, item_path(&r->payload.table, item),
                                        details[kind], .was.time = was, .is.time = is});
}

/* ---- What is below data/ ------------------------------------------------------------------ */

/* What a file is that no manifest lists. Where a manifest could not be read, it may have listed it.
 */
static enum bag_change unlisted(const struct recheck *r)
{
    return r->payload.whole == r->payload.kinds ? BAG_ADDED : BAG_UNREADABLE;
}

static enum seal_status meet_listed(struct recheck *r, struct item *item,
                                    const struct disk_entry *e, struct fault *fault)
{
    struct plat_stat st;
    enum seal_status status;
    int fd = disk_open_name(e->dirfd, e->name, &st);

    item->recheck.met |= MET_ON_DISK;
    if (fd == DISK_NO_FILE) { /* it was a file when the folder was read */
        recheck_tell(r, BAG_UNREADABLE, e->path, disk_in_place_detail(st.type));
        return SEAL_OK;
    }
    if (fd < 0) {
        recheck_tell_error(r, e->path, errno);
        return SEAL_OK;
    }
    check_time(r, item, st.mtime);
    plat_hint_sequential(fd);
    status = recheck_compare(r, &r->payload, item, fd, fault);
    (void)plat_close(fd);
    return status;
}

/* So many bytes of names are kept to compare those that are missing with. */
#define ADDED_MAX ((size_t)16 * 1024 * 1024)

/* Appends a form of the path that is the same however a copy changed it: macOS takes accents apart
 * (NFD), FAT may make letters capital, Windows drops blanks and dots at the end of a name. */
static enum seal_status fold_path(struct buffer *out, const char *path, size_t len)
{
    size_t kept = 0;

    if (bag_name_fold(out, path, len) != SEAL_OK)
        return SEAL_NO_MEMORY;
    for (size_t i = 0; i < out->len; i++) {
        while (out->data[i] == '/' && kept > 0 && strchr(" .", out->data[kept - 1]) != NULL)
            kept--;
        out->data[kept++] = out->data[i];
    }
    while (kept > 0 && strchr(" .", out->data[kept - 1]) != NULL)
        kept--;
    out->len = kept;
    return SEAL_OK;
}

/* Only a hint depends on it: where memory is short there is none. */
static void keep_added(struct recheck *r, const struct disk_entry *e)
{
    struct buffer folded = {0};

    if (r->added.text.len < ADDED_MAX && fold_path(&folded, e->path, e->path_len) == SEAL_OK &&
        table_find(&r->added, (char *)folded.data, folded.len) == NULL)
        (void)table_add(&r->added, (char *)folded.data, folded.len);
    buffer_free(&folded);
}

static enum seal_status meet_file(void *ctx, const struct disk_entry *e, struct fault *fault)
{
    struct recheck *r = ctx;
    struct item *item = table_find(&r->payload.table, e->path, e->path_len);

    if (e->st.type != PLAT_FILE) {
        recheck_tell(r, BAG_ADDED, e->path, disk_is_detail(e->st.type));
        return SEAL_OK;
    }
    if (item != NULL && item->recheck.manifests != 0)
        return meet_listed(r, item, e, fault);
    if (item != NULL && item->type == ITEM_FILE) /* only metadata.mtree or fetch.txt lists it */
        item->recheck.met |= MET_ON_DISK;
    if (unlisted(r) != BAG_ADDED) {
        recheck_tell(r, BAG_UNREADABLE, e->path, BAG_DETAIL_MANIFEST_UNREAD);
        return SEAL_OK;
    }
    recheck_tell(r, BAG_ADDED, e->path, disk_added_detail(e->st.type, e->path));
    keep_added(r, e);
    return SEAL_OK;
}

static enum seal_status meet_folder(void *ctx, const struct disk_entry *e, struct fault *fault)
{
    struct recheck *r = ctx;
    struct item *item = table_find(&r->payload.table, e->path, e->path_len);

    (void)fault;
    if (item != NULL && item->type == ITEM_DIR) {
        item->recheck.met |= MET_ON_DISK;
        check_time(r, item, e->st.mtime);
    } else if (item != NULL || (r->result->has_listing && strcmp(e->path, PAYLOAD_DIR) != 0))
        recheck_tell(r, BAG_ADDED, e->path, disk_is_detail(e->st.type));
    return SEAL_OK;
}

static enum seal_status meet_trouble(void *ctx, const char *path, size_t path_len,
                                     enum bag_detail detail, int sys, struct fault *fault)
{
    const struct bag_difference difference = {BAG_UNREADABLE, path, detail, .sys = sys};
    struct recheck *r = ctx;
    struct item *item = table_find(&r->payload.table, path, path_len);

    if (item != NULL)
        item->recheck.met |= MET_ON_DISK;
    recheck_tell_difference(r, &difference);
    if (prefixes_add(&r->unreadable, path, path_len, NULL, 0) != SEAL_OK)
        return fault_no_memory(fault);
    return SEAL_OK;
}

enum seal_status recheck_payload(struct recheck *r, struct fault *fault)
{
    const struct disk_visitor visitor = {r, meet_file, meet_folder, meet_trouble};

    return disk_walk(r->dirfd, PAYLOAD_DIR, &visitor, fault);
}

/* ---- What was not met --------------------------------------------------------------------- */

static bool is_there_in_other_form(const struct recheck *r, const char *path, size_t len)
{
    struct buffer folded = {0};
    bool found = r->added.count > 0 && fold_path(&folded, path, len) == SEAL_OK &&
                 table_find(&r->added, (char *)folded.data, folded.len) != NULL;

    buffer_free(&folded);
    return found;
}

/* A folder that is only implied is gone with what is in it. */
static void tell_not_met(struct recheck *r, const struct item *item)
{
    const char *path = item_path(&r->payload.table, item);

    if (item->recheck.met & MET_ON_DISK || item->marks & MARK_IMPLIED)
        return;
    if (prefixes_find(&r->unreadable, path, item->path_len) != NULL)
        recheck_tell(r, BAG_UNREADABLE, path, BAG_DETAIL_FOLDER_UNREAD);
    else if (item->recheck.met & MET_IN_FETCH)
        recheck_tell(r, BAG_GONE, path, BAG_DETAIL_FETCHABLE);
    else if (item->type == ITEM_DIR)
        recheck_tell(r, BAG_GONE, path, BAG_DETAIL_IS_FOLDER);
    else
        recheck_tell(r, BAG_GONE, path,
                     is_there_in_other_form(r, path, item->path_len) ? BAG_DETAIL_NAME_OTHER_FORM
                                                                     : BAG_DETAIL_NONE);
}

void recheck_missing(struct recheck *r)
{
    for (size_t i = 0; i < r->payload.table.count; i++)
        tell_not_met(r, &r->payload.table.items[i]);
}

/* ---- Payload-Oxum ------------------------------------------------------------------------- */

/* The number of files is that of the manifests. The bytes are those of the listing, if it has all
 * files; else those that were read, unless files are missing or altered, which was told and makes
 * the sum another anyway. */
void recheck_oxum(struct recheck *r)
{
    const uint64_t *changes = r->result->changes;
    uint64_t files = 0, bytes = 0, sizes = 0;

    for (size_t i = 0; i < r->payload.table.count; i++) {
        const struct item *item = &r->payload.table.items[i];

        if (!(item->recheck.manifests != 0))
            continue;
        files++;
        bytes += item->size;
        sizes += (item->marks & MARK_IN_LISTING) != 0;
    }
    if (sizes < files && changes[BAG_GONE] + changes[BAG_ALTERED] + changes[BAG_UNREADABLE] > 0)
        bytes = r->oxum_bytes;
    else if (sizes < files)
        bytes = r->result->bytes;
    if (r->oxum_in != NULL && (files != r->oxum_files || bytes != r->oxum_bytes))
        recheck_tell_difference(
            r, &(struct bag_difference){BAG_RECORD_OFF, r->oxum_in, BAG_DETAIL_OXUM_DIFFERS,
                                        .was = {r->oxum_bytes, r->oxum_files, {0, 0}},
                                        .is = {bytes, files, {0, 0}}});
}
