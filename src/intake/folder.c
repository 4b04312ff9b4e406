#include "intake/folder.h"

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

/* What the system says to a name it cannot hold is not the same as a failing disk. */
static enum seal_status name_fault(struct fault *fault, const char *path)
{
    switch (errno) {
    case ENAMETOOLONG:
    case EILSEQ:
    case EINVAL:
        return fault_set(fault, SEAL_LOCAL_NAME, "this system cannot hold a name of it", path);
    case EEXIST:
        return fault_set(fault, SEAL_LOCAL_NAME,
                         "this system takes two different names of it for the same", path);
    default:
        return fault_set_errno(fault, "could not be created", path);
    }
}

/* One part of a path, opened; made first if it is missing. Closes at unless it is the top. */
static int enter(const struct folder *f, int at, const char *part, size_t len)
{
    char *name = strndup(part, len);
    int fd = -1, saved;

    if (name != NULL) {
        fd = plat_open_dir(at, name, false);
        if (fd < 0 && errno == ENOENT && plat_make_dir(at, name, PLAT_SHARED) == 0)
            fd = plat_open_dir(at, name, false);
    }
    saved = name == NULL ? ENOMEM : errno;
    free(name);
    if (at != f->top)
        (void)plat_close(at);
    errno = saved;
    return fd;
}

/* The folder that path lies in; stays open for the next file, which mostly lies there too. */
static enum seal_status open_parent(struct folder *f, const char *path, int *fd, const char **last,
                                    struct fault *fault)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);
    const char *part = path;
    int at = f->top;

    *last = slash == NULL ? path : slash + 1;
    *fd = f->top;
    if (len == 0)
        return SEAL_OK;
    *fd = f->open_fd;
    if (f->open_path != NULL && strlen(f->open_path) == len && memcmp(f->open_path, path, len) == 0)
        return SEAL_OK;
    while (part < path + len && at >= 0) {
        size_t part_len = strcspn(part, "/");

        at = enter(f, at, part, part_len);
        part += part_len + 1;
    }
    if (at < 0)
        return name_fault(fault, path);
    folder_end(&(struct folder){-1, f->open_path, f->open_fd});
    f->open_path = strndup(path, len);
    f->open_fd = at;
    *fd = at;
    return f->open_path == NULL ? fault_set(fault, SEAL_NO_MEMORY, NULL, NULL) : SEAL_OK;
}

enum seal_status folder_make(struct folder *f, const char *path, struct fault *fault)
{
    const char *last;
    int parent, fd;

    if (open_parent(f, path, &parent, &last, fault) != SEAL_OK)
        return fault->status;
    if (plat_make_dir(parent, last, PLAT_SHARED) == 0)
        return SEAL_OK;
    if (errno != EEXIST)
        return name_fault(fault, path);
    /* Made before for something in it: fine, if it is a folder. */
    fd = plat_open_dir(parent, last, false);
    if (fd < 0)
        return name_fault(fault, path);
    (void)plat_close(fd);
    return SEAL_OK;
}

enum seal_status folder_create(struct folder *f, const char *path, bool exec, int *fd,
                               struct fault *fault)
{
    const char *last;
    int parent;

    if (open_parent(f, path, &parent, &last, fault) != SEAL_OK)
        return fault->status;
    *fd = plat_create_file(parent, last, PLAT_SHARED, exec);
    return *fd < 0 ? name_fault(fault, path) : SEAL_OK;
}

enum seal_status folder_set_mtime(struct folder *f, const char *path, struct timestamp mtime,
                                  struct fault *fault)
{
    const char *last;
    int parent, fd;
    enum seal_status status = SEAL_OK;

    if (open_parent(f, path, &parent, &last, fault) != SEAL_OK)
        return fault->status;
    fd = plat_open_dir(parent, last, false);
    if (fd < 0 || plat_set_mtime_fd(fd, mtime) != 0)
        status = fault_set_errno(fault, "could not be given its time", path);
    if (fd >= 0)
        (void)plat_close(fd);
    return status;
}
