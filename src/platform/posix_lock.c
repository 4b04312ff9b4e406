/*
 * Locks between programs on POSIX systems.
 */
#include "platform/files.h"

#include <errno.h>
#include <sys/file.h>
#include <time.h>
#ifdef __linux__
#include <sys/statfs.h>
#endif

#include "platform/posix.h"

int plat_lock(int fd, void (*waits)(void *ctx), void *ctx)
{
    /* Not fcntl: its lock ends as soon as this process closes any descriptor of the file. */
    for (int tries = 1; flock(fd, LOCK_EX | (tries <= PLAT_LOCK_TRIES ? LOCK_NB : 0)) != 0;
         tries++) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return -1;
        if (stop_requested()) {
            errno = EINTR;
            return -1;
        }
        if (tries == PLAT_LOCK_TRIES && waits != NULL)
            waits(ctx);
        else if (tries < PLAT_LOCK_TRIES)
            (void)nanosleep(&(struct timespec){0, PLAT_LOCK_EVERY * 1000000L}, NULL);
    }
    return 0;
}

bool is_local(int fd)
{
#ifdef __linux__
    /* ext2 to ext4, XFS, Btrfs, F2FS, bcachefs, ZFS, JFS, ReiserFS, NILFS, tmpfs, ramfs, overlayfs,
     * FAT, exFAT, NTFS, HFS+, UDF; linux/magic.h has not all of them. Left out: file systems of
     * networks (NFS, SMB, 9P), and FUSE, behind which there may be one. */
    static const uint32_t types[] = {0xef53,     0x58465342, 0x9123683e, 0xf2f52010, 0xca451a4e,
                                     0x2fc12fc1, 0x3153464a, 0x52654973, 0x3434,     0x01021994,
                                     0x858458f6, 0x794c7630, 0x4d44,     0x2011bab0, 0x7366746e,
                                     0x482b,     0x15013346};
    struct statfs fs;

    if (fstatfs(fd, &fs) != 0)
        return false;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if ((uint32_t)fs.f_type == types[i])
            return true;
#else
    (void)fd;
#endif
    return false;
}

int plat_lock_try(int fd)
{
    if (!is_local(fd)) {
        errno = ENOTSUP;
        return -1;
    }
    return flock(fd, LOCK_EX | LOCK_NB);
}
