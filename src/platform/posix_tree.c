/*
 * Walking down into a tree of folders and back up, on POSIX systems.
 */
#include "platform/files.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/posix.h"

struct tree_folder {
    dev_t device;
    ino_t inode;
};

int tree_descend(struct tree_path *w, int fd, const char *name)
{
    struct stat st;
    int down;

    if (w->depth == w->cap) {
        size_t cap = w->cap == 0 ? 16 : w->cap * 2;
        struct tree_folder *passed = realloc(w->passed, cap * sizeof *passed);

        if (passed == NULL)
            return -1;
        w->passed = passed;
        w->cap = cap;
    }
    if (fstat(fd, &st) != 0)
        return -1;
    w->passed[w->depth] = (struct tree_folder){st.st_dev, st.st_ino};
    down = plat_open_dir(fd, name, false);
    w->depth += down >= 0;
    return down;
}

int tree_ascend(struct tree_path *w, int fd)
{
    const struct tree_folder *above = &w->passed[--w->depth];
    int up = plat_open_dir(fd, "..", false);
    struct stat st;

    if (up >= 0 && fstat(up, &st) == 0 && st.st_dev == above->device && st.st_ino == above->inode)
        return up;
    if (up >= 0)
        (void)close(up);
    errno = EBUSY;
    return -1;
}
