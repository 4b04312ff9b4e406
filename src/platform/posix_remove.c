/*
 * Removing files and trees on POSIX systems.
 */
#include "platform/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/posix.h"

int plat_unlink(int at, const char *name)
{
    return unlinkat(at_fd(at), name, 0);
}

/* Removing a tree, one folder at a time, and back up by "..": a deep tree exhausts neither
 * descriptors nor the stack. */
struct removal {
    int fd; /* of the current folder */
    bool may_stop;
    char *subfolder; /* one that is not empty, met in this round; or NULL */
    int failed;      /* errno of a failure in this round; 0: none */
    struct tree_path path;
};

static int remove_entry(void *ctx, const char *name)
{
    struct removal *r = ctx;

    if (r->may_stop && stop_requested()) {
        r->failed = EINTR;
        return 1;
    }
    if (unlinkat(r->fd, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM) {
        r->failed = errno;
        return 0;
    }
    if (unlinkat(r->fd, name, AT_REMOVEDIR) == 0)
        return 0;
    if (errno != ENOTEMPTY && errno != EEXIST) {
        r->failed = errno;
        return 0;
    }
    r->subfolder = strdup(name);
    return 1;
}

/* A subfolder without the rights to read and search it gets them. It is not a link: unlinkat would
 * have removed that. */
static int go_down(struct removal *r)
{
    int next = tree_descend(&r->path, r->fd, r->subfolder);

    if (next < 0 && errno == EACCES && fchmodat(r->fd, r->subfolder, 0700, 0) == 0)
        next = tree_descend(&r->path, r->fd, r->subfolder);
    return next;
}

/* Empties the current folder until a subfolder is met. Returns the folder of the next round: that
 * subfolder, or the folder above. -1: all is done, or r->failed says why not. */
static int next_round(struct removal *r)
{
    int next = -1, listed;

    (void)fchmod(r->fd, 0700); /* nothing can be removed from a read-only folder */
    r->subfolder = NULL;
    r->failed = 0;
    listed = plat_list_dir(r->fd, remove_entry, r);
    if (r->subfolder != NULL) {
        next = go_down(r);
        r->failed = next < 0 ? errno : 0;
    } else if (r->failed == 0 && listed != 0) {
        r->failed = errno;
    } else if (r->failed == 0 && r->path.depth > 0) {
        next = tree_ascend(&r->path, r->fd); /* its round removes this folder, which is empty now */
        r->failed = next < 0 ? errno : 0;
    }
    free(r->subfolder);
    return next;
}

static int empty_folder(int folder, bool may_stop)
{
    struct removal r = {.fd = fcntl(folder, F_DUPFD_CLOEXEC, 3), .may_stop = may_stop};

    while (r.fd >= 0) {
        int next = next_round(&r);

        (void)close(r.fd);
        r.fd = next;
        if (next < 0) {
            free(r.path.folders);
            errno = r.failed;
            return r.failed == 0 ? 0 : -1;
        }
    }
    return -1;
}

int plat_remove_tree(int at, const char *name, int fd, bool may_stop)
{
    if (fd >= 0 && empty_folder(fd, may_stop) != 0)
        return -1;
    return unlinkat(at_fd(at), name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -1;
}
