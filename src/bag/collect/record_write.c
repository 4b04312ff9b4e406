/*
 * Writing the record of the bag: its tag files.
 */
#include "bag/collect/bag_writer.h"

#include <string.h>

#include "bag/info.h"
#include "bag/manifest.h"
#include "bag/mtree.h"

/* ---- Lines -------------------------------------------------------------------------------- */

/* Appends the lines of one item; of some none. */
typedef enum seal_status (*lines_of_item)(struct buffer *out, const struct table *t,
                                          const struct item *item);

static enum seal_status make_manifest_line(struct buffer *out, const struct table *t,
                                           const struct item *item)
{
    if (item->type != ITEM_FILE || (item->marks & MARK_ABSENT) != 0)
        return SEAL_OK;
    return manifest_line(out, item->digest, item_path(t, item));
}

static enum seal_status make_mtree_line(struct buffer *out, const struct table *t,
                                        const struct item *item)
{
    if ((item->marks & MARK_ABSENT) != 0)
        return SEAL_OK;
    if ((item->marks & MARK_RENAMED) != 0 &&
        mtree_renamed(out, item_path(t, item), item_original(t, item)) != SEAL_OK)
        return SEAL_NO_MEMORY;
    return mtree_line(out, t, item);
}

/* ---- Tag files ---------------------------------------------------------------------------- */

/* A tag file: text in front, lines for each item, and text behind. It may be too large to be held,
 * so it is made twice: once for its size and digest, which come before it, and once for the
 * archive. */
struct tag_text {
    struct span front, back;
    lines_of_item line; /* or NULL */
};

/* Makes the text, piece by piece. */
static enum seal_status each_piece(const struct bag_source *s, const struct tag_text *text,
                                   const struct sink *to, struct fault *fault)
{
    struct buffer b = {0};
    enum seal_status status = to->write(to->self, text->front.data, text->front.len, fault);

    for (size_t i = 0; status == SEAL_OK && text->line != NULL && i < s->table.count; i++) {
        if (text->line(&b, &s->table, &s->table.items[i]) != SEAL_OK)
            status = fault_no_memory(fault);
        else if (b.len >= READ_LEN || i + 1 == s->table.count) {
            status = to->write(to->self, b.data, b.len, fault);
            b.len = 0;
        }
    }
    buffer_free(&b);
    return status == SEAL_OK ? to->write(to->self, text->back.data, text->back.len, fault) : status;
}

struct size_and_digest {
    struct sha256 hash;
    uint64_t size;
};

static enum seal_status measure_write(void *self, const void *data, size_t len, struct fault *fault)
{
    struct size_and_digest *m = self;

    (void)fault;
    sha256_add(&m->hash, data, len);
    m->size += len;
    return SEAL_OK;
}

static enum seal_status archive_sink_write(void *self, const void *data, size_t len,
                                           struct fault *fault)
{
    return content_write_data(self, data, len, fault);
}

static enum seal_status write_tag_file(struct bag_writer *w, enum tag_file which,
                                       const struct tag_text *text, struct fault *fault)
{
    struct size_and_digest m = {.size = 0};
    struct tar_entry e = {
        .path = tag_file_names[which], .path_len = strlen(tag_file_names[which]), .mtime = w->now};

    sha256_start(&m.hash);
    if (each_piece(w->source, text, &(struct sink){measure_write, &m}, fault) != SEAL_OK)
        return fault->status;
    sha256_end(&m.hash, w->tag_digests[which]);
    e.size = m.size;
    if (content_write_entry(w->to, &e, fault) != SEAL_OK)
        return fault->status;
    return each_piece(w->source, text, &(struct sink){archive_sink_write, w->to}, fault);
}

static enum seal_status write_plain_tag_file(struct bag_writer *w, enum tag_file which,
                                             const struct buffer *b, struct fault *fault)
{
    return write_tag_file(w, which, &(struct tag_text){.front = {b->data, b->len}}, fault);
}

/* ---- The five files ----------------------------------------------------------------------- */

static enum seal_status write_bag_info(struct bag_writer *w, const struct bag_info *info,
                                       struct fault *fault)
{
    struct bag_totals totals;
    struct buffer b = {0};
    enum seal_status status;

    bag_source_totals(w->source, &totals);
    status = bag_info_text(&b, info, &totals);
    if (status != SEAL_OK)
        (void)fault_set_status(fault, status);
    else
        status = write_plain_tag_file(w, TAG_BAG_INFO, &b, fault);
    buffer_free(&b);
    return status;
}

static enum seal_status write_tagmanifest(struct bag_writer *w, struct fault *fault)
{
    static const enum tag_file listed[] = {TAG_BAG_INFO, TAG_BAGIT, TAG_MANIFEST, TAG_MTREE};
    struct buffer b = {0};
    enum seal_status status = SEAL_OK;

    for (size_t i = 0; i < sizeof listed / sizeof listed[0] && status == SEAL_OK; i++)
        status = manifest_line(&b, w->tag_digests[listed[i]], tag_file_names[listed[i]]);
    if (status != SEAL_OK)
        (void)fault_set_status(fault, status);
    else
        status = write_plain_tag_file(w, TAG_TAGMANIFEST, &b, fault);
    buffer_free(&b);
    return status;
}

enum seal_status bag_write_record(struct bag_writer *w, const struct bag_info *info,
                                  struct fault *fault)
{
    static const char bagit[] = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
    const struct buffer *remarks = &w->source->remarks;
    struct tag_text manifest = {.line = make_manifest_line};
    struct tag_text mtree = {
        {MTREE_HEAD, strlen(MTREE_HEAD)}, {remarks->data, remarks->len}, make_mtree_line};
    struct tag_text bagit_text = {.front = {bagit, strlen(bagit)}};

    if (write_tag_file(w, TAG_MANIFEST, &manifest, fault) != SEAL_OK ||
        write_tag_file(w, TAG_MTREE, &mtree, fault) != SEAL_OK ||
        write_bag_info(w, info, fault) != SEAL_OK ||
        write_tag_file(w, TAG_BAGIT, &bagit_text, fault) != SEAL_OK)
        return fault->status;
    return write_tagmanifest(w, fault);
}
