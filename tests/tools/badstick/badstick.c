/*
 * A medium that is not what it says: shows a folder under a mount point (by FUSE), with one fault.
 *
 *     badstick [-c] FOLDER MOUNTPOINT sound
 *     badstick [-c] FOLDER MOUNTPOINT loses BYTES          what is written from there on is zeros
 *     badstick [-c] FOLDER MOUNTPOINT wraps BYTES          goes over what was written first
 *     badstick [-c] FOLDER MOUNTPOINT full BYTES           there is no more room than that
 *     badstick [-c] FOLDER MOUNTPOINT pulled BYTES ERRNO   after so many, read or written, all
 * fails badstick [-c] FOLDER MOUNTPOINT unnamed TIMES ERRNO  likewise when the next gets its name
 *     badstick [-c] FOLDER MOUNTPOINT protected            nothing can be written
 *     badstick [-c] FOLDER MOUNTPOINT timeless             a time is set, it says, and is not
 *     badstick [-c] FOLDER MOUNTPOINT fuse2                likewise, unless both times are set
 *     badstick [-c] FOLDER MOUNTPOINT rounds SECONDS       times are multiples of that
 *     badstick [-c] FOLDER MOUNTPOINT shifts SECONDS       times are so much later
 *     badstick [-c] FOLDER MOUNTPOINT empties              a folder that gets a name is empty then
 *     badstick [-c] FOLDER MOUNTPOINT twice                all that is in a folder is listed twice
 *     badstick [-c] FOLDER MOUNTPOINT numbers              a file has another number each time
 *     badstick [-c] FOLDER MOUNTPOINT blocks               reads best in blocks larger than its own
 *     badstick [-c] FOLDER MOUNTPOINT forward BYTES        files cannot be sought in, nor be read
 *                                                          from there on
 *     badstick [-c] FOLDER MOUNTPOINT lengthens            names have 300 letters more (NTFS)
 *     badstick [-c] FOLDER MOUNTPOINT private              only who mounted it may look
 *     badstick [-c] FOLDER MOUNTPOINT sizeless             files say that they have 0 bytes
 *     badstick [-c] FOLDER MOUNTPOINT dying BYTES          reading fails from there on, slowly
 *     badstick [-c] FOLDER MOUNTPOINT unopened 1 ERRNO     no file can be opened to be read
 *     badstick [-c] FOLDER MOUNTPOINT busy 1 ERRNO         what is open gets no other name
 *     badstick [-c] FOLDER MOUNTPOINT rightless 0          all may do all; chmod has no effect
 * (NTFS) badstick [-c] FOLDER MOUNTPOINT rightless 1 ERRNO    likewise, and it fails (FAT)
 *
 * It is mounted when this returns, and what serves it ends when it is unmounted (fusermount3 -u).
 * Bytes are counted from then on, over all files, in the order in which they are written.
 *
 * What is read comes from FOLDER, which has what the medium has in truth. With -c the system has a
 * memory in between, as it has for a real one: it gives back what was written, until it is told to
 * forget.
 */
#include "badstick.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define SAYS ((long long)64 << 30) /* how large it is, where it lies */

enum kind kind;
static const char *const kinds[] = {
    "sound",   "loses",     "wraps",   "full",     "pulled",    "unnamed",  "protected", "timeless",
    "fuse2",   "rounds",    "shifts",  "empties",  "rightless", "twice",    "numbers",   "blocks",
    "forward", "lengthens", "private", "sizeless", "dying",     "unopened", "busy"};
static bool has_memory;
static int root = -1; /* the folder */
long long limit, moved, used;
int error;
static ino_t last_number = 1000;
static int opened_count;
static char tail[301]; /* of a name */

/* "." for the folder itself. */
static const char *below(const char *path)
{
    static char name[PATH_MAX];
    char *at;

    if (path[1] == '\0')
        return ".";
    if (kind != LENGTHENS)
        return path + 1;
    (void)snprintf(name, sizeof name, "%s", path + 1);
    while ((at = strstr(name, tail)) != NULL)
        memmove(at, at + strlen(tail), strlen(at + strlen(tail)) + 1);
    return name;
}

int result(int returned)
{
    return returned < 0 ? -errno : returned;
}

int gone(void)
{
    return (kind == PULLED || kind == UNNAMED) && moved >= limit ? -error : 0;
}

int refused(void)
{
    return kind == PROTECTED ? -EROFS : gone();
}

/* ---- Files -------------------------------------------------------------------------------- */

static int opened(int fd, struct fuse_file_info *fi)
{
    fi->fh = (uint64_t)fd;
    fi->nonseekable = kind == FORWARD;
    opened_count += fd >= 0;
    return fd < 0 ? -errno : 0;
}

static int bad_open(const char *path, struct fuse_file_info *fi)
{
    bool writes = (fi->flags & O_ACCMODE) != O_RDONLY;
    int no = writes ? refused() : gone();

    if (kind == UNOPENED && !writes)
        return -error;
    return no != 0 ? no : opened(openat(root, below(path), fi->flags), fi);
}

static int bad_create(const char *path, mode_t mode, struct fuse_file_info *fi)
{
    return refused() != 0 ? refused()
                          : opened(openat(root, below(path), fi->flags | O_CREAT, mode), fi);
}

/* Where it wraps, what was written may still be written over. */
static int bad_release(const char *path, struct fuse_file_info *fi)
{
    (void)path;
    opened_count--;
    return kind == WRAPS ? 0 : result(close((int)fi->fh));
}

static int bad_flush(const char *path, struct fuse_file_info *fi)
{
    (void)path;
    (void)fi;
    return gone();
}

static int bad_fsync(const char *path, int only_data, struct fuse_file_info *fi)
{
    (void)path;
    (void)only_data;
    return gone() != 0 ? gone() : result(fsync((int)fi->fh));
}

static int bad_fsyncdir(const char *path, int only_data, struct fuse_file_info *fi)
{
    (void)path;
    (void)only_data;
    (void)fi;
    return gone();
}

static int bad_truncate(const char *path, off_t size, struct fuse_file_info *fi)
{
    char real[PATH_MAX];

    if (refused() != 0)
        return refused();
    if (fi != NULL)
        return result(ftruncate((int)fi->fh, size));
    (void)snprintf(real, sizeof real, "/proc/self/fd/%d/%s", root, below(path));
    return result(truncate(real, size));
}

/* ---- Names -------------------------------------------------------------------------------- */

static int bad_getattr(const char *path, struct stat *st, struct fuse_file_info *fi)
{
    int got = gone() != 0 ? gone() : result(fstatat(root, below(path), st, AT_SYMLINK_NOFOLLOW));

    (void)fi;
    if (kind == RIGHTLESS)
        st->st_mode |= 0777;
    if (kind == NUMBERS)
        st->st_ino = ++last_number;
    if (kind == SIZELESS && S_ISREG(st->st_mode))
        st->st_size = st->st_blocks = 0;
    return got;
}

static int bad_readdir(const char *path, void *list, fuse_fill_dir_t fill, off_t off,
                       struct fuse_file_info *fi, enum fuse_readdir_flags flags)
{
    int fd = gone() != 0 ? -1 : openat(root, below(path), O_RDONLY | O_DIRECTORY);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *e;
    char name[2 * PATH_MAX];

    (void)off;
    (void)fi;
    (void)flags;
    if (dir == NULL)
        return gone() != 0 ? gone() : -errno;
    while ((e = readdir(dir)) != NULL) {
        (void)snprintf(name, sizeof name, "%s%s", e->d_name,
                       kind == LENGTHENS && e->d_name[0] != '.' ? tail : "");
        for (int i = kind == TWICE ? 0 : 1; i < 2; i++)
            (void)fill(list, name, NULL, 0, 0);
    }
    (void)closedir(dir);
    return 0;
}

static int bad_mkdir(const char *path, mode_t mode)
{
    return refused() != 0 ? refused() : result(mkdirat(root, below(path), mode));
}

static int bad_unlink(const char *path)
{
    struct stat st;

    if (refused() != 0)
        return refused();
    if (fstatat(root, below(path), &st, AT_SYMLINK_NOFOLLOW) == 0)
        used -= st.st_size;
    return result(unlinkat(root, below(path), 0));
}

static int bad_rmdir(const char *path)
{
    return refused() != 0 ? refused() : result(unlinkat(root, below(path), AT_REMOVEDIR));
}

/* Out of sight: among the files that are above the medium. */
static int unlinked(const char *name)
{
    static int count;
    char lost[32];

    (void)snprintf(lost, sizeof lost, "../lost%d", ++count);
    return renameat2(root, name, root, lost, 0);
}

static int bad_rename(const char *from, const char *to, unsigned int flags)
{
    struct stat st;

    if (refused() != 0)
        return refused();
    moved += kind == UNNAMED;
    if (kind == BUSY && opened_count > 0)
        return -error;
    if (kind == EMPTIES && fstatat(root, below(from), &st, 0) == 0 && S_ISDIR(st.st_mode))
        return unlinked(below(from)) != 0 ? -errno : result(mkdirat(root, below(to), 0700));
    return result(renameat2(root, below(from), root, below(to), flags));
}

static int bad_chmod(const char *path, mode_t mode, struct fuse_file_info *fi)
{
    (void)fi;
    if (kind == RIGHTLESS)
        return limit == 0 ? 0 : -error;
    return refused() != 0 ? refused() : result(fchmodat(root, below(path), mode, 0));
}

static int bad_utimens(const char *path, const struct timespec times[2], struct fuse_file_info *fi)
{
    struct timespec set[2] = {times[0], times[1]};

    (void)fi;
    if (refused() != 0)
        return refused();
    if (kind == TIMELESS || (kind == FUSE2 && (times[0].tv_nsec == UTIME_OMIT)))
        return 0;
    if (kind == ROUNDS)
        set[1] = (struct timespec){times[1].tv_sec - times[1].tv_sec % limit, 0};
    if (kind == SHIFTS)
        set[1].tv_sec += limit;
    return result(utimensat(root, below(path), set, AT_SYMLINK_NOFOLLOW));
}

static int bad_statfs(const char *path, struct statvfs *fs)
{
    long long size = kind == FULL ? limit : SAYS;

    (void)path;
    if (gone() != 0)
        return gone();
    *fs = (struct statvfs){.f_bsize = BLOCK, .f_frsize = BLOCK, .f_namemax = 255};
    if (kind == BLOCKS)
        fs->f_bsize = 256 * BLOCK;
    fs->f_blocks = (fsblkcnt_t)(size / BLOCK);
    fs->f_bfree = fs->f_bavail = (fsblkcnt_t)(used < size ? (size - used) / BLOCK : 0);
    return 0;
}

static void *bad_init(struct fuse_conn_info *conn, struct fuse_config *config)
{
    conn->want &= ~(unsigned int)FUSE_CAP_AUTO_INVAL_DATA;
    config->direct_io = !has_memory;
    config->kernel_cache = has_memory;
    config->use_ino = 1;
    config->hard_remove = 1;
    config->entry_timeout = config->attr_timeout = config->negative_timeout = 0;
    return NULL;
}

static const struct fuse_operations operations = {
    .init = bad_init,
    .getattr = bad_getattr,
    .readdir = bad_readdir,
    .open = bad_open,
    .create = bad_create,
    .read = bad_read,
    .write = bad_write,
    .flush = bad_flush,
    .fsync = bad_fsync,
    .fsyncdir = bad_fsyncdir,
    .release = bad_release,
    .truncate = bad_truncate,
    .mkdir = bad_mkdir,
    .unlink = bad_unlink,
    .rmdir = bad_rmdir,
    .rename = bad_rename,
    .chmod = bad_chmod,
    .utimens = bad_utimens,
    .statfs = bad_statfs,
};

int main(int argc, char **argv)
{
    char *arguments[] = {argv[0], "-s", "-o", "fsname=badstick", NULL, NULL};
    size_t i = 0;

    has_memory = argc > 1 && strcmp(argv[1], "-c") == 0;
    argc -= has_memory;
    argv += has_memory;
    while (argc > 3 && i < sizeof kinds / sizeof kinds[0] && strcmp(argv[3], kinds[i]) != 0)
        i++;
    if (argc < 4 || i == sizeof kinds / sizeof kinds[0]) {
        (void)fprintf(stderr, "usage: badstick [-c] FOLDER MOUNTPOINT FAULT [NUMBER [ERRNO]]\n");
        return 2;
    }
    kind = i;
    memset(tail, 'n', sizeof tail - 1);
    /* As sticks are mounted: for all. Only root may say so. */
    if (geteuid() == 0 && kind != PRIVATE)
        arguments[3] = "fsname=badstick,allow_other";
    limit = argc > 4 ? atoll(argv[4]) : 1;
    error = argc > 5 ? atoi(argv[5]) : EIO;
    root = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) {
        perror(argv[1]);
        return 1;
    }
    arguments[4] = argv[2];
    return fuse_main(5, arguments, &operations, NULL);
}
