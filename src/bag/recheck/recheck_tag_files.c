/*
 * Checking a bag on disk: what is beside data/. Tag files that are listed are compared with their
 * digests. Other bags may also hold tag files that nothing lists (RFC 8493, 2.2.4). Which a bag of
 * ours holds is known: in it each one more or less is told, even if the tag manifest was made to
 * suit.
 */
#include "bag/recheck/recheck_digests.h"
#include "bag/recheck/recheck_steps.h"

#include <errno.h>
#include <string.h>

static const char sealed_prefix[] = BAG_AS_SEALED_DIR "/";

/* ---- What tag manifests list -------------------------------------------------------------- */

/* Each is opened from the top, which takes a call for each part of its path. */
static enum seal_status check_tag_file(struct recheck *r, const struct item *item,
                                       struct fault *fault)
{
    const char *path = item_path(&r->tags.table, item);
    enum seal_status status;
    struct plat_stat st;
    int fd;

    if (tar_path_parts(path, item->path_len) > PATH_PARTS_MAX) {
        recheck_tell(r, BAG_UNREADABLE, path, BAG_DETAIL_NESTED_DEEP);
        return SEAL_OK;
    }
    fd = disk_open(r->dirfd, path, &st);
    if (fd == DISK_NO_FILE) {
        recheck_tell(r, BAG_GONE, path, disk_in_place_detail(st.type));
        return SEAL_OK;
    }
    if (fd < 0) {
        bool gone = errno == ENOENT || errno == ENOTDIR || errno == ELOOP;

        if (gone)
            recheck_tell(r, BAG_GONE, path, BAG_DETAIL_NONE);
        else
            recheck_tell_error(r, path, errno);
        return SEAL_OK;
    }
    status = recheck_compare(r, &r->tags, item, fd, fault);
    (void)plat_close(fd);
    return status;
}

enum seal_status recheck_tag_files(struct recheck *r, struct fault *fault)
{
    for (size_t i = 0; i < r->tags.table.count; i++) {
        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (check_tag_file(r, &r->tags.table.items[i], fault) != SEAL_OK)
            return fault->status;
    }
    return SEAL_OK;
}

/* ---- What is missing ---------------------------------------------------------------------- */

/* Tag files that every bag of ours has. Those that are listed were compared, and told if missing.
 */
static void tell_missing(struct recheck *r)
{
    for (int i = 0; i < TAG_COUNT; i++) {
        const char *name = tag_file_names[i];
        const struct item *item = table_find(&r->tags.table, name, strlen(name));
        struct plat_stat st;

        if (item != NULL && item->recheck.manifests != 0)
            continue;
        if (plat_stat_at(r->dirfd, name, false, &st) == 0)
            continue;
        if (errno == ENOENT)
            recheck_tell(r, BAG_GONE, name, BAG_DETAIL_NONE);
        else
            recheck_tell_error(r, name, errno);
    }
}

/* ---- What does not belong there ----------------------------------------------------------- */

static bool lists_some_as_sealed(const struct recheck *r)
{
    for (size_t i = 0; i < r->tags.table.count; i++) {
        const struct item *item = &r->tags.table.items[i];

        if (item->recheck.manifests & DIGEST_BIT(DIGEST_SHA256) &&
            strncmp(item_path(&r->tags.table, item), sealed_prefix, strlen(sealed_prefix)) == 0)
            return true;
    }
    return false;
}

/* Whether an entry belongs to the bag though the tag manifest does not list it. */
static bool is_known(const struct recheck *r, const char *path, enum plat_type type)
{
    if (strcmp(path, PAYLOAD_DIR) == 0 || strcmp(path, tag_file_names[TAG_TAGMANIFEST]) == 0)
        return true;
    return strcmp(path, BAG_AS_SEALED_DIR) == 0 && type == PLAT_DIR && lists_some_as_sealed(r);
}

/* An entry of the folder whose path, with a slash, is in. */
static enum seal_status tell_entry(struct recheck *r, int fd, const char *in, const char *name,
                                   struct fault *fault)
{
    struct buffer path = {0};
    struct plat_stat st;
    bool seen = plat_stat_at(fd, name, false, &st) == 0;
    int saved = errno;
    const char *text;

    if (buffer_printf(&path, "%s%s", in, name) != SEAL_OK) {
        buffer_free(&path);
        return fault_no_memory(fault);
    }
    text = (const char *)path.data;
    if (!seen && !recheck_tag_is_listed(r, text)) {
        recheck_tell_error(r, text, saved);
    } else if (!recheck_tag_is_listed(r, text) && !is_known(r, text, st.type)) {
        recheck_tell(r, BAG_ADDED, text, disk_added_detail(st.type, text));
    }
    buffer_free(&path);
    return SEAL_OK;
}

/* Tells what does not belong in an open folder. in is its path, with a slash behind it unless it is
 * the bag. */
static enum seal_status tell_added(struct recheck *r, int fd, const char *in, struct fault *fault)
{
    struct disk_names names;
    enum seal_status status = SEAL_OK;

    if (disk_names_read(&names, fd) != 0 && !names.no_memory)
        recheck_tell_error(r, in[0] == '\0' ? "." : in, errno);
    if (names.no_memory)
        status = fault_no_memory(fault);
    for (size_t i = 0; i < names.count && status == SEAL_OK; i++)
        status = stop_requested() ? fault_set(fault, REASON_INTERRUPTED, NULL)
                                  : tell_entry(r, fd, in, names.list[i], fault);
    disk_names_free(&names);
    return status;
}

static enum seal_status tell_added_as_sealed(struct recheck *r, struct fault *fault)
{
    struct plat_stat st;
    enum seal_status status;
    int fd;

    if (plat_stat_at(r->dirfd, BAG_AS_SEALED_DIR, false, &st) != 0) {
        if (errno != ENOENT)
            recheck_tell_error(r, BAG_AS_SEALED_DIR, errno);
        return SEAL_OK;
    }
    if (st.type != PLAT_DIR)
        return SEAL_OK;
    fd = plat_open_dir(r->dirfd, BAG_AS_SEALED_DIR, false);
    if (fd < 0) {
        if (!r->result->has_unread_digest) /* else recheck_sealed told it */
            recheck_tell_error(r, BAG_AS_SEALED_DIR, errno);
        return SEAL_OK;
    }
    status = tell_added(r, fd, sealed_prefix, fault);
    (void)plat_close(fd);
    return status;
}

/* ---- Both, in a bag of ours --------------------------------------------------------------- */

enum seal_status recheck_beside_data(struct recheck *r, struct fault *fault)
{
    if (!r->is_ours)
        return SEAL_OK;
    tell_missing(r);
    if (r->has_foreign_listing)
        recheck_tell(r, BAG_RECORD_OFF, tag_file_names[TAG_MTREE], BAG_DETAIL_LISTING_FOREIGN);
    /* Without a tag manifest nothing is listed, and all would be told as added. */
    if (r->tags.whole & DIGEST_BIT(DIGEST_SHA256) && tell_added(r, r->dirfd, "", fault) != SEAL_OK)
        return fault->status;
    if (r->tags.whole & DIGEST_BIT(DIGEST_SHA256))
        return tell_added_as_sealed(r, fault);
    return SEAL_OK;
}
