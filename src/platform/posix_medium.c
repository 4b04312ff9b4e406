/*
 * The medium of a file on POSIX systems: its free space, whether it is removable, and reading from
 * it rather than from the system's cache.
 */
#include "platform/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#else
#include <sys/statvfs.h>
#endif

/* ---- Free space --------------------------------------------------------------------------- */

#ifdef __linux__
#define FAT_FILE_MAX UINT32_MAX

typedef struct statfs file_system;
#define look_at_folder statfs
#define look_at_open fstatfs

/* f_bsize is what is best to read at once, and the unit only where there is no other. */
static uint64_t block_size(const file_system *fs)
{
    return (uint64_t)(fs->f_frsize > 0 ? fs->f_frsize : fs->f_bsize);
}

static uint64_t largest_file(const file_system *fs)
{
    /* f_type is signed on some processors, and has 64 bits on others. */
    return (uint32_t)fs->f_type == MSDOS_SUPER_MAGIC ? FAT_FILE_MAX : UINT64_MAX;
}
#else
typedef struct statvfs file_system;
#define look_at_folder statvfs
#define look_at_open fstatvfs

static uint64_t block_size(const file_system *fs)
{
    return (uint64_t)fs->f_frsize;
}

static uint64_t largest_file(const file_system *fs)
{
    (void)fs;
    return UINT64_MAX;
}
#endif

static int space_of(const file_system *fs, struct plat_space *space)
{
    uint64_t blocks = (uint64_t)fs->f_bavail, size = block_size(fs);

    if (fs->f_blocks == 0) { /* some do not tell (FUSE file systems that do not implement it) */
        errno = ENOTSUP;
        return -1;
    }
    *space = (struct plat_space){.free = size != 0 && blocks > UINT64_MAX / size ? UINT64_MAX
                                                                                 : blocks * size,
                                 .files = fs->f_files == 0 ? UINT64_MAX : (uint64_t)fs->f_ffree,
                                 .file_max = largest_file(fs)};
    return 0;
}

int plat_space(const char *folder, struct plat_space *space)
{
    file_system fs;

    if (look_at_folder(folder, &fs) != 0)
        return -1;
    return space_of(&fs, space);
}

int plat_space_fd(int fd, struct plat_space *space)
{
    file_system fs;

    if (look_at_open(fd, &fs) != 0)
        return -1;
    return space_of(&fs, space);
}

bool plat_size_is_made_up(int fd)
{
#ifdef __linux__
    file_system fs;

    return look_at_open(fd, &fs) == 0 &&
           ((uint32_t)fs.f_type == PROC_SUPER_MAGIC || (uint32_t)fs.f_type == SYSFS_MAGIC);
#else
    (void)fd;
    return false;
#endif
}

int plat_may_create_in(const char *folder)
{
    struct stat st;

    if (stat(folder, &st) != 0)
        return -1;
    if (!S_ISDIR(st.st_mode)) { /* of which access says that it may not be executed */
        errno = ENOTDIR;
        return -1;
    }
    return access(folder, W_OK | X_OK);
}

/* ---- Removable media ---------------------------------------------------------------------- */

#ifdef __linux__

#define PATH_LEN 4096

/* The first line of a file in /sys; false: there is none. */
static bool first_line(const char *path, char *line, int size)
{
    FILE *in = fopen(path, "re");
    bool has_one = in != NULL && fgets(line, size, in) != NULL;

    if (in != NULL)
        (void)fclose(in);
    if (has_one)
        line[strcspn(line, "\n")] = '\0';
    return has_one;
}

/* A FUSE file system (NTFS, often) has a device number that is no disk's. The table of mounts says
 * which device it is mounted from: its number and path. */
static bool disk_of_mount(dev_t mount, dev_t *disk, char path[static PATH_LEN])
{
    FILE *in = fopen("/proc/self/mountinfo", "re");
    char line[PATH_LEN];
    unsigned int major_number, minor_number;
    struct stat st;
    bool found = false;

    while (in != NULL && !found && fgets(line, sizeof line, in) != NULL) {
        const char *rest = strstr(line, " - ");

        found = rest != NULL && sscanf(line, "%*d %*d %u:%u", &major_number, &minor_number) == 2 &&
                makedev(major_number, minor_number) == mount &&
                sscanf(rest, " - %*s %4095s", path) == 1 && stat(path, &st) == 0 &&
                S_ISBLK(st.st_mode);
    }
    if (in != NULL)
        (void)fclose(in);
    if (found)
        *disk = st.st_rdev;
    return found;
}

/* folder is that of a disk or of a partition in /sys; a partition's is in the disk's. */
static bool is_removable_disk(char *folder)
{
    char path[PATH_LEN + 32], line[64];

    if (strstr(folder, "/usb") != NULL)
        return true;
    for (int levels = 0; levels < 2; levels++) {
        char *slash = strrchr(folder, '/');

        (void)snprintf(path, sizeof path, "%s/removable", folder);
        if (first_line(path, line, sizeof line) && strcmp(line, "1") == 0)
            return true;
        /* A card reader without USB. The other type, MMC, is soldered in. */
        (void)snprintf(path, sizeof path, "%s/device/type", folder);
        if (first_line(path, line, sizeof line) && strcmp(line, "SD") == 0)
            return true;
        if (slash == NULL)
            break;
        *slash = '\0';
    }
    return false;
}

bool plat_is_removable(int fd)
{
    struct stat st;
    char path[PATH_LEN];
    char *folder;
    dev_t disk;
    bool is_removable;

    if (fstat(fd, &st) != 0)
        return false;
    disk = st.st_dev;
    if (major(disk) == 0 && !disk_of_mount(st.st_dev, &disk, path))
        return false;
    (void)snprintf(path, sizeof path, "/sys/dev/block/%u:%u", major(disk), minor(disk));
    folder = realpath(path, NULL);
    is_removable = folder != NULL && strlen(folder) < PATH_LEN && is_removable_disk(folder);
    free(folder);
    return is_removable;
}

#else

bool plat_is_removable(int fd)
{
    (void)fd;
    return false;
}

#endif

/* ---- Dropping the cache ------------------------------------------------------------------- */

#define SAMPLES 8

/* Whether one of a few pages, spread over the file, is in the cache. */
static bool is_in_cache(int fd, uint64_t size)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    bool is_there = false;

    for (uint64_t i = 0; i < SAMPLES && size > 0; i++) {
        uint64_t off = size / SAMPLES * i / page * page;
        unsigned char state = 0;
        void *map = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, (off_t)off);

        if (map == MAP_FAILED)
            return true; /* not known, so it may be */
        is_there |= mincore(map, 1, (void *)&state) != 0 || (state & 1) != 0;
        (void)munmap(map, 1);
    }
    return is_there;
}

#ifdef __linux__

/* The program that serves a FUSE file system reads from the disk, which has a cache of its own. */
static bool drop_disk_cache(int fd)
{
    struct statfs fs;
    struct stat st;
    char path[PATH_LEN];
    dev_t disk;
    int device;
    bool done;

    if (fstatfs(fd, &fs) != 0 || fstat(fd, &st) != 0)
        return false;
    if ((uint32_t)fs.f_type != FUSE_SUPER_MAGIC)
        return true;
    if (!disk_of_mount(st.st_dev, &disk, path))
        return false;
    device = open(path, O_RDONLY | O_CLOEXEC);
    done = device >= 0 && posix_fadvise(device, 0, 0, POSIX_FADV_DONTNEED) == 0;
    if (device >= 0)
        (void)close(device);
    return done;
}

#else

static bool drop_disk_cache(int fd)
{
    (void)fd;
    return true;
}

#endif

bool plat_drop_cache(int fd, uint64_t size)
{
    return posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0 && drop_disk_cache(fd) &&
           !is_in_cache(fd, size);
}
