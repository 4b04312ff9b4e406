/*
 * Entries of a bag against each other: where each may stand, and that no path comes twice or is a
 * file and a folder at once.
 */
#include "bag/check/check_state.h"

#include <string.h>

#include "bag/manifest.h"

static bool any_tag_seen(const struct bag_check *c)
{
    for (int i = 0; i < TAG_COUNT; i++)
        if (c->tag_seen[i])
            return true;
    return false;
}

/* The item for an entry, new or implied by an earlier one; *number gets its place in the table. */
static enum seal_status payload_item(struct bag_check *c, const struct tar_entry *e,
                                     struct bag_place *place, size_t *number, struct fault *fault)
{
    struct item *item = table_find(&c->table, e->path, e->path_len);

    place->is_known = item != NULL;
    if (item != NULL && !(item->marks & MARK_IMPLIED && e->is_dir))
        return hostile(fault, REASON_BAG_NAME_TWICE, e->path);
    if (item == NULL) {
        item = check_add_item(c, e->path, e->path_len);
        if (item == NULL)
            return too_many(fault);
        *number = c->table.count - 1;
        return check_imply_folders(c, *number, 0, &place->known_len, fault);
    }
    *number = (size_t)(item - c->table.items);
    place->known_len = e->path_len;
    return check_own_path(c, item, e->path, e->path_len, fault);
}

static enum seal_status payload_entry(struct bag_check *c, const struct tar_entry *e,
                                      struct bag_place *place, struct fault *fault)
{
    struct item *item;

    if (any_tag_seen(c) || c->scope == BAG_RECORD_ALONE)
        return hostile(fault, REASON_BAG_EVIDENCE_LATE, e->path);
    if (e->path_len == strlen(PAYLOAD_DIR) && !e->is_dir)
        return hostile(fault, REASON_BAG_DATA_KIND, e->path);
    if (payload_item(c, e, place, &c->item, fault) != SEAL_OK)
        return fault->status;
    item = &c->table.items[c->item];
    item->type = e->is_dir ? ITEM_DIR : ITEM_FILE;
    item->marks = 0;
    item->size = e->size;
    item->sec = e->mtime.sec;
    item->nsec = e->mtime.nsec;
    c->tag = -1;
    if (!e->is_dir) {
        c->totals.files++;
        c->totals.coded_names += strpbrk(e->path, MANIFEST_CODED) != NULL;
    } else if (e->path_len != strlen(PAYLOAD_DIR)) /* data/ itself is not the sender's */
        c->totals.folders++;
    c->totals.bytes += e->size;
    return SEAL_OK;
}

enum seal_status check_entry(struct bag_check *c, const struct tar_entry *e,
                             struct bag_place *place, struct fault *fault)
{
    if (is_payload(e->path, e->path_len))
        return payload_entry(c, e, place, fault);
    c->tag = e->is_dir ? -1 : tag_file_find(e->path, strlen(e->path));
    if (c->tag < 0)
        return hostile(fault, REASON_BAG_OUTSIDE_DATA, e->path);
    if (c->tag_seen[c->tag])
        return hostile(fault, REASON_BAG_NAME_TWICE, e->path);
    if (c->tag_seen[TAG_TAGMANIFEST])
        return hostile(fault, REASON_BAG_RECORD_TRAILING, e->path);
    c->tag_seen[c->tag] = true;
    c->line.len = 0;
    c->line_number = 0;
    return SEAL_OK;
}
