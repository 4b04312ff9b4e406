/*
 * Renaming on POSIX systems.
 */
#include "platform/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/posix.h"

/* Of a file that has both; where that fails it keeps the old one. */
static int drop_old_name(int at, const char *from, const char *to)
{
    int saved;

    if (unlinkat(at, from, 0) == 0)
        return 0;
    saved = errno;
    (void)unlinkat(at, to, 0);
    errno = saved;
    return -1;
}

/* For systems and file systems without RENAME_NOREPLACE. Of a folder, and on FAT, which knows no
 * second name, not atomic: a file that appears between the two calls is replaced. */
static int rename_after_look(int at, const char *from, const char *to)
{
    struct stat st;

    if (linkat(at, from, at, to, 0) == 0)
        return drop_old_name(at, from, to);
    if (fstatat(at, to, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return -1;
    }
    return errno == ENOENT ? renameat(at, from, at, to) : -1;
}

int plat_rename_new(int at, const char *from, const char *to)
{
    at = at_fd(at);
#if defined(SYS_renameat2)
    const unsigned int no_replace = 1;

    if (syscall(SYS_renameat2, at, from, at, to, no_replace) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP && errno != ENOTTY)
        return -1;
#endif
    return rename_after_look(at, from, to);
}

int plat_rename_over(int at, const char *from, const char *to)
{
    return renameat(at_fd(at), from, at_fd(at), to);
}
