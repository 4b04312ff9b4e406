/*
 * Names on disk: which names of a bag are spelled differently there, and how.
 *
 * A name is, if it is odd, if it has a percent sign (manifests write that as %25, by which
 * sha256sum and older validators do not find the file), or if some system takes it for another name
 * in the same folder.
 *
 * The spelling depends only on the names that came before in the bag, not on the system: the same
 * bag becomes the same folder everywhere.
 */
#include "bag/mtree.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

/* Bytes of names and of spellings that were tried in vain for them, in a whole bag: a stranger
 * could choose names of which each collides with hundreds of spellings of others. */
#define TRIED_MAX ((size_t)64 * 1024 * 1024)

/* A path whose last part has another spelling on disk. Of the path only a hash is kept, since a
 * sender may have very long paths of which every part is odd. */
struct respelled {
    uint64_t hash;   /* of the path; 64 bits under a secret key do not collide */
    size_t name_off; /* of its last part on disk, in names; 0: this slot is free */
    bool is_entry;   /* it is an entry of the bag, not only a folder above one */
};

struct bag_spelling {
    uint8_t key[crypto_shorthash_KEYBYTES]; /* else a stranger could choose names that collide */
    /* Two hash tables with linear probing, sizes powers of two. First the hashes of all paths on
     * disk that are settled, each part folded; a hash of 0 is a free slot. */
    uint64_t *folded;
    size_t folded_count, folded_size;
    struct respelled *respelled;
    size_t respelled_count, respelled_size;
    struct buffer names;  /* begins with a NUL, so that no name has offset 0 */
    size_t tried;         /* bytes of spellings that were tried in vain */
    bool has_no_limit;    /* spellings may be longer than NAME_LEN_MAX */
    struct buffer out;    /* the path that bag_spelling_of returned */
    struct buffer name;   /* the spelling that is being tried */
    struct buffer hashed; /* scratch of hash_part */
};

/* *hash is that of a folder, 0 for none, and becomes that of the path of part in it. The part is
 * hashed as it is, or folded. */
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

/* Where the part of a path that begins at start ends. */
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
    free(s->respelled);
    buffer_free(&s->names);
    buffer_free(&s->out);
    buffer_free(&s->name);
    buffer_free(&s->hashed);
    free(s);
}

/* ---- Paths on disk that are taken --------------------------------------------------------- */

/* The slot of a hash: its own, or the free one it would go to. */
static size_t hash_slot(const uint64_t *hashes, size_t size, uint64_t hash)
{
    size_t at = (size_t)hash & (size - 1);

    while (hashes[at] != 0 && hashes[at] != hash)
        at = (at + 1) & (size - 1);
    return at;
}

static bool is_taken(const struct bag_spelling *s, uint64_t hash)
{
    return s->folded_size > 0 && s->folded[hash_slot(s->folded, s->folded_size, hash)] != 0;
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
                grown[hash_slot(grown, size, s->folded[i])] = s->folded[i];
        free(s->folded);
        s->folded = grown;
        s->folded_size = size;
    }
    s->folded[hash_slot(s->folded, s->folded_size, hash)] = hash;
    s->folded_count++;
    return SEAL_OK;
}

/* ---- Paths that are spelled differently --------------------------------------------------- */

/* The slot of a path: its own, or the free one it would go to. */
static struct respelled *respelled_slot(struct respelled *table, size_t size, uint64_t hash)
{
    size_t at = (size_t)hash & (size - 1);

    while (table[at].name_off != 0 && table[at].hash != hash)
        at = (at + 1) & (size - 1);
    return &table[at];
}

/* NULL: the last part of the path is on disk as it was sealed. */
static struct respelled *respelled_find(const struct bag_spelling *s, uint64_t hash)
{
    struct respelled *slot = NULL;

    if (s->respelled_size > 0)
        slot = respelled_slot(s->respelled, s->respelled_size, hash);
    return slot == NULL || slot->name_off == 0 ? NULL : slot;
}

static const char *respelled_name(const struct bag_spelling *s, const struct respelled *r)
{
    return (const char *)s->names.data + r->name_off;
}

static enum seal_status respelled_grow(struct bag_spelling *s)
{
    size_t size = s->respelled_size == 0 ? 64 : s->respelled_size * 2;
    struct respelled *grown;

    if (s->respelled_count * 2 < s->respelled_size)
        return SEAL_OK;
    grown = calloc(size, sizeof *grown);
    if (grown == NULL)
        return SEAL_NO_MEMORY;
    for (size_t i = 0; i < s->respelled_size; i++)
        if (s->respelled[i].name_off != 0)
            *respelled_slot(grown, size, s->respelled[i].hash) = s->respelled[i];
    free(s->respelled);
    s->respelled = grown;
    s->respelled_size = size;
    return SEAL_OK;
}

static enum seal_status respelled_add(struct bag_spelling *s, uint64_t hash, const char *name,
                                      size_t len, bool is_entry)
{
    struct respelled added = {hash, s->names.len, is_entry};

    if (respelled_grow(s) != SEAL_OK || buffer_append(&s->names, name, len) != SEAL_OK ||
        buffer_append(&s->names, "", 1) != SEAL_OK)
        return SEAL_NO_MEMORY;
    *respelled_slot(s->respelled, s->respelled_size, hash) = added;
    s->respelled_count++;
    return SEAL_OK;
}

/* ---- Settling the spelling of a path ------------------------------------------------------ */

/* Tries whether the spelling in s->name is free in the folder whose folded hash is *folded. If so,
 * it is taken, and *folded becomes that of the path. */
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

/* Where the spelling in s->name is too long for a file system, the name is left as it is: if the
 * system cannot hold it, making the file fails. But a name that must not be shown never is. */
static bool is_left_as_it_is(const struct bag_spelling *s, const char *part, size_t len)
{
    return is_too_long(s) && (bag_name_oddities(part, len) & (NAME_UNSHOWABLE | NAME_GAP)) == 0;
}

/* Finds a free spelling for the last part of a path, into s->name: with the first coded_count
 * characters coded, and then one more after the other until it differs from all others. When all
 * are coded, {00} is added, which stands for no character of any name. SEAL_TOO_MUCH: TRIED_MAX. */
static enum seal_status respell(struct bag_spelling *s, uint64_t *folded, const char *part,
                                size_t len, size_t coded_count)
{
    size_t chars = utf8_count(part, len);
    bool is_free = false;

    for (; !is_free && !is_too_long(s); coded_count++) {
        enum seal_status status;

        if (coded_count <= chars) {
            s->name.len = 0;
            status = bag_name_spell(&s->name, part, len, coded_count);
        } else {
            status = buffer_append(&s->name, "{00}", 4);
        }
        if (status != SEAL_OK || try_name(s, folded, &is_free) != SEAL_OK)
            return SEAL_NO_MEMORY;
        s->tried += is_free ? 0 : len + s->name.len;
        if (s->tried > TRIED_MAX)
            return SEAL_TOO_MUCH;
    }
    return SEAL_OK;
}

/* Settles the last part of a path. *is_respelled: it is spelled differently, as s->name has it. */
static enum seal_status settle(struct bag_spelling *s, uint64_t *folded, const char *part,
                               size_t len, bool *is_respelled)
{
    bool is_odd = bag_name_oddities(part, len) != 0 || memchr(part, '%', len) != NULL;
    uint64_t folder = *folded;
    enum seal_status status;
    bool is_free = false;

    *is_respelled = false;
    s->name.len = 0;
    if (!is_odd &&
        (buffer_append(&s->name, part, len) != SEAL_OK || try_name(s, folded, &is_free) != SEAL_OK))
        return SEAL_NO_MEMORY;
    if (is_free)
        return SEAL_OK;
    s->name.len = 0;
    status = respell(s, folded, part, len, is_odd ? 0 : 1);
    if (status != SEAL_OK)
        return status;
    *is_respelled = !is_left_as_it_is(s, part, len);
    if (*is_respelled)
        return SEAL_OK;
    *folded = folder;
    if (hash_part(s, folded, part, len, true) != SEAL_OK)
        return SEAL_NO_MEMORY;
    return is_taken(s, *folded) ? SEAL_OK : take(s, *folded);
}

/* One part of a path that is being settled. */
struct part {
    const char *name;
    size_t len;
    bool is_known; /* settled before */
    bool is_last;
};

/* *hash and *folded are those of the folder, as sealed and on disk, and become those of the part.
 */
static enum seal_status add_part(struct bag_spelling *s, const struct part *part, uint64_t *hash,
                                 uint64_t *folded)
{
    struct respelled *known;
    const char *name;
    enum seal_status status;
    bool is_respelled;

    if (hash_part(s, hash, part->name, part->len, false) != SEAL_OK)
        return SEAL_NO_MEMORY;
    if (part->is_known) {
        known = respelled_find(s, *hash);
        if (known != NULL && part->is_last)
            known->is_entry = true;
        name = known == NULL ? part->name : respelled_name(s, known);
        return hash_part(s, folded, name, known == NULL ? part->len : strlen(name), true);
    }
    status = settle(s, folded, part->name, part->len, &is_respelled);
    if (status != SEAL_OK)
        return status;
    return is_respelled
               ? respelled_add(s, *hash, (const char *)s->name.data, s->name.len, part->is_last)
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
        enum seal_status status = add_part(s, &part, &hash, &folded);

        if (status == SEAL_TOO_MUCH)
            return fault_set(fault, REASON_NAMES_ALIKE, NULL);
        if (status != SEAL_OK)
            return fault_no_memory(fault);
        start = end + 1;
    }
    return SEAL_OK;
}

/* ---- Asking for spellings ----------------------------------------------------------------- */

/* The path on disk, in s->out; NULL for want of memory. *has_line: the path, or a folder above it
 * that is no entry, is spelled differently, so that the listing has a comment line about it. */
static const char *spell(struct bag_spelling *s, const char *path, size_t path_len, bool *has_line)
{
    uint64_t hash = 0;

    *has_line = false;
    s->out.len = 0;
    for (size_t start = 0; s->respelled_count > 0 && start < path_len;) {
        size_t end = part_end(path, path_len, start);
        const struct respelled *part;

        if (hash_part(s, &hash, path + start, end - start, false) != SEAL_OK)
            return NULL;
        part = respelled_find(s, hash);
        *has_line |= part != NULL && (end == path_len || !part->is_entry);
        if ((start > 0 && buffer_append(&s->out, "/", 1) != SEAL_OK) ||
            (part != NULL ? buffer_append_text(&s->out, respelled_name(s, part))
                          : buffer_append(&s->out, path + start, end - start)) != SEAL_OK)
            return NULL;
        start = end + 1;
    }
    if (s->respelled_count == 0 && buffer_append(&s->out, path, path_len) != SEAL_OK)
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
    return s->respelled_count;
}

enum seal_status bag_spelling_line(struct bag_spelling *s, const char *path, size_t path_len,
                                   struct buffer *out)
{
    bool has_line;
    const char *on_disk = spell(s, path, path_len, &has_line);

    if (on_disk == NULL)
        return SEAL_NO_MEMORY;
    return has_line ? mtree_spelled(out, on_disk, path) : SEAL_OK;
}
