#include "intake/folder.h"
#include "base/text.h"
#include "platform/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void folder_start(struct folder *f, int top)
{
    *f = (struct folder){.top = top, .open_fd = -1};
}

void folder_end(struct folder *f)
{
    if (f->open_fd >= 0)
        (void)plat_close(f->open_fd);
    free(f->open_path);
    folder_start(f, -1);
}

/* Tells a name that the system cannot hold from a failure of the disk. */
static enum seal_status name_fault(struct fault *fault, const char *path)
{
    switch (errno) {
    case ENAMETOOLONG:
    case EILSEQ:
    case EINVAL:
        return fault_set(fault, REASON_NAME_UNHOLDABLE, path);
    case EEXIST:
        return fault_set(fault, REASON_NAME_TWICE_HERE, path);
    default:
        return fault_set_errno(fault, REASON_CREATE, path);
    }
}

/* Opens the subfolder of at with this name. Closes at, unless f still needs it. */
static int enter(const struct folder *f, int at, const char *part, size_t len)
{
    char *name = text_copy(part, len);
    int fd = name == NULL ? -1 : plat_open_dir(at, name, false);
    int saved = name == NULL ? ENOMEM : errno;

    free(name);
    if (at != f->top && at != f->open_fd)
        (void)plat_close(at);
    errno = saved;
    return fd;
}

/* How many bytes of path lead to the folder opened last, with the slash behind it; 0: path does not
 * lie there. */
static size_t open_part_len(const struct folder *f, const char *path, size_t len)
{
    size_t open_len = f->open_path == NULL ? 0 : strlen(f->open_path);

    if (open_len == 0 || open_len > len || memcmp(f->open_path, path, open_len) != 0 ||
        (open_len < len && path[open_len] != '/'))
        return 0;
    return open_len + 1;
}

/* Bytes of the parts that both paths begin with, without the slash behind them. */
static size_t shared_len(const char *a, const char *b, size_t b_len)
{
    size_t shared = 0, i = 0;

    for (; i < b_len && a[i] != '\0' && a[i] == b[i]; i++)
        if (a[i] == '/')
            shared = i;
    if ((a[i] == '\0' || a[i] == '/') && (i == b_len || b[i] == '/'))
        shared = i;
    return shared;
}

/* Goes up by ".." from the folder opened last to the first one that path lies in too, if that takes
 * fewer steps than going down from the top. That is safe because nobody else may enter and move
 * folders meanwhile. Returns what open_part_len then would. */
static size_t climb(struct folder *f, const char *path, size_t len)
{
    size_t open_len = f->open_path == NULL ? 0 : strlen(f->open_path);
    size_t shared = open_len == 0 ? 0 : shared_len(f->open_path, path, len);

    if (!PLAT_DOTDOT_IS_STABLE || shared == 0 || open_len - shared > shared)
        return 0;
    for (size_t i = open_len; i > shared; i--) {
        int fd;

        if (f->open_path[i - 1] != '/')
            continue;
        fd = plat_open_dir(f->open_fd, "..", false);
        if (fd < 0)
            return 0;
        (void)plat_close(f->open_fd);
        f->open_fd = fd;
        f->open_path[i - 1] = '\0';
    }
    return open_part_len(f, path, len);
}

/* Opens the folder that path lies in and keeps it open, because the next file mostly lies there or
 * below. *name gets the last part of path. */
static enum seal_status open_parent(struct folder *f, const char *path, int *fd, const char **name,
                                    struct fault *fault)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);
    size_t done = open_part_len(f, path, len);
    int at;
    char *copy;

    if (done == 0)
        done = climb(f, path, len);
    at = done > 0 ? f->open_fd : f->top;
    *name = slash == NULL ? path : slash + 1;
    *fd = len == 0 ? f->top : at;
    if (len == 0 || done > len)
        return SEAL_OK;
    while (done < len && at >= 0) {
        size_t part_len = strcspn(path + done, "/");

        at = enter(f, at, path + done, part_len);
        done += part_len + 1;
    }
    if (at < 0)
        return name_fault(fault, path);
    copy = text_copy(path, len);
    folder_end(&(struct folder){-1, f->open_path, f->open_fd});
    f->open_path = copy;
    f->open_fd = at;
    *fd = at;
    return copy == NULL ? fault_no_memory(fault) : SEAL_OK;
}

enum seal_status folder_make(struct folder *f, const char *path, struct fault *fault)
{
    const char *name;
    int parent;

    if (open_parent(f, path, &parent, &name, fault) != SEAL_OK)
        return fault->status;
    return plat_make_dir(parent, name, PLAT_SHARED) == 0 ? SEAL_OK : name_fault(fault, path);
}

enum seal_status folder_create(struct folder *f, const char *path, int *fd, struct fault *fault)
{
    const char *name;
    int parent;

    if (open_parent(f, path, &parent, &name, fault) != SEAL_OK)
        return fault->status;
    *fd = plat_create_file(parent, name, PLAT_SHARED, false);
    return *fd < 0 ? name_fault(fault, path) : SEAL_OK;
}

enum seal_status folder_open(struct folder *f, const char *path, int *fd, struct fault *fault)
{
    const char *name;
    int parent;

    if (open_parent(f, path, &parent, &name, fault) != SEAL_OK)
        return fault->status;
    *fd = plat_open_dir(parent, name, false);
    return *fd < 0 ? fault_set_errno(fault, REASON_OPEN, path) : SEAL_OK;
}
