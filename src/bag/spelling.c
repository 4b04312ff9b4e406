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
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

/* What most systems take. */
#define NAME_LEN_MAX 255

/* A path whose last part is another one on disk. The path itself is not kept: a sender may have
 * very long ones, of which every part is odd. */
struct odd {
    uint64_t hash; /* of the path; 64 bits under a secret key tell them apart */
    size_t name;   /* its last part on disk, in names; 0: this place is free */
    bool is_entry; /* it is an entry of the bag, not only a folder above one */
};

struct bag_spelling {
    uint8_t key[crypto_shorthash_KEYBYTES]; /* nobody can choose names that agree in their hash */
    uint64_t *folded;                       /* hashes of what was settled, folded; 0: free */
    size_t folded_count, folded_size;
    struct odd *odd; /* a hash table */
    size_t odd_count, odd_size;
    struct buffer names; /* begins with a NUL */
    bool has_no_limit;   /* of length: what is settled now is not made on disk */
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
    if (s == NULL || buffer_append(&s->names, "", 1) != SEAL_OK) {
        free(s);
        *out = NULL;
        return fault_no_memory(fault);
    }
    randombytes_buf(s->key, sizeof s->key);
    return SEAL_OK;
}

void bag_spelling_free(struct bag_spelling *s)
{
    if (s == NULL)
        return;
    free(s->folded);
    free(s->odd);
    buffer_free(&s->names);
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

/* The place of a path: its own, or the free one it would go to. */
static struct odd *odd_place(struct odd *table, size_t size, uint64_t hash)
{
    size_t at = (size_t)hash & (size - 1);

    while (table[at].name != 0 && table[at].hash != hash)
        at = (at + 1) & (size - 1);
    return &table[at];
}

/* NULL: its last part is on disk as it is. */
static struct odd *odd_find(const struct bag_spelling *s, uint64_t hash)
{
    struct odd *odd = s->odd_size == 0 ? NULL : odd_place(s->odd, s->odd_size, hash);

    return odd == NULL || odd->name == 0 ? NULL : odd;
}

static const char *odd_name(const struct bag_spelling *s, const struct odd *odd)
{
    return (const char *)s->names.data + odd->name;
}

static enum seal_status odd_grow(struct bag_spelling *s)
{
    size_t size = s->odd_size == 0 ? 64 : s->odd_size * 2;
    struct odd *grown;

    if (s->odd_count * 2 < s->odd_size)
        return SEAL_OK;
    grown = calloc(size, sizeof *grown);
    if (grown == NULL)
        return SEAL_NO_MEMORY;
    for (size_t i = 0; i < s->odd_size; i++)
        if (s->odd[i].name != 0)
            *odd_place(grown, size, s->odd[i].hash) = s->odd[i];
    free(s->odd);
    s->odd = grown;
    s->odd_size = size;
    return SEAL_OK;
}

static enum seal_status odd_add(struct bag_spelling *s, uint64_t hash, const char *name, size_t len,
                                bool is_entry)
{
    struct odd odd = {hash, s->names.len, is_entry};

    if (odd_grow(s) != SEAL_OK || buffer_append(&s->names, name, len) != SEAL_OK ||
        buffer_append(&s->names, "", 1) != SEAL_OK)
        return SEAL_NO_MEMORY;
    *odd_place(s->odd, s->odd_size, hash) = odd;
    s->odd_count++;
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

static bool is_too_long(const struct bag_spelling *s)
{
    return s->name.len > NAME_LEN_MAX && !s->has_no_limit;
}

/* The spelling in s->name would be too long for a name: then it stays as it is, unless it must not
 * be shown; that a system cannot hold it will show when it is made. */
static bool stays_as_it_is(const struct bag_spelling *s, const char *part, size_t len)
{
    return is_too_long(s) && (bag_name_oddities(part, len) & NAME_UNSHOWABLE) == 0;
}

/* A spelling for the last part of a path, into s->name. Of a name that another one was too like,
 * more and more of the begin is coded until it is like no other; when all of it is, {00} stands
 * behind it, which is no character of any name. */
static enum seal_status respell(struct bag_spelling *s, uint64_t *folded, const char *part,
                                size_t len, size_t more)
{
    size_t most = char_count(part, len);
    bool is_free = false;

    for (; !is_free && !is_too_long(s); more++) {
        enum seal_status status;

        if (more <= most) {
            s->name.len = 0;
            status = bag_name_spell(&s->name, part, len, more);
        } else {
            status = buffer_append(&s->name, "{00}", 4);
        }
        if (status != SEAL_OK || try_name(s, folded, &is_free) != SEAL_OK)
            return SEAL_NO_MEMORY;
    }
    return SEAL_OK;
}

/* Settles the last part of a path. *odd: it is spelled differently, as s->name has it. */
static enum seal_status settle(struct bag_spelling *s, uint64_t *folded, const char *part,
                               size_t len, bool *odd)
{
    uint64_t folder = *folded;
    bool is_free = false;

    *odd = bag_name_oddities(part, len) != 0 || memchr(part, '%', len) != NULL;
    s->name.len = 0;
    if (!*odd &&
        (buffer_append(&s->name, part, len) != SEAL_OK || try_name(s, folded, &is_free) != SEAL_OK))
        return SEAL_NO_MEMORY;
    if (is_free)
        return SEAL_OK;
    s->name.len = 0;
    if (respell(s, folded, part, len, *odd ? 0 : 1) != SEAL_OK)
        return SEAL_NO_MEMORY;
    *odd = !stays_as_it_is(s, part, len);
    if (*odd)
        return SEAL_OK;
    *folded = folder;
    if (hash_part(s, folded, part, len, true) != SEAL_OK)
        return SEAL_NO_MEMORY;
    return is_taken(s, *folded) ? SEAL_OK : take(s, *folded);
}

/* One part of a path that is being settled, from its folder's hashes to its own. */
struct part {
    const char *name;
    size_t len;
    bool is_known; /* settled before */
    bool is_last;
};

static enum seal_status add_part(struct bag_spelling *s, const struct part *part, uint64_t *hash,
                                 uint64_t *folded)
{
    struct odd *odd;
    const char *name;
    bool is_odd;

    if (hash_part(s, hash, part->name, part->len, false) != SEAL_OK)
        return SEAL_NO_MEMORY;
    if (part->is_known) {
        odd = odd_find(s, *hash);
        if (odd != NULL && part->is_last)
            odd->is_entry = true;
        name = odd == NULL ? part->name : odd_name(s, odd);
        return hash_part(s, folded, name, odd == NULL ? part->len : strlen(name), true);
    }
    if (settle(s, folded, part->name, part->len, &is_odd) != SEAL_OK)
        return SEAL_NO_MEMORY;
    return is_odd ? odd_add(s, *hash, (const char *)s->name.data, s->name.len, part->is_last)
                  : SEAL_OK;
}

void bag_spelling_no_limit(struct bag_spelling *s)
{
    s->has_no_limit = true;
}

enum seal_status bag_spelling_add(struct bag_spelling *s, const char *path, size_t path_len,
                                  size_t known_len, struct fault *fault)
{
    uint64_t hash = 0, folded = 0;

    for (size_t start = 0; start < path_len;) {
        size_t end = part_end(path, path_len, start);
        struct part part = {path + start, end - start, end <= known_len, end == path_len};

        if (add_part(s, &part, &hash, &folded) != SEAL_OK)
            return fault_no_memory(fault);
        start = end + 1;
    }
    return SEAL_OK;
}

/* ---- What was settled --------------------------------------------------------------------- */

/* *tells: the path, or a folder above it that is no entry, is spelled differently. */
static const char *spell(struct bag_spelling *s, const char *path, size_t path_len, bool *tells)
{
    uint64_t hash = 0;

    *tells = false;
    s->out.len = 0;
    for (size_t start = 0; s->odd_count > 0 && start < path_len;) {
        size_t end = part_end(path, path_len, start);
        const struct odd *odd;

        if (hash_part(s, &hash, path + start, end - start, false) != SEAL_OK)
            return NULL;
        odd = odd_find(s, hash);
        *tells |= odd != NULL && (end == path_len || !odd->is_entry);
        if ((start > 0 && buffer_append(&s->out, "/", 1) != SEAL_OK) ||
            (odd != NULL ? buffer_append(&s->out, odd_name(s, odd), strlen(odd_name(s, odd)))
                         : buffer_append(&s->out, path + start, end - start)) != SEAL_OK)
            return NULL;
        start = end + 1;
    }
    if (s->odd_count == 0 && buffer_append(&s->out, path, path_len) != SEAL_OK)
        return NULL;
    return buffer_append(&s->out, "", 1) == SEAL_OK ? (const char *)s->out.data : NULL;
}

const char *bag_spelling_of(struct bag_spelling *s, const char *path, size_t path_len)
{
    bool ignored;

    return spell(s, path, path_len, &ignored);
}

uint64_t bag_spelling_count(const struct bag_spelling *s)
{
    return s->odd_count;
}

enum seal_status bag_spelling_line(struct bag_spelling *s, const char *path, size_t path_len,
                                   struct buffer *out)
{
    bool tells;
    const char *on_disk = spell(s, path, path_len, &tells);

    if (on_disk == NULL)
        return SEAL_NO_MEMORY;
    return tells ? mtree_spelled(out, on_disk, path) : SEAL_OK;
}
