/*
 * Bringing files to the medium on POSIX systems.
 */
#include "platform/files.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int plat_sync(int fd)
{
    /* Pipes and some devices cannot be synced and need not be, and some file systems cannot do it
     * with folders. ENOTTY is what macOS says of exFAT and SMB. */
    if (fsync(fd) == 0)
        return 0;
    return errno == EINVAL || errno == EROFS || errno == ENOTSUP || errno == ENOSYS ||
                   errno == ENOTTY
               ? 0
               : -1;
}

int plat_sync_filesystem(int fd)
{
#ifdef __linux__
    return syncfs(fd);
#else
    sync();
    return plat_sync(fd);
#endif
}

#ifdef SYNC_FILE_RANGE_WRITE

/* Bytes that are written to the medium at once: few enough that somebody who stops the program does
 * not wait long for a slow medium. */
#define WINDOW ((uint64_t)8 * 1024 * 1024)

static int bring_out(int fd, uint64_t window, unsigned int how)
{
    /* Other errors (it is a pipe, for example) do no harm. A failure of the medium must be
     * returned: the system reports it only once, so fsync would not see it. */
    if (sync_file_range(fd, (off_t)(window * WINDOW), (off_t)WINDOW, how) == 0 ||
        (errno != EIO && errno != ENOSPC && errno != EDQUOT))
        return 0;
    return -1;
}

/* Starts writing the window that was filled, and waits for the one before it. */
int plat_write_behind(int fd, uint64_t before, uint64_t now)
{
    uint64_t full = before / WINDOW;

    if (now / WINDOW == full)
        return 0;
    if (bring_out(fd, full, SYNC_FILE_RANGE_WRITE) != 0)
        return -1;
    if (full == 0)
        return 0;
    if (bring_out(fd, full - 1,
                  SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                      SYNC_FILE_RANGE_WAIT_AFTER) != 0)
        return -1;
    (void)posix_fadvise(fd, (off_t)((full - 1) * WINDOW), (off_t)WINDOW, POSIX_FADV_DONTNEED);
    return 0;
}

#else

int plat_write_behind(int fd, uint64_t before, uint64_t now)
{
    (void)fd;
    (void)before;
    (void)now;
    return 0;
}

#endif
