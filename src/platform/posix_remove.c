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

/* One folder at a time, and back up by "..", so that no depth runs out of descriptors or stack. */
struct removal {
    int fd; /* of the folder at hand */
    bool may_stop;
    char *victim; /* a subfolder met in this round, or NULL */
    int failed;   /* errno of the first failure in it */
    struct tree_path way;
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
    r->victim = strdup(name);
    return 1;
}

/* One that nobody may enter is opened up before: it is no link, since it could not be removed. */
static int go_down(struct removal *r)
{
    int next = tree_descend(&r->way, r->fd, r->victim);

    if (next < 0 && errno == EACCES && fchmodat(r->fd, r->victim, 0700, 0) == 0)
        next = tree_descend(&r->way, r->fd, r->victim);
    return next;
}

/* The next folder to be emptied; -1: done if nothing failed. */
static int next_round(struct removal *r)
{
    int next = -1, listed;

    (void)fchmod(r->fd, 0700); /* if it was read-only, nothing in it could be removed */
    r->victim = NULL;
    r->failed = 0;
    listed = plat_list_dir(r->fd, remove_entry, r);
    if (r->victim != NULL) {
        next = go_down(r);
        r->failed = next < 0 ? errno : 0;
    } else if (r->failed == 0 && listed != 0) {
        r->failed = errno;
    } else if (r->failed == 0 && r->way.depth > 0) {
        next = tree_ascend(&r->way, r->fd); /* the next round removes this one, now empty */
        r->failed = next < 0 ? errno : 0;
    }
    free(r->victim);
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
            free(r.way.passed);
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
