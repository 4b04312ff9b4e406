/*
 * The record of a checked bag written anew, for the names that are spelled differently on disk
 * (format section 6.5).
 */
#include "bag/check/check_state.h"

#include <string.h>

#include "bag/manifest.h"
#include "bag/mtree.h"

/* ---- Text --------------------------------------------------------------------------------- */

/* Text goes to a sink in pieces of about this length. */
#define PIECE_LEN ((size_t)64 * 1024)

/* A text that is written to a sink, and its digest. */
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

/* Writes what was gathered, if that is at least so many bytes. */
static enum seal_status text_flush(struct text_out *o, size_t least, struct fault *fault)
{
    size_t len = o->text.len;

    if (len == 0 || len < least)
        return SEAL_OK;
    sha256_add(&o->hash, o->text.data, len);
    o->text.len = 0;
    return o->to->write(o->to->self, o->text.data, len, fault);
}

/* Writes the rest if status is SEAL_OK, gives the digest, and frees the memory in any case. */
static enum seal_status text_end(struct text_out *o, uint8_t digest[static SHA256_LEN],
                                 enum seal_status status, struct fault *fault)
{
    if (status == SEAL_OK)
        status = text_flush(o, 0, fault);
    sha256_end(&o->hash, digest);
    buffer_free(&o->text);
    return status;
}

/* ---- The three files ---------------------------------------------------------------------- */

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
            status = fault_no_memory(fault);
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
            status = fault_no_memory(fault);
        else
            status = text_flush(&o, PIECE_LEN, fault);
    }
    if (status == SEAL_NO_MEMORY)
        (void)fault_no_memory(fault);
    for (size_t i = 0; i < t->count && status == SEAL_OK; i++) {
        const struct item *item = &t->items[i];

        if ((item->marks & MARK_IMPLIED) == 0 &&
            bag_spelling_line(s, item_path(t, item), item->path_len, &o.text) != SEAL_OK)
            status = fault_no_memory(fault);
        else
            status = text_flush(&o, PIECE_LEN, fault);
    }
    return text_end(&o, digest, status, fault);
}

static enum seal_status respell_tagmanifest(const struct bag_check *c, const struct sink *to,
                                            const uint8_t manifest[static SHA256_LEN],
                                            const uint8_t listing[static SHA256_LEN],
                                            uint8_t digest[static SHA256_LEN], struct fault *fault)
{
    struct text_out o;
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
        (void)fault_no_memory(fault);
    return text_end(&o, digest, status, fault);
}

enum seal_status bag_check_respell(const struct bag_check *c, struct bag_spelling *s,
                                   const struct sink *manifest, const struct sink *listing,
                                   const struct sink *tagmanifest,
                                   uint8_t digest[static SHA256_LEN], struct fault *fault)
{
    uint8_t manifest_digest[SHA256_LEN], listing_digest[SHA256_LEN];

    if (respell_manifest(&c->table, s, manifest, manifest_digest, fault) != SEAL_OK ||
        respell_listing(&c->table, s, listing, listing_digest, fault) != SEAL_OK)
        return fault->status;
    return respell_tagmanifest(c, tagmanifest, manifest_digest, listing_digest, digest, fault);
}

/* ---- Links -------------------------------------------------------------------------------- */

enum seal_status bag_check_settle_links(struct bag_check *c, struct bag_spelling *s,
                                        struct fault *fault)
{
    bag_spelling_no_limit(s);
    for (size_t i = 0; i < c->table.count; i++) {
        const struct item *link = &c->table.items[i];
        const char *path = item_path(&c->table, link);

        /* The folder that it is in is on disk. */
        if (link->type == ITEM_LINK &&
            bag_spelling_add(s, path, link->path_len, (size_t)(strrchr(path, '/') - path), fault) !=
                SEAL_OK)
            return fault->status;
    }
    return SEAL_OK;
}

/* ---- What the record says of names -------------------------------------------------------- */

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
    size_t lines = 0;
    bool full = false;

    for (size_t i = 0; i < t->count && !full; i++) {
        const struct item *item = &t->items[i];
        size_t before = out->len;

        if ((item->marks & MARK_IMPLIED) == 0 &&
            bag_spelling_line(s, item_path(t, item), item->path_len, out) != SEAL_OK)
            return fault_no_memory(fault);
        lines += out->len > before;
        if (out->len > limit || lines > BAG_LINES_KEPT_MAX) {
            out->len = before;
            *are_cut = full = true;
        }
    }
    if (buffer_append_text(out, "") != SEAL_OK)
        return fault_no_memory(fault);
    return SEAL_OK;
}
