/*
 * The table of items: a row of items, a text with their paths, and an index from path to item.
 */
#include "bag/table.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

_Static_assert(crypto_shorthash_KEYBYTES == sizeof((struct table *)0)->hash_key, "SipHash key");

void table_init(struct table *t, bool indexed)
{
    *t = (struct table){0};
    if (indexed) {
        t->index_size = 1024;
        /* A secret key: else a stranger could choose names that all have the same hash. */
        randombytes_buf(t->hash_key, sizeof t->hash_key);
    }
}

void table_free(struct table *t)
{
    buffer_free(&t->text);
    free(t->items);
    free(t->index);
    *t = (struct table){0};
}

const char *item_path(const struct table *t, const struct item *item)
{
    return (const char *)t->text.data + item->path_off;
}

const char *item_original(const struct table *t, const struct item *item)
{
    const char *path = item_path(t, item);

    return item->marks & MARK_RENAMED ? path + item->path_len + 1 : path;
}

const char *item_target(const struct table *t, const struct item *item)
{
    const char *last = item_original(t, item);

    return last + strlen(last) + 1;
}

/* The slot of a path in the index (linear probing): its own, or the empty one it would go to. */
static size_t index_slot(const struct table *t, const char *path, size_t len)
{
    uint8_t hash[crypto_shorthash_BYTES];
    size_t mask = t->index_size - 1;
    size_t at;

    (void)crypto_shorthash(hash, (const uint8_t *)path, len, t->hash_key);
    for (at = (size_t)load_u64(hash) & mask; t->index[at] != 0; at = (at + 1) & mask) {
        const struct item *item = &t->items[t->index[at] - 1];

        if (item->path_len == len && memcmp(item_path(t, item), path, len) == 0)
            break;
    }
    return at;
}

/* Keeps the index at least twice as large as the number of items, so that probing stays short. */
static bool index_grow(struct table *t)
{
    size_t size = t->index_size;

    if (t->index != NULL && t->count * 2 < size)
        return true;
    if (t->index != NULL)
        size *= 2;
    free(t->index);
    t->index_size = size;
    t->index = calloc(size, sizeof *t->index);
    if (t->index == NULL)
        return false;
    for (size_t i = 0; i < t->count; i++) {
        const struct item *item = &t->items[i];

        t->index[index_slot(t, item_path(t, item), item->path_len)] = (uint32_t)i + 1;
    }
    return true;
}

/* Room for one more item, all zero. It is counted by count_item, once its path is set. */
static struct item *next_item(struct table *t)
{
    if (t->count >= TABLE_ITEMS_MAX)
        return NULL;
    if (t->count == t->cap) {
        size_t cap = t->cap == 0 ? 256 : t->cap + t->cap / 2;
        struct item *items = realloc(t->items, cap * sizeof *items);

        if (items == NULL)
            return NULL;
        t->items = items;
        t->cap = cap;
    }
    if (t->index_size > 0 && !index_grow(t))
        return NULL;
    t->items[t->count] = (struct item){0};
    return &t->items[t->count];
}

static struct item *count_item(struct table *t, struct item *item)
{
    if (t->index_size > 0)
        t->index[index_slot(t, item_path(t, item), item->path_len)] = (uint32_t)t->count + 1;
    t->count++;
    return item;
}

struct item *table_add(struct table *t, const char *path, size_t path_len)
{
    struct item *item = next_item(t);
    size_t off = t->text.len;

    if (item == NULL || table_add_text(t, path, path_len) != SEAL_OK)
        return NULL;
    item->path_off = off;
    item->path_len = (uint32_t)path_len;
    return count_item(t, item);
}

/* Appends an item whose path is the first path_len bytes of another's. It is not copied, so no NUL
 * stands behind it: folders that are only implied cost no text. */
static struct item *add_prefix(struct table *t, size_t of, size_t path_len)
{
    struct item *item = next_item(t);

    if (item == NULL)
        return NULL;
    item->path_off = t->items[of].path_off;
    item->path_len = (uint32_t)path_len;
    return count_item(t, item);
}

enum seal_status table_imply_folders(struct table *t, size_t number, uint8_t marks,
                                     const struct item **nearest)
{
    *nearest = NULL;
    for (size_t at = t->items[number].path_len; at-- > 1;) {
        const char *path = item_path(t, &t->items[number]); /* adding may move the items */
        struct item *above;

        if (path[at] != '/')
            continue;
        *nearest = table_find(t, path, at);
        if (*nearest != NULL)
            return SEAL_OK;
        above = add_prefix(t, number, at);
        if (above == NULL)
            return SEAL_NO_MEMORY;
        above->type = ITEM_DIR;
        above->marks = MARK_IMPLIED | marks;
    }
    return SEAL_OK;
}

enum seal_status table_own_path(struct table *t, struct item *item, const char *path,
                                size_t path_len)
{
    item->path_off = t->text.len;
    return table_add_text(t, path, path_len);
}

enum seal_status table_add_text(struct table *t, const char *text, size_t len)
{
    if (t->text.len > TABLE_TEXT_MAX || buffer_append(&t->text, text, len) != SEAL_OK ||
        buffer_append(&t->text, "", 1) != SEAL_OK)
        return SEAL_NO_MEMORY;
    return SEAL_OK;
}

struct item *table_find(const struct table *t, const char *path, size_t path_len)
{
    uint32_t number;

    if (t->index == NULL)
        return NULL;
    number = t->index[index_slot(t, path, path_len)];
    return number == 0 ? NULL : &t->items[number - 1];
}
