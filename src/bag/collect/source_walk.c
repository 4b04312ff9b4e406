/*
 * Walking the source: every file, folder and link becomes an item, in byte order of the paths in
 * the bag.
 */
#include "bag/collect/source_walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bag/collect/source_open.h"

/* ---- One item ----------------------------------------------------------------------------- */

/* The bounds of the format (section 5). The walk recurses for each level of folders, so the second
 * bounds the stack as well. */
static enum bag_cause cause_to_miss(const char *path, size_t len, enum item_type type)
{
    return len + (type == ITEM_DIR) > PATH_LEN_MAX      ? BAG_CAUSE_PATH_LONG
           : tar_path_parts(path, len) > PATH_PARTS_MAX ? BAG_CAUSE_NESTED_DEEP
                                                        : BAG_CAUSE_NONE;
}

/* Adds an item for a child: path, original path, size, time. folder and original are the paths of
 * its folder in the bag and in the source. *added is NULL if its path is too long or too deep for
 * the format, which becomes a remark. */
static enum seal_status add_item(struct bag_source *s, const char *folder, const char *original,
                                 const struct child *child, enum item_type type,
                                 struct item **added, struct fault *fault)
{
    struct buffer path = {0}, source = {0};
    enum seal_status status = SEAL_OK;
    enum bag_cause cause;
    struct item *item;
    bool renamed;

    *added = NULL;
    if (buffer_printf(&path, "%s/%s", folder, child->bag_name) != SEAL_OK ||
        buffer_printf(&source, "%s/%s", original, child->name) != SEAL_OK) {
        status = fault_no_memory(fault);
        goto out;
    }
    cause = cause_to_miss((char *)path.data, path.len, type);
    if (cause != BAG_CAUSE_NONE) {
        status = source_remark(
            s, &(struct bag_notice){BAG_MISSING, (char *)path.data, cause, .sys = 0}, fault);
        goto out;
    }
    renamed = strcmp((char *)path.data, (char *)source.data) != 0;
    item = table_add(&s->table, (char *)path.data, path.len);
    if (item == NULL ||
        (renamed && table_add_text(&s->table, (char *)source.data, source.len) != SEAL_OK)) {
        status = fault_no_memory(fault);
        goto out;
    }
    item->type = (uint8_t)type;
    item->marks =
        (uint8_t)((renamed ? MARK_RENAMED : 0) | (child->st.owner_may_execute ? MARK_EXEC : 0));
    item->sec = child->st.mtime.sec;
    item->nsec = child->st.mtime.nsec;
    item->size = type == ITEM_FILE ? child->st.size : 0;
    item->collect.root = (uint32_t)child->root;
    *added = item;
    if (child->bag_name != child->name)
        status = source_remark(
            s, &(struct bag_notice){BAG_RENAMED, (char *)path.data, BAG_CAUSE_NONE, .sys = 0},
            fault);
out:
    buffer_free(&path);
    buffer_free(&source);
    return status;
}

static enum bag_cause cause_to_skip(enum plat_type type)
{
    return type == PLAT_FIFO     ? BAG_CAUSE_FIFO
           : type == PLAT_SOCKET ? BAG_CAUSE_SOCKET
                                 : BAG_CAUSE_DEVICE;
}

/* A remark about a child that does not become an item. sys as in source_leave_out. */
static enum seal_status remark_child(struct bag_source *s, enum bag_remark kind, const char *folder,
                                     const struct child *child, enum bag_cause cause, int sys,
                                     struct fault *fault)
{
    struct bag_notice notice = {.kind = kind, .cause = cause, .sys = sys};
    struct buffer path = {0};
    enum seal_status status;

    if (buffer_printf(&path, "%s/%s", folder, child->bag_name) != SEAL_OK) {
        status = fault_no_memory(fault);
    } else {
        notice.path = (char *)path.data;
        status = source_remark(s, &notice, fault);
    }
    buffer_free(&path);
    return status;
}

static enum seal_status add_link(struct bag_source *s, int dirfd, const char *folder,
                                 const char *original, const struct child *child,
                                 struct fault *fault)
{
    struct buffer target = {0};
    enum seal_status status;
    struct item *item = NULL;

    if (plat_read_link(dirfd, child->name, &target) != 0)
        status = remark_child(s, BAG_MISSING, folder, child, BAG_CAUSE_SYSTEM, errno, fault);
    else if (target.len == 0)
        status = remark_child(s, BAG_MISSING, folder, child, BAG_CAUSE_LINK_EMPTY, 0, fault);
    else
        status = add_item(s, folder, original, child, ITEM_LINK, &item, fault);
    if (status == SEAL_OK && item != NULL) {
        if (table_add_text(&s->table, (char *)target.data, target.len) != SEAL_OK)
            status = fault_no_memory(fault);
        else
            status = source_remark(s,
                                   &(struct bag_notice){.kind = BAG_LINK,
                                                        .path = item_path(&s->table, item),
                                                        .target = item_target(&s->table, item)},
                                   fault);
    }
    buffer_free(&target);
    return status;
}

static enum seal_status add_folder(struct bag_source *s, const struct item *item,
                                   struct fault *fault);

static bool is_own(const struct bag_source *s, const struct plat_stat *st)
{
    for (size_t i = 0; i < s->own_count; i++)
        if (st->device == s->own[i].device && st->inode == s->own[i].inode)
            return true;
    return false;
}

static enum seal_status add_file(struct bag_source *s, const char *folder, const char *original,
                                 const struct child *child, struct fault *fault)
{
    struct item *item;
    enum seal_status status;

    if (is_own(s, &child->st))
        return remark_child(s, BAG_SKIPPED, folder, child, BAG_CAUSE_OWN, 0, fault);
    status = add_item(s, folder, original, child, ITEM_FILE, &item, fault);
    if (status == SEAL_OK && item != NULL) {
        s->totals.files++;
        s->totals.bytes += item->size;
    }
    return status;
}

/* dirfd, which only a link needs, is the folder it is in. */
static enum seal_status add_child(struct bag_source *s, int dirfd, const char *folder,
                                  const char *original, const struct child *child,
                                  struct fault *fault)
{
    struct item *item;
    enum seal_status status;

    if (stop_requested())
        return fault_set(fault, REASON_INTERRUPTED, NULL);
    switch (child->st.type) {
    case PLAT_LINK:
        return add_link(s, dirfd, folder, original, child, fault);
    case PLAT_FILE:
        return add_file(s, folder, original, child, fault);
    case PLAT_DIR:
        status = add_item(s, folder, original, child, ITEM_DIR, &item, fault);
        if (status == SEAL_OK && item != NULL) {
            s->totals.folders++;
            status = add_folder(s, item, fault);
        }
        return status;
    case PLAT_FIFO:
    case PLAT_SOCKET:
    case PLAT_DEVICE:
    case PLAT_OTHER:
    default:
        return remark_child(s, BAG_SKIPPED, folder, child, cause_to_skip(child->st.type), 0, fault);
    }
}

/* ---- All of a folder ---------------------------------------------------------------------- */

/* Adds the children in order, each with all that is below it. */
static enum seal_status add_children(struct bag_source *s, struct children *c, const char *folder,
                                     const char *original, struct fault *fault)
{
    enum seal_status status = children_name(c, s, folder, fault);

    for (size_t i = 0; i < c->count && status == SEAL_OK; i++) {
        const struct child *child = &c->list[i];
        uint64_t found = source_found(s);
        int dirfd = PLAT_CWD;

        if (child->st.type == PLAT_LINK)
            dirfd = source_open_folder(s, child->root, original);
        status = add_child(s, dirfd, folder, original, child, fault);
        if (source_found(s) > found)
            s->roots[child->root].has_some = true;
    }
    return status;
}

/* Adds what is in the folder of an item that was added last. Adding moves the table, so its paths
 * are copied first. */
static enum seal_status add_folder(struct bag_source *s, const struct item *item,
                                   struct fault *fault)
{
    char *path = strdup(item_path(&s->table, item));
    char *original = strdup(item_original(&s->table, item));
    struct children c = {.root = item->collect.root};
    enum seal_status status;
    int fd;

    if (path == NULL || original == NULL) {
        status = fault_no_memory(fault);
        goto out;
    }
    fd = source_open_folder(s, c.root, original);
    if (fd < 0)
        status = source_remark_error(s, path, errno, fault);
    else
        status = children_list(&c, s, fd, path, fault);
    if (status == SEAL_OK)
        status = add_children(s, &c, path, original, fault);
out:
    children_free(&c);
    free(path);
    free(original);
    return status;
}

enum seal_status source_walk(struct bag_source *s, struct children *c, struct fault *fault)
{
    return add_children(s, c, PAYLOAD_DIR, PAYLOAD_DIR, fault);
}
