/*
 * Times and rights on POSIX systems.
 */
#include "platform/files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* File systems without rights (NTFS) accept the change without effect. */
int plat_make_read_only(int fd)
{
    struct stat st;

    if (fstat_bare(fd, &st) != 0 || fchmod(fd, st.st_mode & 0555) != 0 || fstat_bare(fd, &st) != 0)
        return -1;
    if ((st.st_mode & 0222) == 0)
        return 0;
    errno = ENOTSUP;
    return -1;
}

int plat_give_owner(int fd, int at, const char *name)
{
    struct stat st, other;

    if (fstat_bare(fd, &st) != 0 || fstatat(at_fd(at), name, &other, AT_SYMLINK_NOFOLLOW) != 0)
        return -1;
    if (st.st_uid == other.st_uid && (st.st_gid == other.st_gid || geteuid() != 0))
        return 0;
    return fchown(fd, other.st_uid, other.st_gid);
}

#define RIGHTS_OF_OTHERS (S_IRWXG | S_IRWXO)

/* Such a file system accepts the change without effect, or refuses it even to the owner. */
bool plat_can_restrict(int fd)
{
    struct stat st, now;
    bool can;

    if (fstat_bare(fd, &st) != 0)
        return true;
    if (fchmod(fd, st.st_mode & 07777 & ~(mode_t)RIGHTS_OF_OTHERS) != 0)
        return errno == EPERM && st.st_uid != geteuid() && geteuid() != 0;
    can = fstat_bare(fd, &now) == 0 && (now.st_mode & RIGHTS_OF_OTHERS) == 0;
    if (can)
        IGNORE_RESULT(fchmod(fd, st.st_mode & 07777));
    return can;
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
