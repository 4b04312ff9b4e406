/*
 * What a checked bag holds, item by item.
 */
#include "bag/check/check_state.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* ---- Items in order ----------------------------------------------------------------------- */

/* An item as it is sorted. It has all that is compared, since qsort hands no context (such as the
 * table) to the comparing function. */
struct sort_row {
    const char *path; /* in the table's text */
    uint32_t len;
    uint32_t number; /* of the item */
    bool is_dir;
};

/* Byte order of the paths, where that of a folder counts with a slash behind it. */
static int compare_rows(const void *a, const void *b)
{
    const struct sort_row *x = a, *y = b;
    size_t n = x->len < y->len ? x->len : y->len;
    int order = memcmp(x->path, y->path, n);
    uint8_t c, d;

    if (order != 0)
        return order;
    c = x->len > n ? (uint8_t)x->path[n] : x->is_dir ? '/' : 0;
    d = y->len > n ? (uint8_t)y->path[n] : y->is_dir ? '/' : 0;
    if (c != d)
        return c > d ? 1 : -1;
    return (x->len > y->len) - (x->len < y->len); /* a folder, and what is in it */
}

static struct sort_row *sorted_rows(const struct table *t, size_t *count)
{
    struct sort_row *rows = malloc((t->count + 1) * sizeof *rows);

    *count = 0;
    for (size_t i = 0; rows != NULL && i < t->count; i++) {
        const struct item *item = &t->items[i];

        if ((item->marks & MARK_IMPLIED) != 0)
            continue;
        rows[(*count)++] = (struct sort_row){item_path(t, item), item->path_len, (uint32_t)i,
                                             item->type == ITEM_DIR};
    }
    if (rows != NULL)
        qsort(rows, *count, sizeof *rows, compare_rows);
    return rows;
}

static struct bag_item describe(const struct table *t, const struct item *item, uint64_t entry)
{
    return (struct bag_item){.path = item_path(t, item),
                             .type = item->type == ITEM_DIR    ? BAG_FOLDER
                                     : item->type == ITEM_LINK ? BAG_SYMLINK
                                                               : BAG_FILE,
                             .size = item->size,
                             .mtime = {item->sec, item->nsec},
                             .digest = item->type == ITEM_FILE ? item->digest : NULL,
                             .target = item->type == ITEM_LINK ? item_target(t, item) : NULL,
                             .entry = entry};
}

enum seal_status bag_check_each_item(const struct bag_check *c,
                                     enum seal_status (*each)(void *ctx,
                                                              const struct bag_item *item,
                                                              struct fault *fault),
                                     void *ctx, struct fault *fault)
{
    size_t count;
    struct sort_row *rows = sorted_rows(&c->table, &count);
    enum seal_status status = rows == NULL ? fault_no_memory(fault) : SEAL_OK;
    uint64_t entry = 0;

    for (size_t i = 0; i < count && status == SEAL_OK; i++) {
        const struct item *item = &c->table.items[rows[i].number];
        struct bag_item shown = describe(&c->table, item, entry);

        if (stop_requested())
            status = fault_set(fault, REASON_INTERRUPTED, NULL);
        else
            status = each(ctx, &shown, fault);
        entry += item->type != ITEM_LINK;
    }
    free(rows);
    return status;
}

bool bag_check_find(const struct bag_check *c, const char *path, size_t len, struct bag_item *item)
{
    const struct item *found = table_find(&c->table, path, len);

    if (found == NULL)
        return false;
    if (item != NULL)
        *item = describe(&c->table, found, 0);
    if (item != NULL && (found->marks & (MARK_IN_MANIFEST | MARK_IN_LISTING)) == 0)
        item->digest = NULL;
    return true;
}

typedef enum seal_status (*folder_taker)(void *ctx, const char *path, const struct timestamp *mtime,
                                         struct fault *fault);

static enum seal_status hand_over(const struct table *t, const struct item *item, folder_taker each,
                                  void *ctx, struct fault *fault)
{
    struct timestamp mtime = {item->sec, item->nsec};
    bool implied = (item->marks & MARK_IMPLIED) != 0;
    char *path = text_copy(item_path(t, item), item->path_len); /* an implied folder's has no NUL */
    enum seal_status status = path == NULL ? fault_no_memory(fault) : SEAL_OK;

    if (stop_requested())
        status = fault_set(fault, REASON_INTERRUPTED, NULL);
    if (status == SEAL_OK)
        status = each(ctx, path, implied ? NULL : &mtime, fault);
    free(path);
    return status;
}

/* Implied folders stand in the table behind the entry that implied them, from the bottom up. Taken
 * backwards, those of a deep tree come from the top down, so that a caller that opens one after the
 * other need not begin at the root each time. */
enum seal_status bag_check_each_folder(const struct bag_check *c, folder_taker each, void *ctx,
                                       struct fault *fault)
{
    const struct table *t = &c->table;
    enum seal_status status = SEAL_OK;

    for (size_t i = 0; i < t->count && status == SEAL_OK; i++)
        if (t->items[i].type == ITEM_DIR && (t->items[i].marks & MARK_IMPLIED) == 0)
            status = hand_over(t, &t->items[i], each, ctx, fault);
    for (size_t i = t->count; i-- > 0 && status == SEAL_OK;)
        if (t->items[i].type == ITEM_DIR && (t->items[i].marks & MARK_IMPLIED) != 0)
            status = hand_over(t, &t->items[i], each, ctx, fault);
    return status;
}
