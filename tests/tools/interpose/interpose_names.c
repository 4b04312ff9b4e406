/* Calls that open, change and ask about what has a name: files, folders, file systems; and those
 * that make pipes, which the other calls must know apart from files. */
#include "interpose.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <seccomp.h>

/* ---- Files and folders by name --------------------------------------------------------------- */

/* The name as the file system takes it; folded has NAME_SIZE bytes. What is not opened below a
 * folder keeps its name: keys and sources may have any. */
static const char *as_taken(int at, const char *name, char *folded)
{
    size_t len = strlen(name);

    if (getenv("SYSTEM_FOLDS") == NULL || at == AT_FDCWD || len >= NAME_SIZE)
        return name;
    for (size_t i = 0; i <= len; i++)
        folded[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] - 'A' + 'a' : name[i]);
    return folded;
}

/* WHAT of FAULT_OPEN, if it means that file; else NULL. */
static const char *what_at_open(const char *name)
{
    const char *spec = fault_variable("FAULT_OPEN");
    size_t len = strlen(name);

    return spec != NULL && strncmp(spec, name, len) == 0 && spec[len] == ' ' ? spec + len + 1
                                                                             : NULL;
}

int openat64(int at, const char *name, int flags, ...)
{
    const char *last = strrchr(name, '/'), *what;
    char folded[NAME_SIZE];
    va_list args;
    mode_t mode;
    int fd;

    va_start(args, flags);
    mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    last = last == NULL ? name : last + 1;
    what = (flags & O_ACCMODE) == O_RDONLY ? what_at_open(last) : NULL;
    if (what != NULL && fault(what, FAULT_AT_OPEN))
        return -1;
    counts->opened++;
    fd = REAL(openat64)(at, as_taken(at, name, folded), flags, mode);
    fd_note_opened(fd, last, (flags & O_ACCMODE) != O_RDONLY);
    return fd;
}

int openat(int at, const char *name, int flags, ...) __attribute__((alias("openat64")));

struct dirent64 *readdir64(DIR *dir)
{
    return fault_of_call("readdir") ? NULL : REAL(readdir64)(dir);
}

ssize_t readlinkat(int at, const char *name, char *buf, size_t len)
{
    return fault_of_call("readlink") ? -1 : REAL(readlinkat)(at, name, buf, len);
}

int mkdirat(int at, const char *name, mode_t mode)
{
    char folded[NAME_SIZE];

    return fault_of_call("mkdir") ? -1 : REAL(mkdirat)(at, as_taken(at, name, folded), mode);
}

int unlinkat(int at, const char *name, int flags)
{
    return fault_of_call("unlink") ? -1 : REAL(unlinkat)(at, name, flags);
}

int renameat(int at, const char *from, int to_at, const char *to)
{
    return fault_of_call("rename") ? -1 : REAL(renameat)(at, from, to_at, to);
}

/* Commands of faults are run by a child of the program or its worker, so the program keeps the
 * right to start programs. */
int seccomp_load(const scmp_filter_ctx filter)
{
    return is_worker() ? REAL(seccomp_load)(filter) : 0;
}

#define LANDLOCK_RESTRICT_SELF 446

/* What faults do comes from outside: from commands, and by signals to the program. So the program
 * is not confined to its files then, and its worker has no namespace of processes. */
static bool hides_the_system(long call)
{
    return !is_worker() && (call == SYS_clone || call == LANDLOCK_RESTRICT_SELF);
}

/* The programs reach renameat2 this way. */
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
    if (hides_the_system(call)) {
        errno = EPERM;
        return -1;
    }
    if (call == SYS_renameat2 && fault_of_call("rename"))
        return -1;
    return REAL(syscall)(call, a, b, c, d, e, f);
}

int flock(int fd, int operation)
{
    return fault_of_call("flock") ? -1 : REAL(flock)(fd, operation);
}

/* ---- Pipes and sockets ----------------------------------------------------------------------- */

int pipe2(int fds[2], int flags)
{
    int result = REAL(pipe2)(fds, flags);

    if (result == 0)
        fd_note_channel(fds);
    return result;
}

int pipe(int fds[2])
{
    return pipe2(fds, 0);
}

int socketpair(int domain, int type, int protocol, int fds[2])
{
    int result = REAL(socketpair)(domain, type, protocol, fds);

    if (result == 0)
        fd_note_channel(fds);
    return result;
}

/* ---- File systems and disks ------------------------------------------------------------------ */

/* Changes the answer as SYSTEM_ROOM says. */
static int pretend_room(struct statfs64 *fs)
{
    const char *spec = getenv("SYSTEM_ROOM");
    static long long asked;
    long long type, free_bytes, step = 0;

    if (spec != NULL && sscanf(spec, "%lli %lld %lld", &type, &free_bytes, &step) >= 2) {
        fs->f_blocks = free_bytes == -1 ? 0 : fs->f_blocks;
        free_bytes -= asked++ * step;
        fs->f_type = (__typeof__(fs->f_type))type;
        fs->f_bsize = fs->f_frsize = 1;
        fs->f_bavail = free_bytes < 0 ? 0 : (__typeof__(fs->f_bavail))free_bytes;
    }
    return 0;
}

int statfs64(const char *path, struct statfs64 *fs)
{
    return REAL(statfs64)(path, fs) == 0 ? pretend_room(fs) : -1;
}

int fstatfs64(int fd, struct statfs64 *fs)
{
    return REAL(fstatfs64)(fd, fs) == 0 ? pretend_room(fs) : -1;
}

char *realpath(const char *path, char *resolved)
{
    if (getenv("SYSTEM_REMOVABLE") != NULL && strncmp(path, "/sys/dev/block/", 15) == 0)
        return strdup("/sys/devices/pci0/usb1/1-1/block/sda/sda1");
    return REAL(realpath)(path, resolved);
}
