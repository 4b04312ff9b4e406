/* Calls that read files. */
#include "interpose.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SECTOR 4096

static bool read_fault(int fd, size_t len, off_t off)
{
    const char *spec = fault_variable("FAULT_READ");
    char name[256], what[1024];
    long long first, last;

    if (spec == NULL || sscanf(spec, "%255s %lld %lld %1023[^\n]", name, &first, &last, what) != 4)
        return false;
    return off <= last && off + (long long)len > first && fd_is_called(fd, name) &&
           fault(what, FAULT_AT_READ);
}

/* Runs the command of SYSTEM_CHANGES if this is a read that it means. */
static void change(int fd, off_t off)
{
    const char *spec = getenv("SYSTEM_CHANGES");
    char name[256], command[1024];
    long long times;
    static long long changed;

    if (spec != NULL && off == 0 &&
        sscanf(spec, "%255s %lld %1023[^\n]", name, &times, command) == 3 && changed < times &&
        fd_is_called(fd, name)) {
        changed++;
        helper_run(command);
    }
}

static ssize_t pread_or_fail(int fd, void *buf, size_t len, off_t off)
{
    const char *name = getenv("SYSTEM_SECTORS");

    if (name != NULL && fd_is_called(fd, name)) {
        size_t left = SECTOR - (size_t)(off % SECTOR);

        if (off / SECTOR % 2 == 1) {
            errno = EIO;
            return -1;
        }
        len = len < left ? len : left;
    }
    return read_fault(fd, len, off) ? -1 : REAL(pread64)(fd, buf, len, off);
}

/* Makes zeros of the bytes that SYSTEM_LOSES means. */
static void lose(int fd, unsigned char *buf, ssize_t n, off_t off)
{
    const char *spec = getenv("SYSTEM_LOSES");
    long long first, last = INT64_MAX;

    if (spec == NULL || sscanf(spec, "%lld %lld", &first, &last) < 1 ||
        !fd_is_called(fd, "*.partial"))
        return;
    for (ssize_t i = 0; i < n; i++)
        if (off + i >= first && off + i <= last)
            buf[i] = 0;
}

ssize_t pread64(int fd, void *buf, size_t len, off_t off)
{
    ssize_t n;

    change(fd, off);
    n = pread_or_fail(fd, buf, len, off);
    lose(fd, buf, n, off);
    counts->reads++;
    counts->failed_reads += n < 0;
    return n;
}

ssize_t pread(int fd, void *buf, size_t len, off_t off) __attribute__((alias("pread64")));

ssize_t read(int fd, void *buf, size_t len)
{
    static long long taken;
    ssize_t n;

    if (fd == STDIN_FILENO && fault_after(fault_variable("FAULT_IN"), taken, FAULT_AT_INPUT))
        return -1;
    if (fd > 2 && fault_variable("FAULT_READ") != NULL &&
        read_fault(fd, len, lseek(fd, 0, SEEK_CUR)))
        return -1;
    n = REAL(read)(fd, buf, len);
    if (fd == STDIN_FILENO && n > 0)
        taken += n;
    return n;
}

int poll(struct pollfd *fds, nfds_t count, int milliseconds)
{
    if (getenv("SYSTEM_TAKES") == NULL || is_worker() || count != 1 || fds[0].fd != STDIN_FILENO)
        return REAL(poll)(fds, count, milliseconds);
    fds[0].revents = POLLIN;
    return 1;
}
