/*
 * Opening files and folders on POSIX systems.
 */
#include "platform/files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/posix.h"

int at_fd(int at)
{
    return at == PLAT_CWD ? AT_FDCWD : at;
}

int open_retry(int at, const char *name, int flags, mode_t mode)
{
    int fd;

    do
        fd = openat(at_fd(at), name, flags | O_CLOEXEC | O_NOCTTY, mode);
    while (fd < 0 && errno == EINTR && !stop_requested());
    return fd;
}

/* Reading evidence must not change it, so its time of last access stays if the system allows that:
 * Linux does for files of this user. */
static int open_to_look(int at, const char *name, int flags)
{
#ifdef O_NOATIME
    int fd = open_retry(at, name, flags | O_NOATIME, 0);

    if (fd >= 0 || errno != EPERM)
        return fd;
#endif
    return open_retry(at, name, flags, 0);
}

int plat_open_dir(int at, const char *name, bool follow)
{
    return open_to_look(at, name, O_RDONLY | O_DIRECTORY | (follow ? 0 : O_NOFOLLOW));
}

int plat_open_file(int at, const char *name, bool follow)
{
    int fd = open_to_look(at, name, O_RDONLY | (follow ? 0 : O_NOFOLLOW | O_NONBLOCK));
    struct stat st;

    /* The same error as that of a device that was unplugged. */
    if (fd < 0 && errno == ENXIO)
        errno = fstatat(at_fd(at), name, &st, 0) == 0 && S_ISSOCK(st.st_mode) ? EOPNOTSUPP : ENXIO;
    return fd;
}

static bool is_own(const struct stat *st)
{
    /* A folder that root gave to a worker counts as root's. */
    return (S_ISDIR(st->st_mode) || S_ISREG(st->st_mode)) &&
           (st->st_uid == geteuid() || (geteuid() == 0 && is_worker_uid(st->st_uid)));
}

int plat_open_owned(int at, const char *name, bool *is_dir)
{
    struct stat st;
    int fd;

    if (fstatat(at_fd(at), name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return -1;
    if (!is_own(&st)) { /* opening a FIFO or a device can have effects */
        errno = EINVAL;
        return -1;
    }
    *is_dir = S_ISDIR(st.st_mode);
    fd = *is_dir ? plat_open_dir(at, name, false) : plat_open_file(at, name, false);
    /* Another file may have got the name since fstatat. */
    if (fd >= 0 && (fstat(fd, &st) != 0 || !is_own(&st) || S_ISDIR(st.st_mode) != *is_dir)) {
        (void)close(fd);
        errno = EINVAL;
        return -1;
    }
    return fd;
}
