/*
 * Creating files and folders on POSIX systems.
 */
#include "platform/files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "platform/posix.h"

static mode_t mode_of(enum plat_access access, bool exec)
{
    mode_t mode = access == PLAT_SHARED ? 0666 : 0600;

    return exec ? mode | (mode & 0444) >> 2 : mode;
}

int plat_make_dir(int at, const char *name, enum plat_access access)
{
    return mkdirat(at_fd(at), name, mode_of(access, true));
}

int plat_create_file(int at, const char *name, enum plat_access access, bool exec)
{
    return open_retry(at, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode_of(access, exec));
}

int plat_open_append(const char *path)
{
    return open_retry(PLAT_CWD, path, O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK,
                      mode_of(PLAT_PRIVATE, false));
}
