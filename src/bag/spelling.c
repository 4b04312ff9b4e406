/*
 * Spellings that every system can hold: which names of a bag get another one on disk, and what.
 *
 * A percent sign is one of them: manifests write it as %25 (RFC 8493), by which sha256sum and older
 * validators do not find the file.
 *
 * What a name is on disk depends only on the names that came before it in the bag, not on the
 * system: the same bag becomes the same folder everywhere.
 */
#include "bag/items.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

struct bag_spelling {
    uint8_t key[crypto_shorthash_KEYBYTES]; /* nobody can choose names that agree in their hash */
    uint64_t *folded;                       /* hashes of what was settled, folded; 0: free */
    size_t folded_count, folded_size;
    struct table odd; /* path as sealed, and as its "original" the name of its last part on disk */
    struct buffer odd_keys; /* u64 each: the hashes of those paths */
    uint64_t *odd_hashes;   /* the same as a hash table ... */
    uint32_t *odd_numbers;  /* ... and the numbers in odd, + 1; 0: free */
    size_t odd_size;
    struct buffer out, name, hashed;
};

/* The hash of a path from that of the folder it is in and its last part, as it is or folded. That
 * of what has no folder above is 0. */
static enum seal_status hash_part(struct bag_spelling *s, uint64_t *hash, const char *part,
                                  size_t len, bool fold)
{
    struct buffer *b = &s->hashed;
    uint8_t out[crypto_shorthash_BYTES], above[8];

    store_u64(above, *hash);
    b->len = 0;
    if (buffer_append(b, above, sizeof above) != SEAL_OK ||
        (fold ? bag_name_fold(b, part, len) : buffer_append(b, part, len)) != SEAL_OK)
        return SEAL_NO_MEMORY;
    (void)crypto_shorthash(out, b->data, b->len, s->key);
    *hash = load_u64(out);
    return SEAL_OK;
}

/* The part of a path that begins at start: where it ends. */
static size_t part_end(const char *path, size_t path_len, size_t start)
{
    const char *slash = memchr(path + start, '/', path_len - start);

    return slash == NULL ? path_len : (size_t)(slash - path);
}

enum seal_status bag_spelling_new(struct bag_spelling **out, struct fault *fault)
{
    struct bag_spelling *s = calloc(1, sizeof *s);

    *out = s;
    if (s == NULL)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    table_init(&s->odd, false);
    randombytes_buf(s->key, sizeof s->key);
    return SEAL_OK;
}

void bag_spelling_free(struct bag_spelling *s)
{
    if (s == NULL)
        return;
    table_free(&s->odd);
    buffer_free(&s->odd_keys);
    free(s->folded);
    free(s->odd_hashes);
    free(s->odd_numbers);
    buffer_free(&s->out);
    buffer_free(&s->name);
    buffer_free(&s->hashed);
    free(s);
}

/* ---- What is taken ------------------------------------------------------------------------ */

/* The place of a hash in a table of hashes: its own, or the free one it would go to. */
static size_t hash_place(const uint64_t *hashes, size_t size, uint64_t hash)
{
    size_t at = (size_t)hash & (size - 1);

    while (hashes[at] != 0 && hashes[at] != hash)
        at = (at + 1) & (size - 1);
    return at;
}

static bool is_taken(const struct bag_spelling *s, uint64_t hash)
{
    return s->folded_size > 0 && s->folded[hash_place(s->folded, s->folded_size, hash)] != 0;
}

static enum seal_status take(struct bag_spelling *s, uint64_t hash)
{
    if (s->folded_count * 2 >= s->folded_size) {
        size_t size = s->folded_size == 0 ? 1024 : s->folded_size * 2;
        uint64_t *grown = calloc(size, sizeof *grown);

        if (grown == NULL)
            return SEAL_NO_MEMORY;
        for (size_t i = 0; i < s->folded_size; i++)
            if (s->folded[i] != 0)
                grown[hash_place(grown, size, s->folded[i])] = s->folded[i];
        free(s->folded);
        s->folded = grown;
        s->folded_size = size;
    }
    s->folded[hash_place(s->folded, s->folded_size, hash)] = hash;
    s->folded_count++;
    return SEAL_OK;
}

/* ---- What was spelled differently --------------------------------------------------------- */

/* Paths with the same hash are told apart by looking on. */
static size_t odd_place(const struct bag_spelling *s, uint64_t hash, const char *path, size_t len)
{
    size_t at = (size_t)hash & (s->odd_size - 1);

    for (; s->odd_numbers[at] != 0; at = (at + 1) & (s->odd_size - 1)) {
        const struct item *item = &s->odd.items[s->odd_numbers[at] - 1];

        if (s->odd_hashes[at] == hash && item->path_len == len &&
            memcmp(item_path(&s->odd, item), path, len) == 0)
            break;
    }
    return at;
}

/* The name on disk of the last part of a path, if it is another one; else NULL. */
static const char *odd_name(const struct bag_spelling *s, uint64_t hash, const char *path,
                            size_t len)
{
    uint32_t number;

    if (s->odd_size == 0)
        return NULL;
    number = s->odd_numbers[odd_place(s, hash, path, len)];
    return number == 0 ? NULL : item_original(&s->odd, &s->odd.items[number - 1]);
}

static enum seal_status odd_grow(struct bag_spelling *s)
{
    size_t size = s->odd_size == 0 ? 64 : s->odd_size * 2;

    if (s->odd.count * 2 < s->odd_size)
        return SEAL_OK;
    free(s->odd_hashes);
    free(s->odd_numbers);
    s->odd_size = 0;
    s->odd_hashes = calloc(size, sizeof *s->odd_hashes);
    s->odd_numbers = calloc(size, sizeof *s->odd_numbers);
    if (s->odd_hashes == NULL || s->odd_numbers == NULL)
        return SEAL_NO_MEMORY;
    s->odd_size = size;
    for (size_t i = 0; i < s->odd.count; i++) {
        const char *path = item_path(&s->odd, &s->odd.items[i]);
        uint64_t hash = load_u64(s->odd_keys.data + 8 * i);
        size_t at = odd_place(s, hash, path, s->odd.items[i].path_len);

        s->odd_hashes[at] = hash;
        s->odd_numbers[at] = (uint32_t)i + 1;
    }
    return SEAL_OK;
}

static enum seal_status odd_add(struct bag_spelling *s, uint64_t hash, const char *path, size_t len,
                                const char *name, size_t name_len)
{
    struct item *item;
    uint8_t row[8];
    size_t at;

    store_u64(row, hash);
    if (odd_grow(s) != SEAL_OK || buffer_append(&s->odd_keys, row, sizeof row) != SEAL_OK)
        return SEAL_NO_MEMORY;
    at = odd_place(s, hash, path, len);
    item = table_add(&s->odd, path, len);
    if (item == NULL || table_add_text(&s->odd, name, name_len) != SEAL_OK)
        return SEAL_NO_MEMORY;
    item->marks = MARK_RENAMED;
    s->odd_hashes[at] = hash;
    s->odd_numbers[at] = (uint32_t)s->odd.count;
    return SEAL_OK;
}

/* ---- Settling ----------------------------------------------------------------------------- */

static size_t char_count(const char *name, size_t len)
{
    size_t count = 0;

    for (size_t i = 0; i < len; count++) {
        size_t n = utf8_char_len((const uint8_t *)name + i, len - i);

        i += n > 0 ? n : 1;
    }
    return count;
}

/* Tries the spelling in s->name; *folded is that of the folder, and becomes that of the path if it
 * is free. */
static enum seal_status try_name(struct bag_spelling *s, uint64_t *folded, bool *is_free)
{
    uint64_t hash = *folded;

    if (hash_part(s, &hash, (const char *)s->name.data, s->name.len, true) != SEAL_OK)
        return SEAL_NO_MEMORY;
    *is_free = !is_taken(s, hash);
    if (*is_free)
        *folded = hash;
    return *is_free ? take(s, hash) : SEAL_OK;
}

/* Settles the last part of a path, into s->name. *odd: it is spelled differently. Of a name that
 * another one was too like, more and more of the begin is coded until it is like no other; when all
 * of it is, {00} stands behind it, which is no character of any name. */
static enum seal_status settle(struct bag_spelling *s, uint64_t *folded, const char *part,
                               size_t len, bool *odd)
{
    size_t most = char_count(part, len);
    bool is_free = false;

    *odd = bag_name_oddities(part, len) != 0 || memchr(part, '%', len) != NULL;
    s->name.len = 0;
    if ((*odd ? bag_name_spell(&s->name, part, len, 0) : buffer_append(&s->name, part, len)) !=
            SEAL_OK ||
        try_name(s, folded, &is_free) != SEAL_OK)
        return SEAL_NO_MEMORY;
    for (size_t more = 1; !is_free; more++) {
        *odd = true;
        if (more <= most) {
            s->name.len = 0;
            if (bag_name_spell(&s->name, part, len, more) != SEAL_OK)
                return SEAL_NO_MEMORY;
        } else if (buffer_append(&s->name, "{00}", 4) != SEAL_OK) {
            return SEAL_NO_MEMORY;
        }
        if (try_name(s, folded, &is_free) != SEAL_OK)
            return SEAL_NO_MEMORY;
    }
    return SEAL_OK;
}

static enum seal_status add_part(struct bag_spelling *s, const char *path, size_t start, size_t end,
                                 size_t known_len, uint64_t hash, uint64_t *folded)
{
    bool odd;

    if (end <= known_len) {
        const char *name = odd_name(s, hash, path, end);

        return name != NULL ? hash_part(s, folded, name, strlen(name), true)
                            : hash_part(s, folded, path + start, end - start, true);
    }
    if (settle(s, folded, path + start, end - start, &odd) != SEAL_OK)
        return SEAL_NO_MEMORY;
    return odd ? odd_add(s, hash, path, end, (const char *)s->name.data, s->name.len) : SEAL_OK;
}

enum seal_status bag_spelling_add(struct bag_spelling *s, const char *path, size_t path_len,
                                  size_t known_len, struct fault *fault)
{
    uint64_t hash = 0, folded = 0;

    for (size_t start = 0; start < path_len;) {
        size_t end = part_end(path, path_len, start);

        if (hash_part(s, &hash, path + start, end - start, false) != SEAL_OK ||
            add_part(s, path, start, end, known_len, hash, &folded) != SEAL_OK)
            return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
        start = end + 1;
    }
    return SEAL_OK;
}

const char *bag_spelling_of(struct bag_spelling *s, const char *path, size_t path_len)
{
    uint64_t hash = 0;

    s->out.len = 0;
    for (size_t start = 0; s->odd.count > 0 && start < path_len;) {
        size_t end = part_end(path, path_len, start);
        const char *name;

        if (hash_part(s, &hash, path + start, end - start, false) != SEAL_OK)
            return NULL;
        name = odd_name(s, hash, path, end);
        if ((start > 0 && buffer_append(&s->out, "/", 1) != SEAL_OK) ||
            (name != NULL ? buffer_append(&s->out, name, strlen(name))
                          : buffer_append(&s->out, path + start, end - start)) != SEAL_OK)
            return NULL;
        start = end + 1;
    }
    if (s->odd.count == 0 && buffer_append(&s->out, path, path_len) != SEAL_OK)
        return NULL;
    return buffer_append(&s->out, "", 1) == SEAL_OK ? (const char *)s->out.data : NULL;
}

/* ---- What was settled --------------------------------------------------------------------- */

uint64_t bag_spelling_count(const struct bag_spelling *s)
{
    return s->odd.count;
}

enum seal_status bag_spelling_lines(struct bag_spelling *s, struct buffer *out)
{
    for (size_t i = 0; i < s->odd.count; i++) {
        const char *as_sealed = item_path(&s->odd, &s->odd.items[i]);
        const char *on_disk = bag_spelling_of(s, as_sealed, s->odd.items[i].path_len);

        if (on_disk == NULL || mtree_spelled(out, on_disk, as_sealed) != SEAL_OK)
            return SEAL_NO_MEMORY;
    }
    return SEAL_OK;
}
