/*
 * Files and folders on POSIX systems, always relative to an open folder, never through a link
 * unless the user named it.
 */
#include "platform/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/magic.h>
#include <sys/statfs.h>
#endif

#include "platform/posix.h"

void path_unify(char *path)
{
    (void)path;
}

bool path_is_drive(const char *path)
{
    (void)path;
    return false;
}

static int real_at(int at)
{
    return at == PLAT_CWD ? AT_FDCWD : at;
}

/* Opens are retried when a signal that does not ask us to stop gets in between. */
static int open_again(int at, const char *name, int flags, mode_t mode)
{
    int fd;

    do
        fd = openat(real_at(at), name, flags | O_CLOEXEC | O_NOCTTY, mode);
    while (fd < 0 && errno == EINTR && !stop_requested());
    return fd;
}

/* Looking at evidence must not change it: without a new time of last access, where the system
 * lets us (Linux, for the owner's own files). */
static int open_to_look(int at, const char *name, int flags)
{
#ifdef O_NOATIME
    int fd = open_again(at, name, flags | O_NOATIME, 0);

    if (fd >= 0 || errno != EPERM)
        return fd;
#endif
    return open_again(at, name, flags, 0);
}

int plat_open_dir(int at, const char *name, bool follow)
{
    return open_to_look(at, name, O_RDONLY | O_DIRECTORY | (follow ? 0 : O_NOFOLLOW));
}

int plat_open_file(int at, const char *name, bool follow)
{
    return open_to_look(at, name, O_RDONLY | (follow ? 0 : O_NOFOLLOW | O_NONBLOCK));
}

static bool is_own(const struct stat *st)
{
    /* What root lent to a worker is root's. */
    return (S_ISDIR(st->st_mode) || S_ISREG(st->st_mode)) &&
           (st->st_uid == geteuid() || (geteuid() == 0 && is_worker_uid(st->st_uid)));
}

int plat_open_own(int at, const char *name, bool *is_dir)
{
    struct stat st;
    int fd;

    if (fstatat(real_at(at), name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return -1;
    if (!is_own(&st)) { /* a fifo or a device is not even opened */
        errno = EINVAL;
        return -1;
    }
    *is_dir = S_ISDIR(st.st_mode);
    fd = *is_dir ? plat_open_dir(at, name, false) : plat_open_file(at, name, false);
    /* Meanwhile somebody may have put another thing in its place. */
    if (fd >= 0 && (fstat(fd, &st) != 0 || !is_own(&st) || S_ISDIR(st.st_mode) != *is_dir)) {
        (void)close(fd);
        errno = EINVAL;
        return -1;
    }
    return fd;
}

bool plat_others_may_rename(int dirfd)
{
    struct stat st;

    if (fstat(dirfd, &st) != 0 || (st.st_uid != geteuid() && st.st_uid != 0))
        return true;
    if ((st.st_mode & S_ISVTX) != 0)
        return false;
    /* Many users have a group of their own, and a umask that lets it write. */
    return (st.st_mode & S_IWOTH) != 0 || ((st.st_mode & S_IWGRP) != 0 && st.st_gid != getegid());
}

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

    if (fstatat(real_at(at), name, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW) != 0)
        return -1;
    stat_convert(out, &st);
    return 0;
}

int plat_stat_fd(int fd, struct plat_stat *out)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return -1;
    stat_convert(out, &st);
    return 0;
}

int plat_read_link(int at, const char *name, struct buffer *out)
{
    /* The size a link claims may be 0 (procfs) or change: grow until it fits. */
    for (size_t room = 256; room <= 1024 * 1024; room *= 2) {
        ssize_t n;

        if (buffer_reserve(out, room) != SEAL_OK) {
            errno = ENOMEM;
            return -1;
        }
        n = readlinkat(real_at(at), name, (char *)out->data + out->len, room);
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

char *plat_real_path(const char *path)
{
    return realpath(path, NULL);
}

int plat_list_dir(int dirfd, int (*each)(void *ctx, const char *name), void *ctx)
{
    /* fdopendir takes its descriptor over. A copy needs no right to enter the folder, as "." would,
     * but stands where the original was left. */
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

int plat_list_streams(int at, const char *name, int (*each)(void *ctx, const char *stream),
                      void *ctx)
{
    (void)at;
    (void)name;
    (void)each;
    (void)ctx;
    return 0;
}

int plat_close(int fd)
{
    /* POSIX leaves the descriptor's state open after EINTR; Linux has closed it: never twice. */
    return close(fd) == 0 || errno == EINTR ? 0 : -1;
}

void plat_hint_sequential(int fd)
{
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_NOREUSE);
}

void plat_hint_soon(int fd)
{
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED);
}

#ifdef SYNC_FILE_RANGE_WRITE

/* Not so much that a stop would wait long for a slow medium. */
#define WINDOW ((uint64_t)8 * 1024 * 1024)

static int bring_out(int fd, uint64_t window, unsigned int how)
{
    /* What a pipe says, say, is of no matter; a medium's failure is said once, and not again by
     * fsync. */
    if (sync_file_range(fd, (off_t)(window * WINDOW), (off_t)WINDOW, how) == 0 ||
        (errno != EIO && errno != ENOSPC && errno != EDQUOT))
        return 0;
    return -1;
}

/* The window that is full now begins to go out; the one before it has had time to. */
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

static mode_t mode_of(enum plat_access access, bool exec)
{
    mode_t mode = access == PLAT_SHARED ? 0666 : 0600;

    return exec ? mode | (mode & 0444) >> 2 : mode;
}

int plat_make_dir(int at, const char *name, enum plat_access access)
{
    return mkdirat(real_at(at), name, mode_of(access, true));
}

int plat_create_file(int at, const char *name, enum plat_access access, bool exec)
{
    return open_again(at, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode_of(access, exec));
}

int plat_open_append(const char *path)
{
    return open_again(PLAT_CWD, path, O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK,
                      mode_of(PLAT_PRIVATE, false));
}

int plat_lock(int fd)
{
    int result;

    /* Unlike locks of fcntl, it does not end when the file is opened and closed elsewhere in the
     * same program. */
    do
        result = flock(fd, LOCK_EX);
    while (result != 0 && errno == EINTR && !stop_requested());
    return result;
}

/* Whether all who can write here see each other's locks, because only this system can. */
static bool locks_tell_all(int fd)
{
#ifdef __linux__
    /* ext2 to ext4, XFS, Btrfs, F2FS, bcachefs, ZFS, JFS, ReiserFS, NILFS, tmpfs, ramfs, overlayfs,
     * FAT, exFAT, NTFS, HFS+, UDF; not all are in linux/magic.h. Not: what other machines reach
     * too, by itself (NFS, SMB, 9P) or perhaps (FUSE). */
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
    if (!locks_tell_all(fd)) {
        errno = ENOTSUP;
        return -1;
    }
    return flock(fd, LOCK_EX | LOCK_NB);
}

int plat_duplicate(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

int plat_set_mtime_fd(int fd, struct timestamp mtime)
{
    struct timespec times[2] = {{0, UTIME_OMIT}, {mtime.sec, (long)mtime.nsec}};

    return futimens(fd, times);
}

void plat_mark_foreign(int fd)
{
    (void)fd;
}

int plat_make_read_only(int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return -1;
    return fchmod(fd, st.st_mode & 0555);
}

int plat_share_dir(int fd)
{
    mode_t mask = umask(077); /* it can only be read by setting it */
    struct stat st;

    (void)umask(mask);
    if (fstat(fd, &st) != 0)
        return -1;
    if ((st.st_mode & S_IWUSR) == 0)
        mask |= 0222;
    return fchmod(fd, 0777 & ~mask);
}

/* Where the system or the file system (FAT) has no rename that refuses: look, then rename. */
static int rename_after_look(int at, const char *from, const char *to)
{
    struct stat st;

    if (fstatat(at, to, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return -1;
    }
    return errno == ENOENT ? renameat(at, from, at, to) : -1;
}

int plat_rename_new(int at, const char *from, const char *to)
{
    at = real_at(at);
#if defined(SYS_renameat2)
    const unsigned int no_replace = 1;

    if (syscall(SYS_renameat2, at, from, at, to, no_replace) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
#endif
    return rename_after_look(at, from, to);
}

int plat_rename_over(int at, const char *from, const char *to)
{
    return renameat(real_at(at), from, real_at(at), to);
}

int plat_unlink(int at, const char *name)
{
    return unlinkat(real_at(at), name, 0);
}

/* ---- Down into a tree and back ------------------------------------------------------------ */

struct passed {
    dev_t device;
    ino_t inode;
};

int way_down(struct way *w, int fd, const char *name)
{
    struct stat st;
    int down;

    if (w->depth == w->cap) {
        size_t cap = w->cap == 0 ? 16 : w->cap * 2;
        struct passed *passed = realloc(w->passed, cap * sizeof *passed);

        if (passed == NULL)
            return -1;
        w->passed = passed;
        w->cap = cap;
    }
    if (fstat(fd, &st) != 0)
        return -1;
    w->passed[w->depth] = (struct passed){st.st_dev, st.st_ino};
    down = plat_open_dir(fd, name, false);
    w->depth += down >= 0;
    return down;
}

int way_up(struct way *w, int fd)
{
    const struct passed *above = &w->passed[--w->depth];
    int up = plat_open_dir(fd, "..", false);
    struct stat st;

    if (up >= 0 && fstat(up, &st) == 0 && st.st_dev == above->device && st.st_ino == above->inode)
        return up;
    if (up >= 0)
        (void)close(up);
    errno = EBUSY;
    return -1;
}

/* ---- Removing a tree ---------------------------------------------------------------------- */

/* One folder at a time, and back up by "..", so that no depth runs out of descriptors or stack. */
struct removal {
    int fd; /* of the folder at hand */
    bool may_stop;
    char *victim; /* a subfolder met in this round, or NULL */
    int failed;   /* errno of the first failure in it */
    struct way way;
};

static int remove_entry(void *ctx, const char *name)
{
    struct removal *r = ctx;

    if (r->may_stop && stop_requested()) {
        r->failed = EINTR;
        return 1;
    }
    if (unlinkat(r->fd, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM) {
        r->failed = errno;
        return 0;
    }
    if (unlinkat(r->fd, name, AT_REMOVEDIR) == 0)
        return 0;
    if (errno != ENOTEMPTY && errno != EEXIST) {
        r->failed = errno;
        return 0;
    }
    r->victim = strdup(name);
    return 1;
}

/* One that nobody may enter is opened up before: it is no link, since it could not be removed. */
static int go_down(struct removal *r)
{
    int next = way_down(&r->way, r->fd, r->victim);

    if (next < 0 && errno == EACCES && fchmodat(r->fd, r->victim, 0700, 0) == 0)
        next = way_down(&r->way, r->fd, r->victim);
    return next;
}

/* The next folder to be emptied; -1: done if nothing failed. */
static int next_round(struct removal *r)
{
    int next = -1, listed;

    (void)fchmod(r->fd, 0700); /* if it was read-only, nothing in it could be removed */
    r->victim = NULL;
    r->failed = 0;
    listed = plat_list_dir(r->fd, remove_entry, r);
    if (r->victim != NULL) {
        next = go_down(r);
        r->failed = next < 0 ? errno : 0;
    } else if (r->failed == 0 && listed != 0) {
        r->failed = errno;
    } else if (r->failed == 0 && r->way.depth > 0) {
        next = way_up(&r->way, r->fd); /* the next round removes this one, now empty */
        r->failed = next < 0 ? errno : 0;
    }
    free(r->victim);
    return next;
}

static int empty_folder(int folder, bool may_stop)
{
    struct removal r = {.fd = fcntl(folder, F_DUPFD_CLOEXEC, 3), .may_stop = may_stop};

    while (r.fd >= 0) {
        int next = next_round(&r);

        (void)close(r.fd);
        r.fd = next;
        if (next < 0) {
            free(r.way.passed);
            errno = r.failed;
            return r.failed == 0 ? 0 : -1;
        }
    }
    return -1;
}

int plat_remove_tree(int at, const char *name, int fd, bool may_stop)
{
    if (fd >= 0 && empty_folder(fd, may_stop) != 0)
        return -1;
    return unlinkat(real_at(at), name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -1;
}

int plat_sync(int fd)
{
    /* Pipes and some devices cannot be synced and need not be. */
    if (fsync(fd) == 0)
        return 0;
    return errno == EINVAL || errno == EROFS || errno == ENOTSUP || errno == ENOSYS ? 0 : -1;
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

int plat_truncate(int fd, uint64_t size)
{
    return ftruncate(fd, (off_t)size);
}
