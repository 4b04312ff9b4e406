/*
 * What a checked bag holds, item by item; and its record once more, for names spelled differently.
 */
#include "bag/verify.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static enum seal_status out_of_memory(struct fault *fault)
{
    return fault_no_memory(fault);
}

/* ---- Items in order ----------------------------------------------------------------------- */

/* qsort has no room for a context; the pointers it sorts lead to the table's text. */
struct place {
    const char *path;
    uint32_t len;
    uint32_t number;
    bool is_dir;
};

/* Byte order of the paths: a folder's counts with the slash behind it. */
static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
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

static struct place *places_in_order(const struct table *t, size_t *count)
{
    struct place *places = malloc((t->count + 1) * sizeof *places);

    *count = 0;
    for (size_t i = 0; places != NULL && i < t->count; i++) {
        const struct item *item = &t->items[i];

        if ((item->marks & MARK_IMPLIED) != 0)
            continue;
        places[(*count)++] =
            (struct place){item_path(t, item), item->path_len, (uint32_t)i, item->type == ITEM_DIR};
    }
    if (places != NULL)
        qsort(places, *count, sizeof *places, compare_places);
    return places;
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
    struct place *places = places_in_order(&c->table, &count);
    enum seal_status status = places == NULL ? out_of_memory(fault) : SEAL_OK;
    uint64_t entry = 0;

    for (size_t i = 0; i < count && status == SEAL_OK; i++) {
        const struct item *item = &c->table.items[places[i].number];
        struct bag_item shown = describe(&c->table, item, entry);

        if (stop_requested())
            status = fault_set(fault, REASON_INTERRUPTED, NULL);
        else
            status = each(ctx, &shown, fault);
        entry += item->type != ITEM_LINK;
    }
    free(places);
    return status;
}

typedef enum seal_status (*folder_taker)(void *ctx, const char *path, const struct timestamp *mtime,
                                         struct fault *fault);

static enum seal_status hand_over(const struct table *t, const struct item *item, folder_taker each,
                                  void *ctx, struct fault *fault)
{
    struct timestamp mtime = {item->sec, item->nsec};
    bool implied = (item->marks & MARK_IMPLIED) != 0;
    char *path = text_copy(item_path(t, item), item->path_len); /* what is implied has no NUL */
    enum seal_status status = path == NULL ? out_of_memory(fault) : SEAL_OK;

    if (stop_requested())
        status = fault_set(fault, REASON_INTERRUPTED, NULL);
    if (status == SEAL_OK)
        status = each(ctx, path, implied ? NULL : &mtime, fault);
    free(path);
    return status;
}

/* Those with an entry stand in the table from the top down; those that were implied, in between and
 * from the bottom up. Who opens them goes down only. */
enum seal_status bag_check_each_folder(const struct bag_check *c, folder_taker each, void *ctx,
                                       struct fault *fault)
{
    const struct table *t = &c->table;
    enum seal_status status = SEAL_OK;

    for (size_t i = 0; i < t->count && status == SEAL_OK; i++)
        if (t->items[i].type == ITEM_DIR && (t->items[i].marks & MARK_IMPLIED) == 0)
            status = hand_over(t, &t->items[i], each, ctx, fault);
    for (size_t i = t->count; i-- > 0 && status == SEAL_OK;)
        if (t->items[i].type == ITEM_DIR && (t->items[i].marks & MARK_IMPLIED) != 0 &&
            (t->items[i].marks & MARK_LINK_ONLY) == 0)
            status = hand_over(t, &t->items[i], each, ctx, fault);
    return status;
}

/* ---- The record for other names ----------------------------------------------------------- */

#define PIECE_LEN ((size_t)64 * 1024)

/* Text on its way to a sink, with its digest. */
struct text_out {
    const struct sink *to;
    struct buffer text;
    struct sha256 hash;
};

static void text_start(struct text_out *o, const struct sink *to)
{
    *o = (struct text_out){.to = to};
    sha256_start(&o->hash);
}

static enum seal_status text_flush(struct text_out *o, size_t least, struct fault *fault)
{
    size_t len = o->text.len;

    if (len == 0 || len < least)
        return SEAL_OK;
    sha256_add(&o->hash, o->text.data, len);
    o->text.len = 0;
    return o->to->write(o->to->self, o->text.data, len, fault);
}

/* The rest of it; its digest; no matter what, the memory is free then. */
static enum seal_status text_end(struct text_out *o, uint8_t digest[static SHA256_LEN],
                                 enum seal_status status, struct fault *fault)
{
    if (status == SEAL_OK)
        status = text_flush(o, 0, fault);
    sha256_end(&o->hash, digest);
    buffer_free(&o->text);
    return status;
}

static enum seal_status respell_manifest(const struct table *t, struct bag_spelling *s,
                                         const struct sink *to, uint8_t digest[static SHA256_LEN],
                                         struct fault *fault)
{
    struct text_out o;
    enum seal_status status = SEAL_OK;

    text_start(&o, to);
    for (size_t i = 0; i < t->count && status == SEAL_OK; i++) {
        const struct item *item = &t->items[i];
        const char *path;

        if (item->type != ITEM_FILE)
            continue;
        path = bag_spelling_of(s, item_path(t, item), item->path_len);
        if (path == NULL || manifest_line(&o.text, item->digest, path) != SEAL_OK)
            status = out_of_memory(fault);
        else
            status = text_flush(&o, PIECE_LEN, fault);
    }
    return text_end(&o, digest, status, fault);
}

static enum seal_status respell_listing(const struct table *t, struct bag_spelling *s,
                                        const struct sink *to, uint8_t digest[static SHA256_LEN],
                                        struct fault *fault)
{
    struct text_out o;
    enum seal_status status;

    text_start(&o, to);
    status = buffer_append_text(&o.text, MTREE_HEAD);
    for (size_t i = 0; i < t->count && status == SEAL_OK; i++) {
        const struct item *item = &t->items[i];
        const char *path;

        if ((item->marks & MARK_IMPLIED) != 0)
            continue;
        path = bag_spelling_of(s, item_path(t, item), item->path_len);
        if (path == NULL || mtree_line_as(&o.text, path, t, item) != SEAL_OK)
            status = out_of_memory(fault);
        else
            status = text_flush(&o, PIECE_LEN, fault);
    }
    if (status == SEAL_NO_MEMORY)
        (void)out_of_memory(fault);
    for (size_t i = 0; i < t->count && status == SEAL_OK; i++) {
        const struct item *item = &t->items[i];

        if ((item->marks & MARK_IMPLIED) == 0 &&
            bag_spelling_line(s, item_path(t, item), item->path_len, &o.text) != SEAL_OK)
            status = out_of_memory(fault);
        else
            status = text_flush(&o, PIECE_LEN, fault);
    }
    return text_end(&o, digest, status, fault);
}

static enum seal_status respell_tagmanifest(const struct bag_check *c, const struct sink *to,
                                            const uint8_t manifest[static SHA256_LEN],
                                            const uint8_t listing[static SHA256_LEN],
                                            struct fault *fault)
{
    struct text_out o;
    uint8_t ignored[SHA256_LEN];
    enum seal_status status = SEAL_OK;

    text_start(&o, to);
    for (int i = 0; i < TAG_COUNT && status == SEAL_OK; i++) {
        char path[64] = BAG_AS_SEALED_DIR "/";

        strcat(path, tag_file_names[i]);
        status = manifest_line(&o.text, c->tag_digests[i], path);
        if (status == SEAL_OK && i != TAG_TAGMANIFEST)
            status = manifest_line(&o.text,
                                   i == TAG_MANIFEST ? manifest
                                   : i == TAG_MTREE  ? listing
                                                     : c->tag_digests[i],
                                   tag_file_names[i]);
    }
    if (status != SEAL_OK)
        (void)out_of_memory(fault);
    return text_end(&o, ignored, status, fault);
}

/* How much of a link's path are folders whose spelling is settled. */
static size_t settled_len(const struct bag_check *c, const struct item *link)
{
    const char *path = item_path(&c->table, link);

    for (size_t at = link->path_len; at-- > 1;) {
        const struct item *above = path[at] == '/' ? table_find(&c->table, path, at) : NULL;

        if (above != NULL && (above->marks & (MARK_LINK_ONLY | MARK_SETTLED)) != MARK_LINK_ONLY)
            return at;
    }
    return 0;
}

static void mark_settled(struct bag_check *c, const char *path, size_t from, size_t len)
{
    for (size_t at = from + 1; at < len; at++) {
        struct item *above = path[at] == '/' ? table_find(&c->table, path, at) : NULL;

        if (above != NULL)
            above->marks |= MARK_SETTLED;
    }
}

enum seal_status bag_check_settle_links(struct bag_check *c, struct bag_spelling *s,
                                        struct fault *fault)
{
    bag_spelling_no_limit(s);
    for (size_t i = 0; i < c->table.count; i++) {
        const struct item *link = &c->table.items[i];
        const char *path = item_path(&c->table, link);
        size_t known_len;

        if (link->type != ITEM_LINK)
            continue;
        known_len = settled_len(c, link);
        if (bag_spelling_add(s, path, link->path_len, known_len, fault) != SEAL_OK)
            return fault->status;
        mark_settled(c, path, known_len, link->path_len);
    }
    return SEAL_OK;
}

uint64_t bag_check_coded(const struct bag_check *c, struct bag_spelling *s)
{
    uint64_t count = 0;

    for (size_t i = 0; c->totals.coded_names > 0 && i < c->table.count; i++) {
        const struct item *item = &c->table.items[i];
        const char *path = NULL;

        if (item->type == ITEM_FILE)
            path = bag_spelling_of(s, item_path(&c->table, item), item->path_len);
        count += path != NULL && strpbrk(path, MANIFEST_CODED) != NULL;
    }
    return count;
}

enum seal_status bag_check_spelled(const struct bag_check *c, struct bag_spelling *s, size_t limit,
                                   struct buffer *out, bool *are_cut, struct fault *fault)
{
    const struct table *t = &c->table;
    bool full = false;

    for (size_t i = 0; i < t->count && !full; i++) {
        const struct item *item = &t->items[i];
        size_t before = out->len;

        if ((item->marks & MARK_IMPLIED) == 0 &&
            bag_spelling_line(s, item_path(t, item), item->path_len, out) != SEAL_OK)
            return out_of_memory(fault);
        if (out->len > limit) {
            out->len = before;
            *are_cut = full = true;
        }
    }
    if (buffer_append_text(out, "") != SEAL_OK)
        return out_of_memory(fault);
    return SEAL_OK;
}

enum seal_status bag_check_respell(const struct bag_check *c, struct bag_spelling *s,
                                   const struct sink *manifest, const struct sink *listing,
                                   const struct sink *tagmanifest, struct fault *fault)
{
    uint8_t manifest_digest[SHA256_LEN], listing_digest[SHA256_LEN];

    if (respell_manifest(&c->table, s, manifest, manifest_digest, fault) != SEAL_OK ||
        respell_listing(&c->table, s, listing, listing_digest, fault) != SEAL_OK)
        return fault->status;
    return respell_tagmanifest(c, tagmanifest, manifest_digest, listing_digest, fault);
}
