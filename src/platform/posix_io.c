/*
 * Reading and writing on POSIX systems.
 */
#include "platform/files.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Bytes that one system call reads or writes at most; kernels have different limits above this. */
#define IO_MOST ((size_t)1 << 30)

int64_t plat_read(int fd, void *buf, size_t len)
{
    return read(fd, buf, len < IO_MOST ? len : IO_MOST);
}

int64_t plat_read_at(int fd, void *buf, size_t len, uint64_t off)
{
    ssize_t n;

    do
        n = pread(fd, buf, len < IO_MOST ? len : IO_MOST, (off_t)off);
    while (n < 0 && errno == EINTR && !stop_requested());
    return n;
}

#define PIPE_LEN (1 << 20)

int plat_pipe(int ends[static 2])
{
    if (pipe(ends) != 0)
        return -1;
    (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
#ifdef F_SETPIPE_SZ
    (void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_LEN); /* else it is slower */
#endif
    return 0;
}

void plat_hint_sequential(int fd)
{
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_NOREUSE);
}

void plat_hint_prefetch(int fd)
{
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED);
}

enum seal_status fd_write_full(int fd, const void *data, size_t len, struct fault *fault)
{
    const uint8_t *p = data;

    while (len > 0) {
        ssize_t n = write(fd, p, len < IO_MOST ? len : IO_MOST);

        if (n < 0 && errno == EINTR && !stop_requested())
            continue;
        if (n == 0)
            errno = EIO; /* a device that takes nothing, and gives no reason */
        if (n <= 0)
            return fault_set_errno(fault, REASON_WRITE, NULL);
        p += n;
        len -= (size_t)n;
        if (len > 0 &&
            stop_requested()) /* a signal interrupted the write, which had written a part */
            return fault_set(fault, REASON_INTERRUPTED, NULL);
    }
    return SEAL_OK;
}

int plat_truncate(int fd, uint64_t size)
{
    return ftruncate(fd, (off_t)size);
}

int plat_close(int fd)
{
    /* On EINTR, Linux has closed the descriptor. Closing it again could hit another thread's. */
    return close(fd) == 0 || errno == EINTR ? 0 : -1;
}

int plat_duplicate(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}
