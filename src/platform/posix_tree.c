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

int tree_descend(struct tree_path *p, int fd, const char *name)
{
    struct stat st;
    int down;

    if (p->depth == p->cap) {
        size_t cap = p->cap == 0 ? 16 : p->cap * 2;
        struct tree_folder *folders = realloc(p->folders, cap * sizeof *folders);

        if (folders == NULL)
            return -1;
        p->folders = folders;
        p->cap = cap;
    }
    if (fstat_bare(fd, &st) != 0)
        return -1;
    p->folders[p->depth] = (struct tree_folder){st.st_dev, st.st_ino};
    down = plat_open_dir(fd, name, false);
    p->depth += down >= 0;
    return down;
}

int tree_ascend(struct tree_path *p, int fd)
{
    const struct tree_folder *above = &p->folders[--p->depth];
    int up = plat_open_dir(fd, "..", false);
    struct stat st;

    if (up >= 0 && fstat_bare(up, &st) == 0 && st.st_dev == above->device &&
        st.st_ino == above->inode)
        return up;
    if (up >= 0)
        (void)close(up);
    errno = EBUSY;
    return -1;
}
