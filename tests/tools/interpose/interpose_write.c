/* Calls that write files, and bring them to the medium. */
#include "interpose.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

ssize_t write(int fd, const void *buf, size_t len)
{
    static long long written;
    const char *spec = fd_is_output(fd) ? fault_variable("FAULT_WRITE") : NULL;
    ssize_t n;

    if (fault_after(spec, written, FAULT_AT_WRITE))
        return -1;
    /* As a disk does that fills up: it takes what still fits. */
    if (spec != NULL && strstr(spec, " errno:") != NULL && written < atoll(spec) &&
        written + (long long)len > atoll(spec))
        len = (size_t)(atoll(spec) - written);
    n = REAL(write)(fd, buf, len);
    if (fd_is_output(fd) && n > 0)
        written += n;
    return n;
}

int close(int fd)
{
    bool is_written = fd_is_written(fd);
    int result;

    fd_note_closed(fd);
    result = REAL(close)(fd);
    return is_written && fault_of_call("close") ? -1 : result;
}

int fsync(int fd)
{
    struct stat st;

    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        return fault_of_call("fsync-folder") ? -1 : REAL(fsync)(fd);
    return fault_of_call("fsync") ? -1 : REAL(fsync)(fd);
}

int sync_file_range(int fd, off64_t from, off64_t len, unsigned int how)
{
    return fault_of_call("write-behind") ? -1 : REAL(sync_file_range)(fd, from, len, how);
}

int syncfs(int fd)
{
    return fault_of_call("syncfs") ? -1 : REAL(syncfs)(fd);
}

int futimens(int fd, const struct timespec times[2])
{
    return fault_of_call("futimens") ? -1 : REAL(futimens)(fd, times);
}
