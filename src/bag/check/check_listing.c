/*
 * The listing metadata.mtree of a bag, line by line, against the entries; its comments are remarks.
 */
#include "bag/check/check_state.h"

#include <string.h>

#include "bag/manifest.h"
#include "bag/mtree.h"

/* ---- Entries ------------------------------------------------------------------------------ */

/* Links are in the listing only. known is an item with the same path, or NULL. */
static enum seal_status take_link(struct bag_check *c, const struct mtree_entry *e,
                                  const struct item *known, struct fault *fault)
{
    size_t known_len;
    struct item *item;

    if (known != NULL || e->path_len == strlen(PAYLOAD_DIR) || !is_payload(e->path, e->path_len) ||
        tar_path_parts(e->path, e->path_len) > PATH_PARTS_MAX)
        return hostile(fault, REASON_BAG_LISTING_LINK, NULL);
    item = check_add_item(c, e->path, e->path_len);
    if (item == NULL)
        return too_many(fault);
    item->type = ITEM_LINK;
    item->sec = e->time.sec;
    item->nsec = e->time.nsec;
    c->names_cost += strlen(e->link);
    if (table_add_text(&c->table, e->link, strlen(e->link)) != SEAL_OK)
        return too_many(fault);
    c->totals.remarks[BAG_LINK]++;
    return check_imply_folders(c, c->table.count - 1, MARK_LINK_ONLY, &known_len, fault);
}

/* BAG_RECORD_ALONE: what the listing says of an item is taken for what is there. A digest that the
 * manifest gave already stays, and is compared. */
static void take_facts(struct bag_check *c, struct item *item, const struct mtree_entry *e)
{
    item->size = e->size;
    item->sec = e->time.sec;
    item->nsec = e->time.nsec;
    if (item->type == ITEM_FILE) {
        c->totals.files++;
        c->totals.bytes += e->size;
        c->totals.coded_names += strpbrk(e->path, MANIFEST_CODED) != NULL;
        if (!(item->marks & MARK_IN_MANIFEST))
            memcpy(item->digest, e->digest, sizeof e->digest);
    } else if (e->path_len != strlen(PAYLOAD_DIR)) {
        c->totals.folders++;
    }
}

static enum seal_status take_mtree_entry(struct bag_check *c, char *line, size_t len,
                                         struct fault *fault)
{
    const enum seal_reason differs = REASON_BAG_LISTING_OFF;
    struct mtree_entry e;
    struct item *item;
    const char *name;

    if (!mtree_parse(line, len, &e))
        return hostile(fault, REASON_BAG_LISTING_LINE, NULL);
    item = table_find(&c->table, e.path, e.path_len);
    if (e.type == ITEM_LINK)
        return take_link(c, &e, item, fault);
    if (c->scope == BAG_RECORD_ALONE &&
        check_assume_item(c, e.path, e.path_len, e.type, &item, fault) != SEAL_OK)
        return fault->status;
    if (item == NULL || (item->marks & MARK_IMPLIED) != 0)
        return hostile(fault, REASON_BAG_LISTING_ABSENT, NULL);
    name = item_path(&c->table, item);
    if (item->marks & MARK_IN_LISTING)
        return hostile(fault, REASON_BAG_LISTING_TWICE, name);
    if (c->scope == BAG_RECORD_ALONE && item->type == e.type)
        take_facts(c, item, &e);
    if (item->type != e.type || item->sec != e.time.sec || item->nsec != e.time.nsec)
        return hostile(fault, differs, name);
    if (e.type == ITEM_FILE &&
        (item->size != e.size || memcmp(item->digest, e.digest, sizeof e.digest) != 0))
        return hostile(fault, differs, name);
    item->marks |= MARK_IN_LISTING;
    return SEAL_OK;
}

/* ---- Remarks ------------------------------------------------------------------------------ */

/* The length of "# WORD ./PATH " of a remark. */
static size_t remark_head_len(const char *line)
{
    const char *path = strchr(line + 2, ' ');
    const char *end = path == NULL ? NULL : strchr(path + 1, ' ');

    return end == NULL ? strlen(line) : (size_t)(end + 1 - line);
}

/* A file that could not be read in many places has several remarks, one after the other. It counts
 * as one damaged file. */
static bool is_same_damaged(const struct bag_check *c, const char *line)
{
    size_t len = remark_head_len(line);

    return c->damaged.len == len && memcmp(c->damaged.data, line, len) == 0;
}

static enum seal_status note_damaged(struct bag_check *c, const char *line)
{
    c->damaged.len = 0;
    return buffer_append(&c->damaged, line, remark_head_len(line));
}

/* Comments that are no remarks are ignored; links have entries of their own. */
static enum seal_status take_remark(struct bag_check *c, const char *line, size_t len,
                                    struct fault *fault)
{
    enum bag_remark kind;

    if (!mtree_is_remark(line, &kind) || kind == BAG_LINK)
        return SEAL_OK;
    if (kind != BAG_DAMAGED || !is_same_damaged(c, line))
        c->totals.remarks[kind]++;
    if (kind == BAG_DAMAGED && note_damaged(c, line) != SEAL_OK)
        return fault_no_memory(fault);
    return check_keep_line(&c->remarks, BAG_REMARKS_KEPT_MAX, line, len, fault);
}

/* ---- Lines -------------------------------------------------------------------------------- */

enum seal_status check_listing_line(struct bag_check *c, char *line, size_t len,
                                    struct fault *fault)
{
    if (memchr(line, '\0', len) != NULL)
        return hostile(fault, REASON_BAG_LISTING_LINE, NULL);
    if (c->line_number == 1)
        return strcmp(line, "#mtree") == 0 ? SEAL_OK
                                           : hostile(fault, REASON_BAG_LISTING_BEGIN, NULL);
    if (c->line_number == 2) /* NetBSD's mtree wants it */
        return strcmp(line, ". type=dir") == 0 ? SEAL_OK
                                               : hostile(fault, REASON_BAG_LISTING_BEGIN, NULL);
    if (line[0] == '#' && line[len - 1] == '\\')
        return hostile(fault, REASON_BAG_COMMENT_HIDES, NULL);
    if (line[0] == '#')
        return take_remark(c, line, len, fault);
    return take_mtree_entry(c, line, len, fault);
}
