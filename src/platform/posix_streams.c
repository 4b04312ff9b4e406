/*
 * What a file has besides its content on POSIX systems: extended attributes and holes. There are no
 * alternate data streams.
 */
#include "platform/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/xattr.h>
#endif

int plat_list_streams(int at, const char *name, int (*each)(void *ctx, const char *stream),
                      void *ctx)
{
    (void)at;
    (void)name;
    (void)each;
    (void)ctx;
    return 0;
}

void plat_mark_downloaded(int fd)
{
    (void)fd;
}

/* ---- Extended attributes ------------------------------------------------------------------ */

#ifdef __linux__

/* The names, each with a NUL; malloc'ed. NULL with errno, which is 0 if there are none. */
static char *read_names(int fd, size_t *len)
{
    ssize_t n = flistxattr(fd, NULL, 0);
    char *names = n <= 0 ? NULL : malloc((size_t)n);

    if (n <= 0)
        errno = 0;
    if (names == NULL)
        return NULL;
    n = flistxattr(fd, names, (size_t)n);
    *len = n < 0 ? 0 : (size_t)n; /* there are more now: none are listed */
    return names;
}

/* What people and their programs attach, and access lists. All others are the system's. */
static bool is_users(const char *name)
{
    static const char user[] = "user.", list[] = "system.posix_acl_";

    return strncmp(name, user, sizeof user - 1) == 0 || strncmp(name, list, sizeof list - 1) == 0;
}

int plat_list_attributes(int fd, int (*each)(void *ctx, const char *name, uint64_t size), void *ctx)
{
    size_t len = 0;
    char *names = read_names(fd, &len);
    int result = names == NULL && errno != 0 ? -1 : 0;

    for (size_t at = 0; at < len && result == 0; at += strlen(names + at) + 1) {
        ssize_t size = is_users(names + at) ? fgetxattr(fd, names + at, NULL, 0) : -1;

        if (size >= 0)
            result = each(ctx, names + at, (uint64_t)size);
    }
    free(names);
    return result;
}

#else

int plat_list_attributes(int fd, int (*each)(void *ctx, const char *name, uint64_t size), void *ctx)
{
    (void)fd;
    (void)each;
    (void)ctx;
    return 0;
}

#endif

/* ---- Holes -------------------------------------------------------------------------------- */

/* Fewer blocks may mean compression as well; so the file system is asked. */
bool plat_has_holes(int fd)
{
#ifdef SEEK_HOLE
    struct stat st;
    off_t hole;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (off_t)st.st_blocks * 512 >= st.st_size)
        return false;
    hole = lseek(fd, 0, SEEK_HOLE);
    return hole >= 0 && hole < st.st_size && lseek(fd, 0, SEEK_SET) == 0;
#else
    (void)fd;
    return false;
#endif
}
