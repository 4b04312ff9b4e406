#include "intake/extract.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* ---- Which items -------------------------------------------------------------------------- */

/* The items to be taken out, in the order of the archive. Their texts and digests belong to the
 * record. */
struct selection {
    const char *const *paths;
    size_t path_count;
    bool *found; /* whether an item lies at or below each path */
    struct bag_item *items;
    size_t count, cap;
};

/* A shell that completes names may put "./" in front. */
static const char *without_dot(const char *path)
{
    while (path[0] == '.' && path[1] == '/')
        path += 2;
    return path;
}

static bool lies_at_or_below(const char *path, const char *given)
{
    const char *top = without_dot(given);
    size_t len = strlen(top);

    while (len > 0 && top[len - 1] == '/')
        len--;
    return len > 0 && strncmp(path, top, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

/* Whether one of the paths leads to path, which begins with data/ or does not. */
static bool is_wanted(struct selection *s, const char *path)
{
    const char *name = bag_payload_name(path);
    bool wanted = false;

    for (size_t i = 0; i < s->path_count; i++) {
        if (!lies_at_or_below(path, s->paths[i]) &&
            (name == NULL || !lies_at_or_below(name, s->paths[i])))
            continue;
        s->found[i] = true;
        wanted = true;
    }
    return wanted;
}

static enum seal_status select_item(void *ctx, const struct bag_item *item, struct fault *fault)
{
    struct selection *s = ctx;
    struct buffer shown = {0};
    bool wanted = is_wanted(s, item->path);

    /* As --list shows it, where that is not the same. */
    if (text_escape(&shown, item->path, strlen(item->path)) != SEAL_OK)
        (void)fault_no_memory(fault);
    else
        wanted = is_wanted(s, (const char *)shown.data) || wanted;
    buffer_free(&shown);
    if (fault->status != SEAL_OK)
        return fault->status;
    if (!wanted || item->type == BAG_SYMLINK)
        return SEAL_OK;
    if (s->count == s->cap) {
        size_t cap = s->cap == 0 ? 64 : s->cap * 2;
        struct bag_item *items = realloc(s->items, cap * sizeof *items);

        if (items == NULL)
            return fault_no_memory(fault);
        s->items = items;
        s->cap = cap;
    }
    s->items[s->count++] = *item;
    return SEAL_OK;
}

/* ---- In another form ---------------------------------------------------------------------- */

/* One path, folded, that no item has as it is. */
struct other_form {
    struct selection selection;
    const char *path;
    bool found;
};

static bool fold(struct buffer *out, const char *path)
{
    return bag_name_fold(out, path, strlen(path)) == SEAL_OK &&
           buffer_append_text(out, "") == SEAL_OK;
}

static void compare_folded(struct other_form *other, const char *path)
{
    struct buffer folded = {0};

    if (fold(&folded, path))
        (void)is_wanted(&other->selection, (const char *)folded.data);
    buffer_free(&folded);
}

static enum seal_status compare_item(void *ctx, const struct bag_item *item, struct fault *fault)
{
    struct other_form *other = ctx;
    struct buffer shown = {0};

    if (!other->found)
        compare_folded(other, item->path);
    if (!other->found && text_escape(&shown, item->path, strlen(item->path)) == SEAL_OK)
        compare_folded(other, (const char *)shown.data);
    buffer_free(&shown);
    return fault->status;
}

/* As macOS writes it (NFD), or with other capitals. Only a hint depends on it: where memory is
 * short there is none. */
static bool is_there_in_other_form(const struct bag_check *record, const char *path)
{
    struct fault none = {.status = SEAL_OK};
    struct buffer folded = {0};
    struct other_form other = {.found = false};

    if (fold(&folded, path)) {
        other.path = (const char *)folded.data;
        other.selection =
            (struct selection){.paths = &other.path, .path_count = 1, .found = &other.found};
        IGNORE_RESULT(bag_check_each_item(record, compare_item, &other, &none));
    }
    buffer_free(&folded);
    return other.found;
}

/* ---- All of them -------------------------------------------------------------------------- */

static enum seal_status make_selection(struct selection *s, const struct bag_check *record,
                                       struct fault *fault)
{
    s->found = calloc(s->path_count, sizeof *s->found);
    if (s->found == NULL)
        return fault_no_memory(fault);
    if (bag_check_each_item(record, select_item, s, fault) != SEAL_OK)
        return fault->status;
    for (size_t i = 0; i < s->path_count; i++)
        if (!s->found[i])
            return fault_set(fault,
                             is_there_in_other_form(record, s->paths[i]) ? REASON_PATH_OTHER_FORM
                                                                         : REASON_PATH_NOT_IN_BAG,
                             s->paths[i]);
    return s->count > 0 ? SEAL_OK : fault_set(fault, REASON_ONLY_LINKS, s->paths[0]);
}

/* ---- One item ----------------------------------------------------------------------------- */

struct extraction {
    struct seek_view *view;
    struct bag_check *check; /* of what was taken out so far: it knows which folders there are */
    struct entry_writer writer;
    struct quota quota;
};

/* Whether the entry is what the record says that it is. */
static bool is_same(const struct tar_entry *e, const struct bag_item *item)
{
    return strcmp(e->path, item->path) == 0 && e->is_dir == (item->type == BAG_FOLDER) &&
           (e->is_dir || e->size == item->size) && e->mtime.sec == item->mtime.sec &&
           e->mtime.nsec == item->mtime.nsec;
}

static enum seal_status copy_content(struct extraction *x, struct entry_file *file,
                                     const struct bag_item *item, struct fault *fault)
{
    uint8_t digest[SHA256_LEN];
    struct sha256 hash;

    sha256_start(&hash);
    for (;;) {
        const uint8_t *data;
        size_t len;

        if (seek_view_read_data(x->view, &data, &len, fault) != SEAL_OK)
            return fault->status;
        if (len == 0)
            break;
        sha256_add(&hash, data, len);
        if (quota_add_bytes(&x->quota, len, fault) != SEAL_OK ||
            entry_file_write(file, data, len, fault) != SEAL_OK)
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
    struct entry_file file;
    enum seal_status status;
    bool found;

    if (seek_view_read_entry(x->view, item->entry, &entry, &found, fault) != SEAL_OK)
        return fault->status;
    if (!found || !is_same(&entry, item))
        return fault_set(fault, REASON_BAG_LISTING_DIFFERS, item->path);
    if (bag_check_entry(x->check, &entry, &place, fault) != SEAL_OK ||
        quota_add_entry(&x->quota, &entry, &place, x->check, fault) != SEAL_OK ||
        entry_writer_make_folders(&x->writer, &entry, &place, fault) != SEAL_OK || entry.is_dir)
        return fault->status;
    status = entry_writer_create_file(&x->writer, &entry, &file, fault);
    if (status == SEAL_OK)
        status = copy_content(x, &file, item, fault);
    return entry_writer_close_file(&x->writer, &file, status, fault);
}

/* ---- All items ---------------------------------------------------------------------------- */

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
        path = entry_writer_path(&x->writer, s->items[i].path, strlen(s->items[i].path));
        if (path == NULL)
            return fault_no_memory(fault);
        each(ctx, &s->items[i], path);
        free(path);
    }
    return entry_writer_finish(&x->writer, x->check, fault);
}

enum seal_status
extract_files(struct seek_view *view, const char *const *paths, size_t path_count,
              const struct unpack_target *target,
              void (*each)(void *ctx, const struct bag_item *item, const char *on_disk), void *ctx,
              uint64_t times[static BAG_TIME_KINDS], struct fault *fault)
{
    struct selection s = {.paths = paths, .path_count = path_count};
    struct extraction x = {.view = view, .quota = seek_view_new_quota(view)};
    enum seal_status status = make_selection(&s, seek_view_record(view), fault);

    if (status == SEAL_OK)
        status = entry_writer_start(&x.writer, target, fault);
    if (status == SEAL_OK)
        status = bag_check_new(&x.check, BAG_WHOLE, fault);
    if (status == SEAL_OK)
        status = extract_all(&x, &s, each, ctx, fault);
    entry_writer_times(&x.writer, times);
    if (x.check != NULL) { /* then the writer was started */
        entry_writer_end(&x.writer);
        bag_check_free(x.check);
    }
    free(s.found);
    free(s.items);
    return status;
}
