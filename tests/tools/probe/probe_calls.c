/* The functions of the system that this library stands in front of: where they show that the time
 * has come for an attempt or a search, and where the system seems to lack a piece of the sandbox.
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- Calls that show what the program is doing -------------------------------------------------
 */

ssize_t write(int fd, const void *buf, size_t len)
{
    ssize_t n;

    before_write();
    n = REAL(write)(fd, buf, len);
    /* The first that a worker sends is that it is in its sandbox. */
    if (is_worker() && fd == CHANNEL_FD)
        note_sandboxed();
    return n;
}

ssize_t read(int fd, void *buf, size_t len)
{
    before_read(fd);
    return REAL(read)(fd, buf, len);
}

ssize_t pread64(int fd, void *buf, size_t len, off_t off)
{
    before_call();
    return REAL(pread64)(fd, buf, len, off);
}

ssize_t pread(int fd, void *buf, size_t len, off_t off) __attribute__((alias("pread64")));

int openat64(int at, const char *name, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    before_call();
    return REAL(openat64)(at, name, flags, mode);
}

int openat(int at, const char *name, int flags, ...) __attribute__((alias("openat64")));

int mkdirat(int at, const char *name, mode_t mode)
{
    before_call();
    return REAL(mkdirat)(at, name, mode);
}

/* ---- Pieces of the sandbox that the system seems to lack ---------------------------------------
 */

static bool lacks(const char *what)
{
    const char *lacking = getenv("LD_PROBE_LACKS");

    return lacking != NULL && is_worker() && strcmp(lacking, what) == 0;
}

static int fail_with(int number)
{
    errno = number;
    return -1;
}

long syscall(long call, ...)
{
    va_list args;
    long a[6];

    va_start(args, call);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(args, long);
    va_end(args);
    if (call >= LANDLOCK_CREATE_RULESET && call <= LANDLOCK_CREATE_RULESET + 2 && lacks("landlock"))
        return fail_with(ENOSYS);
    if (call == LANDLOCK_CREATE_RULESET && a[2] == LANDLOCK_TELL_VERSION && lacks("landlock-news"))
        return 1;
    if (call == SYS_seccomp && lacks("seccomp"))
        return fail_with(ENOSYS);
    return REAL(syscall)(call, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int prctl(int option, ...)
{
    va_list args;
    unsigned long a[4];

    va_start(args, option);
    for (int i = 0; i < 4; i++)
        a[i] = va_arg(args, unsigned long);
    va_end(args);
    if (option == PR_SET_SECCOMP && lacks("seccomp"))
        return fail_with(EINVAL);
    if (option == PR_SET_PDEATHSIG && lacks("rights"))
        return fail_with(EINVAL);
    return REAL(prctl)(option, a[0], a[1], a[2], a[3]);
}

int setrlimit64(__rlimit_resource_t what, const struct rlimit64 *limit)
{
    return lacks("limits") && what == RLIMIT_AS ? fail_with(EPERM) : REAL(setrlimit64)(what, limit);
}

int setrlimit(__rlimit_resource_t what, const struct rlimit *limit)
{
    return lacks("limits") && what == RLIMIT_AS ? fail_with(EPERM) : REAL(setrlimit)(what, limit);
}
