/*
 * Listing folders on POSIX systems.
 */
#include "platform/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int plat_list_dir(int dirfd, int (*each)(void *ctx, const char *name), void *ctx)
{
    /* closedir closes the descriptor, so this is a duplicate. (Opening "." instead would need the
     * right to search the folder.) It shares the original's position: hence rewinddir. */
    int fd = fcntl(dirfd, F_DUPFD_CLOEXEC, 0);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    int result = 0, saved;

    if (dir == NULL) {
        saved = errno;
        if (fd >= 0)
            (void)close(fd);
        errno = saved;
        return -1;
    }
    rewinddir(dir);
    for (;;) {
        errno = 0;
        entry = readdir(dir);
        if (entry == NULL) {
            result = errno != 0 ? -1 : 0;
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        result = each(ctx, entry->d_name);
        if (result != 0)
            break;
    }
    saved = errno;
    (void)closedir(dir);
    errno = saved;
    return result;
}
