/*
 * Reading and writing whole, on POSIX systems.
 */
#include "platform/platform.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

/* One system call moves at most this much; larger requests are split by us, not by the kernel. */
#define IO_MOST ((size_t)1 << 30)

/* One call: from off on, or, if that is AT_HAND, from where fd stands. */
#define AT_HAND UINT64_MAX

int64_t plat_read(int fd, void *buf, size_t len)
{
    return read(fd, buf, len < IO_MOST ? len : IO_MOST);
}

int plat_rewind(int fd)
{
    return lseek(fd, 0, SEEK_SET) == 0 ? 0 : -1;
}

static ssize_t read_some(int fd, uint64_t off, uint8_t *buf, size_t len)
{
    len = len < IO_MOST ? len : IO_MOST;
    return off == AT_HAND ? read(fd, buf, len) : pread(fd, buf, len, (off_t)off);
}

static enum seal_status read_all(int fd, uint64_t off, uint8_t *buf, size_t len, size_t *got,
                                 struct fault *fault)
{
    *got = 0;
    while (*got < len) {
        ssize_t n = read_some(fd, off == AT_HAND ? off : off + *got, buf + *got, len - *got);

        if (n == 0)
            break;
        if (n < 0 && errno == EINTR && !stop_requested())
            continue;
        if (n < 0)
            return fault_set_errno(fault, "could not be read", NULL);
        *got += (size_t)n;
    }
    return SEAL_OK;
}

enum seal_status fd_read_full(int fd, void *buf, size_t len, size_t *got, struct fault *fault)
{
    return read_all(fd, AT_HAND, buf, len, got, fault);
}

enum seal_status fd_read_at(int fd, uint64_t off, void *buf, size_t len, size_t *got,
                            struct fault *fault)
{
    return read_all(fd, off, buf, len, got, fault);
}

enum seal_status fd_write_full(int fd, const void *data, size_t len, struct fault *fault)
{
    const uint8_t *p = data;

    while (len > 0) {
        ssize_t n = write(fd, p, len < IO_MOST ? len : IO_MOST);

        if (n < 0 && errno == EINTR && !stop_requested())
            continue;
        if (n == 0)
            errno = EIO; /* a device that takes nothing and says no reason */
        if (n <= 0)
            return fault_set_errno(fault, "could not be written", NULL);
        p += n;
        len -= (size_t)n;
        if (len > 0 && stop_requested()) /* a pipe took some of it when the signal came */
            return fault_set(fault, SEAL_INTERRUPTED, NULL, NULL);
    }
    return SEAL_OK;
}
