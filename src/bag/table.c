#include "bag/items.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

const char *const tag_file_names[TAG_COUNT] = {
    "manifest-sha256.txt", "metadata.mtree", "bag-info.txt", "bagit.txt", "tagmanifest-sha256.txt"};

_Static_assert(crypto_shorthash_KEYBYTES == sizeof((struct table *)0)->hash_key, "SipHash key");

bool bag_is_incomplete(const struct bag_totals *totals)
{
    return totals->remarks[BAG_MISSING] + totals->remarks[BAG_SKIPPED] +
               totals->remarks[BAG_DAMAGED] + totals->remarks[BAG_CHANGED] >
           0;
}

void table_init(struct table *t, bool indexed)
{
    *t = (struct table){0};
    if (indexed) {
        t->index_size = 1024;
        /* Keyed, so that nobody can choose names that all fall into one place. */
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

/* The place of a path in the index: its own, or the empty one it would go to. */
static size_t index_place(const struct table *t, const char *path, size_t len)
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

/* Keeps the index at least twice as large as the number of items. */
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

        t->index[index_place(t, item_path(t, item), item->path_len)] = (uint32_t)i + 1;
    }
    return true;
}

/* Room for one more, all zero; not counted yet. */
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
        t->index[index_place(t, item_path(t, item), item->path_len)] = (uint32_t)t->count + 1;
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

struct item *table_add_prefix(struct table *t, size_t of, size_t path_len)
{
    struct item *item = next_item(t);

    if (item == NULL)
        return NULL;
    item->path_off = t->items[of].path_off;
    item->path_len = (uint32_t)path_len;
    return count_item(t, item);
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
    number = t->index[index_place(t, path, path_len)];
    return number == 0 ? NULL : &t->items[number - 1];
}
