/*
 * Reading until a number of bytes is there, on every system.
 */
#include "platform/files.h"

#include <errno.h>

/* off NULL: from the current position. */
static enum seal_status read_all(int fd, const uint64_t *off, uint8_t *buf, size_t len, size_t *got,
                                 struct fault *fault)
{
    *got = 0;
    while (*got < len) {
        int64_t n = off == NULL ? plat_read(fd, buf + *got, len - *got)
                                : plat_read_at(fd, buf + *got, len - *got, *off + *got);

        if (n == 0)
            break;
        if (n < 0 && errno == EINTR && !stop_requested())
            continue;
        if (n < 0)
            return fault_set_errno(fault, REASON_READ, NULL);
        *got += (size_t)n;
    }
    return SEAL_OK;
}

enum seal_status fd_read_full(int fd, void *buf, size_t len, size_t *got, struct fault *fault)
{
    return read_all(fd, NULL, buf, len, got, fault);
}

enum seal_status fd_read_at(int fd, uint64_t off, void *buf, size_t len, size_t *got,
                            struct fault *fault)
{
    return read_all(fd, &off, buf, len, got, fault);
}
