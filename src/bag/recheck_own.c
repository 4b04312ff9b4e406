/*
 * Checking a bag on disk again: what is beside data/ in a bag of ours. Other bags may hold tag
 * files that nothing lists (RFC 8493, 2.2.4). Of ours it is known which there are, so that one
 * more, or one less with the tag manifest made to suit, is not taken for a bag in order.
 */
#include "bag/recheck.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char sealed_prefix[] = BAG_AS_SEALED_DIR "/";

static enum seal_status out_of_memory(struct fault *fault)
{
    return fault_no_memory(fault);
}

bool recheck_tag_is_listed(struct recheck *r, const char *path)
{
    const struct item *item = table_find(&r->tags.table, path, strlen(path));

    return item != NULL && item->root & MET_IN(DIGEST_SHA256);
}

/* Those that are listed were told with all that are. */
static void tell_missing(struct recheck *r)
{
    for (int i = 0; i < TAG_COUNT; i++) {
        const char *name = tag_file_names[i];
        const struct item *item = table_find(&r->tags.table, name, strlen(name));
        struct plat_stat st;

        if (item != NULL && item->root & MET_IN_ANY)
            continue;
        if (plat_stat_at(r->dirfd, name, false, &st) == 0)
            continue;
        if (errno == ENOENT)
            recheck_tell(r, BAG_GONE, name, NULL);
        else
            recheck_tell(r, BAG_UNREADABLE, name, "%s", plat_strerror(errno));
    }
}

static bool lists_some_as_sealed(const struct recheck *r)
{
    for (size_t i = 0; i < r->tags.table.count; i++) {
        const struct item *item = &r->tags.table.items[i];

        if (item->root & MET_IN(DIGEST_SHA256) &&
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
        return out_of_memory(fault);
    }
    text = (const char *)path.data;
    if (!seen && !recheck_tag_is_listed(r, text)) {
        recheck_tell(r, BAG_UNREADABLE, text, "%s", plat_strerror(saved));
    } else if (!recheck_tag_is_listed(r, text) && !is_known(r, text, st.type)) {
        if (st.type == PLAT_FILE)
            recheck_tell(r, BAG_ADDED, text, NULL);
        else
            recheck_tell(r, BAG_ADDED, text, "%s", ondisk_type_text(st.type));
    }
    buffer_free(&path);
    return SEAL_OK;
}

/* All in the folder, whose path with a slash behind it is in. */
static enum seal_status tell_added(struct recheck *r, int fd, const char *in, struct fault *fault)
{
    struct ondisk_names names;
    enum seal_status status = SEAL_OK;

    if (ondisk_names_read(&names, fd) != 0 && !names.failed)
        recheck_tell(r, BAG_UNREADABLE, in[0] == '\0' ? "." : in, "%s", plat_strerror(errno));
    if (names.failed)
        status = out_of_memory(fault);
    for (size_t i = 0; i < names.count && status == SEAL_OK; i++)
        status = stop_requested() ? fault_set(fault, REASON_INTERRUPTED, NULL)
                                  : tell_entry(r, fd, in, names.list[i], fault);
    ondisk_names_free(&names);
    return status;
}

static enum seal_status tell_added_as_sealed(struct recheck *r, struct fault *fault)
{
    struct plat_stat st;
    enum seal_status status;
    int fd;

    if (plat_stat_at(r->dirfd, BAG_AS_SEALED_DIR, false, &st) != 0) {
        if (errno != ENOENT)
            recheck_tell(r, BAG_UNREADABLE, BAG_AS_SEALED_DIR, "%s", plat_strerror(errno));
        return SEAL_OK;
    }
    if (st.type != PLAT_DIR)
        return SEAL_OK;
    fd = plat_open_dir(r->dirfd, BAG_AS_SEALED_DIR, false);
    if (fd < 0) {
        if (!r->result->has_unread_digest) /* else that was told */
            recheck_tell(r, BAG_UNREADABLE, BAG_AS_SEALED_DIR, "%s", plat_strerror(errno));
        return SEAL_OK;
    }
    status = tell_added(r, fd, sealed_prefix, fault);
    (void)plat_close(fd);
    return status;
}

enum seal_status recheck_own(struct recheck *r, struct fault *fault)
{
    if (!r->is_ours)
        return SEAL_OK;
    tell_missing(r);
    if (r->has_foreign_listing)
        recheck_tell(r, BAG_RECORD_OFF, tag_file_names[TAG_MTREE], "it is not as seal writes it");
    /* Without a tag manifest, which was told, all would be added. */
    if (r->tags.whole & MET_IN(DIGEST_SHA256) && tell_added(r, r->dirfd, "", fault) != SEAL_OK)
        return fault->status;
    if (r->tags.whole & MET_IN(DIGEST_SHA256))
        return tell_added_as_sealed(r, fault);
    return SEAL_OK;
}
