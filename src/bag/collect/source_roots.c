/*
 * The paths given, and the list of all that is under them.
 */
#include "bag/collect/source_children.h"
#include "bag/collect/source_open.h"
#include "bag/collect/source_walk.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* Looks at a path given, and sets root, its name and its st. *name is malloc'ed. */
static enum seal_status root_start(struct source_root *root, const char *path, char **name,
                                   struct plat_stat *st, struct fault *fault)
{
    size_t len = strlen(path);

    *root = (struct source_root){.path = path, .follow = len > 0 && path[len - 1] == '/'};
    if (len == 0)
        return fault_set(fault, REASON_SOURCE_EMPTY_NAME, NULL);
    *name = last_part(path);
    if (*name == NULL)
        return fault_no_memory(fault);
    root->merged = **name == '\0' || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0 ||
                   path_is_drive(path);
    if (plat_stat_at(PLAT_CWD, path, root->follow || root->merged, st) != 0)
        return fault_set_errno(fault, REASON_READ, path);
    if (st->type == PLAT_LINK)
        return fault_set(fault, REASON_SOURCE_LINK, path);
    if (st->type != PLAT_FILE && st->type != PLAT_DIR)
        return fault_set(fault, REASON_SOURCE_KIND, path);
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
        fd = source_open_folder(s, number, PAYLOAD_DIR);
        status = fd < 0 ? fault_set_errno(fault, REASON_READ, path)
                        : children_list(c, s, fd, PAYLOAD_DIR, fault);
        goto out;
    }
    child = children_add(c, name);
    if (child == NULL) {
        status = fault_no_memory(fault);
    } else {
        child->st = st;
        status = children_note_streams(s, PLAT_CWD, path, PAYLOAD_DIR, name, fault);
    }
out:
    free(name);
    return status;
}

static int compare_child_names(const void *a, const void *b)
{
    return strcmp(((const struct child *)a)->name, ((const struct child *)b)->name);
}

static bool is_same(const struct child *a, const struct child *b)
{
    return a->st.inode != 0 && a->st.inode == b->st.inode && a->st.device == b->st.device;
}

/* Two paths given may end in the same name, or one may have the name of something in a merged one.
 */
static enum seal_status refuse_doubles(struct children *c, struct fault *fault)
{
    if (c->count > 1)
        qsort(c->list, c->count, sizeof *c->list, compare_child_names);
    for (size_t i = 1; i < c->count; i++) {
        const struct child *a = &c->list[i - 1], *b = &c->list[i];

        if (strcmp(a->name, b->name) == 0)
            return fault_set(fault, is_same(a, b) ? REASON_SOURCE_SAME : REASON_SOURCE_TWICE,
                             b->name);
    }
    return SEAL_OK;
}

/* data/ first, then all under the paths given. */
static enum seal_status fill(struct bag_source *s, const char *const *paths, size_t count,
                             struct fault *fault)
{
    struct children c = {0};
    enum seal_status status = SEAL_OK;
    struct item *item = table_add(&s->table, PAYLOAD_DIR, strlen(PAYLOAD_DIR));

    s->roots = calloc(count, sizeof *s->roots);
    if (item == NULL || s->roots == NULL)
        return fault_no_memory(fault);
    s->root_count = count;
    item->type = ITEM_DIR;
    item->marks = MARK_EXEC;
    for (size_t i = 0; i < count && status == SEAL_OK; i++) {
        uint64_t found = source_found(s);

        status = root_add(s, i, paths[i], &c, fault);
        s->roots[i].has_some = source_found(s) > found;
    }
    if (status == SEAL_OK)
        status = refuse_doubles(&c, fault);
    if (status == SEAL_OK)
        status = source_walk(s, &c, fault);
    children_free(&c);
    return status;
}

static void note_own_files(struct bag_source *s)
{
    static const int streams[] = {STDOUT_FILENO, STDERR_FILENO};

    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++)
        if (plat_stat_fd(streams[i], &s->own[s->own_count]) == 0 &&
            s->own[s->own_count].type == PLAT_FILE && s->own[s->own_count].inode != 0)
            s->own_count++;
}

enum seal_status bag_source_new(struct bag_source **out, const char *const *paths,
                                size_t path_count, const struct bag_observer *observer,
                                struct fault *fault)
{
    struct bag_source *s = calloc(1, sizeof *s);
    enum seal_status status;

    *out = NULL;
    if (s == NULL)
        return fault_no_memory(fault);
    table_init(&s->table, false);
    s->open_fd = -1;
    s->observer = *observer;
    note_own_files(s);
    status = fill(s, paths, path_count, fault);
    if (status == SEAL_OK)
        *out = s;
    else
        bag_source_free(s);
    return status;
}
