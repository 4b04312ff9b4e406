/*
 * Times and rights on POSIX systems.
 */
#include "platform/files.h"

#include <sys/stat.h>

#include "platform/posix.h"

int plat_set_mtime_fd(int fd, struct timestamp mtime)
{
    struct timespec times[2] = {{0, UTIME_OMIT}, {mtime.sec, (long)mtime.nsec}};
    struct stat st;

    /* FUSE 2 sets both or none. */
    if (fstat_bare(fd, &st) == 0)
        times[0] = st.st_atim;
    return futimens(fd, times);
}

int plat_make_read_only(int fd)
{
    struct stat st;

    if (fstat_bare(fd, &st) != 0)
        return -1;
    return fchmod(fd, st.st_mode & 0555);
}

int plat_share_dir(int fd)
{
    mode_t mask = umask(077); /* the umask can only be read by setting it */
    struct stat st;

    (void)umask(mask);
    if (fstat_bare(fd, &st) != 0)
        return -1;
    if ((st.st_mode & S_IWUSR) == 0)
        mask |= 0222;
    return fchmod(fd, 0777 & ~mask);
}
