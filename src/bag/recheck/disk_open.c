/*
 * A bag on disk: opening files in it.
 */
#include "bag/recheck/disk_access.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int disk_open_name(int at, const char *name, struct plat_stat *st)
{
    int fd, saved;

    if (plat_stat_at(at, name, false, st) != 0)
        return -1;
    if (st->type != PLAT_FILE)
        return DISK_NO_FILE;
    fd = plat_open_file(at, name, false);
    if (fd < 0)
        return -1;
    /* Something else may have been put in its place since it was looked at. */
    if (plat_stat_fd(fd, st) == 0 && st->type == PLAT_FILE)
        return fd;
    saved = st->type == PLAT_FILE ? errno : EINVAL;
    (void)plat_close(fd);
    errno = saved;
    return -1;
}

/* Opens the folder that path is in; *name gets the last part of path. Returns at itself where path
 * has only one part. */
static int open_parent(int at, const char *path, const char **name)
{
    const char *slash;
    int fd = at;

    while (fd >= 0 && (slash = strchr(path, '/')) != NULL) {
        char *part = text_copy(path, (size_t)(slash - path));
        int next = part == NULL ? -1 : plat_open_dir(fd, part, false);
        int saved = part == NULL ? ENOMEM : errno;

        free(part);
        if (fd != at)
            (void)plat_close(fd);
        errno = saved;
        fd = next;
        path = slash + 1;
    }
    *name = path;
    return fd;
}

/* Keeps errno. */
static void close_parent(int fd, int at)
{
    int saved = errno;

    if (fd != at)
        (void)plat_close(fd);
    errno = saved;
}

int disk_open(int at, const char *path, struct plat_stat *st)
{
    const char *name;
    int dir = open_parent(at, path, &name);
    int fd;

    if (dir < 0)
        return -1;
    fd = disk_open_name(dir, name, st);
    close_parent(dir, at);
    return fd;
}

int disk_stat(int at, const char *path, struct plat_stat *st)
{
    const char *name;
    int dir = open_parent(at, path, &name);
    int result;

    if (dir < 0)
        return -1;
    result = plat_stat_at(dir, name, false, st);
    close_parent(dir, at);
    return result;
}

enum bag_detail disk_is_detail(enum plat_type type)
{
    switch (type) {
    case PLAT_DIR:
        return BAG_DETAIL_IS_FOLDER;
    case PLAT_LINK:
        return BAG_DETAIL_IS_LINK;
    case PLAT_FIFO:
        return BAG_DETAIL_IS_FIFO;
    case PLAT_SOCKET:
        return BAG_DETAIL_IS_SOCKET;
    case PLAT_DEVICE:
        return BAG_DETAIL_IS_DEVICE;
    case PLAT_FILE:
    case PLAT_OTHER:
    default:
        return BAG_DETAIL_IS_OTHER;
    }
}

enum bag_detail disk_in_place_detail(enum plat_type type)
{
    switch (type) {
    case PLAT_DIR:
        return BAG_DETAIL_FOLDER_IN_PLACE;
    case PLAT_LINK:
        return BAG_DETAIL_LINK_IN_PLACE;
    case PLAT_FIFO:
        return BAG_DETAIL_FIFO_IN_PLACE;
    case PLAT_SOCKET:
        return BAG_DETAIL_SOCKET_IN_PLACE;
    case PLAT_DEVICE:
        return BAG_DETAIL_DEVICE_IN_PLACE;
    case PLAT_FILE:
    case PLAT_OTHER:
    default:
        return BAG_DETAIL_OTHER_IN_PLACE;
    }
}

/* Whether macOS, Windows or KDE make files of this name where somebody looks into a folder. */
static bool is_by_file_manager(const char *path)
{
    static const char *const names[] = {".DS_Store", "Thumbs.db", "ehthumbs.db", "desktop.ini",
                                        ".directory"};
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(name) == strlen(names[i]) && text_begins(name, names[i]))
            return true;
    return strncmp(name, "._", 2) == 0;
}

enum bag_detail disk_added_detail(enum plat_type type, const char *path)
{
    if (type != PLAT_FILE)
        return disk_is_detail(type);
    return is_by_file_manager(path) ? BAG_DETAIL_BY_FILE_MANAGER : BAG_DETAIL_NONE;
}
