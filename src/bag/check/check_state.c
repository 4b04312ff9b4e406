/*
 * The table of a bag that is being checked, how items come into it, and the lines that are kept.
 */
#include "bag/check/check_state.h"

#include <string.h>

static void count_name(struct bag_check *c, const char *path, size_t len)
{
    c->names_cost += len + CHECK_PART_COST * tar_path_parts(path, len);
}

struct item *check_add_item(struct bag_check *c, const char *path, size_t len)
{
    count_name(c, path, len);
    return table_add(&c->table, path, len);
}

enum seal_status check_own_path(struct bag_check *c, struct item *item, const char *path,
                                size_t len, struct fault *fault)
{
    count_name(c, path, len);
    return table_own_path(&c->table, item, path, len) == SEAL_OK ? SEAL_OK : too_many(fault);
}

/* The folders that an item implied, from it upwards. An honest sealer has an entry for each. */
static void count_implied(struct bag_check *c, size_t number, size_t count)
{
    const struct item *item = &c->table.items[number];
    size_t parts = count == 0 ? 0 : tar_path_parts(item_path(&c->table, item), item->path_len);

    for (; count > 0; count--)
        c->names_cost += CHECK_PART_COST * --parts;
}

enum seal_status check_imply_folders(struct bag_check *c, size_t number, uint8_t marks,
                                     size_t *known_len, struct fault *fault)
{
    const struct item *nearest;
    size_t before = c->table.count;

    *known_len = 0;
    if (table_imply_folders(&c->table, number, marks, &nearest) != SEAL_OK)
        return too_many(fault);
    count_implied(c, number, c->table.count - before);
    if (nearest != NULL && nearest->type != ITEM_DIR)
        return hostile(fault, REASON_BAG_FILE_AND_FOLDER,
                       item_path(&c->table, &c->table.items[number]));
    if (nearest != NULL)
        *known_len = nearest->path_len;
    return SEAL_OK;
}

enum seal_status check_assume_item(struct bag_check *c, const char *path, size_t len,
                                   enum item_type type, struct item **item, struct fault *fault)
{
    size_t known_len, number;

    *item = table_find(&c->table, path, len);
    if (*item != NULL && (*item)->marks & MARK_IMPLIED && type == ITEM_DIR) {
        (*item)->marks = 0;
        return check_own_path(c, *item, path, len, fault);
    }
    if (*item != NULL || !tar_path_is_clean(path, len) || !is_payload(path, len) ||
        (len == strlen(PAYLOAD_DIR) && type != ITEM_DIR))
        return SEAL_OK;
    *item = check_add_item(c, path, len);
    if (*item == NULL)
        return too_many(fault);
    (*item)->type = (uint8_t)type;
    number = c->table.count - 1;
    if (check_imply_folders(c, number, 0, &known_len, fault) != SEAL_OK)
        return fault->status;
    *item = &c->table.items[number]; /* the table may have moved */
    return SEAL_OK;
}

/* ---- Kept lines --------------------------------------------------------------------------- */

enum seal_status check_keep_line(struct kept_lines *kept, size_t max, const char *line, size_t len,
                                 struct fault *fault)
{
    if (kept->is_cut || kept->text.len + len >= max || kept->count++ == BAG_LINES_KEPT_MAX) {
        kept->is_cut = true;
        return SEAL_OK;
    }
    if (buffer_append(&kept->text, line, len) != SEAL_OK ||
        buffer_append_text(&kept->text, "\n") != SEAL_OK)
        return fault_no_memory(fault);
    return SEAL_OK;
}
