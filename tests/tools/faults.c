/*
 * A library for LD_PRELOAD in which one call of all those that can fail does fail: the one whose
 * turn it is. For tests/tools/faultloop.py, which runs a program once for each of its calls.
 *
 *     FAULTS_FILE=FILE         what is shared with the test and between processes: struct shared
 *     FAULTS_KIND=calls|memory
 *     FAULTS_PROCESS=main|worker
 *     FAULTS_AT=NUMBER         which of them fails, from 1; 0: none, they are only counted
 *     FAULTS_WAY=NUMBER        which of the ways of failing that this call has
 *
 * Built with CALLS_ONLY it leaves memory alone: sanitizers have their own.
 *
 * Counting begins with main. What goes to standard error does not fail: nobody could be told.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Looked up once, and with no memory refused meanwhile. */
#define REAL(name)                                             \
    ({                                                         \
        static __typeof__(&(name)) real_##name;                \
        if (real_##name == NULL)                               \
            real_##name = (__typeof__(&(name)))look_up(#name); \
        real_##name;                                           \
    })
#define WORKER "unseal-worker"
#define SHORT (-1) /* no error: less is read or written than was asked for */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

/* faultloop.py reads it: two numbers of 8 bytes and a text. */
static struct shared {
    _Atomic long long count;
    _Atomic long long fired;
    char what[64];
} * shared;

static bool on_calls, on_memory;
static long long at, way;

static void *look_up(const char *name)
{
    bool calls = on_calls, memory = on_memory;
    void *found;

    on_calls = on_memory = false;
    found = dlsym(RTLD_NEXT, name);
    on_calls = calls;
    on_memory = memory;
    return found;
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("FAULTS_FILE"), *process = getenv("FAULTS_PROCESS");
    const char *kind = getenv("FAULTS_KIND");
    bool is_worker = strcmp(program_invocation_short_name, WORKER) == 0;
    int fd;

    if (path == NULL || process == NULL || kind == NULL ||
        (strcmp(process, "worker") == 0) != is_worker)
        return;
    fd = open(path, O_RDWR | O_CLOEXEC);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd < 0 || shared == MAP_FAILED)
        abort();
    (void)REAL(close)(fd);
    at = getenv("FAULTS_AT") == NULL ? 0 : atoll(getenv("FAULTS_AT"));
    way = getenv("FAULTS_WAY") == NULL ? 0 : atoll(getenv("FAULTS_WAY"));
    on_calls = strcmp(kind, "calls") == 0;
    on_memory = !on_calls;
}

__attribute__((destructor)) static void end(void)
{
    on_calls = on_memory = false;
}

static bool is_turn(const char *call, int error)
{
    if (__atomic_add_fetch(&shared->count, 1, __ATOMIC_SEQ_CST) != at)
        return false;
    shared->fired = 1;
    (void)snprintf(shared->what, sizeof shared->what, "%s %s", call,
                   error == SHORT ? "short" : strerrorname_np(error));
    return true;
}

/* 0: it does not fail. ways ends with 0. */
static int fails(const char *call, const int *ways)
{
    size_t count = 0;
    int error;

    if (!on_calls)
        return 0;
    while (ways[count] != 0)
        count++;
    error = ways[(size_t)way % count];
    if (!is_turn(call, error))
        return 0;
    errno = error == SHORT ? errno : error;
    return error;
}

#define FAILS(...) (fails(__func__, (const int[]){__VA_ARGS__, 0}) != 0)

/* ---- Memory ------------------------------------------------------------------------------- */

#ifndef CALLS_ONLY
/* libseccomp (2.5.4) frees twice and goes round for ever when it gets no memory, before any file is
 * looked at; jansson (2.14) ends the program by an assertion, on a record of ours; libarchive
 * (3.6.2) ends the program, and seal holds memory in reserve for it. */
static bool is_hopeless(const void *caller)
{
    Dl_info info;

    return dladdr(caller, &info) != 0 && info.dli_fname != NULL &&
           (strstr(info.dli_fname, "libseccomp") != NULL ||
            strstr(info.dli_fname, "libjansson") != NULL ||
            strstr(info.dli_fname, "libarchive") != NULL);
}

static bool no_memory(const char *call, const void *caller)
{
    if (!on_memory || is_hopeless(caller) || !is_turn(call, ENOMEM))
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return no_memory(__func__, __builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return no_memory(__func__, __builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return no_memory(__func__, __builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}

/* libsodium's secrets. */
void *mmap64(void *place, size_t len, int protection, int flags, int fd, off64_t off)
{
    if (no_memory("mmap", __builtin_return_address(0)))
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, place, len, protection, flags, fd, off);
}

void *mmap(void *place, size_t len, int protection, int flags, int fd, off_t off)
    __attribute__((alias("mmap64")));
#endif

/* ---- Reading and writing ------------------------------------------------------------------ */

/* How much of it, or -1. */
static ssize_t part(const char *call, const int *ways, size_t len)
{
    int error = fails(call, ways);

    if (error == SHORT)
        return len > 1 ? (ssize_t)(len + 2) / 3 : (ssize_t)len;
    return error != 0 ? -1 : (ssize_t)len;
}

ssize_t read(int fd, void *buf, size_t len)
{
    ssize_t some = part(__func__, (const int[]){EIO, EINTR, SHORT, 0}, len);

    return some < 0 ? -1 : REAL(read)(fd, buf, (size_t)some);
}

ssize_t pread64(int fd, void *buf, size_t len, off64_t off)
{
    ssize_t some = part(__func__, (const int[]){EIO, EINTR, SHORT, 0}, len);

    return some < 0 ? -1 : REAL(pread64)(fd, buf, (size_t)some, off);
}

ssize_t write(int fd, const void *buf, size_t len)
{
    ssize_t some = (ssize_t)len;

    if (fd != 2)
        some = part(__func__, (const int[]){ENOSPC, EINTR, SHORT, EIO, 0}, len);
    return some < 0 ? -1 : REAL(write)(fd, buf, (size_t)some);
}

/* As on Linux: whatever it says, it is closed. */
int close(int fd)
{
    int result = REAL(close)(fd);

    return FAILS(EIO, EINTR, ENOSPC) ? -1 : result;
}

off64_t lseek64(int fd, off64_t off, int whence)
{
    return FAILS(EIO) ? -1 : REAL(lseek64)(fd, off, whence);
}

int ftruncate64(int fd, off64_t len)
{
    return FAILS(EIO, ENOSPC) ? -1 : REAL(ftruncate64)(fd, len);
}

int fsync(int fd)
{
    return FAILS(EIO, ENOSPC) ? -1 : REAL(fsync)(fd);
}

int syncfs(int fd)
{
    return FAILS(EIO, ENOSPC) ? -1 : REAL(syncfs)(fd);
}

/* ---- Names -------------------------------------------------------------------------------- */

int openat64(int dir, const char *name, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    return FAILS(EACCES, EMFILE, EIO, EINTR, ENOMEM) ? -1 : REAL(openat64)(dir, name, flags, mode);
}

int open64(const char *name, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    return FAILS(EMFILE, EACCES, ENOENT) ? -1 : REAL(open64)(name, flags, mode);
}

int fstat64(int fd, struct stat64 *st)
{
    return FAILS(EIO, ENOMEM) ? -1 : REAL(fstat64)(fd, st);
}

int fstatat64(int dir, const char *name, struct stat64 *st, int flags)
{
    return FAILS(EIO, EACCES, ENOMEM) ? -1 : REAL(fstatat64)(dir, name, st, flags);
}

int statfs64(const char *path, struct statfs64 *fs)
{
    return FAILS(EIO, ENOSYS) ? -1 : REAL(statfs64)(path, fs);
}

int fstatfs64(int fd, struct statfs64 *fs)
{
    return FAILS(EIO, ENOSYS) ? -1 : REAL(fstatfs64)(fd, fs);
}

int mkdirat(int dir, const char *name, mode_t mode)
{
    return FAILS(ENOSPC, EACCES, EIO) ? -1 : REAL(mkdirat)(dir, name, mode);
}

int unlinkat(int dir, const char *name, int flags)
{
    return FAILS(EACCES, EIO) ? -1 : REAL(unlinkat)(dir, name, flags);
}

int renameat(int dir, const char *from, int to_dir, const char *to)
{
    return FAILS(EACCES, EIO, ENOSPC) ? -1 : REAL(renameat)(dir, from, to_dir, to);
}

ssize_t readlinkat(int dir, const char *name, char *buf, size_t len)
{
    return FAILS(EIO, EACCES) ? -1 : REAL(readlinkat)(dir, name, buf, len);
}

char *realpath(const char *path, char *resolved)
{
    return FAILS(EIO, EACCES) ? NULL : REAL(realpath)(path, resolved);
}

DIR *fdopendir(int fd)
{
    return FAILS(ENOMEM, EMFILE) ? NULL : REAL(fdopendir)(fd);
}

struct dirent64 *readdir64(DIR *dir)
{
    return FAILS(EIO) ? NULL : REAL(readdir64)(dir);
}

/* ---- Rights, times, locks ----------------------------------------------------------------- */

int fchmod(int fd, mode_t mode)
{
    return FAILS(EPERM, EIO) ? -1 : REAL(fchmod)(fd, mode);
}

int fchown(int fd, uid_t owner, gid_t group)
{
    return FAILS(EPERM, EIO) ? -1 : REAL(fchown)(fd, owner, group);
}

int fchownat(int dir, const char *name, uid_t owner, gid_t group, int flags)
{
    return FAILS(EPERM, EIO) ? -1 : REAL(fchownat)(dir, name, owner, group, flags);
}

int futimens(int fd, const struct timespec times[2])
{
    return FAILS(EPERM, EIO) ? -1 : REAL(futimens)(fd, times);
}

int flock(int fd, int operation)
{
    return FAILS(ENOLCK, EINTR) ? -1 : REAL(flock)(fd, operation);
}

int fcntl64(int fd, int command, ...)
{
    va_list args;
    long argument;

    va_start(args, command);
    argument = va_arg(args, long);
    va_end(args);
    if ((command == F_DUPFD_CLOEXEC || command == F_DUPFD) && FAILS(EMFILE))
        return -1;
    return REAL(fcntl64)(fd, command, argument);
}

int fcntl(int fd, int command, ...) __attribute__((alias("fcntl64")));

/* ---- Processes ---------------------------------------------------------------------------- */

int socketpair(int domain, int type, int protocol, int fds[2])
{
    return FAILS(EMFILE, ENOMEM) ? -1 : REAL(socketpair)(domain, type, protocol, fds);
}

pid_t fork(void)
{
    return FAILS(EAGAIN, ENOMEM) ? -1 : REAL(fork)();
}

/* renameat2 is reached this way; the others here fail where a system does not have them. */
long syscall(long call, ...)
{
    va_list args;
    long a, b, c, d, e, f;

    va_start(args, call);
    a = va_arg(args, long);
    b = va_arg(args, long);
    c = va_arg(args, long);
    d = va_arg(args, long);
    e = va_arg(args, long);
    f = va_arg(args, long);
    va_end(args);
    if (call == SYS_renameat2 && FAILS(EACCES, EIO, ENOSPC, EINVAL))
        return -1;
    return REAL(syscall)(call, a, b, c, d, e, f);
}
