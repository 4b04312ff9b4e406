/*
 * Properties of files and folders on POSIX systems.
 */
#include "platform/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/posix.h"
#if HAS_BARE_FSTAT
#include <sys/syscall.h>
#endif

static enum plat_type type_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return PLAT_FILE;
    case S_IFDIR:
        return PLAT_DIR;
    case S_IFLNK:
        return PLAT_LINK;
    case S_IFIFO:
        return PLAT_FIFO;
    case S_IFSOCK:
        return PLAT_SOCKET;
    case S_IFCHR:
    case S_IFBLK:
        return PLAT_DEVICE;
    default:
        return PLAT_OTHER;
    }
}

static void stat_convert(struct plat_stat *out, const struct stat *st)
{
    out->type = type_of(st->st_mode);
    out->owner_may_execute = (st->st_mode & S_IXUSR) != 0;
    out->others_may_read = (st->st_mode & (S_IRWXG | S_IRWXO)) != 0;
    out->size = st->st_size < 0 ? 0 : (uint64_t)st->st_size;
    out->mtime = (struct timestamp){st->st_mtim.tv_sec, (uint32_t)st->st_mtim.tv_nsec};
    out->changed = (struct timestamp){st->st_ctim.tv_sec, (uint32_t)st->st_ctim.tv_nsec};
    out->device = (uint64_t)st->st_dev;
    out->inode = (uint64_t)st->st_ino;
}

int plat_stat_at(int at, const char *name, bool follow, struct plat_stat *out)
{
    struct stat st;

    if (fstatat(at_fd(at), name, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW) != 0)
        return -1;
    stat_convert(out, &st);
    return 0;
}

int fstat_bare(int fd, struct stat *st)
{
#if HAS_BARE_FSTAT /* there struct stat is the kernel's */
    return (int)syscall(SYS_fstat, fd, st);
#else
    return fstat(fd, st);
#endif
}

int plat_stat_fd(int fd, struct plat_stat *out)
{
    struct stat st;

    if (fstat_bare(fd, &st) != 0)
        return -1;
    stat_convert(out, &st);
    return 0;
}

int plat_read_link(int at, const char *name, struct buffer *out)
{
    /* st_size of a link is 0 in procfs, and the link may change: grow until the target fits. */
    for (size_t room = 256; room <= 1024 * 1024; room *= 2) {
        ssize_t n;

        if (buffer_reserve(out, room) != SEAL_OK) {
            errno = ENOMEM;
            return -1;
        }
        n = readlinkat(at_fd(at), name, (char *)out->data + out->len, room);
        if (n < 0)
            return -1;
        if ((size_t)n < room) {
            out->len += (size_t)n;
            return 0;
        }
    }
    errno = ENAMETOOLONG;
    return -1;
}

static bool lets_others_rename(const struct stat *st)
{
    if ((st->st_mode & S_ISVTX) != 0)
        return false;
    /* A folder that our own group may write to is safe: usually only this user is in it. */
    return (st->st_mode & S_IWOTH) != 0 ||
           ((st->st_mode & S_IWGRP) != 0 && st->st_gid != getegid());
}

bool plat_others_may_rename(int dirfd)
{
    struct stat st;

    if (fstat(dirfd, &st) != 0 || (st.st_uid != geteuid() && st.st_uid != 0))
        return true;
    return lets_others_rename(&st);
}

#define ABOVE_MAX 256

bool plat_others_may_move(int dirfd)
{
    static const char up[] = "../";
    char path[ABOVE_MAX * (sizeof up - 1) + 1];
    struct stat below, above;

    if (fstat(dirfd, &below) != 0)
        return false;
    for (size_t len = 0; len + sizeof up <= sizeof path; len += sizeof up - 1) {
        memcpy(path + len, up, sizeof up);
        if (fstatat(dirfd, path, &above, 0) != 0 ||
            (above.st_dev == below.st_dev && above.st_ino == below.st_ino)) /* the root */
            return false;
        if (lets_others_rename(&above))
            return true;
        below = above;
    }
    return false;
}

/* Some file systems in user space give a file another number when it is looked up again. Where
 * nobody else can exchange it, it is the same if all else is. */
static bool looks_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_mode == b->st_mode && a->st_uid == b->st_uid &&
           a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

int plat_is_same(int at, const char *name, int fd)
{
    struct stat named, opened;

    if (fstat(fd, &opened) != 0)
        return -1;
    if (fstatat(at_fd(at), name, &named, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 1 : -1;
    if (named.st_dev == opened.st_dev && named.st_ino == opened.st_ino)
        return 1;
    return !is_local(fd) && !plat_others_may_rename(at_fd(at)) && looks_same(&named, &opened);
}
