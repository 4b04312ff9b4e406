#include "intake/salvage_out.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "platform/files.h"

#define UNNAMED "unnamed"
#define RECORD_DIR "record"

static const char *const tree_names[TREES] = {[TREE_WHOLE] = "whole", [TREE_PARTS] = "parts"};

static bool writes(const struct salvage_out *o)
{
    return o->top_target.dirfd >= 0;
}

/* ---- Lists -------------------------------------------------------------------------------- */

#define LIST_HELD ((size_t)64 * 1024)

static enum seal_status list_flush(struct salvage_list *l, struct fault *fault)
{
    if (l->file.path != NULL)
        IGNORE_RESULT(entry_file_write(&l->file, l->text.data, l->text.len, fault));
    l->text.len = 0;
    return fault->status;
}

/* The file is made with the first line of it, or at the end. */
static enum seal_status list_make(struct salvage_out *o, struct salvage_list *l, const char *name,
                                  struct fault *fault)
{
    if (l->file.path != NULL || !writes(o))
        return SEAL_OK;
    l->file = (struct entry_file){.path = strdup(name), .mtime = clock_now(), .fds = {-1, -1}};
    if (l->file.path == NULL)
        return fault_no_memory(fault);
    return folder_create(&o->top.folder, name, &l->file.fds[0], fault);
}

static enum seal_status list_end(struct salvage_out *o, struct salvage_list *l, struct fault *fault)
{
    if (fault->status == SEAL_OK && l->file.path != NULL)
        IGNORE_RESULT(list_flush(l, fault));
    return l->file.path == NULL ? fault->status
                                : entry_writer_close_file(&o->top, &l->file, fault->status, fault);
}

/* As sha256sum writes names: a backslash in front of a line in which one is escaped. */
static bool needs_escape(const char *name)
{
    return strpbrk(name, "\\\n\r") != NULL;
}

static enum seal_status add_name(struct buffer *out, const char *name)
{
    for (; *name != '\0'; name++) {
        const char *as = *name == '\\'   ? "\\\\"
                         : *name == '\n' ? "\\n"
                         : *name == '\r' ? "\\r"
                                         : NULL;

        if ((as != NULL ? buffer_append(out, as, 2) : buffer_append(out, name, 1)) != SEAL_OK)
            return SEAL_NO_MEMORY;
    }
    return SEAL_OK;
}

/* Ends a line. */
static enum seal_status add_path(struct salvage_out *o, struct salvage_list *l,
                                 enum salvage_tree tree, const char *on_disk, struct fault *fault)
{
    if (quota_add_name(o->quota, strlen(on_disk), fault) != SEAL_OK)
        return fault->status;
    if (buffer_printf(&l->text, "%s/", tree_names[tree]) != SEAL_OK ||
        add_name(&l->text, on_disk) != SEAL_OK || buffer_append(&l->text, "\n", 1) != SEAL_OK)
        return fault_no_memory(fault);
    return l->text.len < LIST_HELD ? SEAL_OK : list_flush(l, fault);
}

enum seal_status salvage_out_list_whole(struct salvage_out *o, const char *on_disk,
                                        const uint8_t digest[static SHA256_LEN], bool is_verified,
                                        struct fault *fault)
{
    char hex[2 * SHA256_LEN + 1];

    hex_encode(hex, digest, SHA256_LEN);
    if (buffer_printf(&o->whole.text, "%s%s  ", needs_escape(on_disk) ? "\\" : "", hex) != SEAL_OK)
        return fault_no_memory(fault);
    if (add_path(o, &o->whole, TREE_WHOLE, on_disk, fault) != SEAL_OK || is_verified)
        return fault->status;
    if (list_make(o, &o->unverified, "whole-unverified.txt", fault) != SEAL_OK)
        return fault->status;
    return add_path(o, &o->unverified, TREE_WHOLE, on_disk, fault);
}

enum seal_status salvage_out_list_lost(struct salvage_out *o, const char *on_disk, uint64_t off,
                                       uint64_t len, struct fault *fault)
{
    if (buffer_printf(&o->parts.text, "%" PRIu64 "\t%" PRIu64 "\t", off, len) != SEAL_OK)
        return fault_no_memory(fault);
    return add_path(o, &o->parts, TREE_PARTS, on_disk, fault);
}

/* ---- Begin and end ------------------------------------------------------------------------ */

static enum seal_status start_tree(struct salvage_out *o, enum salvage_tree tree,
                                   const struct unpack_target *target, struct fault *fault)
{
    struct unpack_target *t = &o->targets[tree];

    *t = *target;
    t->dirfd = -1;
    if (writes(o) && (folder_make(&o->top.folder, tree_names[tree], fault) != SEAL_OK ||
                      folder_open(&o->top.folder, tree_names[tree], &t->dirfd, fault) != SEAL_OK))
        return fault->status;
    if (entry_writer_start(&o->writers[tree], t, fault) != SEAL_OK)
        return fault->status;
    return bag_check_new(&o->names[tree], BAG_WHOLE, fault);
}

enum seal_status salvage_out_start(struct salvage_out *o, const struct unpack_target *target,
                                   struct fault *fault)
{
    o->top_target = *target;
    o->top_target.exact_names = true;
    for (int tree = 0; tree < TREES; tree++)
        o->targets[tree].dirfd = -1;
    if (entry_writer_start(&o->top, &o->top_target, fault) != SEAL_OK ||
        bag_check_new(&o->no_names, BAG_WHOLE, fault) != SEAL_OK ||
        start_tree(o, TREE_WHOLE, target, fault) != SEAL_OK ||
        start_tree(o, TREE_PARTS, target, fault) != SEAL_OK ||
        list_make(o, &o->whole, "whole-sha256.txt", fault) != SEAL_OK ||
        list_make(o, &o->parts, "parts.txt", fault) != SEAL_OK)
        return fault->status;
    return buffer_append_text(&o->parts.text, "# from\tbytes\tfile\n") == SEAL_OK
               ? SEAL_OK
               : fault_no_memory(fault);
}

enum seal_status salvage_out_finish(struct salvage_out *o, struct fault *fault)
{
    IGNORE_RESULT(list_end(o, &o->whole, fault));
    IGNORE_RESULT(list_end(o, &o->unverified, fault));
    IGNORE_RESULT(list_end(o, &o->parts, fault));
    for (int tree = 0; tree < TREES && fault->status == SEAL_OK; tree++)
        IGNORE_RESULT(entry_writer_finish(&o->writers[tree], o->names[tree], fault));
    if (fault->status == SEAL_OK)
        IGNORE_RESULT(entry_writer_finish(&o->top, o->no_names, fault));
    return fault->status;
}

void salvage_out_end(struct salvage_out *o)
{
    struct salvage_list *const lists[] = {&o->whole, &o->unverified, &o->parts};
    struct fault ignored = {.status = SEAL_IO}; /* files are only closed */

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        IGNORE_RESULT(list_end(o, lists[i], &ignored));
        buffer_free(&lists[i]->text);
    }
    for (int tree = 0; tree < TREES; tree++) {
        entry_writer_end(&o->writers[tree]);
        bag_check_free(o->names[tree]);
        if (o->targets[tree].dirfd >= 0)
            (void)plat_close(o->targets[tree].dirfd);
    }
    bag_check_free(o->no_names);
    entry_writer_end(&o->top);
}

/* ---- Data --------------------------------------------------------------------------------- */

static enum seal_status write_zeros(struct salvage_out *o, struct entry_file *file, uint64_t len,
                                    struct fault *fault)
{
    static const uint8_t zeros[16384];

    while (len > 0 && fault->status == SEAL_OK) {
        const size_t n = len < sizeof zeros ? (size_t)len : sizeof zeros;

        if (quota_add_bytes(o->quota, n, fault) == SEAL_OK)
            IGNORE_RESULT(entry_file_write(file, zeros, n, fault));
        len -= n;
    }
    return fault->status;
}

/* Zeros are written only in front of something. */
static enum seal_status write_data(struct salvage_out *o, struct entry_file *file, uint64_t off,
                                   uint64_t end, struct fault *fault)
{
    uint64_t hole = 0;

    while (off < end && fault->status == SEAL_OK) {
        const uint8_t *data;
        size_t len;

        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (torn_peek(o->from, off, &data, &len, fault) != SEAL_OK || len == 0)
            break;
        if (len > end - off)
            len = (size_t)(end - off);
        off += len;
        if (data == NULL) {
            hole += len;
            continue;
        }
        if (write_zeros(o, file, hole, fault) == SEAL_OK &&
            quota_add_bytes(o->quota, len, fault) == SEAL_OK)
            IGNORE_RESULT(entry_file_write(file, data, len, fault));
        hole = 0;
    }
    return fault->status;
}

static enum seal_status write_file(struct salvage_out *o, struct entry_writer *w,
                                   const struct tar_entry *e, uint64_t off, uint64_t end,
                                   struct fault *fault)
{
    struct entry_file file;
    enum seal_status status = entry_writer_create_file(w, e, &file, fault);

    if (status == SEAL_OK)
        status = write_data(o, &file, off, end, fault);
    return entry_writer_close_file(w, &file, status, fault);
}

/* ---- Entries ------------------------------------------------------------------------------ */

bool salvage_out_has(const struct salvage_out *o, const char *path, size_t len)
{
    struct bag_item item;

    for (int tree = 0; tree < TREES; tree++)
        if (bag_check_find(o->names[tree], path, len, &item) && item.type == BAG_FILE)
            return true;
    return false;
}

enum seal_status salvage_out_entry(struct salvage_out *o, enum salvage_tree tree,
                                   const struct tar_entry *e, uint64_t data_off, uint64_t data_end,
                                   char **on_disk, struct fault *fault)
{
    struct entry_writer *w = &o->writers[tree];
    struct fault refused = {.status = SEAL_OK};
    struct bag_place place;

    *on_disk = NULL;
    if (bag_check_entry(o->names[tree], e, &place, &refused) == SEAL_HOSTILE)
        return SEAL_OK;
    if (refused.status != SEAL_OK) {
        *fault = refused;
        return fault->status;
    }
    if (quota_add_entry(o->quota, e, &place, o->names[tree], fault) != SEAL_OK ||
        entry_writer_make_folders(w, e, &place, fault) != SEAL_OK)
        return fault->status;
    if (!e->is_dir && writes(o) && write_file(o, w, e, data_off, data_end, fault) != SEAL_OK)
        return fault->status;
    *on_disk = entry_writer_path(w, e->path, e->path_len);
    return *on_disk != NULL ? SEAL_OK : fault_no_memory(fault);
}

/* ---- Others ------------------------------------------------------------------------------- */

/* A file of our own name, below a folder of our own. */
static enum seal_status write_named(struct salvage_out *o, struct entry_writer *w, const char *path,
                                    uint64_t off, uint64_t end, struct fault *fault)
{
    struct entry_file file = {.path = strdup(path), .mtime = clock_now(), .fds = {-1, -1}};
    enum seal_status status = file.path == NULL
                                  ? fault_no_memory(fault)
                                  : folder_create(&w->folder, path, &file.fds[0], fault);

    if (status == SEAL_OK)
        status = write_data(o, &file, off, end, fault);
    return entry_writer_close_file(w, &file, status, fault);
}

enum seal_status salvage_out_record(struct salvage_out *o, const struct tar_entry *e,
                                    uint64_t data_off, struct fault *fault)
{
    struct buffer path = {0};

    if (!writes(o))
        return SEAL_OK;
    if (!o->has_record_dir && folder_make(&o->top.folder, RECORD_DIR, fault) != SEAL_OK)
        return fault->status;
    o->has_record_dir = true;
    if (buffer_printf(&path, RECORD_DIR "/%s", e->path) != SEAL_OK)
        (void)fault_no_memory(fault);
    else
        IGNORE_RESULT(
            write_named(o, &o->top, (const char *)path.data, data_off, data_off + e->size, fault));
    buffer_free(&path);
    return fault->status;
}

/* They count as files do. */
static enum seal_status count_unnamed(struct salvage_out *o, struct fault *fault)
{
    struct entry_writer *w = &o->writers[TREE_PARTS];

    if (o->unnamed++ == 0 && folder_make(&w->folder, UNNAMED, fault) != SEAL_OK)
        return fault->status;
    return quota_add_file(o->quota, fault);
}

enum seal_status salvage_out_bytes(struct salvage_out *o, const char *name, uint64_t off,
                                   uint64_t end, struct fault *fault)
{
    struct entry_writer *w = &o->writers[TREE_PARTS];
    struct buffer path = {0};

    if (!writes(o))
        return SEAL_OK;
    if (name == NULL && count_unnamed(o, fault) != SEAL_OK)
        return fault->status;
    if ((name != NULL ? buffer_append_text(&path, name)
                      : buffer_printf(&path, UNNAMED "/%06" PRIu64, o->unnamed)) != SEAL_OK)
        (void)fault_no_memory(fault);
    else
        IGNORE_RESULT(write_named(o, w, (const char *)path.data, off, end, fault));
    buffer_free(&path);
    return fault->status;
}
