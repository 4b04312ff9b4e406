/*
 * Looking into a bag without reading all of it: its record, which is at the end, and single files.
 */
#include "intake/view.h"

#include <stdlib.h>
#include <string.h>

#include "intake/unpack.h"

/* Manifest, listing, bag-info, bagit and tagmanifest end every archive. */

struct intake_view {
    struct stream_reader *from;
    struct content_reader *archive;
    struct bag_check *record;
    struct tally tally;
    uint64_t entry_count; /* of all, the record's own too */
};

static enum seal_status out_of_memory(struct fault *fault)
{
    return fault_no_memory(fault);
}

/* ---- The record --------------------------------------------------------------------------- */

static enum seal_status take_tag_file(struct intake_view *v, const struct tar_entry *entry,
                                      struct fault *fault)
{
    struct bag_place place;

    if (bag_check_entry(v->record, entry, &place, fault) != SEAL_OK ||
        tally_entry(&v->tally, entry, &place, fault) != SEAL_OK)
        return fault->status;
    for (;;) {
        const uint8_t *data;
        size_t len;

        if (content_read_data(v->archive, &data, &len, fault) != SEAL_OK)
            return fault->status;
        if (len == 0)
            return bag_check_entry_end(v->record, fault);
        if (tally_bytes(&v->tally, len, v->from, fault) != SEAL_OK ||
            bag_check_data(v->record, data, len, fault) != SEAL_OK)
            return fault->status;
    }
}

static enum seal_status read_record(struct intake_view *v, struct fault *fault)
{
    if (v->entry_count < TAG_ENTRIES)
        return fault_set(fault, REASON_BAG_RECORD_MISSING, NULL);
    if (content_reader_seek_entry(v->archive, v->entry_count - TAG_ENTRIES, fault) != SEAL_OK)
        return fault->status;
    for (;;) {
        struct tar_entry entry;
        bool more;

        if (content_read_entry(v->archive, &entry, &more, fault) != SEAL_OK)
            return fault->status;
        if (!more)
            return SEAL_OK;
        if (take_tag_file(v, &entry, fault) != SEAL_OK)
            return fault->status;
    }
}

static enum seal_status open_view(struct intake_view *v, struct fault *fault)
{
    struct stream_reader *from = v->from;
    uint8_t sealed[SHA256_LEN], digest[SHA256_LEN], receipt[32];
    uint64_t content_len;

    if (stream_reader_trailer(from, &content_len, sealed, receipt, fault) != SEAL_OK ||
        content_reader_new(&v->archive, CONTENT_BAG, from, fault) != SEAL_OK ||
        content_reader_load_tables(v->archive, content_len, &v->entry_count, fault) != SEAL_OK ||
        bag_check_new(&v->record, BAG_RECORD_ALONE, fault) != SEAL_OK ||
        read_record(v, fault) != SEAL_OK || bag_check_end(v->record, digest, fault) != SEAL_OK)
        return fault->status;
    if (memcmp(digest, sealed, sizeof digest) != 0)
        return fault_set(fault, REASON_BAG_DIGEST_D, NULL);
    return SEAL_OK;
}

enum seal_status intake_view_open(struct intake_view **out, struct stream_reader *from,
                                  const struct intake_limits *limits, struct fault *fault)
{
    struct intake_view *v = calloc(1, sizeof *v);

    *out = NULL;
    if (v == NULL)
        return out_of_memory(fault);
    v->from = from;
    v->tally.limits = limits;
    if (open_view(v, fault) == SEAL_OK)
        *out = v;
    else
        intake_view_free(v);
    return fault->status;
}

const struct bag_check *intake_view_record(const struct intake_view *v)
{
    return v->record;
}

void intake_view_free(struct intake_view *v)
{
    if (v == NULL)
        return;
    content_reader_free(v->archive);
    bag_check_free(v->record);
    free(v);
}

/* ---- Single files ------------------------------------------------------------------------- */

/* What is to be taken out, in the order of the archive. Paths and digests belong to the record. */
struct selection {
    const char *const *paths;
    size_t path_count;
    bool *found; /* of each path */
    struct bag_item *items;
    size_t count, cap;
};

static bool lies_at_or_below(const char *path, const char *top)
{
    size_t len = strlen(top);

    while (len > 0 && top[len - 1] == '/')
        len--;
    return len > 0 && strncmp(path, top, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

static enum seal_status select_item(void *ctx, const struct bag_item *item, struct fault *fault)
{
    struct selection *s = ctx;
    const char *name = bag_payload_name(item->path);
    bool wanted = false;

    for (size_t i = 0; i < s->path_count; i++) {
        if (!lies_at_or_below(item->path, s->paths[i]) &&
            (name == NULL || !lies_at_or_below(name, s->paths[i])))
            continue;
        s->found[i] = true;
        wanted = true;
    }
    if (!wanted || item->type == BAG_SYMLINK)
        return SEAL_OK;
    if (s->count == s->cap) {
        size_t cap = s->cap == 0 ? 64 : s->cap * 2;
        struct bag_item *items = realloc(s->items, cap * sizeof *items);

        if (items == NULL)
            return out_of_memory(fault);
        s->items = items;
        s->cap = cap;
    }
    s->items[s->count++] = *item;
    return SEAL_OK;
}

/* What is being taken out. */
struct extraction {
    struct intake_view *view;
    struct bag_check *met; /* knows which folders are there already */
    struct unpack unpack;
    struct tally tally;
};

static bool is_same(const struct tar_entry *e, const struct bag_item *item)
{
    return strcmp(e->path, item->path) == 0 && e->is_dir == (item->type == BAG_FOLDER) &&
           (e->is_dir || e->size == item->size) && e->mtime.sec == item->mtime.sec &&
           e->mtime.nsec == item->mtime.nsec;
}

static enum seal_status copy_content(struct extraction *x, struct unpack_file *file,
                                     const struct bag_item *item, struct fault *fault)
{
    uint8_t digest[SHA256_LEN];
    struct sha256 hash;

    sha256_start(&hash);
    for (;;) {
        const uint8_t *data;
        size_t len;

        if (content_read_data(x->view->archive, &data, &len, fault) != SEAL_OK)
            return fault->status;
        if (len == 0)
            break;
        sha256_add(&hash, data, len);
        if (tally_bytes(&x->tally, len, x->view->from, fault) != SEAL_OK ||
            unpack_write(file, data, len, fault) != SEAL_OK)
            return fault->status;
    }
    sha256_end(&hash, digest);
    if (memcmp(digest, item->digest, sizeof digest) != 0)
        return fault_set(fault, REASON_BAG_MANIFEST_DIGEST, item->path);
    return SEAL_OK;
}

static enum seal_status extract_item(struct extraction *x, const struct bag_item *item,
                                     struct fault *fault)
{
    struct tar_entry entry;
    struct bag_place place;
    struct unpack_file file;
    enum seal_status status;
    bool more;

    if (content_reader_seek_entry(x->view->archive, item->entry, fault) != SEAL_OK ||
        content_read_entry(x->view->archive, &entry, &more, fault) != SEAL_OK)
        return fault->status;
    if (!more || !is_same(&entry, item))
        return fault_set(fault, REASON_BAG_LISTING_DIFFERS, item->path);
    if (bag_check_entry(x->met, &entry, &place, fault) != SEAL_OK ||
        tally_entry(&x->tally, &entry, &place, fault) != SEAL_OK ||
        unpack_folders(&x->unpack, &entry, &place, fault) != SEAL_OK || entry.is_dir)
        return fault->status;
    status = unpack_create(&x->unpack, &entry, &file, fault);
    if (status == SEAL_OK)
        status = copy_content(x, &file, item, fault);
    return unpack_close(&x->unpack, &file, status, fault);
}

static enum seal_status extract_all(struct extraction *x, const struct selection *s,
                                    void (*each)(void *ctx, const struct bag_item *item,
                                                 const char *on_disk),
                                    void *ctx, struct fault *fault)
{
    for (size_t i = 0; i < s->count; i++) {
        char *path;

        if (extract_item(x, &s->items[i], fault) != SEAL_OK)
            return fault->status;
        if (s->items[i].type != BAG_FILE)
            continue;
        path = unpack_path(&x->unpack, s->items[i].path, strlen(s->items[i].path));
        if (path == NULL)
            return out_of_memory(fault);
        each(ctx, &s->items[i], path);
        free(path);
    }
    return unpack_finish(&x->unpack, x->met, fault);
}

static enum seal_status make_selection(struct selection *s, const struct intake_view *v,
                                       struct fault *fault)
{
    s->found = calloc(s->path_count, sizeof *s->found);
    if (s->found == NULL)
        return out_of_memory(fault);
    if (bag_check_each_item(v->record, select_item, s, fault) != SEAL_OK)
        return fault->status;
    for (size_t i = 0; i < s->path_count; i++)
        if (!s->found[i])
            return fault_set(fault, REASON_PATH_NOT_IN_BAG, s->paths[i]);
    return s->count > 0 ? SEAL_OK : fault_set(fault, REASON_ONLY_LINKS, s->paths[0]);
}

enum seal_status intake_view_extract(struct intake_view *v, const char *const *paths,
                                     size_t path_count, const struct intake_target *target,
                                     void (*each)(void *ctx, const struct bag_item *item,
                                                  const char *on_disk),
                                     void *ctx, struct fault *fault)
{
    struct selection s = {.paths = paths, .path_count = path_count};
    struct extraction x = {.view = v, .tally = {.limits = &target->limits}};
    enum seal_status status = make_selection(&s, v, fault);

    if (status == SEAL_OK)
        status = unpack_start(&x.unpack, target, fault);
    if (status == SEAL_OK)
        status = bag_check_new(&x.met, BAG_WHOLE, fault);
    if (status == SEAL_OK)
        status = extract_all(&x, &s, each, ctx, fault);
    if (x.met != NULL) { /* then unpack was started */
        unpack_end(&x.unpack);
        bag_check_free(x.met);
    }
    free(s.found);
    free(s.items);
    return status;
}
