/*
 * Walking the source: every item under the paths given, in byte order of the paths in the bag.
 *
 * Folders are opened part by part, never through a link, and only one is kept open: neither a very
 * long path nor a very deep tree runs into a limit of the system.
 */
#include "bag/source.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each level takes some of the stack, which may be small. */
#define DEPTH_MAX 4096

/* One entry of the folder being listed. */
struct child {
    char *name;     /* the source's spelling */
    char *bag_name; /* the bag's: the same pointer, unless the name is not UTF-8 */
    size_t root;
    struct plat_stat st;
};

struct children {
    struct child *list;
    size_t count, cap;
    size_t root; /* of those added next */
    bool no_memory;
};

/* ---- Remarks ------------------------------------------------------------------------------ */

enum seal_status source_remark_twice(struct bag_source *s, enum bag_remark kind, const char *path,
                                     const char *told, const char *recorded, struct fault *fault)
{
    s->totals.remarks[kind]++;
    if (s->observer.remark != NULL)
        s->observer.remark(s->observer.ctx, kind, path, told);
    /* Links and new spellings have lines of their own in the listing. */
    if (kind == BAG_LINK || kind == BAG_RENAMED)
        return SEAL_OK;
    if (mtree_remark(&s->remarks, kind, path, recorded) != SEAL_OK)
        return fault_no_memory(fault);
    return SEAL_OK;
}

enum seal_status source_remark(struct bag_source *s, enum bag_remark kind, const char *path,
                               const char *detail, struct fault *fault)
{
    return source_remark_twice(s, kind, path, detail, detail, fault);
}

enum seal_status source_leave_out(struct bag_source *s, struct item *item, const char *why,
                                  struct fault *fault)
{
    item->marks |= MARK_ABSENT;
    s->totals.files--;
    s->totals.bytes -= item->size;
    if (s->observer.progress != NULL)
        s->observer.progress(s->observer.ctx, item->size);
    return source_remark(s, BAG_MISSING, item_path(&s->table, item), why, fault);
}

/* ---- Opening ------------------------------------------------------------------------------ */

/* The folder rel ("" for the root itself) below a root, opened part by part. */
static int open_from_root(const struct source_root *root, const char *rel)
{
    int fd = plat_open_dir(PLAT_CWD, root->path, root->follow || root->merged);

    while (fd >= 0 && *rel != '\0') {
        size_t len = strcspn(rel, "/");
        char *part = text_copy(rel, len);
        int next = part == NULL ? -1 : plat_open_dir(fd, part, false);
        int saved = errno;

        free(part);
        (void)plat_close(fd);
        errno = saved;
        fd = next;
        rel += len + (rel[len] == '/');
    }
    return fd;
}

/* As open_from_root, from the folder opened last where that is the parent; keeps it open. */
static int open_folder(struct bag_source *s, size_t root, const char *rel)
{
    const char *slash = strrchr(rel, '/');
    size_t parent_len = slash == NULL ? 0 : (size_t)(slash - rel);
    bool known = s->open_fd >= 0 && s->open_root == root;
    char *path;
    int fd;

    if (known && strcmp(s->open_path, rel) == 0)
        return s->open_fd;
    path = strdup(rel);
    if (path == NULL) {
        errno = ENOMEM;
        return -1;
    }
    if (known && *rel != '\0' && strlen(s->open_path) == parent_len &&
        memcmp(s->open_path, rel, parent_len) == 0)
        fd = plat_open_dir(s->open_fd, slash == NULL ? rel : slash + 1, false);
    else
        fd = open_from_root(&s->roots[root], rel);
    if (fd < 0) {
        free(path);
        return -1;
    }
    if (s->open_fd >= 0)
        (void)plat_close(s->open_fd);
    free(s->open_path);
    s->open_path = path;
    s->open_root = root;
    s->open_fd = fd;
    return fd;
}

/* What of an original path lies below its root: "" for the root itself. */
static const char *below_root(const struct bag_source *s, size_t root, const char *original)
{
    const char *rel = original + s->roots[root].strip;

    return *rel == '/' ? rel + 1 : rel;
}

int source_open_item(struct bag_source *s, const struct item *item)
{
    const struct source_root *root = &s->roots[item->root];
    const char *rel = below_root(s, item->root, item_original(&s->table, item));
    const char *slash = strrchr(rel, '/');
    char *folder;
    int fd, dir;

    if (*rel == '\0')
        return plat_open_file(PLAT_CWD, root->path, false);
    folder = text_copy(rel, slash == NULL ? 0 : (size_t)(slash - rel));
    if (folder == NULL) {
        errno = ENOMEM;
        return -1;
    }
    dir = open_folder(s, item->root, folder);
    fd = dir < 0 ? -1 : plat_open_file(dir, slash == NULL ? rel : slash + 1, false);
    free(folder);
    return fd;
}

/* ---- Names -------------------------------------------------------------------------------- */

/* Each byte that belongs to no character as %XX, and a literal % as %25 (section 5). */
static char *spell_in_utf8(const char *name, size_t len)
{
    const uint8_t *s = (const uint8_t *)name;
    struct buffer out = {0};
    enum seal_status status = SEAL_OK;

    for (size_t i = 0; i < len && status == SEAL_OK;) {
        size_t n = utf8_char_len(s + i, len - i);

        if (n == 0 || s[i] == '%')
            status = buffer_printf(&out, "%%%02X", s[i]);
        else
            status = buffer_append(&out, s + i, n);
        i += n == 0 ? 1 : n;
    }
    if (status != SEAL_OK || buffer_append(&out, "", 1) != SEAL_OK) {
        buffer_free(&out);
        return NULL;
    }
    return (char *)out.data;
}

static int compare_plain(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Byte order of the paths: a folder's name counts with the slash behind it. */
static int compare_in_bag(const void *a, const void *b)
{
    const struct child *x = a, *y = b;
    const char *p = x->bag_name, *q = y->bag_name;
    uint8_t c, d;

    for (; *p != '\0' && *p == *q; p++)
        q++;
    c = *p != '\0' ? (uint8_t)*p : x->st.type == PLAT_DIR ? '/' : 0;
    d = *q != '\0' ? (uint8_t)*q : y->st.type == PLAT_DIR ? '/' : 0;
    return (c > d) - (c < d);
}

static bool append_taken_mark(char **name)
{
    char *longer = realloc(*name, strlen(*name) + 4);

    if (longer == NULL)
        return false;
    *name = longer;
    strcat(longer, "%00");
    return true;
}

/* Gives the children that need one a spelling that no other child has. */
static bool children_spell(struct children *c)
{
    const char **taken = malloc((c->count + 1) * sizeof *taken);
    size_t taken_count = 0;
    bool ok = taken != NULL;

    for (size_t i = 0; ok && i < c->count; i++)
        if (utf8_is_valid(c->list[i].name, strlen(c->list[i].name)))
            taken[taken_count++] = c->list[i].name;
    if (ok && taken_count < c->count)
        qsort(taken, taken_count, sizeof *taken, compare_plain);
    for (size_t i = 0; ok && i < c->count; i++) {
        struct child *child = &c->list[i];

        child->bag_name = child->name;
        if (utf8_is_valid(child->name, strlen(child->name)))
            continue;
        child->bag_name = spell_in_utf8(child->name, strlen(child->name));
        ok = child->bag_name != NULL;
        while (ok && bsearch(&child->bag_name, taken, taken_count, sizeof *taken, compare_plain))
            ok = append_taken_mark(&child->bag_name);
    }
    free(taken);
    return ok;
}

/* ---- Listing a folder --------------------------------------------------------------------- */

static struct child *children_add(struct children *c, const char *name)
{
    if (c->count == c->cap) {
        size_t cap = c->cap == 0 ? 16 : c->cap * 2;
        struct child *list = realloc(c->list, cap * sizeof *list);

        if (list == NULL)
            return NULL;
        c->list = list;
        c->cap = cap;
    }
    c->list[c->count] = (struct child){.name = strdup(name), .root = c->root};
    return c->list[c->count].name == NULL ? NULL : &c->list[c->count++];
}

static void children_free(struct children *c)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->list[i].bag_name != c->list[i].name)
            free(c->list[i].bag_name);
        free(c->list[i].name);
    }
    free(c->list);
    *c = (struct children){0};
}

static int add_listed(void *ctx, const char *name)
{
    struct children *c = ctx;

    if (children_add(c, name) != NULL)
        return 0;
    c->no_memory = true;
    return 1;
}

static enum seal_status out_of_memory(struct fault *fault)
{
    return fault_no_memory(fault);
}

struct streams {
    struct bag_source *source;
    const char *folder, *name; /* of what has them */
    struct fault *fault;
};

static int remark_stream(void *ctx, const char *stream)
{
    const struct streams *x = ctx;
    struct buffer path = {0};
    enum seal_status status = SEAL_NO_MEMORY;

    if (buffer_printf(&path, "%s/%s:%s", x->folder, x->name, stream) != SEAL_OK)
        (void)out_of_memory(x->fault);
    else
        status = source_remark(x->source, BAG_SKIPPED, (char *)path.data,
                               "an alternate data stream", x->fault);
    buffer_free(&path);
    return status == SEAL_OK ? 0 : -1;
}

/* What a file or folder holds besides its content has no place in a bag; that it is there is
 * recorded. */
static enum seal_status note_streams(struct bag_source *s, int at, const char *path,
                                     const char *folder, const char *name, struct fault *fault)
{
    struct streams x = {s, folder, name, fault};

    if (plat_list_streams(at, path, remark_stream, &x) == 0)
        return SEAL_OK;
    return fault->status != SEAL_OK ? fault->status : out_of_memory(fault);
}

/* What cannot be looked at becomes a remark, and does not stay. */
static enum seal_status look_at_child(struct bag_source *s, int fd, const char *path,
                                      struct child *child, bool *stays, struct fault *fault)
{
    struct buffer where = {0};
    enum seal_status status;

    *stays = plat_stat_at(fd, child->name, false, &child->st) == 0;
    if (*stays)
        return note_streams(s, fd, child->name, path, child->name, fault);
    status = buffer_printf(&where, "%s/%s", path, child->name) != SEAL_OK
                 ? out_of_memory(fault)
                 : source_remark(s, BAG_MISSING, (char *)where.data, plat_strerror(errno), fault);
    buffer_free(&where);
    return status;
}

/* All entries of an open folder that can be looked at. */
static enum seal_status list_children(struct bag_source *s, struct children *c, int fd,
                                      const char *path, struct fault *fault)
{
    enum seal_status status = SEAL_OK;
    size_t kept = c->count;

    if (plat_list_dir(fd, add_listed, c) != 0)
        status = c->no_memory ? out_of_memory(fault)
                              : source_remark(s, BAG_MISSING, path, plat_strerror(errno), fault);
    for (size_t i = kept; i < c->count; i++) {
        struct child child = c->list[i];
        bool stays = false;

        if (status == SEAL_OK)
            status = look_at_child(s, fd, path, &child, &stays, fault);
        if (stays)
            c->list[kept++] = child;
        else
            free(child.name);
    }
    c->count = kept;
    return status;
}

/* ---- Items -------------------------------------------------------------------------------- */

/* Adds what is recorded of a child: path, original path, times. *added is NULL where its path is
 * too long for the format, which is remarked. */
static enum seal_status add_item(struct bag_source *s, const char *folder, const char *original,
                                 const struct child *child, enum item_type type,
                                 struct item **added, struct fault *fault)
{
    struct buffer path = {0}, source = {0};
    enum seal_status status = SEAL_OK;
    struct item *item;
    bool renamed;

    *added = NULL;
    if (buffer_printf(&path, "%s/%s", folder, child->bag_name) != SEAL_OK ||
        buffer_printf(&source, "%s/%s", original, child->name) != SEAL_OK) {
        status = out_of_memory(fault);
        goto out;
    }
    if (path.len + (type == ITEM_DIR) > PATH_LEN_MAX) {
        status = source_remark(s, BAG_MISSING, (char *)path.data, "its path is too long", fault);
        goto out;
    }
    renamed = strcmp((char *)path.data, (char *)source.data) != 0;
    item = table_add(&s->table, (char *)path.data, path.len);
    if (item == NULL ||
        (renamed && table_add_text(&s->table, (char *)source.data, source.len) != SEAL_OK)) {
        status = out_of_memory(fault);
        goto out;
    }
    item->type = (uint8_t)type;
    item->marks =
        (uint8_t)((renamed ? MARK_RENAMED : 0) | (child->st.owner_may_execute ? MARK_EXEC : 0));
    item->sec = child->st.mtime.sec;
    item->nsec = child->st.mtime.nsec;
    item->size = type == ITEM_FILE ? child->st.size : 0;
    item->root = (uint32_t)child->root;
    *added = item;
    if (child->bag_name != child->name)
        status = source_remark(s, BAG_RENAMED, (char *)path.data, NULL, fault);
out:
    buffer_free(&path);
    buffer_free(&source);
    return status;
}

static const char *special_word(enum plat_type type)
{
    return type == PLAT_FIFO ? "fifo" : type == PLAT_SOCKET ? "socket" : "device";
}

/* A remark about a child that does not become an item. */
static enum seal_status remark_child(struct bag_source *s, enum bag_remark kind, const char *folder,
                                     const struct child *child, const char *detail,
                                     struct fault *fault)
{
    struct buffer path = {0};
    enum seal_status status;

    if (buffer_printf(&path, "%s/%s", folder, child->bag_name) != SEAL_OK)
        status = out_of_memory(fault);
    else
        status = source_remark(s, kind, (char *)path.data, detail, fault);
    buffer_free(&path);
    return status;
}

static enum seal_status add_link(struct bag_source *s, int dirfd, const char *folder,
                                 const char *original, const struct child *child,
                                 struct fault *fault)
{
    struct buffer target = {0};
    enum seal_status status;
    struct item *item = NULL;

    if (plat_read_link(dirfd, child->name, &target) != 0)
        status = remark_child(s, BAG_MISSING, folder, child, plat_strerror(errno), fault);
    else if (target.len == 0)
        status = remark_child(s, BAG_MISSING, folder, child, "a link to nothing", fault);
    else
        status = add_item(s, folder, original, child, ITEM_LINK, &item, fault);
    if (status == SEAL_OK && item != NULL) {
        if (table_add_text(&s->table, (char *)target.data, target.len) != SEAL_OK)
            status = out_of_memory(fault);
        else
            status = source_remark(s, BAG_LINK, item_path(&s->table, item),
                                   item_target(&s->table, item), fault);
    }
    buffer_free(&target);
    return status;
}

static enum seal_status add_folder(struct bag_source *s, const struct item *item,
                                   struct fault *fault);

static enum seal_status add_child(struct bag_source *s, int dirfd, const char *folder,
                                  const char *original, const struct child *child,
                                  struct fault *fault)
{
    struct item *item;
    enum seal_status status;

    if (stop_requested())
        return fault_set(fault, REASON_INTERRUPTED, NULL);
    switch (child->st.type) {
    case PLAT_LINK:
        return add_link(s, dirfd, folder, original, child, fault);
    case PLAT_FILE:
        status = add_item(s, folder, original, child, ITEM_FILE, &item, fault);
        if (status == SEAL_OK && item != NULL) {
            s->totals.files++;
            s->totals.bytes += item->size;
        }
        return status;
    case PLAT_DIR:
        if (s->depth == DEPTH_MAX)
            return remark_child(s, BAG_MISSING, folder, child, "it is nested too deeply", fault);
        status = add_item(s, folder, original, child, ITEM_DIR, &item, fault);
        if (status == SEAL_OK && item != NULL) {
            s->totals.folders++;
            s->depth++;
            status = add_folder(s, item, fault);
            s->depth--;
        }
        return status;
    case PLAT_FIFO:
    case PLAT_SOCKET:
    case PLAT_DEVICE:
    case PLAT_OTHER:
    default:
        return remark_child(s, BAG_SKIPPED, folder, child, special_word(child->st.type), fault);
    }
}

/* Before anything is added, so that what this takes is free again when folders are entered. Links
 * are not unpacked and special files are left out: their names trouble nobody. */
static enum seal_status note_names(struct bag_source *s, const struct children *c,
                                   const char *folder, struct fault *fault)
{
    const char **names = malloc((c->count + 1) * sizeof *names);
    enum seal_status status;
    size_t count = 0;

    if (names == NULL)
        return out_of_memory(fault);
    for (size_t i = 0; i < c->count; i++)
        if (c->list[i].st.type == PLAT_FILE || c->list[i].st.type == PLAT_DIR)
            names[count++] = c->list[i].bag_name;
    status = source_note_names(s, folder, names, count, fault);
    free(names);
    return status;
}

/* Adds the children in order; links first while their folder is still the one that is open. */
static enum seal_status add_children(struct bag_source *s, struct children *c, const char *folder,
                                     const char *original, struct fault *fault)
{
    enum seal_status status;

    if (!children_spell(c))
        return out_of_memory(fault);
    if (c->count > 1)
        qsort(c->list, c->count, sizeof *c->list, compare_in_bag);
    status = note_names(s, c, folder, fault);
    for (size_t i = 0; i < c->count && status == SEAL_OK; i++) {
        const struct child *child = &c->list[i];
        int dirfd = PLAT_CWD;

        if (child->st.type == PLAT_LINK)
            dirfd = open_folder(s, child->root, below_root(s, child->root, original));
        status = add_child(s, dirfd, folder, original, child, fault);
    }
    return status;
}

/* What is in the folder of an item just added. The table may move meanwhile: copies. */
static enum seal_status add_folder(struct bag_source *s, const struct item *item,
                                   struct fault *fault)
{
    char *path = strdup(item_path(&s->table, item));
    char *original = strdup(item_original(&s->table, item));
    struct children c = {.root = item->root};
    enum seal_status status;
    int fd;

    if (path == NULL || original == NULL) {
        status = out_of_memory(fault);
        goto out;
    }
    fd = open_folder(s, c.root, below_root(s, c.root, original));
    if (fd < 0)
        status = source_remark(s, BAG_MISSING, path, plat_strerror(errno), fault);
    else
        status = list_children(s, &c, fd, path, fault);
    if (status == SEAL_OK)
        status = add_children(s, &c, path, original, fault);
out:
    children_free(&c);
    free(path);
    free(original);
    return status;
}

/* ---- The paths given ---------------------------------------------------------------------- */

/* The last part of a path, without final slashes; malloc'ed. */
static char *last_part(const char *path)
{
    size_t end = strlen(path), start;

    while (end > 0 && path[end - 1] == '/')
        end--;
    for (start = end; start > 0 && path[start - 1] != '/';)
        start--;
    return text_copy(path + start, end - start);
}

static enum seal_status root_start(struct source_root *root, const char *path, char **name,
                                   struct plat_stat *st, struct fault *fault)
{
    size_t len = strlen(path);

    *root = (struct source_root){.path = path, .follow = len > 0 && path[len - 1] == '/'};
    if (len == 0)
        return fault_set(fault, REASON_SOURCE_EMPTY_NAME, NULL);
    *name = last_part(path);
    if (*name == NULL)
        return out_of_memory(fault);
    root->merged = **name == '\0' || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0 ||
                   path_is_drive(path);
    if (plat_stat_at(PLAT_CWD, path, root->follow || root->merged, st) != 0)
        return fault_set_errno(fault, REASON_READ, path);
    if (st->type == PLAT_LINK)
        return fault_set(fault, REASON_SOURCE_LINK, path);
    if (st->type != PLAT_FILE && st->type != PLAT_DIR)
        return fault_set(fault, REASON_SOURCE_KIND, path);
    root->is_dir = st->type == PLAT_DIR;
    root->strip = strlen(PAYLOAD_DIR) + (root->merged ? 0 : 1 + strlen(*name));
    return SEAL_OK;
}

/* Adds a given path, or what is in it, to the children of data/. */
static enum seal_status root_add(struct bag_source *s, size_t number, const char *path,
                                 struct children *c, struct fault *fault)
{
    char *name = NULL;
    struct plat_stat st;
    enum seal_status status = root_start(&s->roots[number], path, &name, &st, fault);
    struct child *child;
    int fd;

    c->root = number;
    if (status != SEAL_OK)
        goto out;
    if (s->roots[number].merged) {
        s->data_is_given = true;
        s->table.items[0].sec = st.mtime.sec;
        s->table.items[0].nsec = st.mtime.nsec;
        fd = open_folder(s, number, "");
        status = fd < 0 ? fault_set_errno(fault, REASON_READ, path)
                        : list_children(s, c, fd, PAYLOAD_DIR, fault);
        goto out;
    }
    child = children_add(c, name);
    if (child == NULL) {
        status = out_of_memory(fault);
    } else {
        child->st = st;
        status = note_streams(s, PLAT_CWD, path, PAYLOAD_DIR, name, fault);
    }
out:
    free(name);
    return status;
}

static int compare_child_names(const void *a, const void *b)
{
    return strcmp(((const struct child *)a)->name, ((const struct child *)b)->name);
}

static enum seal_status refuse_doubles(struct children *c, struct fault *fault)
{
    if (c->count > 1)
        qsort(c->list, c->count, sizeof *c->list, compare_child_names);
    for (size_t i = 1; i < c->count; i++)
        if (strcmp(c->list[i - 1].name, c->list[i].name) == 0)
            return fault_set(fault, REASON_SOURCE_TWICE, c->list[i].name);
    return SEAL_OK;
}

static enum seal_status source_fill(struct bag_source *s, const char *const *paths, size_t count,
                                    struct fault *fault)
{
    struct children c = {0};
    enum seal_status status = SEAL_OK;
    struct item *item = table_add(&s->table, PAYLOAD_DIR, strlen(PAYLOAD_DIR));

    s->roots = calloc(count, sizeof *s->roots);
    if (item == NULL || s->roots == NULL)
        return out_of_memory(fault);
    s->root_count = count;
    item->type = ITEM_DIR;
    item->marks = MARK_EXEC;
    for (size_t i = 0; i < count && status == SEAL_OK; i++)
        status = root_add(s, i, paths[i], &c, fault);
    if (status == SEAL_OK)
        status = refuse_doubles(&c, fault);
    if (status == SEAL_OK)
        status = add_children(s, &c, PAYLOAD_DIR, PAYLOAD_DIR, fault);
    children_free(&c);
    return status;
}

enum seal_status bag_source_new(struct bag_source **out, const char *const *paths,
                                size_t path_count, const struct bag_observer *observer,
                                struct fault *fault)
{
    struct bag_source *s = calloc(1, sizeof *s);
    enum seal_status status;

    *out = NULL;
    if (s == NULL)
        return out_of_memory(fault);
    table_init(&s->table, false);
    s->open_fd = -1;
    s->observer = *observer;
    status = source_fill(s, paths, path_count, fault);
    if (status == SEAL_OK)
        *out = s;
    else
        bag_source_free(s);
    return status;
}

void bag_source_totals(const struct bag_source *s, struct bag_totals *totals)
{
    *totals = s->totals;
}

void bag_source_free(struct bag_source *s)
{
    if (s == NULL)
        return;
    if (s->open_fd >= 0)
        (void)plat_close(s->open_fd);
    free(s->open_path);
    table_free(&s->table);
    free(s->roots);
    buffer_free(&s->remarks);
    free(s);
}
