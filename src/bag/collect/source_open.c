/*
 * Opening what was listed.
 */
#include "bag/collect/source_open.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "platform/files.h"

/* Opens the folder rel below a root, part by part; "" is the root itself. */
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

/* The same, but from the folder that was opened last if that is the parent. It then is the one that
 * was opened last. */
static int open_below(struct bag_source *s, size_t root, const char *rel)
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

/* The part of an original path that lies below its root; "" is the root itself. */
static const char *below_root(const struct bag_source *s, size_t root, const char *original)
{
    const char *rel = original + s->roots[root].strip;

    return *rel == '/' ? rel + 1 : rel;
}

int source_open_folder(struct bag_source *s, size_t root, const char *original)
{
    return open_below(s, root, below_root(s, root, original));
}

int source_open_item(struct bag_source *s, const struct item *item)
{
    const struct source_root *root = &s->roots[item->collect.root];
    const char *rel = below_root(s, item->collect.root, item_original(&s->table, item));
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
    dir = open_below(s, item->collect.root, folder);
    fd = dir < 0 ? -1 : plat_open_file(dir, slash == NULL ? rel : slash + 1, false);
    free(folder);
    return fd;
}
