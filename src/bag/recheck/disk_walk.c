/*
 * A bag on disk: walking its tree.
 *
 * The folders from the top to the one that is visited are an array of levels, not a recursion, so
 * that a deep tree does not exhaust the stack. Nor does it exhaust descriptors: open are only the
 * deepest LEVELS_OPEN levels, and above those one in LEVELS_APART, less than a hundred together.
 * The others are opened again on the way back up, LEVELS_OPEN / 2 at a time.
 */
#include "bag/recheck/disk_access.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "bag/table.h"
#include "base/text.h"

#define DEPTH_MAX 4096
#define LEVELS_OPEN 32
#define LEVELS_APART 64

struct level {
    int fd;          /* -1: closed until it is needed again */
    size_t path_len; /* its path is that much of walk.path */
    char **names;    /* of the folders in it */
    size_t count;
    size_t next; /* the first that was not visited */
};

struct walk {
    int at;
    const struct disk_visitor *visitor;
    struct buffer path;   /* of the entry that is visited, with a NUL that is not counted */
    struct level *levels; /* from the top down: DEPTH_MAX, of which depth are in use */
    size_t depth;
};

/* ---- Names -------------------------------------------------------------------------------- */

static void names_free(char **list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(list[i]);
    free(list);
}

static int add_name(void *ctx, const char *name)
{
    struct disk_names *n = ctx;
    char **list;

    if (n->count == n->cap) {
        n->cap = n->cap == 0 ? 16 : n->cap * 2;
        list = n->count < TABLE_ITEMS_MAX ? realloc(n->list, n->cap * sizeof *list) : NULL;
        if (list == NULL) {
            n->no_memory = true;
            return 1;
        }
        n->list = list;
    }
    n->list[n->count] = strdup(name);
    n->no_memory = n->list[n->count] == NULL;
    n->count += !n->no_memory;
    return n->no_memory;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int disk_names_read(struct disk_names *names, int dirfd)
{
    int result, saved;

    *names = (struct disk_names){0};
    result = plat_list_dir(dirfd, add_name, names);
    saved = errno;
    if (names->count > 1)
        qsort(names->list, names->count, sizeof *names->list, compare_names);
    errno = saved;
    return result;
}

void disk_names_free(struct disk_names *names)
{
    names_free(names->list, names->count);
}

/* ---- The path ----------------------------------------------------------------------------- */

static struct level *deepest_level(struct walk *w)
{
    return &w->levels[w->depth - 1];
}

/* The path of an entry of the deepest level. */
static enum seal_status set_path(struct walk *w, const char *name, struct fault *fault)
{
    w->path.len = deepest_level(w)->path_len;
    if (buffer_append(&w->path, "/", 1) != SEAL_OK || buffer_append_text(&w->path, name) != SEAL_OK)
        return fault_no_memory(fault);
    return SEAL_OK;
}

static enum seal_status trouble(struct walk *w, enum bag_detail detail, int sys,
                                struct fault *fault)
{
    return w->visitor->trouble(w->visitor->ctx, (const char *)w->path.data, w->path.len, detail,
                               sys, fault);
}

/* ---- Descriptors -------------------------------------------------------------------------- */

static void close_level(struct level *l)
{
    if (l->fd >= 0)
        (void)plat_close(l->fd);
    l->fd = -1;
}

/* The last part of a level's path is its name in the level above. */
static int open_level(const struct walk *w, size_t number, int above)
{
    const struct level *l = &w->levels[number];
    size_t begin = number == 0 ? 0 : w->levels[number - 1].path_len + 1;
    char *name = text_copy((const char *)w->path.data + begin, l->path_len - begin);
    int fd = name == NULL ? -1 : plat_open_dir(above, name, false);
    int saved = name == NULL ? ENOMEM : errno;

    free(name);
    errno = saved;
    return fd;
}

/* Opens the deepest level again, from the next one above it that is open. Of the levels between
 * them, those that are LEVELS_APART and the last LEVELS_OPEN / 2 stay open. */
static int reopen(struct walk *w)
{
    size_t i = w->depth - 1;
    bool kept = true;
    int above;

    while (i > 0 && w->levels[i - 1].fd < 0)
        i--;
    above = i > 0 ? w->levels[i - 1].fd : w->at;
    for (; i < w->depth; i++) {
        int fd = open_level(w, i, above);
        int saved = errno;

        if (!kept)
            (void)plat_close(above);
        if (fd < 0) {
            errno = saved;
            return -1;
        }
        kept = i % LEVELS_APART == 0 || w->depth - i <= LEVELS_OPEN / 2;
        if (kept)
            w->levels[i].fd = fd;
        above = fd;
    }
    return 0;
}

/* ---- One folder --------------------------------------------------------------------------- */

static struct disk_entry entry_here(const struct walk *w, const char *name)
{
    return (struct disk_entry){.path = (const char *)w->path.data,
                               .path_len = w->path.len,
                               .dirfd = w->depth == 0 ? w->at : w->levels[w->depth - 1].fd,
                               .name = name};
}

/* Visits all in the deepest level that is no folder, and keeps the names of the folders. */
static enum seal_status visit_files(struct walk *w, struct fault *fault)
{
    struct level *l = deepest_level(w);
    size_t count = l->count;

    l->count = 0;
    for (size_t i = 0; i < count; i++) {
        char *name = l->names[i];
        struct disk_entry e;
        enum seal_status status = SEAL_OK;

        l->names[i] = NULL;
        if (stop_requested())
            status = fault_set(fault, REASON_INTERRUPTED, NULL);
        else
            status = set_path(w, name, fault);
        e = entry_here(w, name);
        if (status == SEAL_OK && plat_stat_at(e.dirfd, name, false, &e.st) != 0)
            status = trouble(w, BAG_DETAIL_SYSTEM, errno, fault);
        else if (status == SEAL_OK && e.st.type == PLAT_DIR) {
            l->names[l->count++] = name;
            continue;
        } else if (status == SEAL_OK)
            status = w->visitor->file(w->visitor->ctx, &e, fault);
        free(name);
        if (status != SEAL_OK) {
            memmove(l->names + l->count, l->names + i + 1, (count - i - 1) * sizeof *l->names);
            l->count += count - i - 1;
            return status;
        }
    }
    return SEAL_OK;
}

static enum seal_status list_folder(struct walk *w, struct fault *fault)
{
    struct level *l = deepest_level(w);
    struct disk_names names;
    int result = disk_names_read(&names, l->fd);
    int saved = errno;

    l->names = names.list;
    l->count = names.count;
    if (names.no_memory)
        return fault_no_memory(fault);
    if (result != 0 && trouble(w, BAG_DETAIL_SYSTEM, saved, fault) != SEAL_OK)
        return fault->status;
    return visit_files(w, fault);
}

/* Goes down into the folder whose path was set, and visits what is no folder in it. */
static enum seal_status enter(struct walk *w, const char *name, struct fault *fault)
{
    struct disk_entry e = entry_here(w, name);
    int fd;

    if (plat_stat_at(e.dirfd, name, false, &e.st) != 0)
        return trouble(w, BAG_DETAIL_SYSTEM, errno, fault);
    if (e.st.type != PLAT_DIR) /* it was one when the folder was listed */
        return w->visitor->file(w->visitor->ctx, &e, fault);
    if (w->visitor->folder(w->visitor->ctx, &e, fault) != SEAL_OK)
        return fault->status;
    if (w->depth == DEPTH_MAX)
        return trouble(w, BAG_DETAIL_NESTED_DEEP, 0, fault);
    if (w->path.len > PATH_LEN_MAX)
        return trouble(w, BAG_DETAIL_PATH_LONG, 0, fault);
    fd = plat_open_dir(e.dirfd, name, false);
    if (fd < 0)
        return trouble(w, BAG_DETAIL_SYSTEM, errno, fault);
    w->levels[w->depth++] = (struct level){.fd = fd, .path_len = w->path.len};
    if (w->depth > LEVELS_OPEN && (w->depth - 1 - LEVELS_OPEN) % LEVELS_APART != 0)
        close_level(&w->levels[w->depth - 1 - LEVELS_OPEN]);
    return list_folder(w, fault);
}

static void leave(struct walk *w)
{
    struct level *l = deepest_level(w);

    close_level(l);
    names_free(l->names, l->count);
    w->depth--;
}

/* Enters the next folder of the deepest level, or leaves that level. */
static enum seal_status step(struct walk *w, struct fault *fault)
{
    struct level *l = deepest_level(w);
    const char *name;

    if (l->next == l->count) {
        leave(w);
        return SEAL_OK;
    }
    if (stop_requested())
        return fault_set(fault, REASON_INTERRUPTED, NULL);
    if (l->fd < 0 && reopen(w) != 0) {
        int saved = errno;

        w->path.len = l->path_len;
        w->path.data[w->path.len] = '\0';
        l->next = l->count;
        return trouble(w, BAG_DETAIL_SYSTEM, saved, fault);
    }
    name = l->names[l->next++];
    if (set_path(w, name, fault) != SEAL_OK)
        return fault->status;
    return enter(w, name, fault);
}

enum seal_status disk_walk(int at, const char *top, const struct disk_visitor *visitor,
                           struct fault *fault)
{
    struct walk w = {.at = at, .visitor = visitor};
    enum seal_status status;

    w.levels = calloc(DEPTH_MAX, sizeof *w.levels);
    if (w.levels == NULL || buffer_append_text(&w.path, top) != SEAL_OK)
        status = fault_no_memory(fault);
    else
        status = enter(&w, top, fault);
    while (status == SEAL_OK && w.depth > 0)
        status = step(&w, fault);
    while (w.depth > 0)
        leave(&w);
    free(w.levels);
    buffer_free(&w.path);
    return status;
}
